import { z } from 'zod';
import { BusyError, ChannelError, InputError, NotFoundError } from '../catalog/errors.ts';
import type { ChannelApi, FeedResult } from '../feeds/channel.ts';
import { markLeftOut } from '../feeds/held.ts';
import { applyOutcome, markFailed, recoverLost, type ItemOutcome } from '../feeds/listing.ts';
import { listingId, type SentBatch } from '../feeds/store/listings.ts';
import { checkBatch } from './check-batch.ts';
import { addToRun, defineJob, type JobContext } from './job.ts';
import { openChannel } from './open-channel.ts';
import { settle } from './settle.ts';

/** A channel that is still at it is asked again this often (times the pause between) before the run gives up. */
const attempts = 400;

/** Asks a channel how its fetch of our feed went, and tells every item that went with it. */
export const checkFeed = defineJob({
  name: 'check-feed',
  payload: z.object({
    catalogId: z.string(), channel: z.string(), handle: z.string(), runId: z.string().optional(),
  }), // prettier-ignore
  attempts,
  key: (p) => `${p.catalogId}:${p.channel}:${p.handle}`,
  async run({ catalogId, channel, handle, runId }, ctx) {
    const open = await openChannel(catalogId, channel, ctx);
    const registration = await ctx.stores.registrations.find(catalogId, channel);
    if (!open?.api.feedResult || !registration) return;
    const { api } = open;
    let result: FeedResult | undefined;
    try {
      result = await open.api.feedResult(registration.feedId, handle);
    } catch (error) {
      if (error instanceof NotFoundError) return forget(catalogId, channel, handle, ctx);
      if (!(error instanceof ChannelError)) throw error;
      return open.pause(error);
    }
    if (result === undefined || result.status === 'working')
      throw new BusyError('verdict_pending', `${channel} has not read the feed yet.`, {
        retryAfterMs: ctx.settings.checkEveryMs,
      });
    await ctx.stores.registrations.saveResult(catalogId, channel, result);
    const batches = await findBatches(catalogId, channel, handle, ctx);
    if (result.status === 'failed') await failAll(batches, result, ctx);
    else {
      for (const batch of batches) await settleBatch(api, batch, result, runId, ctx);
      await tellOthers(catalogId, channel, result.outcomes, batches, ctx);
      await forgetLeftOut(catalogId, channel, ctx);
    }
  },
});

async function findBatches(
  catalogId: string,
  channel: string,
  feed: string,
  ctx: JobContext,
): Promise<SentBatch[]> {
  const batches: SentBatch[] = [];
  for await (const batch of ctx.stores.listings.eachBatch(catalogId, channel))
    if (batch.feed === feed && batch.stage === 'sent') batches.push(batch);
  return batches;
}

/** The channel no longer knows the fetch, or the feed: what went with it goes again. */
async function forget(catalogId: string, channel: string, feed: string, ctx: JobContext): Promise<void> {
  const { listings, registrations } = ctx.stores;
  await registrations.remove(catalogId, channel);
  for (const batch of await findBatches(catalogId, channel, feed, ctx)) {
    await listings.change(toIds(batch, batch.offerIds), (listing) =>
      listing.handle === batch.handle ? recoverLost(listing, ctx.now()) : undefined,
    );
    await listings.endBatch(batch.id);
  }
}

/** The channel could not use the file: its items wait, and go with a later one. */
async function failAll(batches: readonly SentBatch[], result: FeedResult, ctx: JobContext): Promise<void> {
  const { listings } = ctx.stores;
  const [first] = result.issues;
  const error = new InputError('feed_refused', first?.message ?? 'The channel could not use the feed.');
  for (const batch of batches) {
    await listings.change(toIds(batch, batch.offerIds), (listing) =>
      listing.handle === batch.handle ? markFailed(listing, error, ctx.now()) : undefined,
    );
    await listings.endBatch(batch.id);
  }
  // so that the run, and whoever looks at it, hears of it
  throw new InputError('feed_refused', error.message, first?.hint === undefined ? {} : { hint: first.hint });
}

/** What the channel does not complain of, it took; a review may follow. */
async function settleBatch(
  api: ChannelApi,
  batch: SentBatch,
  result: FeedResult,
  runId: string | undefined,
  ctx: JobContext,
): Promise<void> {
  const { listings } = ctx.stores;
  const said = new Map(result.outcomes.map((outcome) => [outcome.offerId, outcome]));
  const outcomes = batch.offerIds.map(
    (offerId): ItemOutcome => said.get(offerId) ?? { offerId, verdict: 'accepted', issues: [] },
  );
  const open = await settle(batch, outcomes, api.review !== undefined, runId, ctx);
  if (open.length === 0 || !api.review) return listings.endBatch(batch.id);
  await listings.saveBatch({ ...batch, offerIds: open.map(({ offerId }) => offerId), stage: 'review' });
  const { catalogId, channel, handle } = batch;
  await addToRun(ctx, checkBatch, { catalogId, channel, handle, runId });
}

/** The file holds every item, so the channel also speaks of those that did not change. */
async function tellOthers(
  catalogId: string,
  channel: string,
  outcomes: readonly ItemOutcome[],
  batches: readonly SentBatch[],
  ctx: JobContext,
): Promise<void> {
  const carried = new Set(batches.flatMap(({ offerIds }) => offerIds));
  const others = new Map(
    outcomes
      .filter(({ offerId }) => !carried.has(offerId))
      .map((outcome) => [listingId(catalogId, channel, outcome.offerId), outcome]),
  );
  await ctx.stores.listings.change([...others.keys()], (listing) => {
    const outcome = others.get(listing.id);
    return outcome && listing.status !== 'sent' ? applyOutcome(listing, outcome, ctx.now()) : undefined;
  });
}

/** Blocked items are not in the file, and what is not in the file the channel has removed. */
async function forgetLeftOut(catalogId: string, channel: string, ctx: JobContext): Promise<void> {
  const { listings } = ctx.stores;
  for (let after: string | undefined; ;) {
    const page = await listings.page(catalogId, { channel, status: 'blocked' }, 1_000, after);
    const stale = page.filter(({ liveHash }) => liveHash !== undefined).map(({ id }) => id);
    await listings.change(stale, (listing) => markLeftOut(listing, ctx.now()));
    after = page.at(-1)?.id;
    if (after === undefined || page.length < 1_000) return;
  }
}

const toIds = ({ catalogId, channel }: SentBatch, offerIds: readonly string[]): string[] =>
  offerIds.map((offerId) => listingId(catalogId, channel, offerId));
