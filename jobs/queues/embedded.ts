/**
 * The queue without Redis: jobs are documents, so a restart loses none. A job in hand is hidden until its lease
 * (`dueAt`) runs out; the worker renews it while it lives, so the work of a killed process comes back by itself.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { defineCollection, type Connection } from '../../catalog/store/model.ts';
import { SyncError, BusyError } from '../../catalog/errors.ts';
import type { Log } from '../../catalog/context.ts';
import type { Job, JobContext, Queue, QueuedJob, RunPayload } from '../job.ts';

const SECOND = 1_000;
export interface EmbeddedQueueOptions {
  /** Jobs at a time. Default 4. */
  concurrency?: number;
  /** Milliseconds that a job stays hidden without a sign of life. Default 30,000. */
  leaseMs?: number;
  /** Milliseconds between two looks for due work. Default 200. */
  pollMs?: number;
}

interface Owner {
  host: string;
  pid: number;
  id: string;
}

interface JobDocument {
  /** `{name}:{key}` */
  _id: string;
  name: string;
  payload: RunPayload;
  dueAt: Date;
  attempts: number;
  /** The worker that has it in hand. */
  owner?: Owner;
  /** Added again while it ran. */
  again?: boolean;
  /** Given up; kept for people to see. */
  failed?: boolean;
  error?: string;
}

/** 2, 4, 8 … seconds, at most 5 minutes, with up to a quarter more so that many do not return at once. */
const backoffMs = (attempts: number): number =>
  Math.min(2 ** attempts * SECOND, 300 * SECOND) * (1 + Math.random() / 4);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function createEmbeddedQueue(connection: Connection, log: Log, options: EmbeddedQueueOptions = {}) {
  const { concurrency = 4, leaseMs = 30 * SECOND, pollMs = 200 } = options;
  const { collection, sync } = defineCollection<JobDocument>(connection, 'jobs', [
    { keys: { failed: 1, dueAt: 1 } },
  ]);
  const me: Owner = { host: hostname(), pid: process.pid, id: randomUUID() };
  const abort = new AbortController();
  const running = new Set<Promise<void>>();
  let poll: NodeJS.Timeout | undefined;
  let looking = false;
  let lookAgain = false;

  const queue: Queue & { sync(): Promise<void> } = {
    sync,
    async add(job, payload, { delayMs = 0 } = {}) {
      const id = `${job.name}:${job.key(payload)}`;
      const dueAt = new Date(Date.now() + delayMs);
      // a worker may take it, or another process add it, between the two looks: then look again
      for (let round = 0; ; round++) {
        const inHand = await collection.updateOne(
          { _id: id, owner: { $exists: true } },
          { $set: { again: true } },
        );
        if (inHand.matchedCount > 0) break;
        try {
          await collection.updateOne(
            { _id: id, owner: { $exists: false } },
            {
              $setOnInsert: { name: job.name },
              $set: { payload: job.payload.parse(payload), attempts: 0, failed: false },
              $min: { dueAt },
            },
            { upsert: true },
          );
          break;
        } catch (error) {
          if ((error as { code?: unknown }).code !== 11_000 || round === 5) throw error;
        }
      }
      wake();
    },
    start(jobs, ctx) {
      const known = new Map(jobs.map((job) => [job.name, job as unknown as Job<RunPayload>]));
      startLooking = () => void look(known, { ...ctx, queue, signal: abort.signal });
      poll = setInterval(wake, pollMs);
      void releaseDead()
        .catch((error: unknown) => log.warn('work of dead processes could not be taken back', { error }))
        .finally(wake);
    },
    async has(keys) {
      const found = await collection
        .find({ _id: { $in: [...keys] }, failed: false }, { projection: { _id: 1 } })
        .toArray();
      return new Set(found.map(({ _id }) => _id));
    },
    async stop() {
      clearInterval(poll);
      startLooking = () => undefined;
      abort.abort(new Error('the service is stopping'));
      while (running.size > 0) await Promise.allSettled(running);
    },
    async list(limit): Promise<QueuedJob[]> {
      const found = await collection.find().sort({ failed: 1, dueAt: 1 }).limit(limit).toArray();
      return found.map(({ _id, name, attempts, dueAt, error }) => ({
        key: _id,
        name,
        attempts,
        dueAt,
        ...(error === undefined ? {} : { error }),
      }));
    },
  };
  let startLooking: () => void = () => undefined;
  function wake(): void {
    startLooking();
  }

  async function look(jobs: Map<string, Job<RunPayload>>, ctx: JobContext): Promise<void> {
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    try {
      do {
        lookAgain = false;
        while (running.size < concurrency && !abort.signal.aborted) {
          const document = await claim([...jobs.keys()]);
          const job = document && jobs.get(document.name);
          if (!document || !job) break;
          const work = carryOut(document, job, ctx).catch((error: unknown) =>
            log.error('a job could not be put away', { job: document._id, error }),
          );
          running.add(work);
          void work.finally(() => {
            running.delete(work);
            wake();
          });
        }
      } while (lookAgain);
    } catch (error) {
      log.error('the queue could not be read', { error });
    } finally {
      looking = false;
    }
  }

  /** What a killed process of this machine had in hand is due at once; its lease need not run out. */
  async function releaseDead(): Promise<void> {
    for await (const { _id, owner } of collection.find({ 'owner.host': me.host })) {
      if (!owner || (owner.pid !== me.pid && isAlive(owner.pid)) || owner.id === me.id) continue;
      await collection.updateOne(
        { _id, 'owner.id': owner.id },
        { $set: { dueAt: new Date() }, $unset: { owner: '' } },
      );
    }
  }

  async function claim(names: string[]): Promise<JobDocument | null> {
    const now = new Date();
    return collection.findOneAndUpdate(
      { failed: false, dueAt: { $lte: now }, name: { $in: names } },
      { $set: { owner: me, dueAt: new Date(now.getTime() + leaseMs) } },
      { sort: { dueAt: 1 }, returnDocument: 'after' },
    );
  }

  async function carryOut(document: JobDocument, job: Job<RunPayload>, ctx: JobContext): Promise<void> {
    const { _id: id, payload } = document;
    const mine = { _id: id, 'owner.id': me.id };
    const heartbeat = setInterval(() => {
      collection
        .updateOne(mine, { $set: { dueAt: new Date(Date.now() + leaseMs) } })
        .catch((error: unknown) => log.warn('a lease could not be renewed', { job: id, error }));
    }, leaseMs / 3);
    const runId = payload.runId;
    const jobLog = ctx.log.child({ job: job.name, ...(runId ? { runId } : {}) });
    try {
      await job.run(payload, { ...ctx, log: jobLog });
      const runAgain = async (): Promise<void> => {
        await collection.updateOne(mine, {
          $set: { dueAt: new Date(), attempts: 0 },
          $unset: { owner: '', again: '' },
        });
      };
      if ((await collection.findOne(mine))?.again) return await runAgain();
      // the run first: a kill in between does the job once more, and does not leave the run waiting for ever
      if (runId) await ctx.stores.runs.endWaiting(runId, id, ctx.now());
      const { deletedCount } = await collection.deleteOne({ ...mine, again: { $ne: true } });
      if (deletedCount > 0) return;
      if (runId) await ctx.stores.runs.addWaiting(runId, id);
      await runAgain();
    } catch (error) {
      await putBack(document, job, ctx, error, jobLog);
    } finally {
      clearInterval(heartbeat);
    }
  }

  async function putBack(
    document: JobDocument,
    job: Job<RunPayload>,
    ctx: JobContext,
    error: unknown,
    jobLog: Log,
  ): Promise<void> {
    const mine = { _id: document._id, 'owner.id': me.id };
    if (abort.signal.aborted) {
      await collection.updateOne(mine, { $set: { dueAt: new Date() }, $unset: { owner: '' } });
      return;
    }
    const attempts = document.attempts + 1;
    const stop = error instanceof SyncError && error.next === 'stop';
    const message = error instanceof Error ? error.message : String(error);
    if (!stop && attempts < job.attempts) {
      const waitMs = (error instanceof BusyError ? error.retryAfterMs : undefined) ?? backoffMs(attempts);
      // being asked to wait is no fault
      const weight = error instanceof BusyError ? 'debug' : 'warn';
      jobLog[weight]('will be tried again', { error, attempts, waitMs: Math.round(waitMs) });
      await collection.updateOne(mine, {
        $set: { dueAt: new Date(Date.now() + waitMs), attempts, error: message },
        $unset: { owner: '' },
      });
      return;
    }
    jobLog.error('given up', { error, attempts });
    await collection.updateOne(mine, {
      $set: { failed: true, attempts, error: message },
      $unset: { owner: '', again: '' },
    });
    const { runId } = document.payload;
    if (runId) {
      const code = error instanceof SyncError ? error.code : 'unexpected';
      const hint = error instanceof SyncError ? error.hint : undefined;
      await ctx.stores.runs.fail(runId, { code, message, ...(hint ? { hint } : {}) }, ctx.now());
    }
  }

  return queue;
}
