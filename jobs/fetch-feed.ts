import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import { ChannelError, NoAnswerError, NotFoundError } from '../catalog/errors.ts';
import { idOf } from '../catalog/store/model.ts';
import type { Channel, ChannelApi } from '../feeds/channel.ts';
import { goneHash, markSent } from '../feeds/listing.ts';
import type { Registration } from '../feeds/store/registrations.ts';
import { checkFeed } from './check-feed.ts';
import { addToRun, defineJob, type JobContext } from './job.ts';
import { openChannel } from './open-channel.ts';
import { countItems, findFeedUrl, findServed, listPinned, toTime, versionOf } from './published-feed.ts';

/** The hour (UTC) of the channel's own daily fetch: after most shops' nightly imports. */
const fetchHour = 5;
/** Listings marked, and asked for together, at a time. */
const pageSize = 1_000;

/**
 * Makes a channel that takes no batches fetch the feed just published, and marks what goes with it. A channel that is
 * pushed to has nothing to do here.
 */
export const fetchFeed = defineJob({
  name: 'fetch-feed',
  payload: z.object({ catalogId: z.string(), channel: z.string(), runId: z.string().optional() }),
  attempts: 8,
  key: (p) => `${p.catalogId}:${p.channel}`,
  async run({ catalogId, channel: channelId, runId }, ctx) {
    const channel = ctx.channels.get(channelId);
    const open = await openChannel(catalogId, channelId, ctx);
    if (!channel || !open || open.api.send || !open.api.registerFeed) return;
    const { api } = open;
    try {
      const registration = await register(await ctx.stores.catalogs.find(catalogId), channel, api, ctx);
      if (registration) await fetchNewest(registration, channel, api, runId, ctx);
      await api.arrange?.();
    } catch (error) {
      // somebody deleted the feed at the channel: it is registered anew with the next try
      if (error instanceof NotFoundError) {
        await ctx.stores.registrations.remove(catalogId, channelId);
        throw new NoAnswerError(error.code, error.message, { cause: error });
      }
      if (!(error instanceof ChannelError)) throw error;
      await open.pause(error);
    }
  },
});

/** Under the address of now: a new secret is told to the channel before it is asked to fetch. */
async function register(
  catalog: Catalog,
  channel: Channel,
  api: ChannelApi,
  ctx: JobContext,
): Promise<Registration | undefined> {
  const { registrations } = ctx.stores;
  const [format] = channel.feed.formats;
  const url = format && (await findFeedUrl(catalog.id, channel.id, format, ctx));
  if (!format || !url || !api.registerFeed) return undefined;
  const before = await registrations.find(catalog.id, channel.id);
  if (before?.url === url) return before;
  const { country, language, currency } = catalog;
  const name = `Shelfcast ${catalog.id}`;
  const { feedId } = await api.registerFeed({
    name,
    url,
    format,
    country,
    language,
    currency,
    hour: fetchHour,
  });
  const registration: Registration = {
    ...(before?.feedId === feedId ? before : {}),
    catalogId: catalog.id, channel: channel.id, feedId, url, registeredAt: ctx.now(),
  }; // prettier-ignore
  await registrations.save(registration);
  return registration;
}

async function fetchNewest(
  registration: Registration,
  channel: Channel,
  api: ChannelApi,
  runId: string | undefined,
  ctx: JobContext,
): Promise<void> {
  const { catalogId, feedId } = registration;
  const [format] = channel.feed.formats;
  const newest = format && (await findServed(catalogId, channel.id, format, ctx));
  if (!newest || !api.fetchFeed) return;
  const pending = await ctx.stores.listings.takePending(catalogId, channel.id, 1, ctx.now());
  // where no newer version is built, what did not get through goes with another fetch of the same one
  const isPinned = (await listPinned(catalogId, ctx)).has(channel.id);
  const mayRepeat = pending.length > 0 && isPinned;
  if (registration.fetched?.key === newest.key && !mayRepeat) return;
  // nothing to send, and as many items as last time: the file says what the channel knows
  if (pending.length === 0 && countItems(newest.key) === countItems(registration.fetched?.key)) return;
  const { handle } = await api.fetchFeed(feedId);
  // the receipt first: a kill from here on leaves what is not yet marked for the next fetch
  const at = ctx.now();
  await ctx.stores.registrations.saveFetched(catalogId, channel.id, { key: newest.key, handle, at });
  const phase = `push to ${channel.id}`;
  if (runId) await ctx.stores.runs.startPhase(runId, phase, 'items', at);
  // what has come to wait since is not in the file; what waits for an earlier version is as that has it
  const upTo = isPinned ? undefined : toTime(versionOf(newest.key));
  const sent = await markAll(registration, handle, channel.id, upTo, ctx);
  if (runId) await ctx.stores.runs.savePhase(runId, phase, { in: sent, done: sent }, ctx.now(), true);
  await addToRun(
    ctx,
    checkFeed,
    { catalogId, channel: channel.id, handle, runId },
    { delayMs: ctx.settings.checkEveryMs },
  );
}

/** Everything that waited when the file was begun goes with it, page by page; each page is a batch of its own to follow up. */
async function markAll(
  { catalogId }: Registration,
  feed: string,
  channel: string,
  upTo: Date | undefined,
  ctx: JobContext,
): Promise<number> {
  const { listings } = ctx.stores;
  let sent = 0;
  for (let page = 1; ; page++) {
    ctx.signal?.throwIfAborted();
    const pending = await listings.takePending(catalogId, channel, pageSize, ctx.now(), { upTo });
    if (pending.length === 0) return sent;
    const now = ctx.now();
    const handle = `${feed}~${page}`;
    const offerIds = pending.map(({ offerId }) => offerId);
    const id = idOf(catalogId, channel, handle);
    await listings.saveBatch({ id, catalogId, channel, handle, offerIds, sentAt: now, stage: 'sent', feed });
    await listings.change(pending.map(({ id: listing }) => listing), (listing) =>
      listing.status === 'pending'
        ? markSent(listing, listing.want === 'gone' ? goneHash : listing.hash, handle, now)
        : undefined,
    ); // prettier-ignore
    sent += pending.length;
  }
}
