/** Products that lose variants: a torn file, or an export that left sizes out, must not take them down unasked. */
import type { Catalog } from './catalog.ts';
import { isTooMany } from './guards.ts';
import type { ImportReport } from './import.ts';
import type { Product, Variant } from './product.ts';
import type { Hold } from './run.ts';

/** Offer ids of the variants that the product no longer has. */
export function findLost(before: readonly Variant[], after: Product): string[] {
  const kept = new Set(after.variants.map(({ sourceId }) => sourceId));
  return before.filter(({ sourceId }) => !kept.has(sourceId)).map(({ offerId }) => offerId);
}

/** The hold, when the read itself is doubted, or too many of the catalog's products would lose variants. */
export function judgeLost(
  catalog: Catalog,
  lost: { products: number; variants: number; sample: string[] },
  live: number,
  report: ImportReport,
): Hold | undefined {
  const { failed } = report.rows;
  const isDoubted = failed > 0 || report.hold !== undefined;
  if (lost.products === 0 || (!isDoubted && !isTooMany(lost.products, live, catalog.removalGuard)))
    return undefined;
  const what = `${lost.products} of ${live} products would lose ${lost.variants} variants in all`;
  return {
    reason: 'variants_missing',
    message:
      failed > 0
        ? `${what}, but ${failed} rows could not be read, and these may be among them; the products stay as they were until a person says so.`
        : `${what}; they stay as they were until a person says so.`,
    before: live,
    after: live - lost.products,
    missing: lost.products,
    sample: lost.sample,
  };
}
