import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defaultLeaseMs } from '../../catalog/store/run-leases.ts';
import { createRunStore, type RunStore } from '../../catalog/store/runs.ts';
import { carryOn } from '../../jobs/import-catalog.ts';
import { addToRun, defineJob, type JobContext, type Queue } from '../../jobs/job.ts';
import { createEmbeddedQueue } from '../../jobs/queues/embedded.ts';
import { reviveRuns } from '../../jobs/revive-runs.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { quiet } from '../support/queue-battery.ts';
import { testDatabase } from '../support/database.ts';

const job = defineJob({
  name: 'test-job',
  payload: z.object({ catalogId: z.string(), runId: z.string().optional(), file: z.string() }),
  attempts: 3,
  key: (p) => p.catalogId,
  run: async () => undefined,
});

describe('a run', () => {
  let folder: string;
  let database: Database;
  let runs: RunStore;
  let queue: Queue;
  let now = new Date('2026-05-01T03:00:00Z');
  let ctx: JobContext;
  const later = (ms: number): void => void (now = new Date(now.getTime() + ms));
  const start = (kind: 'import' | 'refresh' = 'import') =>
    runs.start({ catalogId: 'shop', kind, startedBy: 'schedule', source: { name: 'x' } }, now);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runs-'));
    database = await openDatabase(testDatabase(), folder);
    runs = createRunStore(database.connection);
    await runs.sync();
  });
  beforeEach(async () => {
    for (const name of ['jobs', 'runs', 'run_leases'])
      await database.connection.collection(name).deleteMany({});
    queue = createEmbeddedQueue(database.connection, quiet);
    ctx = { log: quiet, now: () => now, stores: { runs }, queue } as unknown as JobContext;
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });

  it('is the only one of its kind in its catalog, whoever starts at the same moment', async () => {
    const second = createRunStore(database.connection);
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) =>
        (n % 2 ? runs : second).start(
          { catalogId: 'shop', kind: 'import', startedBy: 'api', source: { name: 'x' } },
          now,
        ),
      ),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await start('refresh')).kind).toBe('refresh');
  });

  it('whose work the queue has lost is interrupted and goes on from its own record', async () => {
    const run = await start();
    await addToRun(ctx, job, { catalogId: 'shop', runId: run.id, file: 'a.csv' });
    await database.connection.collection('jobs').deleteMany({});
    await reviveRuns([job as never], ctx);
    expect((await runs.find(run.id)).status).toBe('running');
    later(defaultLeaseMs + 1);
    await reviveRuns([job as never], ctx);
    expect(await runs.find(run.id)).toMatchObject({ status: 'interrupted', interruptions: 1 });
    const [document] = await database.connection.collection('jobs').find().toArray();
    expect(document).toMatchObject({ payload: { runId: run.id, file: 'a.csv' } });
  });

  it('that only waits in the queue is left alone, however long', async () => {
    const run = await start();
    await addToRun(ctx, job, { catalogId: 'shop', runId: run.id, file: 'a.csv' }, { delayMs: 3_600_000 });
    later(3 * defaultLeaseMs);
    await reviveRuns([job as never], ctx);
    expect((await runs.find(run.id)).interruptions).toBeUndefined();
    expect(new Date((await runs.leaseOf(run.id))?.expiresAt ?? 0).getTime()).toBeGreaterThan(now.getTime());
  });

  it('that was killed before it began ends, and frees its place', async () => {
    const run = await start();
    later(defaultLeaseMs + 1);
    await reviveRuns([job as never], ctx);
    expect(await runs.find(run.id)).toMatchObject({ status: 'failed', error: { code: 'run_interrupted' } });
    expect((await start()).status).toBe('running');
  });

  it('frees its place though its process was killed before the run was written', async () => {
    await database.connection.collection('run_leases').insertOne({
      _id: 'shop:import' as never, runId: 'never-written', heartbeatAt: now, expiresAt: new Date(now.getTime() + 1_000),
    }); // prettier-ignore
    await expect(start()).rejects.toThrow(/running already/);
    later(2_000);
    expect((await start()).status).toBe('running');
  });

  it('does not end by a job that began before it was added anew', async () => {
    const run = await start();
    await addToRun(ctx, job, { catalogId: 'shop', runId: run.id, file: 'a.csv' });
    const before = await runs.findWaiting('shop', 'test-job:shop');
    await addToRun(ctx, job, { catalogId: 'shop', runId: run.id, file: 'b.csv' });
    await runs.endWork('test-job:shop', before, now);
    expect((await runs.find(run.id)).status).toBe('running');
    await runs.endWork('test-job:shop', await runs.findWaiting('shop', 'test-job:shop'), now);
    expect((await runs.find(run.id)).status).toBe('done');
  });

  it('goes with its issues once it is old, but the newest of a catalog stay', async () => {
    for (let n = 0; n < 5; n++) {
      const run = await start();
      await runs.saveIssues(run.id, [
        { at: 1, issue: { code: 'x', severity: 'error', message: 'm', from: 'source' } },
      ]);
      await runs.stop(run.id, now);
      later(1_000);
    }
    later(100 * 86_400_000);
    expect(await runs.prune('shop', now, 2)).toBe(3);
    expect(await runs.list('shop', 10)).toHaveLength(2);
    expect(await database.connection.collection('run_issues').countDocuments()).toBe(2);
  });

  it('that was held is pointless once a later run has asked the same', async () => {
    const old = await start();
    const hold = { reason: 'too_many_removals', message: 'm', before: 9, after: 1, missing: 8, sample: [] } as const; // prettier-ignore
    await runs.addHold(old.id, { ...hold, sample: [] }, now);
    await runs.endIfDone(old.id, now);
    expect((await runs.find(old.id)).status).toBe('held');
    later(1_000);
    const fresh = await start();
    await runs.supersede('shop', fresh.id, ['too_many_removals'], undefined, now);
    expect((await runs.find(old.id)).status).toBe('superseded');
    await expect(runs.decide(old.id, 'approved', now)).rejects.toThrow(/not held/);
  });
});

describe('an import that goes on after a kill', () => {
  const base = {
    rows: { in: 60, done: 50, skipped: 4, blocked: 3, failed: 3 },
    products: { new: 40, changed: 10, unchanged: 4, removed: 0 },
  };

  it('keeps what it had counted until it has caught up', () => {
    const now = {
      rows: { in: 20, done: 0, skipped: 20, blocked: 0, failed: 0 },
      products: { new: 0, changed: 0, unchanged: 20, removed: 0 },
    };
    expect(carryOn(base, now)).toEqual(base);
  });

  it('counts what it had saved before as what it was then, and adds up', () => {
    const now = {
      rows: { in: 100, done: 30, skipped: 62, blocked: 2, failed: 6 },
      products: { new: 30, changed: 0, unchanged: 60, removed: 1 },
    };
    const { rows, products } = carryOn(base, now);
    expect(products).toEqual({ new: 70, changed: 10, unchanged: 10, removed: 1 });
    expect(rows).toEqual({ in: 100, done: 80, skipped: 9, blocked: 5, failed: 6 });
    expect(rows.in).toBe(rows.done + rows.skipped + rows.blocked + rows.failed);
  });
});
