/** What a shop's categories mean at Google: written, and every item that it changes checked again. */
import type { MappedCategory } from '../catalog/catalog.ts';
import { findInCategories } from '../catalog/categories.ts';
import { searchCategories } from '../catalog/category-match.ts';
import { InputError } from '../catalog/errors.ts';
import { findCategory } from '../catalog/taxonomy.ts';
import type { JobContext } from './job.ts';
import { refreshListings } from './refresh-listings.ts';

export interface CategoryChange {
  /** The shop's own path. */
  path: string;
  /** Google's number or path; null forgets the mapping. */
  category: string | null;
}

/** All or nothing: one category that does not exist refuses them all. Answers how many products are checked again. */
export async function mapCategories(
  catalogId: string,
  changes: readonly CategoryChange[],
  by: string,
  ctx: JobContext,
): Promise<{ mapped: { path: string; id?: string; category?: string }[]; products: number }> {
  const { catalogs, products } = ctx.stores;
  await catalogs.find(catalogId);
  const read = changes.map(({ path, category }) => {
    const found = category === null ? undefined : findOrRefuse(category);
    return { path: path.trim(), found };
  });
  await catalogs.saveCategories(
    catalogId,
    read.map(({ path, found }) => {
      const mapped: MappedCategory | undefined = found && { path, category: found.id, by, at: ctx.now() };
      return { path, mapped };
    }),
  );
  const ids = await findInCategories(products.eachCategoryUse(catalogId), read.map(({ path }) => path)); // prettier-ignore
  await products.needCheck(ids);
  if (ids.length > 0) await ctx.queue.add(refreshListings, { catalogId });
  return {
    mapped: read.map(({ path, found }) => (found ? { path, id: found.id, category: found.path } : { path })),
    products: ids.length,
  };
}

function findOrRefuse(category: string) {
  const found = findCategory(category);
  if (found) return found;
  const [near] = searchCategories(category, 1);
  throw new InputError('category_unknown', `"${category.slice(0, 200)}" is no category of Google's taxonomy.`, {
    hint: near ? `Did you mean ${near.id} (${near.path})?` : 'Search for one: shelfcast categories search WORD',
  }); // prettier-ignore
}
