import { z } from 'zod';
import { BusyError, NotFoundError } from '../catalog/errors.ts';
import { idOf } from '../catalog/store/model.ts';
import { applyOutcome, recoverLost, type ItemOutcome } from '../feeds/listing.ts';
import { listingId, type SentBatch } from '../feeds/store/listings.ts';
import type { ChannelApi } from '../feeds/channel.ts';
import { defineJob, type JobContext } from './job.ts';

/** A channel that is still at it is asked again this often (times the pause between) before the run gives up. */
const attempts = 200;

/** Asks a channel for its verdicts on one batch, then for its review of the items, until all are known. */
export const checkBatch = defineJob({
  name: 'check-batch',
  payload: z.object({
    catalogId: z.string(),
    channel: z.string(),
    handle: z.string(),
    runId: z.string().optional(),
  }),
  attempts,
  key: (p) => `${p.catalogId}:${p.channel}:${p.handle}`,
  async run({ catalogId, channel, handle, runId }, ctx) {
    const { listings } = ctx.stores;
    const api = await ctx.connect(catalogId, channel);
    const batch = await listings.findBatch(idOf(catalogId, channel, handle));
    if (!api || !batch) return;
    const askAgain = new BusyError('verdict_pending', `${channel} has not decided on batch ${handle} yet.`, {
      retryAfterMs: ctx.settings.checkEveryMs,
    });
    if (batch.stage === 'sent') {
      const outcomes = await ask(api, batch, ctx);
      if (outcomes === 'forgotten') return;
      if (outcomes === 'working') throw askAgain;
      const open = await settle(batch, outcomes, api.review !== undefined, runId, ctx);
      if (open.length === 0) return listings.endBatch(batch.id);
      await listings.saveBatch({ ...batch, offerIds: open, stage: 'review' });
    }
    const left = await listings.findBatch(batch.id);
    if (!left || !api.review) return;
    const outcomes = await api.review(left.offerIds);
    const open = await settle(left, outcomes, false, runId, ctx);
    if (open.length === 0) return listings.endBatch(batch.id);
    await listings.saveBatch({ ...left, offerIds: open });
    throw askAgain;
  },
});

/** The channel's word on a batch; the items of a handle that it has forgotten are pending again. */
async function ask(
  api: ChannelApi,
  batch: SentBatch,
  ctx: JobContext,
): Promise<ItemOutcome[] | 'working' | 'forgotten'> {
  if (!api.check) return [];
  try {
    return await api.check(batch.handle, batch.offerIds);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const { listings } = ctx.stores;
    await listings.change(
      batch.offerIds.map((offerId) => listingId(batch.catalogId, batch.channel, offerId)),
      (listing) => (listing.handle === batch.handle ? recoverLost(listing, ctx.now()) : undefined),
    );
    await listings.endBatch(batch.id);
    return 'forgotten';
  }
}

/**
 * Applies verdicts; answers the offers that are still open. With `reviewed`, what the batch took in waits for the
 * review's word; only rejections (and things taken down) are final here.
 */
async function settle(
  batch: SentBatch,
  outcomes: readonly ItemOutcome[],
  reviewed: boolean,
  runId: string | undefined,
  ctx: JobContext,
): Promise<string[]> {
  const { listings, runs } = ctx.stores;
  const { catalogId, channel } = batch;
  const now = ctx.now();
  const byOffer = new Map(outcomes.map((outcome) => [outcome.offerId, outcome]));
  const stored = await listings.findMany(batch.offerIds.map((id) => listingId(catalogId, channel, id)));
  const open: string[] = [];
  const final = new Map<string, ItemOutcome>();
  for (const offerId of batch.offerIds) {
    const id = listingId(catalogId, channel, offerId);
    const listing = stored.get(id);
    // sent again meanwhile, or gone: the later batch decides
    if (!listing || listing.handle !== batch.handle) continue;
    const outcome = byOffer.get(offerId);
    const takenDown = listing.sentHash === undefined || listing.sentHash === '';
    if (!outcome || outcome.verdict === 'working') open.push(offerId);
    else if (outcome.verdict === 'accepted' && reviewed && !takenDown) open.push(offerId);
    else final.set(id, outcome);
  }
  await listings.change([...final.keys()], (listing) => {
    const outcome = final.get(listing.id);
    return outcome && listing.handle === batch.handle ? applyOutcome(listing, outcome, now) : undefined;
  });
  if (runId && final.size > 0) {
    const phase = `verdicts of ${channel}`;
    const run = await runs.find(runId);
    if (!run.phases.some(({ name }) => name === phase)) await runs.startPhase(runId, phase, 'items', now);
    const failed = [...final.values()].filter((outcome) => outcome.verdict === 'rejected').length;
    await runs.addToPhase(runId, phase, { in: final.size, done: final.size - failed, failed }, now);
  }
  return open;
}
