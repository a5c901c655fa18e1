/** Products whose prices moved far are set aside while an import goes on; at its end they are saved, or wait for a person. */
import type { Catalog } from './catalog.ts';
import { isTooMany } from './guards.ts';
import { formatAmount } from './money.ts';
import type { Hold } from './run.ts';
import type { Product, Variant } from './product.ts';
import type { KnownHash, ProductStore, ProductToSave } from './store/products.ts';

export interface SetAside {
  product: Product;
  hash: string;
  /** What the store had: only that is replaced later. */
  before: string;
  records: number;
  asOf?: Date;
  /** `id: old → new` */
  sample: string;
}
type Fresh = ProductToSave & { records: number };

/** The first variant whose price moved by more than the catalog allows, in words; undefined when none did. */
export function findMove(before: readonly Variant[], after: Product, allowed: number): string | undefined {
  const old = new Map(before.map(({ sourceId, price }) => [sourceId, price]));
  for (const { sourceId, offerId, price } of after.variants) {
    const was = old.get(sourceId);
    if (!was || !price || was.currency !== price.currency || was.minor === 0) continue;
    if (Math.abs(price.minor - was.minor) / was.minor > allowed)
      return `${offerId}: ${formatAmount(was)} → ${formatAmount(price)}`;
  }
  return undefined;
}

/** Parts what may be saved at once from what is set aside. */
export async function splitMoved(
  catalog: Catalog,
  fresh: readonly Fresh[],
  stored: ReadonlyMap<string, KnownHash>,
  products: ProductStore,
): Promise<{ safe: Fresh[]; moved: SetAside[] }> {
  const changed = fresh.filter(({ product }) => (stored.get(product.sourceId)?.hash ?? '') !== '');
  if (changed.length === 0) return { safe: [...fresh], moved: [] };
  const variants = await products.findVariants(
    catalog.id,
    changed.map(({ product }) => product.sourceId),
  );
  const safe: Fresh[] = [];
  const moved: SetAside[] = [];
  for (const entry of fresh) {
    const { product, hash, records, asOf } = entry;
    const sample = findMove(variants.get(product.sourceId) ?? [], product, catalog.guards.priceMove);
    const before = stored.get(product.sourceId)?.hash ?? '';
    if (sample === undefined) safe.push(entry);
    else moved.push({ product, hash, before, records, sample, ...(asOf ? { asOf } : {}) });
  }
  return { safe, moved };
}

/** The hold, when too many of the catalog's products were set aside. */
export function judgeMoved(
  catalog: Catalog,
  moved: number,
  live: number,
  sample: string[],
): Hold | undefined {
  const { priceMove, pricesMoved } = catalog.guards;
  if (!isTooMany(moved, live, pricesMoved)) return undefined;
  return {
    reason: 'prices_moved',
    message: `The prices of ${moved} of ${live} products moved by more than ${Math.round(priceMove * 100)} %; these products stay as they were until a person says so.`,
    before: live,
    after: live - moved,
    missing: moved,
    sample,
  };
}
