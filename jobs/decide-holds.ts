/** A person's word on what the guard rails held back: approved, it is carried out; rejected, everything stays as it is. */
import type { Hold, HoldReason, Run } from '../catalog/run.ts';
import { applyHeld } from './apply-held.ts';
import { letGoOn } from './feed-versions.ts';
import { addToRun, type JobContext } from './job.ts';
import { publishFeed } from './publish-feed.ts';
import { pushBatch } from './push-batch.ts';
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
    case 'prices_moved':
    case 'variants_missing':
      await addToRun(ctx, applyHeld, { catalogId, runId });
      break;
    case 'newly_blocked':
    case 'feed_empty':
    case 'feed_shrunk':
      if (hold.channel)
        await addToRun(ctx, publishFeed, { catalogId, runId, channel: hold.channel, force: true });
      break;
    case 'feed_pinned':
      if (hold.channel) await letGoOn(catalogId, hold.channel, ctx);
      break;
    case 'channel_rejects':
      if (!hold.channel) break;
      await ctx.stores.catalogs.resume(catalogId, hold.channel);
      await addToRun(ctx, pushBatch, { catalogId, runId, channel: hold.channel });
      break;
  }
}

async function drop(hold: Hold, runId: string, ctx: JobContext): Promise<void> {
  switch (hold.reason) {
    case 'too_many_removals':
    case 'unreadable_rows':
      await ctx.stores.runs.clearHeldRemovals(runId);
      break;
    case 'prices_moved':
    case 'variants_missing':
      await ctx.stores.runs.dropSetAside(runId, hold.reason);
      break;
    // the feed before is served on, a pinned one stays so; the channel stays paused until somebody resumes it
    case 'newly_blocked':
    case 'feed_empty':
    case 'feed_shrunk':
    case 'feed_pinned':
    case 'channel_rejects':
      break;
  }
}
