/** One page of products on its way through the check: what becomes of each item at each channel, and then its writing. */
import type { Catalog } from '../catalog/catalog.ts';
import { hasErrors, type Issue } from '../catalog/issue.ts';
import { toItems, type Item } from '../catalog/item.ts';
import { isTurnDue, letTurn } from '../catalog/loop-turn.ts';
import type { StoredProduct } from '../catalog/product.ts';
import { hashRow, toRow } from '../feeds/build-feed.ts';
import type { Channel } from '../feeds/channel.ts';
import { planListing, type Listing } from '../feeds/listing.ts';
import { policyOf, underPolicy } from '../feeds/policy.ts';
import { checkItems } from '../feeds/spec.ts';
import { listingId } from '../feeds/store/listings.ts';
import type { JobContext } from './job.ts';
import { saveCards } from './save-cards.ts';

/** Items counted once per channel: done (free to go), blocked, skipped (nothing changed, or not for sale). */
export interface CheckCounts {
  in: number;
  done: number;
  blocked: number;
  skipped: number;
}

export interface PlannedPage {
  catalogId: string;
  page: readonly StoredProduct[];
  items: ReadonlyMap<string, readonly Item[]>;
  /** The listings as they were read. */
  before: ReadonlyMap<string, Listing>;
  changes: readonly { before: Listing | undefined; after: Listing }[];
  /** By listing id: what is decided, asked again of a listing that changed since it was read. */
  plans: ReadonlyMap<string, (now: Listing | undefined) => Listing | undefined>;
  counts: CheckCounts;
}

/** Reads the listings of these products and decides; writes nothing. */
export async function planPage(
  catalog: Catalog,
  page: readonly StoredProduct[],
  channels: readonly Channel[],
  ctx: JobContext,
): Promise<PlannedPage> {
  const stored = await ctx.stores.listings.findByProducts(
    catalog.id,
    page.map((product) => product.id),
  );
  const before = new Map(stored.map((listing) => [listing.id, listing]));
  const left = new Set(before.keys());
  const plans = new Map<string, (now: Listing | undefined) => Listing | undefined>();
  const items = new Map<string, Item[]>();
  const counts = { in: 0, done: 0, blocked: 0, skipped: 0 };
  for (const product of page) {
    const own = toItems(product, catalog, ctx.settings.fileUrl);
    items.set(product.id, own);
    for (const channel of channels) {
      if (isTurnDue()) await letTurn();
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
        plans.set(id, (now) => planListing(now, wanted, ctx.now()));
      }
    }
  }
  // variants that their product no longer has
  for (const id of left) {
    const gone = before.get(id);
    if (!gone || !channels.some((channel) => channel.id === gone.channel)) continue;
    const wanted = { ...gone, issues: [], withheld: true };
    // one that another product has taken over meanwhile is no longer ours to take down
    plans.set(id, (now) => (now?.productId === gone.productId ? planListing(now, wanted, ctx.now()) : now));
  }
  const changes: { before: Listing | undefined; after: Listing }[] = [];
  for (const [id, plan] of plans) {
    const was = before.get(id);
    const after = plan(was);
    if (after && after !== was) changes.push({ before: was, after });
    const status = (after ?? was)?.status;
    if (left.has(id)) continue;
    if (status === 'blocked') counts.blocked += 1;
    else if (after === undefined || after === was) counts.skipped += 1;
    else counts.done += 1;
  }
  return { catalogId: catalog.id, page, items, before, changes, plans, counts };
}

/** Writes what was decided: the listings first, then the cards that show them. */
export async function savePage(
  { catalogId, page, items, before, changes, plans }: PlannedPage,
  ctx: JobContext,
): Promise<void> {
  const { listings } = ctx.stores;
  const lost = await listings.save(changes);
  if (lost.length > 0) await listings.change(lost, (listing) => plans.get(listing.id)?.(listing));
  const after = new Map([...before, ...changes.map(({ after: one }): [string, Listing] => [one.id, one])]);
  for (const [id, listing] of await listings.findMany(lost)) after.set(id, listing);
  await saveCards(catalogId, page, items, [...after.values()], ctx);
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
