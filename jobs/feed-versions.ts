/** The kept versions of a channel's feed: which there are, what differs between two, going back to one and on again. */
import { ConflictError, NotFoundError } from '../catalog/errors.ts';
import type { Channel } from '../feeds/channel.ts';
import { compareFeeds, type ItemChange } from '../feeds/feed-difference.ts';
import { readRows, rowFormatOf, type IdentifiedRow } from '../feeds/formats/read-rows.ts';
import type { FeedPin } from '../feeds/store/feed-versions.ts';
import type { JobContext } from './job.ts';
import { countItems, findLayout, findServed, listVersions, versionOf } from './published-feed.ts';
import { refreshListings } from './refresh-listings.ts';
import { returnFeed } from './return-feed.ts';

export interface KeptVersion {
  version: string;
  publishedAt: Date;
  items: number;
  /** By format. */
  bytes: Record<string, number>;
  /** The run that published it; absent for one from outside of runs. */
  runId?: string;
  /** It is what the channel gets now. */
  served: boolean;
}

function findChannel(channelId: string, ctx: JobContext): Channel {
  const channel = ctx.channels.get(channelId);
  if (channel) return channel;
  throw new NotFoundError('channel_unknown', `There is no channel "${channelId}".`);
}

/** The newest first. */
export async function listKept(
  catalogId: string,
  channelId: string,
  ctx: JobContext,
): Promise<KeptVersion[]> {
  const channel = findChannel(channelId, ctx);
  await ctx.stores.catalogs.find(catalogId);
  const known = await ctx.stores.feedVersions.find(catalogId, channelId);
  const served = await findServed(catalogId, channelId, rowFormatOf(channel.feed), ctx);
  const kept = new Map<string, KeptVersion>();
  for (const format of channel.feed.formats)
    for (const { key, size, modifiedAt } of await listVersions(catalogId, channelId, format, ctx)) {
      const version = versionOf(key);
      const record = known.get(version);
      const one = kept.get(version) ?? {
        version,
        publishedAt: record?.publishedAt ?? modifiedAt,
        items: countItems(key),
        bytes: {},
        ...(record?.runId === undefined ? {} : { runId: record.runId }),
        served: served !== undefined && version === versionOf(served.key),
      };
      one.bytes[format] = size;
      kept.set(version, one);
    }
  return [...kept.values()].sort((a, b) => (a.version < b.version ? 1 : -1));
}

/** The rows of a kept version, as they stand in its file. */
export async function openVersion(
  catalogId: string,
  channelId: string,
  version: string,
  ctx: JobContext,
): Promise<AsyncGenerator<IdentifiedRow>> {
  const channel = findChannel(channelId, ctx);
  const format = rowFormatOf(channel.feed);
  const versions = await listVersions(catalogId, channelId, format, ctx);
  const found = versions.find(({ key }) => versionOf(key) === version);
  if (!found)
    throw new NotFoundError('feed_version_unknown', `There is no version "${version}" of this feed.`, {
      hint: 'List those that are kept with: shelfcast feed versions',
    });
  return readRows(await ctx.files.open(found.key), await findLayout(catalogId, channel, ctx), format);
}

/** Item by item; an item that is the same in both is only told of as `same`. */
export async function* eachDifference(
  catalogId: string,
  channelId: string,
  from: string,
  to: string,
  ctx: JobContext,
): AsyncGenerator<ItemChange | 'same'> {
  const before = await openVersion(catalogId, channelId, from, ctx);
  const after = await openVersion(catalogId, channelId, to, ctx);
  yield* compareFeeds(before, after);
}

export interface DifferencePage {
  from: string;
  to: string;
  counts: { added: number; removed: number; changed: number; same: number };
  items: ItemChange[];
  /** Of the next page; absent on the last. */
  next?: number;
}

/** One page of the difference, with the counts of the whole; memory holds the page and what waits for its partner. */
export async function pageDifference(
  { catalogId, channel, from, to }: { catalogId: string; channel: string; from: string; to: string },
  { after, limit }: { after: number; limit: number },
  ctx: JobContext,
): Promise<DifferencePage> {
  const counts = { added: 0, removed: 0, changed: 0, same: 0 };
  const items: ItemChange[] = [];
  let at = 0;
  for await (const one of eachDifference(catalogId, channel, from, to, ctx)) {
    counts[one === 'same' ? 'same' : one.change] += 1;
    if (one === 'same') continue;
    if (at >= after && items.length < limit) items.push(one);
    at += 1;
  }
  return { from, to, counts, items, ...(at > after + items.length ? { next: after + items.length } : {}) };
}

/** The feed is the earlier one at once; what the channel should have follows by a job, and stays until `letGoOn`. */
export async function goBack(
  catalogId: string,
  channelId: string,
  version: string,
  by: string,
  ctx: JobContext,
): Promise<FeedPin> {
  const kept = await listKept(catalogId, channelId, ctx);
  const wanted = kept.find((one) => one.version === version);
  const missing = findChannel(channelId, ctx).feed.formats.find(
    (format) => wanted?.bytes[format] === undefined,
  );
  if (!wanted || missing !== undefined)
    throw new NotFoundError(
      'feed_version_unknown',
      wanted
        ? `The version "${version}" has no ${missing} file.`
        : `There is no version "${version}" of this feed.`,
      { hint: 'List those that are kept with: shelfcast feed versions' },
    );
  const from = kept.find(({ served }) => served)?.version;
  const pin: FeedPin = {
    catalogId, channel: channelId, version, items: wanted.items, at: ctx.now(), by, state: 'returning',
    ...(from === undefined ? {} : { from }),
  }; // prettier-ignore
  await ctx.stores.feedVersions.pin(pin);
  await ctx.queue.add(returnFeed, { catalogId, channel: channelId }, { priority: 'person' });
  return pin;
}

/** The feed follows the shop again: every item is checked anew, and what differs is pushed. */
export async function letGoOn(catalogId: string, channelId: string, ctx: JobContext): Promise<void> {
  const { feedVersions } = ctx.stores;
  const pin = await feedVersions.findPin(catalogId, channelId);
  if (!pin || (pin.state !== 'leaving' && !(await feedVersions.movePin(pin, 'leaving'))))
    throw new ConflictError('feed_not_pinned', `The feed for ${channelId} follows the shop already.`);
  await leave({ ...pin, state: 'leaving' }, ctx);
}

async function leave(pin: FeedPin, ctx: JobContext): Promise<void> {
  const { catalogId, channel } = pin;
  const { listings, products } = ctx.stores;
  await products.needAll(catalogId, 'listings');
  // and those that the shop has no longer, which the version brought back
  for (let after: string | undefined; ;) {
    const page = await listings.page(catalogId, { channel }, 1_000, after);
    const live = page.filter(({ status, want }) => status !== 'removed' && want === 'live');
    await products.needCheck([...new Set(live.map(({ productId }) => productId))]);
    after = page.at(-1)?.id;
    if (after === undefined || page.length < 1_000) break;
  }
  await ctx.queue.add(refreshListings, { catalogId }, { priority: 'person' });
  await ctx.stores.feedVersions.unpin(pin);
}

/** Goes on with what a killed process had begun. */
export async function tendPins(ctx: JobContext): Promise<void> {
  for (const pin of await ctx.stores.feedVersions.movingPins())
    if (pin.state === 'leaving') await leave(pin, ctx);
    else await ctx.queue.add(returnFeed, { catalogId: pin.catalogId, channel: pin.channel });
}
