import { applyOutcome, type ItemOutcome, type Listing } from '../feeds/listing.ts';
import { listingId, type SentBatch } from '../feeds/store/listings.ts';
import { guardRejections } from './guard-rejections.ts';
import type { JobContext } from './job.ts';

/**
 * Applies verdicts; answers the listings that are still open. With `reviewed`, what the batch took in waits for the
 * review's word; only rejections (and things taken down) are final here. `known`: listings that were read a moment ago.
 */
export async function settle(
  batch: SentBatch,
  outcomes: readonly ItemOutcome[],
  reviewed: boolean,
  runId: string | undefined,
  ctx: JobContext,
  known?: readonly Listing[],
): Promise<Listing[]> {
  const { listings, runs } = ctx.stores;
  const { catalogId, channel } = batch;
  const now = ctx.now();
  const byOffer = new Map(outcomes.map((outcome) => [outcome.offerId, outcome]));
  const ids = batch.offerIds.map((id) => listingId(catalogId, channel, id));
  const stored = known ?? [...(await listings.findMany(ids)).values()];
  const open: Listing[] = [];
  const decided: Listing[] = [];
  for (const listing of stored) {
    // sent again meanwhile: the later batch decides
    if (listing.handle !== batch.handle) continue;
    const outcome = byOffer.get(listing.offerId);
    const takenDown = listing.sentHash === undefined || listing.sentHash === '';
    if (!outcome || outcome.verdict === 'working') open.push(listing);
    else if (outcome.verdict === 'accepted' && reviewed && !takenDown) open.push(listing);
    else decided.push(listing);
  }
  await listings.change(decided, (listing) => {
    const outcome = byOffer.get(listing.offerId);
    return outcome && listing.handle === batch.handle ? applyOutcome(listing, outcome, now) : undefined;
  });
  if (runId && decided.length > 0) {
    const phase = `verdicts of ${channel}`;
    const run = await runs.find(runId);
    if (!run.phases.some(({ name }) => name === phase)) await runs.startPhase(runId, phase, 'items', now);
    const failed = decided.filter(({ offerId }) => byOffer.get(offerId)?.verdict === 'rejected').length;
    await runs.addToPhase(runId, phase, { in: decided.length, done: decided.length - failed, failed }, now);
    if (failed > 0) await guardRejections(catalogId, channel, runId, ctx);
  }
  return open;
}
