/** Items as they stand in the feed that is served now, for a channel that a person holds at an earlier one. */
import type { Channel } from '../feeds/channel.ts';
import { readRows, rowFormatOf, type IdentifiedRow } from '../feeds/formats/read-rows.ts';
import { planListing, type Listing } from '../feeds/listing.ts';
import { listingId } from '../feeds/store/listings.ts';
import type { JobContext } from './job.ts';
import { findLayout, findServed } from './published-feed.ts';

/** Nothing of it is wanted at the channel. */
export const withdraw = (listing: Listing, ctx: JobContext): Listing | undefined =>
  planListing(listing, { ...listing, issues: [], withheld: true }, ctx.now());

/** The rows of the version that is served now. */
export async function openServed(catalogId: string, channel: Channel, ctx: JobContext) {
  const format = rowFormatOf(channel.feed);
  const served = await findServed(catalogId, channel.id, format, ctx);
  return readRows(await ctx.files.open(served?.key ?? ''), await findLayout(catalogId, channel, ctx), format);
}

/**
 * The rows of these listings in the version that a channel is held at. Those that are not in it are withdrawn: a check
 * that had begun before may have wanted them.
 */
export async function findEarlierRows(
  catalogId: string,
  channel: Channel,
  pending: readonly Listing[],
  ctx: JobContext,
): Promise<Map<string, IdentifiedRow['row']>> {
  const waiting = new Set(pending.filter(({ want }) => want === 'live').map(({ offerId }) => offerId));
  const found = new Map<string, IdentifiedRow['row']>();
  if (waiting.size === 0) return found;
  for await (const { offerId, row } of await openServed(catalogId, channel, ctx)) {
    if (!waiting.delete(offerId)) continue;
    found.set(offerId, row);
    if (waiting.size === 0) break;
  }
  const strangers = [...waiting].map((offerId) => listingId(catalogId, channel.id, offerId));
  await ctx.stores.listings.change(strangers, (listing) => withdraw(listing, ctx));
  return found;
}
