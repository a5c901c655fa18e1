import { z } from 'zod';
import { hashRow } from '../feeds/build-feed.ts';
import type { Channel } from '../feeds/channel.ts';
import type { IdentifiedRow } from '../feeds/formats/read-rows.ts';
import { planListing } from '../feeds/listing.ts';
import { listingId } from '../feeds/store/listings.ts';
import { openServed, withdraw } from './earlier-rows.ts';
import { fetchFeed } from './fetch-feed.ts';
import { defineJob, type JobContext } from './job.ts';
import { pushBatch } from './push-batch.ts';

const pageSize = 500;

/** Sets what a channel should have to the version of the feed that a person went back to, and pushes the difference. */
export const returnFeed = defineJob({
  name: 'return-feed',
  payload: z.object({ catalogId: z.string(), channel: z.string() }),
  attempts: 8,
  key: (p) => `${p.catalogId}:${p.channel}`,
  async run({ catalogId, channel: channelId }, ctx) {
    const { feedVersions } = ctx.stores;
    const channel = ctx.channels.get(channelId);
    const pin = await feedVersions.findPin(catalogId, channelId);
    if (!channel || !pin || pin.state === 'leaving') return;
    const inVersion = await wantRows(catalogId, channel, ctx);
    await takeDownOthers(catalogId, channelId, inVersion, ctx);
    if (!(await feedVersions.movePin(pin, 'held')) && pin.state === 'returning') return;
    if (!channel.connect) return;
    await ctx.queue.add(fetchFeed, { catalogId, channel: channelId }, { priority: 'person' });
    await ctx.queue.add(pushBatch, { catalogId, channel: channelId }, { priority: 'person' });
  },
});

/** Every item of the version is wanted as it stands there. Answers their ids. */
async function wantRows(catalogId: string, channel: Channel, ctx: JobContext): Promise<Set<string>> {
  const ids = new Set<string>();
  let page: IdentifiedRow[] = [];
  for await (const one of await openServed(catalogId, channel, ctx)) {
    ids.add(one.offerId);
    page.push(one);
    if (page.length < pageSize) continue;
    await wantPage(catalogId, channel.id, page, ctx);
    page = [];
    ctx.signal?.throwIfAborted();
  }
  await wantPage(catalogId, channel.id, page, ctx);
  return ids;
}

async function wantPage(
  catalogId: string,
  channel: string,
  page: readonly IdentifiedRow[],
  ctx: JobContext,
): Promise<void> {
  const { listings } = ctx.stores;
  const wanted = new Map(page.map((one) => [listingId(catalogId, channel, one.offerId), one]));
  await listings.change([...wanted.keys()], (listing) => {
    const one = wanted.get(listing.id);
    return (
      one &&
      planListing(listing, { ...listing, hash: hashRow(one.row), issues: [], withheld: false }, ctx.now())
    );
  });
}

/** What is live at the channel and not in the version goes; what is blocked stays as it is there, as always. */
async function takeDownOthers(
  catalogId: string,
  channel: string,
  inVersion: ReadonlySet<string>,
  ctx: JobContext,
): Promise<void> {
  const { listings } = ctx.stores;
  for (let after: string | undefined; ;) {
    const page = await listings.page(catalogId, { channel }, pageSize, after);
    const others = page.filter(({ offerId, status }) => status !== 'blocked' && !inVersion.has(offerId));
    await listings.change(others.map(({ id }) => id), (listing) => withdraw(listing, ctx)); // prettier-ignore
    after = page.at(-1)?.id;
    if (after === undefined || page.length < pageSize) return;
    ctx.signal?.throwIfAborted();
  }
}
