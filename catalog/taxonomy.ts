/**
 * Google's product taxonomy, which Meta, TikTok and Pinterest take too. The lists are data files beside this one
 * (catalog/taxonomy/, one a language, each with Google's own version), read when they are first asked for.
 * https://support.google.com/merchants/answer/6324436
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Category {
  /** Google's number, the same in every language. */
  id: string;
  /** From the top: ["Apparel & Accessories", "Clothing"]; in the main language. */
  names: readonly string[];
  /** `Apparel & Accessories > Clothing` */
  path: string;
  parent: string | undefined;
}
export interface TaxonomyLanguage {
  /** `en-US` */
  locale: string;
  /** As Google dates it: `2019-07-10`. */
  version: string;
  categories: ReadonlyMap<string, Category>;
}

/** Its ids and version count; the others translate them. */
const mainLocale = 'en-US';
const folder = new URL('./taxonomy/', import.meta.url);

let loaded: Map<string, TaxonomyLanguage> | undefined;

/** Every language at hand, the main one first. */
export function loadTaxonomy(): ReadonlyMap<string, TaxonomyLanguage> {
  if (loaded) return loaded;
  const locales = readdirSync(folder).flatMap(
    (file) => /^([a-z]{2}-[A-Z]{2})\.tsv\.gz$/.exec(file)?.[1] ?? [],
  );
  locales.sort((a, b) => Number(b === mainLocale) - Number(a === mainLocale) || a.localeCompare(b));
  loaded = new Map(locales.map((locale) => [locale, readLanguage(locale)]));
  return loaded;
}

function readLanguage(locale: string): TaxonomyLanguage {
  const text = gunzipSync(readFileSync(new URL(`${locale}.tsv.gz`, folder))).toString('utf8');
  const [head = '', ...rows] = text.split('\n');
  const categories = new Map<string, Category>();
  // a parent stands before its children
  for (const row of rows) {
    const [id = '', parentId = '', name = ''] = row.split('\t');
    if (id === '') continue;
    const parent = categories.get(parentId);
    const names = [...(parent?.names ?? []), name];
    categories.set(id, { id, names, path: names.join(' > '), parent: parent?.id });
  }
  return { locale, version: head.split('\t')[2] ?? '', categories };
}

const main = (): TaxonomyLanguage => loadTaxonomy().get(mainLocale) ?? readLanguage(mainLocale);

/** Google's date of the main list. */
export const taxonomyVersion = (): string => main().version;

let byPath: Map<string, string> | undefined;
const toKey = (path: string): string =>
  path
    .split(/\s*(?:>|»|›)\s*/)
    .map((name) => name.trim().replace(/\s+/g, ' '))
    .join(' > ')
    .toLowerCase();

/** By number, or by the whole path in any language at hand; undefined when there is no such category. */
export function findCategory(idOrPath: string): Category | undefined {
  const text = idOrPath.trim();
  if (/^\d+$/.test(text)) return main().categories.get(String(Number(text)));
  if (byPath === undefined) {
    byPath = new Map();
    // the main language last, so that its paths win
    for (const { categories } of [...loadTaxonomy().values()].reverse())
      for (const { id, path } of categories.values()) byPath.set(toKey(path), id);
  }
  // "5402 - Apparel & Accessories > …" is how Google's list has them
  const id = byPath.get(toKey(text.replace(/^\d+ - /, '')));
  return id === undefined ? undefined : main().categories.get(id);
}

/** The path of a category in a language (`de`, `en-GB`), or in the main one where that language is not at hand. */
export function categoryPath(id: string, language: string = mainLocale): string | undefined {
  const languages = [...loadTaxonomy().values()];
  const near =
    languages.find(({ locale }) => locale === language) ??
    languages.find(({ locale }) => locale.slice(0, 2) === language.slice(0, 2).toLowerCase());
  return near?.categories.get(id)?.path ?? main().categories.get(id)?.path;
}

/** Whether the category (number or path) is this one or lies below it. Unknown categories lie nowhere. */
export function isInCategory(idOrPath: string | undefined, ancestors: ReadonlySet<string>): boolean {
  if (idOrPath === undefined) return false;
  let at = findCached(idOrPath);
  while (at !== undefined) {
    if (ancestors.has(at.id)) return true;
    at = at.parent === undefined ? undefined : main().categories.get(at.parent);
  }
  return false;
}

const cache = new Map<string, Category | undefined>();

/** findCategory for the checks of a million items: shops use few categories. */
export function findCached(idOrPath: string): Category | undefined {
  const known = cache.get(idOrPath);
  if (known !== undefined || cache.has(idOrPath)) return known;
  const found = findCategory(idOrPath);
  if (cache.size < 20_000) cache.set(idOrPath, found);
  return found;
}

/** Every category of the main list, parents before children. */
export const eachCategory = (): Iterable<Category> => main().categories.values();
