import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import { hasErrors, type Issue } from '../catalog/issue.ts';
import { toItems, type Item } from '../catalog/item.ts';
import type { StoredProduct } from '../catalog/product.ts';
import { inChunks } from '../catalog/store/model.ts';
import { hashRow, toRow } from '../feeds/build-feed.ts';
import type { Channel } from '../feeds/channel.ts';
import { planListing, type Listing } from '../feeds/listing.ts';
import { policyOf, underPolicy } from '../feeds/policy.ts';
import { checkItems } from '../feeds/spec.ts';
import { listingId } from '../feeds/store/listings.ts';
import { toCounts } from '../catalog/run.ts';
import { addToRun, defineJob, type JobContext } from './job.ts';
import { publishFeed } from './publish-feed.ts';
import { listPinned } from './published-feed.ts';
import { pushBatch } from './push-batch.ts';
import { saveCards } from './save-cards.ts';

const pageSize = 300;

/** Checks every item of the products that changed against each channel, and decides what is to be sent or taken down. */
export const refreshListings = defineJob({
  name: 'refresh-listings',
  payload: z.object({ catalogId: z.string(), runId: z.string().optional() }),
  attempts: 5,
  key: (p) => p.catalogId,
  async run({ catalogId, runId }, ctx) {
    const { catalogs, products, runs } = ctx.stores;
    const catalog = await catalogs.find(catalogId);
    const counts = { in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 };
    // a killed check goes on with what it had counted
    if (runId) Object.assign(counts, toCounts(await runs.startPhase(runId, 'check', 'items', ctx.now())));
    for (;;) {
      const page = await products.takeNeeding(catalogId, 'listings', pageSize);
      if (page.length === 0) break;
      await refreshPage(catalog, page, await listFollowing(catalog, ctx), counts, ctx);
      await products.saveRefreshed(page);
      ctx.signal?.throwIfAborted();
      if (runId) await runs.savePhase(runId, 'check', counts, ctx.now());
    }
    if (runId) await runs.savePhase(runId, 'check', counts, ctx.now(), true);
    for (const channel of catalog.channels.flatMap((id) => ctx.channels.get(id) ?? [])) {
      await addToRun(ctx, publishFeed, { catalogId, runId, channel: channel.id });
      if (channel.connect) await addToRun(ctx, pushBatch, { catalogId, runId, channel: channel.id });
    }
  },
});

/** The channels that follow the shop: not those that a person holds at an earlier feed. */
async function listFollowing(catalog: Catalog, ctx: JobContext): Promise<Channel[]> {
  const pinned = await listPinned(catalog.id, ctx);
  return catalog.channels.flatMap((id) => (pinned.has(id) ? [] : (ctx.channels.get(id) ?? [])));
}

/** Checks these products at once, outside of any run: a person waits for what comes of a change. */
export async function recheckProducts(
  catalog: Catalog,
  ids: readonly string[],
  ctx: JobContext,
): Promise<void> {
  const { products } = ctx.stores;
  const channels = await listFollowing(catalog, ctx);
  for (const chunk of inChunks(ids, pageSize)) {
    const page = [...(await products.findMany(chunk)).values()];
    await refreshPage(catalog, page, channels, { in: 0, done: 0, blocked: 0, skipped: 0 }, ctx);
    // one that waits for its images is looked at again after them
    await products.saveRefreshed(page.filter(({ needs }) => needs !== 'images'));
  }
}

/** Items counted once per channel: done (free to go), blocked, skipped (nothing changed, or not for sale). */
export async function refreshPage(
  catalog: Catalog,
  page: readonly StoredProduct[],
  channels: readonly Channel[],
  counts: { in: number; done: number; blocked: number; skipped: number },
  ctx: JobContext,
): Promise<void> {
  const { listings } = ctx.stores;
  const before = new Map<string, Listing>();
  const stored = await listings.findByProducts(
    catalog.id,
    page.map((product) => product.id),
  );
  for (const listing of stored) before.set(listing.id, listing);
  const left = new Set(before.keys());
  const plans: { id: string; plan(before: Listing | undefined): Listing | undefined }[] = [];
  const items = new Map<string, Item[]>();
  for (const product of page) {
    const own = toItems(product, catalog, ctx.settings.fileUrl);
    items.set(product.id, own);
    for (const channel of channels) {
      const idAt = ({ offerId }: Item): string => listingId(catalog.id, channel.id, offerId);
      const policy = policyOf(catalog, channel.id);
      const there = own.map((item) => underPolicy(item, policy, before.get(idAt(item))));
      for (const [at, issues] of checkItems(there, channel.spec).entries()) {
        const item = there[at];
        if (!item) continue;
        const wanted = toWanted(item, channel, issues);
        const id = idAt(item);
        left.delete(id);
        counts.in += 1;
        plans.push({ id, plan: (now) => planListing(now, wanted, ctx.now()) });
      }
    }
  }
  // variants that their product no longer has
  for (const id of left) {
    const gone = before.get(id);
    if (!gone || !channels.some((channel) => channel.id === gone.channel)) continue;
    const wanted = { ...gone, issues: [], withheld: true };
    plans.push({ id, plan: (now) => planListing(now, wanted, ctx.now()) });
  }
  const changes: { before: Listing | undefined; after: Listing }[] = [];
  for (const { id, plan } of plans) {
    const was = before.get(id);
    const after = plan(was);
    if (after && after !== was) changes.push({ before: was, after });
    const status = (after ?? was)?.status;
    if (left.has(id)) continue;
    if (status === 'blocked') counts.blocked += 1;
    else if (after === undefined || after === was) counts.skipped += 1;
    else counts.done += 1;
  }
  const lost = await listings.save(changes);
  const again = new Map(plans.map(({ id, plan }) => [id, plan]));
  if (lost.length > 0) await listings.change(lost, (listing) => again.get(listing.id)?.(listing));
  const after = new Map([...before, ...changes.map(({ after: one }): [string, Listing] => [one.id, one])]);
  for (const [id, listing] of await listings.findMany(lost)) after.set(id, listing);
  await saveCards(catalog.id, page, items, [...after.values()], ctx);
}

function toWanted(item: Item, channel: Channel, issues: Issue[]) {
  return {
    catalogId: item.catalogId,
    channel: channel.id,
    offerId: item.offerId,
    productId: item.productId,
    title: item.title,
    hash: item.withheld || hasErrors(issues) ? '' : hashRow(toRow(item, channel.feed.columns)),
    issues,
    withheld: item.withheld !== undefined,
  };
}
