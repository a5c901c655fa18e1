import { z } from 'zod';
import { BusyError, ChannelError, NotFoundError } from '../catalog/errors.ts';
import { idOf } from '../catalog/store/model.ts';
import { recoverLost, type ItemOutcome, type Listing } from '../feeds/listing.ts';
import { listingId, type SentBatch } from '../feeds/store/listings.ts';
import type { ChannelApi } from '../feeds/channel.ts';
import { defineJob, type JobContext } from './job.ts';
import { openChannel } from './open-channel.ts';
import { settle } from './settle.ts';

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
    const open = await openChannel(catalogId, channel, ctx);
    const batch = await ctx.stores.listings.findBatch(idOf(catalogId, channel, handle));
    // the batch stays, so that it is asked for again when the channel is connected anew
    if (!open || !batch) return;
    try {
      await follow(open.api, batch, runId, ctx);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      await open.pause(error);
    }
  },
});

async function follow(
  api: ChannelApi,
  batch: SentBatch,
  runId: string | undefined,
  ctx: JobContext,
): Promise<void> {
  const { listings } = ctx.stores;
  const { channel, handle } = batch;
  const askAgain = new BusyError('verdict_pending', `${channel} has not decided on batch ${handle} yet.`, {
    retryAfterMs: ctx.settings.checkEveryMs,
  });
  let left = batch;
  let known: Listing[] | undefined;
  if (batch.stage === 'sent') {
    const outcomes = await ask(api, batch, ctx);
    if (outcomes === 'forgotten') return;
    if (outcomes === 'working') throw askAgain;
    known = await settle(batch, outcomes, api.review !== undefined, runId, ctx);
    if (known.length === 0) return listings.endBatch(batch.id);
    left = { ...batch, offerIds: toOfferIds(known), stage: 'review' };
    await listings.saveBatch(left);
  }
  if (!api.review) return;
  const outcomes = await api.review(left.offerIds);
  const open = await settle(left, outcomes, false, runId, ctx, known);
  if (open.length === 0) return listings.endBatch(batch.id);
  await listings.saveBatch({ ...left, offerIds: toOfferIds(open) });
  throw askAgain;
}

const toOfferIds = (open: readonly Listing[]): string[] => open.map(({ offerId }) => offerId);

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
