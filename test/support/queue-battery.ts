/** What every queue does; run against each of them on its real store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { BusyError, ConfigError } from '../../catalog/errors.ts';
import type { Run, RunKind } from '../../catalog/run.ts';
import { createRunStore, type RunStore } from '../../catalog/store/runs.ts';
import {
  addToRun,
  defineJob,
  type Job,
  type JobContext,
  type OpenQueue,
  type RunPayload,
} from '../../jobs/job.ts';
import type { QueueOptions } from '../../jobs/queues/embedded.ts';
import { queueWork } from '../../jobs/revive-runs.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { testDatabase } from './database.ts';

export const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const payload = z.object({ catalogId: z.string(), runId: z.string().optional(), n: z.number().optional() });
type Payload = z.infer<typeof payload>;

export interface QueueUnderTest {
  /** Another queue on the same store, as another process would have it. `name` keeps the tests apart. */
  open(name: string, database: Database, options: QueueOptions): OpenQueue;
  /** Makes the job in hand look as if its worker had died. */
  abandon(queue: OpenQueue, name: string, database: Database): Promise<void>;
}

export async function until(claim: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (await claim()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('did not come true within 10 seconds');
}

let count = 0;

export function testQueue(title: string, under: QueueUnderTest): void {
  describe(title, () => {
    let folder: string;
    let database: Database;
    let runs: RunStore;
    let name: string;
    let opened: OpenQueue[] = [];

    const open = (options: QueueOptions = {}): OpenQueue => {
      const queue = under.open(name, database, { pollMs: 20, concurrency: 2, ...options });
      opened.push(queue);
      return queue;
    };
    const contextOf = (queue: OpenQueue): JobContext =>
      ({ log: quiet, now: () => new Date(), stores: { runs }, queue }) as unknown as JobContext;
    const make = (run: (p: Payload, c: JobContext) => Promise<void>, attempts = 3): Job<Payload> =>
      defineJob({
        name: 'test-job',
        payload,
        attempts,
        key: (p: Payload) => (p.n === undefined ? p.catalogId : `${p.catalogId}:${p.n}`),
        run,
      });
    const start = (queue: OpenQueue, ...jobs: Job<Payload>[]): OpenQueue => {
      queue.start(jobs as never[], contextOf(queue));
      return queue;
    };
    const statusOf = async (run: Run): Promise<string> => (await runs.find(run.id)).status;
    /** A job that is in hand until it is let go on; `seen` holds the runs it was done for. */
    const makeHeld = (jobName: string, then: (p: Payload, c: JobContext) => Promise<void>) => {
      const seen: (string | undefined)[] = [];
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const job = defineJob({
        name: jobName, payload, attempts: 3, key: (p: Payload) => p.catalogId,
        async run(p: Payload, c: JobContext) {
          seen.push(p.runId);
          const halted = new Promise((_, reject) =>
            c.signal?.addEventListener('abort', () => reject(c.signal?.reason as Error)),
          );
          await Promise.race([held, halted]);
          await then(p, c);
        },
      }); // prettier-ignore
      return { job, seen, release };
    };
    const isEmpty = async (queue: OpenQueue): Promise<boolean> => {
      const { waiting, running } = await queue.count();
      return waiting + running === 0;
    };
    const startRun = (kind: RunKind = 'import'): ReturnType<RunStore['start']> =>
      runs.start({ catalogId: 'a', kind, startedBy: 'api', source: { name: 'x' } }, new Date());

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'queue-'));
      database = await openDatabase(testDatabase(), folder);
      runs = createRunStore(database.connection);
      await runs.sync();
    });
    beforeEach(async () => {
      name = `t${process.pid}-${count++}`;
      for (const collection of ['jobs', 'runs', 'run_leases'])
        await database.connection.collection(collection).deleteMany({});
    });
    afterEach(async () => {
      for (const queue of opened) await queue.stop();
      opened = [];
    });
    afterAll(async () => {
      await database.stop();
      await rm(folder, { recursive: true });
    });

    it('does a waiting job once, however often it is added', async () => {
      let done = 0;
      const job = make(async () => void (done += 1));
      const queue = open();
      for (let n = 0; n < 5; n++) await queue.add(job, { catalogId: 'a' });
      expect(await queue.list(10)).toMatchObject([{ key: 'test-job:a', state: 'waiting', catalogId: 'a' }]);
      expect(await queue.has(['test-job:a', 'test-job:b'])).toEqual(new Set(['test-job:a']));
      start(queue, job);
      await until(() => isEmpty(queue));
      expect(done).toBe(1);
    });

    it('does it as a part of the run that waits for it by now, though it was added without one', async () => {
      const seen: (string | undefined)[] = [];
      const run = await startRun();
      let begin = (): void => undefined;
      const first = new Promise<void>((resolve) => (begin = resolve));
      let end = (): void => undefined;
      const free = new Promise<void>((resolve) => (end = resolve));
      const job = make(async ({ runId }) => {
        seen.push(runId);
        begin();
        await free;
      });
      const queue = start(open(), job);
      await queue.add(job, { catalogId: 'a' });
      await first;
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: run.id });
      end();
      await until(() => isEmpty(queue));
      expect(seen).toEqual([undefined, run.id]);
      expect((await runs.find(run.id)).status).toBe('done');
    });

    it('keeps every run waiting for what follows the work that it waited for, whoever had it queued', async () => {
      const follower = makeHeld('test-follower', async () => undefined);
      const job = make(({ catalogId, runId }, ctx) => addToRun(ctx, follower.job, { catalogId, runId }));
      const queue = open();
      const [first, second] = [await startRun('import'), await startRun('refresh')];
      for (const { id } of [first, second])
        await addToRun(contextOf(queue), job, { catalogId: 'a', runId: id });
      start(queue, job, follower.job);
      await until(() => follower.seen.length === 1);
      for (const run of [first, second])
        await until(async () => (await runs.find(run.id)).waiting.join() === 'test-follower:a');
      follower.release();
      await until(() => isEmpty(queue));
      expect([await statusOf(first), await statusOf(second)]).toEqual(['done', 'done']);
    });

    it('keeps a run waiting for what follows though it came to wait while the work was in hand for another', async () => {
      const follower = makeHeld('test-follower', async () => undefined);
      const job = makeHeld('test-job', ({ catalogId, runId }, ctx) =>
        addToRun(ctx, follower.job, { catalogId, runId }),
      );
      const queue = start(open({ concurrency: 4 }), job.job, follower.job);
      const [first, second] = [await startRun('import'), await startRun('refresh')];
      await addToRun(contextOf(queue), job.job, { catalogId: 'a', runId: first.id });
      await until(() => job.seen.length === 1);
      await addToRun(contextOf(queue), job.job, { catalogId: 'a', runId: second.id });
      job.release();
      await until(async () => (await runs.find(second.id)).waiting.includes('test-follower:a'));
      await until(async () => !(await runs.find(second.id)).waiting.includes('test-job:a'));
      expect([await statusOf(first), await statusOf(second)]).toEqual(['running', 'running']);
      follower.release();
      await until(() => isEmpty(queue));
      expect([await statusOf(first), await statusOf(second)]).toEqual(['done', 'done']);
    });

    it.each(['stop', 'pause'] as const)(
      'does it for the other run that waits for it when a person does "%s" to the one it was done for',
      async (word) => {
        const job = makeHeld('test-job', async () => undefined);
        const queue = start(open(), job.job);
        const [first, second] = [await startRun('import'), await startRun('refresh')];
        for (const { id } of [first, second])
          await addToRun(contextOf(queue), job.job, { catalogId: 'a', runId: id });
        await until(() => job.seen.length === 1);
        const [lead, other] = job.seen[0] === first.id ? [first, second] : [second, first];
        await runs[word](lead.id, new Date());
        await until(() => job.seen.length === 2);
        job.release();
        await until(() => isEmpty(queue));
        expect(job.seen).toEqual([lead.id, other.id]);
        expect(await statusOf(other)).toBe('done');
      },
    );

    it('does it for each run with what that run asked for', async () => {
      const seen: object[] = [];
      const job = defineJob({
        name: 'test-job', payload, attempts: 3, key: (p: Payload) => p.catalogId, run: async (p: Payload) => void seen.push(p),
      }); // prettier-ignore
      const queue = open();
      const [first, second] = [await startRun('import'), await startRun('refresh')];
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: first.id, n: 1 });
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: second.id, n: 2 });
      start(queue, job);
      await until(() => isEmpty(queue));
      expect(new Set(seen)).toEqual(
        new Set([
          { catalogId: 'a', runId: first.id, n: 1 },
          { catalogId: 'a', runId: second.id, n: 2 },
        ]),
      );
      expect([await statusOf(first), await statusOf(second)]).toEqual(['done', 'done']);
    });

    it('begins the next run of a kind with its own file though the work of a stopped one is in hand still', async () => {
      const seen: (number | undefined)[] = [];
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const job = defineJob({
        name: 'test-job', payload, attempts: 3, key: (p: Payload) => p.catalogId,
        async run({ n }: Payload) {
          seen.push(n);
          if (n === 1) await held;
        },
      }); // prettier-ignore
      const queue = start(open(), job);
      const stopped = await startRun();
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: stopped.id, n: 1 });
      await until(() => seen.length === 1);
      await runs.stop(stopped.id, new Date());
      const next = await startRun();
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: next.id, n: 2 });
      release();
      await until(async () => (await statusOf(next)) === 'done');
      expect(seen).toEqual([1, 2]);
    });

    it('fails every run that waits for what is given up', async () => {
      const job = make(async () => {
        throw new ConfigError('bad', 'mend it', { hint: 'so' });
      });
      const queue = open();
      const [first, second] = [await startRun('import'), await startRun('refresh')];
      for (const { id } of [first, second])
        await addToRun(contextOf(queue), job, { catalogId: 'a', runId: id });
      start(queue, job);
      await until(async () => (await queue.count()).failed === 1);
      for (const run of [first, second])
        expect(await runs.find(run.id)).toMatchObject({ status: 'failed', error: { code: 'bad' } });
    });

    it('does it once more when it is added while it runs', async () => {
      let done = 0;
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const job = make(async () => {
        done += 1;
        if (done === 1) await held;
      });
      const queue = start(open(), job);
      await queue.add(job, { catalogId: 'a' });
      await until(() => done === 1);
      await queue.add(job, { catalogId: 'a' });
      await queue.add(job, { catalogId: 'a' });
      release();
      await until(async () => done === 2 && (await isEmpty(queue)));
      expect(done).toBe(2);
    });

    it('tries again what may pass, after the wait that was asked for', async () => {
      let tries = 0;
      const job = make(async () => {
        tries += 1;
        if (tries < 3) throw new BusyError('busy', 'later', { retryAfterMs: 10 });
      });
      const queue = start(open(), job);
      await queue.add(job, { catalogId: 'a' });
      await until(async () => tries === 3 && (await isEmpty(queue)));
      expect(tries).toBe(3);
    });

    it('does not wait for the time of a clock that was an hour ahead', async () => {
      const right = Date.now.bind(Date);
      let done = 0;
      const job = make(async () => void (done += 1));
      const queue = open({ leaseMs: 1_500 });
      Date.now = () => right() + 3_600_000;
      try {
        await queue.add(job, { catalogId: 'a' }, { delayMs: 50 });
      } finally {
        Date.now = right;
      }
      start(queue, job);
      await until(async () => done === 1 && (await isEmpty(queue)));
      expect(done).toBe(1);
    });

    it('gives up at once on what a person must mend, and fails its run', async () => {
      let tries = 0;
      const job = make(async () => {
        tries += 1;
        throw new ConfigError('bad', 'mend it', { hint: 'so' });
      });
      const queue = start(open(), job);
      const run = await startRun();
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: run.id });
      await until(async () => (await runs.find(run.id)).status === 'failed');
      await until(async () => (await queue.count()).failed === 1);
      expect(tries).toBe(1);
      expect((await runs.find(run.id)).error).toEqual({ code: 'bad', message: 'mend it', hint: 'so' });
      expect(await queue.list(10)).toMatchObject([{ state: 'failed', error: 'mend it' }]);
    });

    it('takes over the work of a worker that died, and says on the run that it was interrupted', async () => {
      const began: string[] = [];
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const hung = make(async () => {
        began.push('first');
        await held;
      });
      const dead = start(open({ concurrency: 1, leaseMs: 1_500 }), hung);
      const run = await startRun();
      const job = make(async () => void began.push('second'));
      await addToRun(contextOf(dead), job, { catalogId: 'a', runId: run.id });
      await until(() => began.length === 1);
      await under.abandon(dead, name, database);
      start(open({ leaseMs: 1_500 }), job);
      await until(async () => (await runs.find(run.id)).status === 'done');
      release();
      expect(began).toEqual(['first', 'second']);
      expect((await runs.find(run.id)).interruptions).toBe(1);
    });

    it('ends a run whose last work was done, but which a kill kept from ending', async () => {
      const job = make(async () => undefined);
      const queue = open();
      const run = await startRun();
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: run.id });
      await database.connection.collection<{ _id: string; work: unknown[] }>('runs').updateOne({ _id: run.id }, { $set: { work: [] } }); // prettier-ignore
      start(queue, job);
      await until(async () => (await statusOf(run)) === 'done');
    });

    it('keeps waiting work over a restart', async () => {
      const done: string[] = [];
      const job = make(async ({ catalogId }) => void done.push(catalogId));
      const before = open();
      await before.add(job, { catalogId: 'a' }, { delayMs: 50 });
      await before.stop();
      start(open(), job);
      await until(() => done.length === 1);
    });

    it('puts back what it had in hand when it is stopped', async () => {
      let began = 0;
      const job = make(async (_, { signal }) => {
        began += 1;
        if (began > 1) return;
        await new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      });
      const first = start(open(), job);
      await first.add(job, { catalogId: 'a' });
      await until(() => began === 1);
      await first.stop();
      const second = start(open(), job);
      await until(async () => began === 2 && (await isEmpty(second)));
    });

    it('takes what a person waits for before what the clock began', async () => {
      const order: (number | undefined)[] = [];
      const job = make(async ({ n }) => void order.push(n));
      const queue = open({ concurrency: 1 });
      for (const n of [1, 2, 3])
        await queue.add(job, { catalogId: `night-${n}`, n }, { priority: 'schedule' });
      await queue.add(job, { catalogId: 'day', n: 4 }, { priority: 'person' });
      start(queue, job);
      await until(() => order.length === 4);
      expect(order[0]).toBe(4);
    });

    it('does a person’s fix at once though every other place is taken', async () => {
      const done: (number | undefined)[] = [];
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const job = make(async ({ n }) => {
        if (n !== 9) await held;
        done.push(n);
      });
      const queue = start(open({ concurrency: 2 }), job);
      for (const n of [1, 2, 3]) await queue.add(job, { catalogId: `night-${n}`, n });
      await until(async () => (await queue.count()).running === 2);
      await queue.add(job, { catalogId: 'shop', n: 9 }, { priority: 'fix' });
      await until(() => done.length === 1);
      expect(done).toEqual([9]);
      release();
      await until(() => isEmpty(queue));
    });

    it('lets catalogs take turns, so that one with many jobs keeps no other waiting', async () => {
      const order: string[] = [];
      const job = make(async ({ catalogId }) => void order.push(catalogId));
      const queue = open({ concurrency: 1 });
      for (let n = 0; n < 20; n++) await queue.add(job, { catalogId: 'large', n });
      await queue.add(job, { catalogId: 'small', n: 0 });
      start(queue, job);
      await until(() => order.length === 21);
      expect(order.indexOf('small')).toBeLessThan(3);
    });

    it('halts the job of a stopped run within seconds and does not bring it back', async () => {
      let began = 0;
      const job = make(async (_, { signal }) => {
        began += 1;
        await new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      });
      const queue = start(open(), job);
      const run = await startRun();
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: run.id });
      await until(() => began === 1);
      expect((await runs.stop(run.id, new Date())).status).toBe('stopped');
      await until(() => isEmpty(queue));
      expect(began).toBe(1);
      // its place is free for the next run
      expect((await startRun()).status).toBe('running');
    });

    it('halts a paused run, and goes on with it when it is resumed', async () => {
      let began = 0;
      const job = make(async (_, { signal }) => {
        began += 1;
        if (began > 1) return;
        await new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      });
      const queue = start(open(), job);
      const run = await startRun();
      await addToRun(contextOf(queue), job, { catalogId: 'a', runId: run.id });
      await until(() => began === 1);
      await runs.pause(run.id, new Date());
      await until(() => isEmpty(queue));
      expect((await runs.find(run.id)).status).toBe('paused');
      await runs.resume(run.id, new Date());
      const table = new Map([[job.name, job as unknown as Job<RunPayload>]]);
      await queueWork(run.id, await runs.listWork(run.id), table, contextOf(queue));
      await until(async () => (await runs.find(run.id)).status === 'done');
      expect(began).toBe(2);
    });
  });
}
