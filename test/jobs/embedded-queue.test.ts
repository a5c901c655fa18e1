import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { BusyError, ConfigError } from '../../catalog/errors.ts';
import { defineJob, type Job, type JobContext, type RunPayload } from '../../jobs/job.ts';
import { createEmbeddedQueue } from '../../jobs/queues/embedded.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { testDatabase } from '../support/service.ts';

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const payload = z.object({ catalogId: z.string(), runId: z.string().optional() });

describe('the embedded queue', () => {
  let folder: string;
  let database: Database;
  const failures: string[] = [];
  const ctx = {
    log,
    now: () => new Date(),
    stores: {
      runs: { endWaiting: async () => undefined, fail: async (id: string) => void failures.push(id) },
    },
  } as unknown as Omit<JobContext, 'queue'>;
  const make = (run: (p: RunPayload, c: JobContext) => Promise<void>, attempts = 3): Job<RunPayload> =>
    defineJob({ name: 'test-job', payload, attempts, key: (p) => p.catalogId, run }) as Job<RunPayload>;
  const start = (job: Job<RunPayload>, options = {}) => {
    const queue = createEmbeddedQueue(database.connection, log, { pollMs: 20, ...options });
    queue.start([job as never], ctx);
    return queue;
  };
  async function until(claim: () => boolean | Promise<boolean>): Promise<void> {
    for (let round = 0; round < 250; round++) {
      if (await claim()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('did not come true within 5 seconds');
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queue-'));
    database = await openDatabase(testDatabase(), folder);
    failures.length = 0;
  });
  afterEach(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });

  it('does a waiting job once, however often it is added', async () => {
    let done = 0;
    const job = make(async () => void (done += 1));
    const waiting = createEmbeddedQueue(database.connection, log);
    for (let n = 0; n < 5; n++) await waiting.add(job, { catalogId: 'a' });
    expect(await waiting.list(10)).toHaveLength(1);
    const queue = start(job);
    await until(async () => (await queue.list(10)).length === 0);
    await queue.stop();
    expect(done).toBe(1);
  });

  it('does it once more when it is added while it runs', async () => {
    let done = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const job = make(async () => {
      done += 1;
      if (done === 1) await held;
    });
    const queue = start(job);
    await queue.add(job, { catalogId: 'a' });
    await until(() => done === 1);
    await queue.add(job, { catalogId: 'a' });
    await queue.add(job, { catalogId: 'a' });
    release();
    await until(async () => (await queue.list(10)).length === 0);
    await queue.stop();
    expect(done).toBe(2);
  });

  it('tries again what may pass, after the wait that was asked for', async () => {
    let tries = 0;
    const job = make(async () => {
      tries += 1;
      if (tries < 3) throw new BusyError('busy', 'later', { retryAfterMs: 10 });
    });
    const queue = start(job);
    await queue.add(job, { catalogId: 'a' });
    await until(async () => (await queue.list(10)).length === 0);
    await queue.stop();
    expect(tries).toBe(3);
  });

  it('gives up at once on what a person must mend, and fails its run', async () => {
    let tries = 0;
    const job = make(async () => {
      tries += 1;
      throw new ConfigError('bad', 'mend it');
    });
    const queue = start(job);
    await queue.add(job, { catalogId: 'a', runId: 'run-1' });
    await until(() => failures.length > 0);
    await queue.stop();
    expect([tries, failures]).toEqual([1, ['run-1']]);
    expect(await queue.list(10)).toMatchObject([{ error: 'mend it' }]);
  });

  it('takes over the work of a worker that died', async () => {
    let began = 0;
    let release = (): void => undefined;
    const hung = make(async () => {
      began += 1;
      await new Promise<void>((resolve) => (release = resolve));
    });
    const dead = start(hung, { leaseMs: 60_000 });
    const job = make(async () => void (began += 10));
    await dead.add(job, { catalogId: 'a' });
    await until(() => began === 1);
    // its heartbeat stops with it: the lease is let run out by hand
    await database.connection.collection('jobs').updateMany({}, { $set: { dueAt: new Date(0) } });
    const queue = start(job);
    await until(() => began === 11);
    await queue.stop();
    release();
    await dead.stop();
  });

  it('keeps waiting work over a restart', async () => {
    const job = make(async () => undefined);
    await createEmbeddedQueue(database.connection, log).add(job, { catalogId: 'a' }, { delayMs: 50 });
    const queue = start(job);
    await until(async () => (await queue.list(10)).length === 0);
    await queue.stop();
  });
});
