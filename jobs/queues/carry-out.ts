/**
 * One job from its beginning to its verdict, the same for both queues: it beats the run's heart, hears a person's stop
 * and pause within seconds, and says what the queue is to do with it next.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { BusyError, SyncError } from '../../catalog/errors.ts';
import { isOpen, type RunOwner } from '../../catalog/run.ts';
import { keyOf, type Job, type JobContext, type RunPayload } from '../job.ts';

const SECOND = 1_000;
/** How often a running job looks whether its run was stopped or paused, and shows a sign of life. */
const lookMs = SECOND;

export type Verdict =
  | { kind: 'done' }
  /** Its run was stopped or paused: it leaves the queue; a resumed run brings it again. */
  | { kind: 'dropped' }
  /** This process stops: it is due at once, for another. */
  | { kind: 'put-back' }
  | { kind: 'retry'; waitMs: number; attempts: number; message: string }
  | { kind: 'failed'; attempts: number; message: string };

/** 2, 4, 8 … seconds, at most 5 minutes, with up to a quarter more so that many do not return at once. */
export const backoffMs = (attempts: number): number =>
  Math.min(2 ** attempts * SECOND, 300 * SECOND) * (1 + Math.random() / 4);

export const makeOwner = (): RunOwner => ({ host: hostname(), pid: process.pid, id: randomUUID() });

export interface Work {
  job: Job<RunPayload>;
  payload: RunPayload;
  /** Tries before this one. */
  attempts: number;
  /** The worker that had it before died over it. */
  interrupted: boolean;
  owner: RunOwner;
  /** Aborted when this process stops. */
  stopping: AbortSignal;
}

class RunHalted extends Error {}

/** Of a run that is halted nothing is done; work of one that has ended is done without it, where that is possible. */
async function findPayload({ job, payload }: Work, ctx: JobContext): Promise<RunPayload | undefined> {
  if (payload.runId === undefined) return payload;
  const status = await ctx.stores.runs.statusOf(payload.runId);
  if (status === 'stopped' || status === 'paused') return undefined;
  if (status !== undefined && isOpen({ status })) return payload;
  const { runId: _, ...alone } = payload;
  return job.payload.safeParse(alone).success ? alone : undefined;
}

interface Waiting {
  runId: string;
  token: string;
}

/**
 * Work that was queued without a run, and for which a run waits by now, is that run's: what follows belongs to it too, or
 * the run would end before its work is done.
 */
async function joinRun(
  payload: RunPayload,
  waiting: readonly Waiting[],
  ctx: JobContext,
): Promise<RunPayload> {
  if (payload.runId !== undefined) return payload;
  for (const { runId } of waiting)
    if ((await ctx.stores.runs.statusOf(runId)) === 'running') return { ...payload, runId };
  return payload;
}

export async function carryOut(given: Work, ctx: JobContext): Promise<Verdict> {
  try {
    const payload = await findPayload(given, ctx);
    if (!payload) return { kind: 'dropped' };
    return await carryOn({ ...given, payload }, ctx);
  } catch (error) {
    // the database could not be asked
    return given.stopping.aborted ? { kind: 'put-back' } : judge(error, given, ctx);
  }
}

async function carryOn(given: Work, ctx: JobContext): Promise<Verdict> {
  const { job, stopping } = given;
  const { runs } = ctx.stores;
  const { catalogId } = given.payload;
  const key = keyOf(job, given.payload);
  // one look for both: a run that comes to wait later is neither joined nor told that the work is done
  const waiting = await runs.findWaiting(catalogId, key);
  const payload = await joinRun(given.payload, waiting, ctx);
  const work = { ...given, payload };
  const { runId } = payload;
  const log = ctx.log.child({ job: job.name, ...(runId ? { runId } : {}) });
  const halt = new AbortController();
  const signal = AbortSignal.any([stopping, halt.signal]);
  const watch = runId === undefined ? undefined : watchRun(runId, halt, work.owner, ctx);
  try {
    if (runId !== undefined) {
      if (work.interrupted) await runs.markInterrupted(runId, ctx.now());
      await runs.beat(runId, work.owner, ctx.now());
      await runs.markResumed(runId, ctx.now());
    }
    const run = (): Promise<void> => job.run(payload, { ...ctx, log, signal });
    const attributes = { 'shelfcast.catalog': catalogId, 'shelfcast.job': key };
    await (ctx.tracing ? ctx.tracing.span(`job ${job.name}`, attributes, runId, run) : run());
    // the run first: a kill in between does the job once more, and does not leave the run waiting for ever
    await runs.endWork(key, waiting, ctx.now());
    return { kind: 'done' };
  } catch (error) {
    if (stopping.aborted) return { kind: 'put-back' };
    if (halt.signal.aborted) return { kind: 'dropped' };
    return judge(error, work, { ...ctx, log });
  } finally {
    clearInterval(watch);
  }
}

/** Halts the job once its run is stopped or paused; says every few seconds that somebody works on the run. */
function watchRun(runId: string, halt: AbortController, owner: RunOwner, ctx: JobContext): NodeJS.Timeout {
  const { runs } = ctx.stores;
  const beatEvery = Math.max(1, Math.floor(runs.leaseMs / 5 / lookMs));
  let looks = 0;
  const look = async (): Promise<void> => {
    const status = await runs.statusOf(runId);
    if (status === 'stopped' || status === 'paused') return halt.abort(new RunHalted(`the run is ${status}`));
    if (++looks % beatEvery === 0 && status !== undefined && isOpen({ status }))
      await runs.beat(runId, owner, ctx.now());
  };
  return setInterval(
    () => void look().catch((error: unknown) => ctx.log.debug('the run could not be looked at', { error })),
    lookMs,
  );
}

async function judge(error: unknown, work: Work, ctx: JobContext): Promise<Verdict> {
  const { job, payload } = work;
  // being asked to wait is no fault, but not for ever either
  const attempts = work.attempts + 1;
  const stop = error instanceof SyncError && error.next === 'stop';
  const message = error instanceof Error ? error.message : String(error);
  if (!stop && attempts < job.attempts) {
    const waitMs = (error instanceof BusyError ? error.retryAfterMs : undefined) ?? backoffMs(attempts);
    const weight = error instanceof BusyError ? 'debug' : 'warn';
    ctx.log[weight]('will be tried again', { error, attempts, waitMs: Math.round(waitMs) });
    return { kind: 'retry', waitMs, attempts, message };
  }
  ctx.log.error('given up', { error, attempts });
  if (payload.runId !== undefined) {
    const code = error instanceof SyncError ? error.code : 'unexpected';
    const hint = error instanceof SyncError ? error.hint : undefined;
    await ctx.stores.runs.fail(payload.runId, { code, message, ...(hint ? { hint } : {}) }, ctx.now());
  }
  return { kind: 'failed', attempts, message };
}
