/**
 * Runs outlive the processes that work on them. A run whose lease has run out is looked at: is its work still queued, it
 * only waits; is it not, the run died, is marked interrupted, and its work is queued again from the run's own record.
 */
import { isOpen } from '../catalog/run.ts';
import type { Job, JobContext, RunPayload } from './job.ts';

/** Jobs by their names. */
export const toTable = (jobs: readonly Job<never>[]): ReadonlyMap<string, Job<RunPayload>> =>
  new Map(jobs.map((job) => [job.name, job as unknown as Job<RunPayload>]));

export async function reviveRuns(jobs: readonly Job<never>[], ctx: JobContext): Promise<void> {
  const { runs } = ctx.stores;
  const known = toTable(jobs);
  for (const { runId } of await runs.listExpiredLeases(ctx.now())) {
    const status = await runs.statusOf(runId);
    // it ended, or was never written before a kill
    if (status === undefined || !isOpen({ status })) await runs.releaseLease(runId);
    else if (status === 'paused') await runs.beat(runId, undefined, ctx.now());
    else await revive(runId, known, ctx);
  }
}

async function revive(
  runId: string,
  known: ReadonlyMap<string, Job<RunPayload>>,
  ctx: JobContext,
): Promise<void> {
  const { runs } = ctx.stores;
  const work = await runs.listWork(runId);
  const queued = await ctx.queue.has(work.map(({ key }) => key));
  const lost = work.filter(({ key }) => !queued.has(key));
  if (lost.length > 0) {
    await runs.markInterrupted(runId, ctx.now());
    ctx.log.warn('a run was interrupted and goes on', { runId, jobs: lost.map(({ key }) => key) });
    await queueWork(runId, lost, known, ctx);
  }
  const run = await runs.find(runId);
  if (work.length === 0 && run.phases.length === 0)
    return runs.fail(
      runId,
      {
        code: 'run_interrupted',
        message: 'The run was interrupted before it began.',
        hint: 'Start it again.',
      },
      ctx.now(),
    );
  await runs.endIfDone(runId, ctx.now());
  await runs.beat(runId, undefined, ctx.now());
}

/** Queues what a run waits for: after its death, or when a person resumes it. */
export async function queueWork(
  runId: string,
  work: readonly { name: string; payload: object }[],
  known: ReadonlyMap<string, Job<RunPayload>>,
  ctx: JobContext,
): Promise<void> {
  const { startedBy } = await ctx.stores.runs.find(runId);
  const priority = startedBy === 'schedule' ? 'schedule' : 'person';
  for (const { name, payload } of work) {
    const job = known.get(name);
    if (job) await ctx.queue.add(job, payload as RunPayload, { priority });
    else ctx.log.error('a run waits for a job that this version does not know', { runId, name });
  }
}
