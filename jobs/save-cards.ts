/** Brings the cards of products in step with what a refresh found. */
import type { Item } from '../catalog/item.ts';
import type { StoredProduct } from '../catalog/product.ts';
import { toCardBase } from '../feeds/card.ts';
import type { Listing } from '../feeds/listing.ts';
import type { JobContext } from './job.ts';

/** Second sources that know the variant, and `person` where somebody set a value. */
const sourcesOf = ({ supplements = [] }: StoredProduct, { variantId, overridden }: Item): string[] => [
  ...new Set(supplements.flatMap(({ variant, from }) => (variant === variantId ? [from] : []))),
  ...(overridden.length > 0 ? ['person'] : []),
];

/** `items` by product id; `listings` are all of these products, those of offers that are gone included. */
export async function saveCards(
  catalogId: string,
  products: readonly StoredProduct[],
  items: ReadonlyMap<string, readonly Item[]>,
  listings: readonly Listing[],
  ctx: JobContext,
): Promise<void> {
  const byOffer = Map.groupBy(listings, ({ offerId }) => offerId);
  const entries = products.flatMap((product) => {
    const own = items.get(product.id) ?? [];
    const skus = new Map(product.variants.map(({ offerId, sku }) => [offerId, sku]));
    return own.map((item) => {
      const siblings = own.filter((other) => other !== item);
      const base = toCardBase(item, siblings, skus.get(item.offerId), product.updatedAt);
      const sources = sourcesOf(product, item);
      if (sources.length > 0) base.sources = sources;
      return { base, listings: byOffer.get(item.offerId) ?? [], issues: item.withheld ? [] : item.issues };
    });
  });
  const known = new Set(entries.map(({ base }) => base.offerId));
  const ids = new Set(products.map(({ id }) => id));
  const gone = [...byOffer].flatMap(([offerId, own]) => {
    const productId = own[0]?.productId;
    // another product has the offer now
    if (known.has(offerId) || productId === undefined || !ids.has(productId)) return [];
    return { offerId, productId, listings: own };
  });
  await ctx.stores.cards.saveItems(catalogId, entries, gone, ctx.now());
}
