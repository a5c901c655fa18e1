/** What second sources say, put into an item, by the order the owner has set. Pure. */
import type { Catalog } from '../catalog.ts';
import type { StoredProduct, SupplementValue } from '../product.ts';

/** The source of the products, in the order of sources. */
export const mainSource = 'main';

/** Best first; a source that the order does not name comes before all: it was added last. */
function rankOf(source: string, order: readonly string[]): number {
  return order.indexOf(source);
}

/**
 * The values that count for a variant: of each field the one of the best source. `fills`: that one stands behind the
 * source of the products, so it counts only where that says nothing.
 */
export function chooseSupplied(
  { supplements = [] }: Pick<StoredProduct, 'supplements'>,
  variant: string,
  { sourceOrder = [] }: Pick<Catalog, 'sourceOrder'>,
): (SupplementValue & { fills: boolean })[] {
  const best = new Map<string, SupplementValue>();
  for (const value of supplements) {
    if (value.variant !== variant) continue;
    const other = best.get(value.field);
    if (!other || rankOf(value.from, sourceOrder) < rankOf(other.from, sourceOrder)) best.set(value.field, value); // prettier-ignore
  }
  const main = sourceOrder.indexOf(mainSource);
  return [...best.values()].map((value) => ({
    ...value,
    fills: main !== -1 && rankOf(value.from, sourceOrder) > main,
  }));
}
