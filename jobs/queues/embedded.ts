/**
 * The queue without Redis: jobs are documents, so a restart loses none. A job in hand is hidden until its lease
 * (`dueAt`) runs out; the worker renews it while it lives, so the work of a killed process comes back by itself.
 */
import { defineCollection, type Connection } from '../../catalog/store/model.ts';
import type { Log } from '../../catalog/context.ts';
import type { RunOwner } from '../../catalog/run.ts';
import { keyOf, type Job, type JobContext, type OpenQueue, type Priority, type RunPayload } from '../job.ts';
import { carryOut, makeOwner, type Verdict } from './carry-out.ts';
import { rankOf } from './rank.ts';

const SECOND = 1_000;
/** Clocks of several machines differ by less. */
export const aheadMs = 5 * SECOND;
export interface QueueOptions {
  /** Jobs at a time, beside one more for a person's fix. Default 4. */
  concurrency?: number;
  /** Milliseconds that a job stays hidden without a sign of life. Default 30,000. */
  leaseMs?: number;
  /** Milliseconds between two looks for due work. Default 200. */
  pollMs?: number;
}

interface JobDocument {
  /** `{name}:{key}` */
  _id: string;
  name: string;
  catalogId: string;
  payload: RunPayload;
  lane: Lane;
  /** Lower comes first; see rank.ts. */
  rank: number;
  dueAt: Date;
  /** When `dueAt` was written, by the same clock: one that was ahead is found out by it. */
  setAt: Date;
  attempts: number;
  /** The worker that has it in hand. */
  owner?: RunOwner;
  /** Added again while it ran. */
  again?: boolean;
  /** Given up; kept for people to see. */
  failed?: boolean;
  failedAt?: Date;
  error?: string;
}
type Lane = 'fix' | 'walk';

/** Due in so many milliseconds. */
function dueIn(ms: number, now = Date.now()): { dueAt: Date; setAt: Date } {
  return { dueAt: new Date(now + ms), setAt: new Date(now) };
}
const laneOf = (priority: Priority): Lane => (priority === 'fix' ? 'fix' : 'walk');

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function createEmbeddedQueue(connection: Connection, log: Log, options: QueueOptions = {}): OpenQueue {
  const { concurrency = 4, leaseMs = 30 * SECOND, pollMs = 200 } = options;
  const { collection, sync } = defineCollection<JobDocument>(connection, 'jobs', [
    { keys: { failed: 1, lane: 1, rank: 1, dueAt: 1 } },
    { keys: { catalogId: 1, failed: 1 } },
    { keys: { setAt: 1 } },
  ]);
  const me = makeOwner();
  const abort = new AbortController();
  const slots: Record<Lane, number> = { walk: concurrency, fix: 1 };
  const running: Record<Lane, Set<Promise<void>>> = { walk: new Set(), fix: new Set() };
  let poll: NodeJS.Timeout | undefined;
  let deadPoll: NodeJS.Timeout | undefined;
  let looking = false;
  let lookAgain = false;
  let wake: () => void = () => undefined;

  const queue: OpenQueue = {
    async sync() {
      await sync();
      // documents of an older version have no lane: they would wait for ever
      await collection.updateMany(
        { lane: { $exists: false } },
        { $set: { lane: 'walk', rank: 0, catalogId: '' } },
      );
    },
    async add(job, payload, { delayMs = 0, priority = 'schedule' } = {}) {
      const id = keyOf(job, payload);
      const parsed = job.payload.parse(payload);
      const { dueAt, setAt } = dueIn(delayMs);
      const { catalogId } = parsed;
      const rank = rankOf(priority, await collection.countDocuments({ catalogId, failed: false }));
      const lane = laneOf(priority);
      const set = { attempts: 0, failed: false, ...(parsed.runId ? { payload: parsed } : {}) };
      const first = { name: job.name, catalogId, lane, ...(parsed.runId ? {} : { payload: parsed }) };
      for (let round = 0; ; round++) {
        try {
          const before = await collection.findOneAndUpdate(
            { _id: id, owner: { $exists: false } },
            { $setOnInsert: first, $set: { ...set, setAt }, $min: { dueAt, rank } },
            { upsert: true, returnDocument: 'before', projection: { failed: 1 } },
          );
          // what was given up begins anew, with the payload of now
          if (before?.failed) await collection.updateOne({ _id: id }, { $set: { payload: parsed } });
          break;
        } catch (error) {
          if ((error as { code?: unknown }).code !== 11_000 || round === 5) throw error;
        }
        // a worker has it in hand; if it has put it away meanwhile, look again
        const mine = { _id: id, owner: { $exists: true } };
        if ((await collection.updateOne(mine, { $set: { again: true } })).matchedCount > 0) break;
      }
      wake();
    },
    start(jobs, ctx) {
      const known = new Map(jobs.map((job) => [job.name, job as unknown as Job<RunPayload>]));
      const whole = { ...ctx, queue };
      wake = () => void look(known, whole);
      poll = setInterval(() => wake(), pollMs);
      // at the start the work of an earlier queue of this very process is without a worker too
      const takeBack = (isStart: boolean): void =>
        void mendAhead()
          .then(() => releaseDead(isStart))
          .catch((error: unknown) => log.warn('work of dead processes could not be taken back', { error }))
          .finally(() => wake());
      takeBack(true);
      deadPoll = setInterval(() => takeBack(false), leaseMs / 6);
    },
    async has(keys) {
      const found = await collection
        .find({ _id: { $in: [...keys] }, failed: false }, { projection: { _id: 1 } })
        .toArray();
      return new Set(found.map(({ _id }) => _id));
    },
    async stop() {
      clearInterval(poll);
      clearInterval(deadPoll);
      wake = () => undefined;
      abort.abort(new Error('the service is stopping'));
      for (const lane of Object.values(running)) while (lane.size > 0) await Promise.allSettled(lane);
    },
    async list(limit) {
      const found = await collection.find().sort({ failed: 1, dueAt: 1 }).limit(limit).toArray();
      return found.map(({ _id, name, catalogId, attempts, dueAt, error, failed, owner }) => ({
        key: _id,
        name,
        catalogId,
        state: failed ? 'failed' : owner ? 'running' : 'waiting',
        attempts,
        dueAt,
        ...(error === undefined ? {} : { error }),
      }));
    },
    async count() {
      const [failed, all, taken] = await Promise.all([
        collection.countDocuments({ failed: true }),
        collection.countDocuments({ failed: false }),
        collection.countDocuments({ failed: false, owner: { $exists: true } }),
      ]);
      return { failed, running: taken, waiting: all - taken };
    },
    async prune(before) {
      await collection.deleteMany({ failed: true, failedAt: { $lt: before } });
    },
  };

  async function look(jobs: Map<string, Job<RunPayload>>, ctx: JobContext): Promise<void> {
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    try {
      do {
        lookAgain = false;
        for (const lane of ['fix', 'walk'] as const) await fill(lane, jobs, ctx);
      } while (lookAgain);
    } catch (error) {
      log.error('the queue could not be read', { error });
    } finally {
      looking = false;
    }
  }

  async function fill(lane: Lane, jobs: Map<string, Job<RunPayload>>, ctx: JobContext): Promise<void> {
    while (running[lane].size < slots[lane] && !abort.signal.aborted) {
      const before = await claim(lane, [...jobs.keys()]);
      const job = before && jobs.get(before.name);
      if (!before || !job) return;
      const work = inHand(before, job, ctx).catch((error: unknown) =>
        log.error('a job could not be put away', { job: before._id, error }),
      );
      running[lane].add(work);
      void work.finally(() => {
        running[lane].delete(work);
        wake();
      });
    }
  }

  /** What a killed process of this machine had in hand is due at once; its lease need not run out. */
  async function releaseDead(isStart: boolean): Promise<void> {
    for await (const { _id, owner } of collection.find({ 'owner.host': me.host })) {
      if (!owner || owner.id === me.id) continue;
      if (owner.pid === me.pid ? !isStart : isAlive(owner.pid)) continue;
      await collection.updateOne({ _id, 'owner.id': owner.id }, { $set: dueIn(0) });
    }
  }

  /** A wait or a lease that a clock wrote which was ahead is counted anew from now: it would last as long as that jump. */
  async function mendAhead(): Promise<void> {
    const now = Date.now();
    for await (const { _id, dueAt, setAt } of collection.find({ setAt: { $gt: new Date(now + aheadMs) } })) {
      const planned = Math.max(0, dueAt.getTime() - setAt.getTime());
      await collection.updateOne({ _id, setAt }, { $set: dueIn(planned, now) });
    }
  }

  /** The job as it was before: an owner in it is one that died. */
  async function claim(lane: Lane, names: string[]): Promise<JobDocument | null> {
    const now = Date.now();
    return collection.findOneAndUpdate(
      { failed: false, lane, dueAt: { $lte: new Date(now) }, name: { $in: names } },
      { $set: { owner: me, ...dueIn(leaseMs, now) } },
      { sort: { rank: 1, dueAt: 1 }, returnDocument: 'before' },
    );
  }

  async function inHand(before: JobDocument, job: Job<RunPayload>, ctx: JobContext): Promise<void> {
    const { _id: id, payload, attempts } = before;
    const mine = { _id: id, 'owner.id': me.id };
    const heartbeat = setInterval(() => {
      collection
        .updateOne(mine, { $set: dueIn(leaseMs) })
        .catch((error: unknown) => log.warn('a lease could not be renewed', { job: id, error }));
    }, leaseMs / 3);
    const interrupted = before.owner !== undefined;
    const work = { job, payload, attempts, interrupted, owner: me, stopping: abort.signal };
    try {
      await putAway(mine, await carryOut(work, ctx));
    } finally {
      clearInterval(heartbeat);
    }
  }

  async function putAway(mine: { _id: string; 'owner.id': string }, verdict: Verdict): Promise<void> {
    const release = { owner: '' } as const;
    switch (verdict.kind) {
      case 'done':
      case 'dropped': {
        const { deletedCount } = await collection.deleteOne({ ...mine, again: { $ne: true } });
        if (deletedCount > 0) return;
        const again = { ...dueIn(0), attempts: 0 };
        await collection.updateOne(mine, { $set: again, $unset: { ...release, again: '' } });
        return;
      }
      case 'put-back':
        await collection.updateOne(mine, { $set: dueIn(0), $unset: release });
        return;
      case 'retry': {
        const { waitMs, attempts, message } = verdict;
        const set = { ...dueIn(waitMs), attempts, error: message };
        await collection.updateOne(mine, { $set: set, $unset: release });
        return;
      }
      case 'failed': {
        const { attempts, message } = verdict;
        await collection.updateOne(mine, {
          $set: { failed: true, failedAt: new Date(), attempts, error: message },
          $unset: { ...release, again: '' },
        });
      }
    }
  }

  return queue;
}
