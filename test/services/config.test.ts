import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { environmentSchema, loadConfig } from '../../services/config.ts';
import { createLog, redact } from '../../services/log.ts';
import { createVault } from '../../services/vault.ts';

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const folder = (): string => mkdtempSync(join(tmpdir(), 'config-'));

describe('the configuration', () => {
  it('is shown whole by .env.example, with the defaults that hold', () => {
    const shown = parseEnv(example);
    expect(Object.keys(shown).sort()).toEqual(Object.keys(environmentSchema.shape).sort());
    const DATA_DIR = folder();
    const { apiToken: _, encryptionKey: __, ...fromExample } = loadConfig({ ...shown, DATA_DIR });
    expect(loadConfig({ DATA_DIR })).toMatchObject(fromExample);
  });

  it('names every bad variable in a sentence, and tells no secret', () => {
    const bad = (): unknown => loadConfig({ PORT: 'many', ROLES: 'web,cook', API_TOKEN: 'hush' });
    expect(bad).toThrow(/PORT: .*"many"[\s\S]*ROLES\.1: [\s\S]*API_TOKEN: use at least 32/);
    expect(bad).not.toThrow(/hush/);
  });

  it('makes a token once and keeps it for this user only', () => {
    const DATA_DIR = folder();
    const { apiToken } = loadConfig({ DATA_DIR });
    expect(loadConfig({ DATA_DIR }).apiToken).toBe(apiToken);
    expect(statSync(join(DATA_DIR, 'api-token')).mode & 0o777).toBe(0o600);
  });
});

describe('the log', () => {
  it('hides secrets by key and inside addresses, and keeps causes', () => {
    const out = new PassThrough();
    const log = createLog({ logLevel: 'info', logFormat: 'json' }, out);
    log.child({ runId: 'r1' }).error('failed', {
      accessToken: 'hush',
      nested: { headers: { Authorization: 'Bearer hush' } },
      url: 'https://user:hush@x.example/a?access_token=hush&id=1',
      error: new Error('outer', { cause: new Error('inner') }),
    });
    const line = String(out.read());
    expect(line).not.toContain('hush');
    expect(JSON.parse(line)).toMatchObject({
      runId: 'r1',
      level: 'error',
      error: { message: 'outer', cause: { message: 'inner' } },
    });
  });

  it('survives an object that holds itself', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(JSON.stringify(redact(loop))).toContain('[deep]');
  });
});

describe('the vault', () => {
  it('opens what it sealed, and nothing with another key or a changed letter', () => {
    const vault = createVault('a'.repeat(32));
    const sealed = vault.seal({ accessToken: 'hush' });
    expect(sealed).not.toContain('hush');
    expect(vault.open(sealed)).toEqual({ accessToken: 'hush' });
    expect(() => createVault('b'.repeat(32)).open(sealed)).toThrow(/cannot be opened/);
    expect(() => vault.open(`${sealed.slice(0, -2)}zz`)).toThrow(/cannot be opened/);
  });
});
