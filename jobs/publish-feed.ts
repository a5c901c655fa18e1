import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import { NoAnswerError } from '../catalog/errors.ts';
import { hasErrors } from '../catalog/issue.ts';
import { toItems, type Item } from '../catalog/item.ts';
import type { ScannedProduct } from '../catalog/product.ts';
import type { Hold, Run } from '../catalog/run.ts';
import { buildFeed } from '../feeds/build-feed.ts';
import { readBeside } from '../feeds/formats/read-beside.ts';
import { policyOf, underPolicy } from '../feeds/policy.ts';
import { checkItems } from '../feeds/spec.ts';
import type { Channel } from '../feeds/channel.ts';
import type { Listing } from '../feeds/listing.ts';
import { fetchFeed } from './fetch-feed.ts';
import { addToRun, defineJob, type JobContext } from './job.ts';
import { guardFeed } from './guard-feed.ts';
import { countItems, feedPrefix, findLayout, listVersions, toVersion, versionOf } from './published-feed.ts';

/** Streams the items that may be at a channel into a new version of its feed, reads it back, then puts it in place. */
export const publishFeed = defineJob({
  name: 'publish-feed',
  payload: z.object({
    catalogId: z.string(),
    channel: z.string(),
    runId: z.string().optional(),
    /** A person has looked: the guard rails are passed by. */
    force: z.boolean().optional(),
  }),
  attempts: 3,
  key: (p) => `${p.catalogId}:${p.channel}`,
  async run({ catalogId, channel: channelId, runId, force }, ctx) {
    const { catalogs, runs } = ctx.stores;
    const channel = ctx.channels.get(channelId);
    if (!channel) return;
    const catalog = await catalogs.find(catalogId);
    const phase = `feed for ${channelId}`;
    if (runId) await runs.startPhase(runId, phase, 'items', ctx.now());
    await catalogs.saveFeedSecret(catalogId, channelId, randomBytes(24).toString('base64url'), 'first');
    const counts = { in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 };
    const run = runId ? await runs.find(runId) : undefined;
    const own = { ...channel, feed: await findLayout(catalogId, channel, ctx) };
    let hold = await holdPinned(catalogId, channel, ctx);
    const at = ctx.now();
    for (const format of hold ? [] : channel.feed.formats) {
      const once = { in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 };
      hold = await publish(catalog, own, format, once, { at, run: force ? 'forced' : run }, ctx);
      Object.assign(counts, once);
      if (hold) break;
    }
    if (!hold)
      await ctx.stores.feedVersions.save({
        catalogId, channel: channelId, version: toVersion(at), publishedAt: at, items: counts.done, ...(runId ? { runId } : {}),
      }); // prettier-ignore
    await prune(catalogId, channel, ctx);
    if (runId) await runs.savePhase(runId, phase, counts, ctx.now(), true);
    if (runId)
      await runs.supersede(
        catalogId,
        runId,
        ['feed_empty', 'feed_shrunk', 'newly_blocked', 'feed_pinned'],
        channelId,
        ctx.now(),
      );
    if (runId && hold) await runs.addHold(runId, hold, ctx.now());
    if ((!hold || hold.reason === 'feed_pinned') && channel.connect)
      await addToRun(ctx, fetchFeed, { catalogId, channel: channelId, runId });
  },
});

interface FeedCounts {
  in: number;
  done: number;
  skipped: number;
  blocked: number;
}

async function publish(
  catalog: Catalog,
  channel: Channel,
  format: Channel['feed']['formats'][number],
  counts: FeedCounts,
  { at, run }: { at: Date; run: Run | 'forced' | undefined },
  ctx: JobContext,
): Promise<Hold | undefined> {
  const folder = await ctx.files.temporaryFolder();
  const stamp = toVersion(at);
  const path = join(folder, `${catalog.id}-${channel.id}-${stamp}.${format}`);
  try {
    const items = eachFeedItem(catalog, channel, counts, ctx);
    const meta = { title: `${catalog.name} for ${channel.title}`, link: catalog.shopUrl };
    const chunks = buildFeed(items, channel.feed, format, meta);
    const found = await writeAndReadBack(path, format, chunks);
    if (found !== counts.done)
      throw new NoAnswerError(
        'feed_unreadable',
        `The feed was written with ${counts.done} items but reads back as ${found}.`,
      );
    if (run !== 'forced') {
      const newest = (await listVersions(catalog.id, channel.id, format, ctx)).at(-1);
      const hold = await guardFeed(catalog, channel, countItems(newest?.key), counts.done, run, ctx);
      if (hold) return hold;
    }
    await ctx.files.putFile(`${feedPrefix(catalog.id, channel.id)}${stamp}-${counts.done}.${format}`, path);
    return undefined;
  } finally {
    await rm(path, { force: true });
  }
}

/** One chunk is written while the next is made, and what is written is read back meanwhile. Answers the items found. */
async function writeAndReadBack(
  path: string,
  format: Channel['feed']['formats'][number],
  chunks: AsyncIterable<Buffer>,
): Promise<number> {
  const reader = readBeside(path, format);
  const file = await open(path, 'w');
  try {
    let bytes = 0;
    let writing: Promise<void> = Promise.resolve();
    for await (const chunk of chunks) {
      await writing;
      if (bytes > 0) reader.written(bytes);
      bytes += chunk.length;
      writing = file.writeFile(chunk);
      // A failure is met at the next chunk or at the end; until then it must not count as unhandled.
      writing.catch(() => undefined);
    }
    await writing;
    return await reader.end(bytes);
  } finally {
    await reader.stop();
    await file.close();
  }
}

/** A product may have two thousand variants. */
const mostAtOnce = 200;

/** Items free to be at the channel, those of some products at a time. Products in order beside the blocked listings in order: nothing is held in memory. */
export async function* eachFeedItem(
  catalog: Catalog,
  channel: Channel,
  counts: FeedCounts,
  ctx: JobContext,
): AsyncGenerator<Item[]> {
  const withheld = ctx.stores.listings.eachWithheld(catalog.id, channel.id);
  let next = await withheld.next();
  const blocked = new Set<string>();
  const policy = policyOf(catalog, channel.id);
  for await (const products of ctx.stores.products.eachSome(catalog.id)) {
    let ready: Item[] = [];
    for (const product of products) {
      const stays = product.removedAt !== undefined && policy.gone === 'mark';
      if ((product.removedAt && !stays) || product.status !== 'active') {
        counts.in += product.variants.length;
        counts.skipped += product.variants.length;
        continue;
      }
      blocked.clear();
      while (!next.done && next.value.productId <= product.id) {
        if (next.value.productId === product.id) blocked.add(next.value.offerId);
        next = await withheld.next();
      }
      const held = stays ? await findHeld(product.id, catalog, channel, ctx) : undefined;
      const items = toItems(product, catalog, ctx.settings.fileUrl).map((item) =>
        underPolicy(item, policy, held?.get(item.offerId)),
      );
      const free = toFree(items, product, channel, blocked);
      counts.in += items.length;
      counts.done += free.length;
      const away = items.filter(({ withheld: why }) => why !== undefined).length;
      counts.skipped += away;
      counts.blocked += items.length - free.length - away;
      ready.push(...free);
      if (ready.length < mostAtOnce) continue;
      yield ready;
      ready = [];
    }
    yield ready;
  }
}

/** Neither withheld nor blocked. A product that changed since its last check is checked here, so that no unchecked item gets out. */
function toFree(
  items: readonly Item[],
  product: ScannedProduct,
  channel: Channel,
  blocked: ReadonlySet<string>,
): Item[] {
  const checked = product.needs ? checkItems(items, channel.spec) : undefined;
  return items.filter(
    (item, at) =>
      item.withheld === undefined && (checked ? !hasErrors(checked[at] ?? []) : !blocked.has(item.offerId)),
  );
}

/** Listings of a product that left the shop, by offer id. */
async function findHeld(
  productId: string,
  catalog: Catalog,
  channel: Channel,
  ctx: JobContext,
): Promise<Map<string, Listing>> {
  const stored = await ctx.stores.listings.findByProducts(catalog.id, [productId]);
  return new Map(stored.flatMap((one) => (one.channel === channel.id ? [[one.offerId, one]] : [])));
}

/** Where a person went back to an earlier version nothing is built until they let the feed go on. */
async function holdPinned(catalogId: string, channel: Channel, ctx: JobContext): Promise<Hold | undefined> {
  const pin = await ctx.stores.feedVersions.findPin(catalogId, channel.id);
  if (!pin || pin.state === 'leaving') return undefined;
  return {
    reason: 'feed_pinned', channel: channel.id, before: pin.items, after: pin.items, missing: 0, sample: [],
    message: `${channel.title} stays at the feed ${pin.version}, which ${pin.by} went back to, until a person lets it go on.`,
  }; // prettier-ignore
}

/** The newest stay, and the one that a person went back to. */
async function prune(catalogId: string, channel: Channel, ctx: JobContext): Promise<void> {
  const { feedVersions } = ctx.stores;
  const pinned = (await feedVersions.findPin(catalogId, channel.id))?.version;
  for (const format of channel.feed.formats) {
    const versions = await listVersions(catalogId, channel.id, format, ctx);
    for (const { key } of versions.slice(0, -ctx.settings.feedVersions)) {
      if (versionOf(key) === pinned) continue;
      await ctx.files.remove(key);
      await feedVersions.remove(catalogId, channel.id, versionOf(key));
    }
  }
}
