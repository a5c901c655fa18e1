/** Saves products that were set aside, page by page; one that the store has otherwise meanwhile is left as it is. */
import type { SetAside } from './guard-prices.ts';
import type { ProductStore } from './store/products.ts';

const pageSize = 200;

export async function saveSetAside(
  catalogId: string,
  each: AsyncIterable<SetAside>,
  products: ProductStore,
  now: Date,
): Promise<{ saved: number; rows: number; blocked: number }> {
  const sum = { saved: 0, rows: 0, blocked: 0 };
  let page: SetAside[] = [];
  const savePage = async (): Promise<void> => {
    const stored = await products.findHashes(catalogId, page.map(({ product }) => product.sourceId)); // prettier-ignore
    const fit = page.filter(({ product, before }) => stored.get(product.sourceId)?.hash === before);
    const entries = fit.map(({ product, hash, asOf }) => ({ product, hash, ...(asOf ? { asOf } : {}) }));
    const results = await products.save(catalogId, entries, stored, now);
    const duplicates = new Map(results.map((result) => [result.sourceId, result.duplicates]));
    for (const { product, records } of page) {
      const blocked = Math.min(duplicates.get(product.sourceId) ?? 0, records);
      sum.rows += records;
      sum.blocked += blocked;
    }
    sum.saved += results.length;
    page = [];
  };
  for await (const change of each) {
    page.push(change);
    if (page.length >= pageSize) await savePage();
  }
  if (page.length > 0) await savePage();
  return sum;
}
