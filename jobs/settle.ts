import { applyOutcome, type ItemOutcome } from '../feeds/listing.ts';
import { listingId, type SentBatch } from '../feeds/store/listings.ts';
import { guardRejections } from './guard-rejections.ts';
import type { JobContext } from './job.ts';

/**
 * Applies verdicts; answers the offers that are still open. With `reviewed`, what the batch took in waits for the
 * review's word; only rejections (and things taken down) are final here.
 */
export async function settle(
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
    if (failed > 0) await guardRejections(catalogId, channel, runId, ctx);
  }
  return open;
}
