import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from '@jest/globals';
import { environmentSchema, loadConfig } from '../../services/config.ts';
import { createLog, redact } from '../../services/log.ts';
import { createVault } from '../../services/vault.ts';

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const root = mkdtempSync(join(tmpdir(), 'config-'));
const folder = (): string => mkdtempSync(join(root, 'data-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the configuration', () => {
  it('is shown whole by .env.example, with the defaults that hold', () => {
    const shown = parseEnv(example);
    expect(Object.keys(shown).sort()).toEqual(Object.keys(environmentSchema.shape).sort());
    const DATA_DIR = folder();
    const { apiToken: _, encryptionKey: __, ...fromExample } = loadConfig({ ...shown, DATA_DIR });
    expect(loadConfig({ DATA_DIR })).toMatchObject(fromExample);
  });

  it('names every bad variable in a sentence, and tells no secret', () => {
    const environment = { PORT: 'many', ROLES: 'web,cook', API_TOKEN: 'hush' };
    const bad = (): unknown => loadConfig(environment);
    expect(bad).toThrow(/PORT: .*"many"[\s\S]*ROLES\.1: [\s\S]*API_TOKEN: use at least 32/);
    expect(bad).not.toThrow(/hush/);
  });

  it('knows a bucket by its name, and its access key whole or not at all', () => {
    const DATA_DIR = folder();
    const key = { S3_ACCESS_KEY_ID: 'AKIDEXAMPLE', S3_SECRET_ACCESS_KEY: 'hush' };
    expect(loadConfig({ DATA_DIR }).s3).toBeUndefined();
    expect(loadConfig({ DATA_DIR, S3_BUCKET: 'shop-files' }).s3).toEqual({
      bucket: 'shop-files',
      region: 'us-east-1',
      endpoint: undefined,
      credentials: undefined,
    });
    expect(loadConfig({ DATA_DIR, S3_BUCKET: 'shop-files', ...key }).s3?.credentials).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'hush',
    });
    const half = (): unknown => loadConfig({ DATA_DIR, S3_BUCKET: 'b-1', S3_SECRET_ACCESS_KEY: 'hush' });
    expect(half).toThrow(/^S3_ACCESS_KEY_ID: give it together/);
    expect(half).not.toThrow(/hush/);
    expect(() => loadConfig({ DATA_DIR, ...key })).toThrow(/^S3_BUCKET: name the bucket too/);
    const S3_ENDPOINT = 'storage.example';
    expect(() => loadConfig({ DATA_DIR, S3_BUCKET: 'b-1', S3_ENDPOINT })).toThrow(
      /^S3_ENDPOINT: use a whole http/,
    );
  });

  it('makes a token once and keeps it for this user only', () => {
    const DATA_DIR = folder();
    const { apiToken } = loadConfig({ DATA_DIR });
    expect(loadConfig({ DATA_DIR }).apiToken).toBe(apiToken);
    expect(statSync(join(DATA_DIR, 'api-token')).mode & 0o777).toBe(0o600);
    expect(readdirSync(DATA_DIR).sort()).toEqual(['api-token', 'encryption-key']);
  });

  it('refuses a secret that was cut short on the disk, since an empty one opens to everyone', () => {
    const DATA_DIR = folder();
    writeFileSync(join(DATA_DIR, 'api-token'), '\n');
    expect(() => loadConfig({ DATA_DIR })).toThrow(/api-token holds fewer than 32 characters/);
  });

  it('says in a sentence when the data folder cannot be used', () => {
    const file = join(folder(), 'a-file');
    writeFileSync(file, '');
    expect(() => loadConfig({ DATA_DIR: file })).toThrow(/^DATA_DIR: api-token cannot be kept there/);
  });

  it.each([
    ['PORT', '0x10', 'use a whole number from 0 to 65535'],
    ['PORT', ' ', 'use a whole number from 0 to 65535'],
    ['IMAGE_CONCURRENCY', '0', 'use a whole number from 1 to 64'],
    ['FEED_VERSIONS', '2.5', 'use a whole number from 1 to 100'],
    ['PUBLIC_URL', 'my-shop', 'use a whole http or https address'],
    ['PUBLIC_URL', 'ftp://my-shop.example', 'use a whole http or https address'],
    ['S3_BUCKET', 'Shop_Files', 'use 3 to 63 small letters'],
    ['ROLES', ',', 'name at least one role'],
    ['REFRESH_CRON', 'every night', 'write it like "0 3 \\* \\* \\*"'],
    ['CRON_TIME_ZONE', 'Berlin', 'use an IANA name'],
  ])('refuses %s=%j and says what to write', (name, value, sentence) => {
    const bad = (): unknown =>
      loadConfig({
        DATA_DIR: folder(),
        [name]: value,
      });
    expect(bad).toThrow(new RegExp(`^${name}: ${sentence}.*\\(found "${value}"\\)\\.$`));
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
