/** A person's word on what the guard rails held back: approved, it is carried out; rejected, everything stays as it is. */
import type { Hold, HoldReason, Run } from '../catalog/run.ts';
import { addToRun, type JobContext } from './job.ts';
import { removeHeld } from './remove-held.ts';

export interface Which {
  reason?: HoldReason | undefined;
  channel?: string | undefined;
}

export async function approveHolds(runId: string, which: Which, ctx: JobContext): Promise<Run> {
  const { runs } = ctx.stores;
  const { run, holds } = await runs.decide(runId, 'approved', ctx.now(), which);
  for (const hold of holds) await carryOut(hold, run, ctx);
  await runs.endIfDone(runId, ctx.now());
  return runs.find(runId);
}

export async function rejectHolds(runId: string, which: Which, ctx: JobContext): Promise<Run> {
  const { runs } = ctx.stores;
  const { holds } = await runs.decide(runId, 'rejected', ctx.now(), which);
  for (const hold of holds) await drop(hold, runId, ctx);
  return runs.find(runId);
}

async function carryOut(hold: Hold, { id: runId, catalogId }: Run, ctx: JobContext): Promise<void> {
  switch (hold.reason) {
    case 'too_many_removals':
    case 'unreadable_rows':
      await addToRun(ctx, removeHeld, { catalogId, runId });
      break;
  }
}

async function drop(hold: Hold, runId: string, ctx: JobContext): Promise<void> {
  switch (hold.reason) {
    case 'too_many_removals':
    case 'unreadable_rows':
      await ctx.stores.runs.clearHeldRemovals(runId);
      break;
  }
}
