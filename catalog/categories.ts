/**
 * The shop's own categories (product_type) and which of Google's each means: mapped once by a person, remembered with the
 * catalog, and used for every item of the category that has no category of its own. Meta, TikTok and Pinterest take
 * Google's categories too, so what is mapped here serves them all.
 */
import type { Catalog, MappedCategory } from './catalog.ts';
import { suggestCategories, type CategorySuggestion } from './category-match.ts';
import type { Attributes, Override } from './product.ts';
import { findCategory, loadTaxonomy, taxonomyVersion } from './taxonomy.ts';

/** The same for `Men>Shirts` and `men > shirts`. */
export const toCategoryKey = (path: string): string =>
  path
    .split(/[>»›]/)
    .map((step) => step.trim().replace(/\s+/g, ' ').toLowerCase())
    .join(' > ');

const byCatalog = new WeakMap<readonly MappedCategory[], ReadonlyMap<string, string>>();

/** Google's number for one of the shop's categories, as a person mapped it. */
export function findMapped(
  { categories }: Pick<Catalog, 'categories'>,
  path: string | undefined,
): string | undefined {
  if (categories === undefined || path === undefined) return undefined;
  let known = byCatalog.get(categories);
  if (known === undefined) {
    known = new Map(categories.map((mapped) => [toCategoryKey(mapped.path), mapped.category]));
    byCatalog.set(categories, known);
  }
  return known.get(toCategoryKey(path));
}

/** What one product says of its category. */
export interface CategoryUse {
  id: string;
  title: string;
  attributes: Attributes;
  variants: readonly { sourceId: string; attributes?: Attributes }[];
  overrides: readonly Override[];
}

/** One of the shop's categories. */
export interface CategoryRow {
  path: string;
  products: number;
  items: number;
  /** Items that have a category of Google's from the source or from a person. */
  own: number;
  /** What it was mapped to. */
  mapped?: { id: string; path: string };
  /** For what is not mapped. */
  suggestions: CategorySuggestion[];
}

export interface CategoryReport {
  items: CategoryRow[];
  coverage: {
    /** Of all items, how many have one of Google's categories, by the source, by hand or by the mapping; in per cent. */
    items: number;
    withCategory: number;
    percent: number;
  };
  taxonomy: { version: string; languages: string[] };
}

/** How many unmapped categories get suggestions at once, the largest first. */
const mostSuggested = 300;
const titlesEach = 8;

/** Every category of the shop with its counts, the largest first, and how much is covered. */
export async function reportCategories(
  products: AsyncIterable<CategoryUse> | Iterable<CategoryUse>,
  catalog: Pick<Catalog, 'categories'>,
): Promise<CategoryReport> {
  const rows = new Map<string, CategoryRow & { titles: string[] }>();
  const all = { items: 0, withCategory: 0 };
  for await (const use of products) {
    const seen = new Set<string>();
    for (const { path, own } of eachItem(use)) {
      const mapped = findMapped(catalog, path);
      all.items += 1;
      if (own || mapped !== undefined) all.withCategory += 1;
      if (path === undefined) continue;
      const key = toCategoryKey(path);
      const row = rows.get(key) ?? { path, products: 0, items: 0, own: 0, suggestions: [], titles: [] };
      rows.set(key, row);
      row.items += 1;
      if (own) row.own += 1;
      if (seen.has(key)) continue;
      seen.add(key);
      row.products += 1;
      if (row.titles.length < titlesEach) row.titles.push(use.title);
    }
  }
  const items = [...rows.values()].sort((a, b) => b.items - a.items || a.path.localeCompare(b.path));
  let left = mostSuggested;
  return {
    items: items.map(({ titles, ...row }) => {
      const found = findMapped(catalog, row.path);
      const known = found === undefined ? undefined : findCategory(found);
      if (found !== undefined) return { ...row, mapped: { id: found, path: known?.path ?? found } };
      return left-- > 0 ? { ...row, suggestions: suggestCategories({ path: row.path, titles }) } : row;
    }),
    coverage: { ...all, percent: toPercent(all.withCategory, all.items) },
    taxonomy: { version: taxonomyVersion(), languages: [...loadTaxonomy().keys()] },
  };
}

/** Rounded down to a tenth, so that 100 means all. */
const toPercent = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.floor((part / whole) * 1_000) / 10;

/** Per item: the shop's category, and whether Google's is there without the mapping. */
function eachItem({ attributes, variants, overrides }: CategoryUse): { path: string | undefined; own: boolean }[] {
  const byHand = (field: string, variant: string): string | undefined =>
    (overrides.find((one) => one.field === field && one.variant === variant) ??
      overrides.find((one) => one.field === field && one.variant === undefined))?.value;
  return variants.map(({ sourceId, attributes: own }) => {
    const read = (field: 'product_type' | 'google_product_category'): string | undefined =>
      byHand(field, sourceId) ?? own?.[field] ?? attributes[field];
    const path = read('product_type')?.trim();
    return { path: path === '' ? undefined : path, own: !!read('google_product_category') };
  });
} // prettier-ignore

/** The products that have an item in one of these categories. */
export async function findInCategories(
  products: AsyncIterable<CategoryUse>,
  paths: readonly string[],
): Promise<string[]> {
  const keys = new Set(paths.map(toCategoryKey));
  const ids: string[] = [];
  for await (const use of products)
    if (eachItem(use).some(({ path }) => path !== undefined && keys.has(toCategoryKey(path)))) ids.push(use.id); // prettier-ignore
  return ids;
}
