/** The README's first command, as a process of its own: only this sees the whole of it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../catalog/run.ts';
import type { Listing } from '../feeds/listing.ts';
import type { IssueGroup } from '../services/cli/show.ts';

interface Outcome {
  run: Run;
  status: { channels: Record<string, Record<string, number>> };
  issues: IssueGroup[];
  stopped: Listing[];
}

const main = join(import.meta.dirname, '../services/cli/main.ts');

describe('the demo', () => {
  let folder: string;
  let outcome: Outcome;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shelfcast-demo-'));
    const { NODE_OPTIONS: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'demo', '--once', '--json'], {
      env: { ...env, DATA_DIR: folder, PORT: '0', MONGODB_URI: '', REDIS_URL: '' },
      maxBuffer: 64 * 1024 * 1024,
    });
    outcome = JSON.parse(stdout) as Outcome;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('ends with its run done, and every phase adds up', () => {
    expect(outcome.run.status).toBe('done');
    expect(outcome.run.phases.length).toBeGreaterThan(5);
    for (const counts of outcome.run.phases)
      expect(counts.in).toBe(counts.done + counts.skipped + counts.blocked + counts.failed);
  });

  it('has a verdict for every item at all five channels, most of them good', () => {
    const { channels } = outcome.status;
    expect(Object.keys(channels).sort()).toEqual(['google', 'meta', 'pinterest', 'snapchat', 'tiktok']);
    for (const counts of Object.values(channels)) {
      expect(counts).toMatchObject({ pending: 0, sent: 0 });
      expect(counts['accepted']).toBeGreaterThan(150);
      expect(counts['blocked']).toBeGreaterThan(0);
      // by policy: what only the channel can know
      expect(counts['rejected']).toBe(1);
    }
  });

  it('gives a reason and a cure for every item that is not live', () => {
    expect(outcome.stopped.length).toBeGreaterThan(0);
    for (const { issues } of outcome.stopped)
      expect(issues).toContainEqual(
        expect.objectContaining({ severity: 'error', message: expect.stringMatching(/\w/), hint: expect.stringMatching(/\w/) }),
      ); // prettier-ignore
  });
});
