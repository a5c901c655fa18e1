/**
 * One job from its beginning to its verdict, the same for both queues: it beats the run's heart, hears a person's stop
 * and pause within seconds, and says what the queue is to do with it next.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { BusyError, SyncError } from '../../catalog/errors.ts';
import { isOpen, type RunOwner, type RunStatus } from '../../catalog/run.ts';
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

interface Waiting {
  runId: string;
  /** New with each adding, so that a job does not end what was added after it began. */
  token: string;
  status: RunStatus;
  payload: RunPayload;
}

/** For whom a job is done, and with what they asked for. */
interface Errand {
  /** Of the first of the runs; without a run it is nobody's. */
  payload: RunPayload;
  /** What follows belongs to all of them, or one would end before its work is done. */
  runIds: readonly string[];
  /** Told when the work has ended. */
  waiting: readonly Waiting[];
  /** Another run waits for the same work with other details: it is done once more, for that one. */
  leavesOthers: boolean;
}

/**
 * The runs that wait for a job decide for whom it is done and how, whoever had it queued: the queue keeps one payload of
 * several, or one without a run. Undefined: of a run that is halted nothing is done.
 */
async function findErrand({ job, payload }: Work, ctx: JobContext): Promise<Errand | undefined> {
  const { runs } = ctx.stores;
  const waiting = await runs.findWaiting(payload.catalogId, keyOf(job, payload));
  const active = waiting.filter(isActive);
  const lead = active.find(({ runId }) => runId === payload.runId) ?? active[0];
  if (lead) {
    const same = waiting.filter((one) => asksTheSame(one.payload, lead.payload));
    return {
      payload: lead.payload,
      runIds: [lead.runId, ...same.flatMap(({ runId }) => (runId === lead.runId ? [] : runId))],
      waiting: same,
      leavesOthers: active.some((one) => !same.includes(one)),
    };
  }
  const alone = { waiting: [], leavesOthers: false };
  if (payload.runId === undefined) return { ...alone, payload, runIds: [] };
  const status = await runs.statusOf(payload.runId);
  if (status === 'stopped' || status === 'paused') return undefined;
  if (status !== undefined && isOpen({ status })) return { ...alone, payload, runIds: [payload.runId] };
  // work of a run that has ended is done without it, where that is possible
  const { runId: _, ...rest } = payload;
  return job.payload.safeParse(rest).success ? { ...alone, payload: rest, runIds: [] } : undefined;
}

const isActive = ({ status }: Waiting): boolean => status !== 'paused';

const asksTheSame = ({ runId: _, ...one }: RunPayload, { runId: __, ...other }: RunPayload): boolean =>
  isDeepStrictEqual(one, other);

export async function carryOut(given: Work, ctx: JobContext): Promise<Verdict> {
  try {
    const errand = await findErrand(given, ctx);
    if (!errand) return { kind: 'dropped' };
    return await carryOn(given, errand, ctx);
  } catch (error) {
    // the database could not be asked
    if (given.stopping.aborted) return { kind: 'put-back' };
    const { runId } = given.payload;
    return judge(error, given, runId === undefined ? [] : [runId], ctx);
  }
}

async function carryOn(work: Work, errand: Errand, ctx: JobContext): Promise<Verdict> {
  const { job, stopping } = work;
  const { runs } = ctx.stores;
  const { payload, runIds, waiting } = errand;
  const { runId } = payload;
  const key = keyOf(job, payload);
  const log = ctx.log.child({ job: job.name, ...(runId ? { runId } : {}) });
  const halt = new AbortController();
  const signal = AbortSignal.any([stopping, halt.signal]);
  const watch = runId === undefined ? undefined : watchRuns(runId, runIds, halt, work.owner, ctx);
  try {
    for (const id of runIds) {
      if (work.interrupted) await runs.markInterrupted(id, ctx.now());
      await runs.beat(id, work.owner, ctx.now());
      await runs.markResumed(id, ctx.now());
    }
    const run = (): Promise<void> => job.run(payload, { ...ctx, log, signal, runIds });
    const attributes = { 'shelfcast.catalog': payload.catalogId, 'shelfcast.job': key };
    await (ctx.tracing ? ctx.tracing.span(`job ${job.name}`, attributes, runId, run) : run());
    // the runs first: a kill in between does the job once more, and does not leave a run waiting for ever
    await runs.endWork(key, waiting, ctx.now());
    // a kill may have come between a run's last work and its end; then it waits for nothing, this work neither
    for (const id of runIds)
      if (!waiting.some((one) => one.runId === id)) await runs.endIfDone(id, ctx.now());
    return { kind: errand.leavesOthers ? 'put-back' : 'done' };
  } catch (error) {
    if (stopping.aborted) return { kind: 'put-back' };
    if (!halt.signal.aborted) return judge(error, work, runIds, { ...ctx, log });
    // others may wait for it too
    const isWanted = (await runs.findWaiting(payload.catalogId, key)).some(isActive);
    return { kind: isWanted ? 'put-back' : 'dropped' };
  } finally {
    clearInterval(watch);
  }
}

/** Halts the job once the run it is done for first is stopped or paused; says every few seconds that somebody works on all. */
function watchRuns(
  lead: string,
  runIds: readonly string[],
  halt: AbortController,
  owner: RunOwner,
  ctx: JobContext,
): NodeJS.Timeout {
  const { runs } = ctx.stores;
  const beatEvery = Math.max(1, Math.floor(runs.leaseMs / 5 / lookMs));
  let looks = 0;
  const look = async (): Promise<void> => {
    const status = await runs.statusOf(lead);
    if (status === 'stopped' || status === 'paused') return halt.abort(new RunHalted(`the run is ${status}`));
    if (++looks % beatEvery === 0) for (const id of runIds) await runs.beat(id, owner, ctx.now());
  };
  return setInterval(
    () => void look().catch((error: unknown) => ctx.log.debug('the run could not be looked at', { error })),
    lookMs,
  );
}

async function judge(
  error: unknown,
  work: Work,
  runIds: readonly string[],
  ctx: JobContext,
): Promise<Verdict> {
  const { job } = work;
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
  const code = error instanceof SyncError ? error.code : 'unexpected';
  const hint = error instanceof SyncError ? error.hint : undefined;
  for (const id of runIds)
    await ctx.stores.runs.fail(id, { code, message, ...(hint ? { hint } : {}) }, ctx.now());
  return { kind: 'failed', attempts, message };
}
