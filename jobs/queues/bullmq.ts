/**
 * The queue on Redis, for several processes on several machines. BullMQ keeps order, delays and locks; the same key never
 * waits twice by its deduplication. A Redis that is away or was emptied loses nothing: the database knows what lags.
 */
import { DelayedError, Queue as RedisQueue, Worker, type Job as RedisJob, type JobType } from 'bullmq';
import { Redis } from 'ioredis';
import type { Log } from '../../catalog/context.ts';
import { keyOf, type Job, type JobContext, type OpenQueue, type QueuedJob, type RunPayload } from '../job.ts';
import { carryOut, makeOwner } from './carry-out.ts';
import { aheadMs, type QueueOptions } from './embedded.ts';
import { rankOf } from './rank.ts';

const SECOND = 1_000;
/** A Redis that does not answer within this time is left alone; the lagging look adds the work later. */
const addTimeoutMs = 5 * SECOND;
/** BullMQ keeps delayed jobs by their time and, in its last twelve bits, their order. */
const scoresPerMs = 0x1000;
/** Waits looked at in one go, those that end last first: of a clock that was ahead they are. */
const mostMended = 200;
const lanes = ['fix', 'walk'] as const;
type Lane = (typeof lanes)[number];

interface JobData {
  payload: RunPayload;
  attempts: number;
  error?: string;
}

export interface RedisQueueOptions extends QueueOptions {
  /** Before every key in Redis. Default `shelfcast`. */
  prefix?: string;
}

export function createRedisQueue(url: string, log: Log, options: RedisQueueOptions = {}): OpenQueue {
  const { concurrency = 4, leaseMs = 30 * SECOND, prefix = 'shelfcast' } = options;
  const connection = {
    url,
    maxRetriesPerRequest: null,
    retryStrategy: (n: number) => Math.min(n * 100, 2_000),
  };
  const me = makeOwner();
  const abort = new AbortController();
  const workers: Worker<JobData>[] = [];
  let isStopped = false;
  let mending: NodeJS.Timeout | undefined;
  const openLane = (lane: Lane): RedisQueue<JobData> => {
    const queue = new RedisQueue<JobData>(lane, {
      connection,
      prefix,
      streams: { events: { maxLen: 1_000 } },
    });
    queue.on('error', (error) => log.debug('the queue in Redis is not reached', { lane, error }));
    return queue;
  };
  const queues: Record<Lane, RedisQueue<JobData>> = { fix: openLane('fix'), walk: openLane('walk') };
  const both = Object.values(queues);
  /** Which jobs of each catalog wait, for the turns that catalogs take. */
  const counters = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: connection.retryStrategy, lazyConnect: true }); // prettier-ignore
  counters.on('error', (error) => log.debug('Redis is not reached', { error }));
  const waitingOf = (catalogId: string): string => `${prefix}:waiting:${catalogId}`;

  const queue: OpenQueue = {
    async sync() {
      await within(addTimeoutMs, Promise.all(both.map((one) => one.waitUntilReady()))).catch(
        (error: unknown) => log.warn('Redis is not reached; work is queued once it is back', { error }),
      );
    },
    async add(job, payload, { delayMs = 0, priority = 'schedule' } = {}) {
      const key = keyOf(job, payload);
      const parsed = job.payload.parse(payload);
      try {
        await within(addTimeoutMs, put(priority === 'fix' ? 'fix' : 'walk', key, parsed));
      } catch (error) {
        log.warn('the work could not be queued now; it is found again by what lags', { key, error });
      }
      async function put(lane: Lane, id: string, data: RunPayload): Promise<void> {
        const redis = queues[lane];
        const ahead = await counters.scard(waitingOf(data.catalogId));
        await counters.sadd(waitingOf(data.catalogId), id);
        await redis.add(
          job.name,
          { payload: data, attempts: 0 },
          {
            delay: delayMs,
            priority: rankOf(priority, ahead),
            deduplication: { id, keepLastIfActive: true, reschedule: true },
            removeOnComplete: true,
            removeOnFail: { age: 7 * 24 * 3_600, count: 1_000 },
          },
        );
      }
    },
    start(jobs, ctx) {
      const known = new Map(jobs.map((job) => [job.name, job as unknown as Job<RunPayload>]));
      const whole = { ...ctx, queue };
      for (const lane of lanes) {
        const worker = new Worker<JobData>(lane, (job, token) => inHand(job, token, known, whole), {
          connection,
          prefix,
          concurrency: lane === 'fix' ? 1 : concurrency,
          lockDuration: leaseMs,
          stalledInterval: leaseMs,
          maxStalledCount: 1_000,
        });
        worker.on('error', (error) => log.debug('a worker of the queue met an error', { lane, error }));
        workers.push(worker);
      }
      mending = setInterval(
        () =>
          void Promise.all(both.map(mendAhead)).catch((error: unknown) =>
            log.debug('waits in Redis could not be looked at', { error }),
          ),
        leaseMs / 3,
      );
    },
    async stop() {
      isStopped = true;
      clearInterval(mending);
      abort.abort(new Error('the service is stopping'));
      // one that Redis does not answer would be waited for until it comes back
      await within(30 * SECOND, Promise.all(workers.map((worker) => worker.close()))).catch(() =>
        Promise.all(workers.map((worker) => worker.close(true))),
      );
      counters.disconnect();
      await Promise.all(both.map((one) => one.close()));
    },
    async has(keys) {
      const found = new Set<string>();
      for (const key of keys)
        for (const one of both) if (await one.getDeduplicationJobId(key)) found.add(key);
      return found;
    },
    async list(limit) {
      const states: [JobType[], QueuedJob['state']][] = [
        [['active'], 'running'],
        [['prioritized', 'waiting', 'delayed'], 'waiting'],
        [['failed'], 'failed'],
      ];
      const all: QueuedJob[] = [];
      for (const [types, state] of states)
        for (const one of both)
          for (const job of await one.getJobs(types, 0, limit - 1, true))
            if (job) all.push(toQueued(job as RedisJob<JobData>, state));
      return all.slice(0, limit);
    },
    async count() {
      const counts = await Promise.all(
        both.map((one) => one.getJobCounts('active', 'prioritized', 'waiting', 'delayed', 'failed')),
      );
      const sum = (...types: string[]): number =>
        counts.reduce((total, one) => total + types.reduce((part, type) => part + (one[type] ?? 0), 0), 0);
      return {
        running: sum('active'),
        waiting: sum('prioritized', 'waiting', 'delayed'),
        failed: sum('failed'),
      };
    },
    async prune(before) {
      for (const one of both) await one.clean(Date.now() - before.getTime(), 1_000, 'failed');
    },
  };

  async function inHand(
    redisJob: RedisJob<JobData>,
    token: string | undefined,
    jobs: Map<string, Job<RunPayload>>,
    ctx: JobContext,
  ): Promise<void> {
    const job = jobs.get(redisJob.name);
    if (!job) throw new Error(`There is no job "${redisJob.name}" in this version.`);
    const { payload, attempts } = redisJob.data;
    const key = keyOf(job, payload);
    const interrupted = redisJob.stalledCounter > 0;
    const verdict = await carryOut(
      { job, payload, attempts, interrupted, owner: me, stopping: abort.signal },
      ctx,
    );
    const forget = async (): Promise<void> => {
      await counters.srem(waitingOf(payload.catalogId), key);
    };
    switch (verdict.kind) {
      case 'done':
      case 'dropped':
        return forget();
      case 'put-back':
        // BullMQ counts a delay of nothing as due at once
        await redisJob.moveToDelayed(Date.now() + 1, token);
        throw new DelayedError();
      case 'retry':
        await redisJob.updateData({ payload, attempts: verdict.attempts, error: verdict.message });
        await redisJob.moveToDelayed(Date.now() + verdict.waitMs, token);
        throw new DelayedError();
      case 'failed':
        await redisJob.updateData({ payload, attempts: verdict.attempts, error: verdict.message });
        await forget();
        throw new Error(verdict.message);
    }
  }

  /** A wait that a clock wrote which was ahead is counted anew from now: it would last as long as that jump. */
  async function mendAhead(redis: RedisQueue<JobData>): Promise<void> {
    const from = (Date.now() + aheadMs) * scoresPerMs;
    const key = redis.toKey('delayed');
    const late = await counters.zrevrangebyscore(key, '+inf', from, 'WITHSCORES', 'LIMIT', 0, mostMended);
    for (let at = 0; at < late.length; at += 2) {
      const job = await redis.getJob(late[at] ?? '');
      const waitMs = Number(late[at + 1]) / scoresPerMs - Date.now();
      if (job && waitMs > job.delay + aheadMs) await job.changeDelay(Math.max(1, Math.round(job.delay)));
    }
  }

  async function within<T>(ms: number, asked: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis did not answer within ${ms / SECOND} seconds`)), ms);
    });
    asked.catch((error: unknown) => {
      if (!isStopped) log.debug('Redis answered late, with an error', { error });
    });
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  }

  return queue;
}

function toQueued(job: RedisJob<JobData>, state: QueuedJob['state']): QueuedJob {
  const { payload, attempts, error } = job.data;
  return {
    key: job.deduplicationId ?? job.name,
    name: job.name,
    catalogId: payload.catalogId,
    state,
    attempts,
    dueAt: new Date(job.timestamp + job.delay),
    ...(error === undefined ? {} : { error }),
  };
}
