/** Products whose prices moved far: a slipped decimal point must not reach the channels unasked. */
import type { Catalog } from './catalog.ts';
import { isTooMany } from './guards.ts';
import { formatAmount } from './money.ts';
import type { Hold } from './run.ts';
import type { Product, Variant } from './product.ts';

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

/** The hold, when too many of the catalog's products were set aside. */
export function judgeMoved(
  catalog: Catalog,
  { products: moved, sample }: { products: number; sample: string[] },
  live: number,
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
