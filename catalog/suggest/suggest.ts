/** A value for a field that is missing or wrong, with the reason and how sure it is. Pure; nothing is ever set by itself. */
import { cleanGtin } from '../gtin.ts';
import type { Item } from '../item.ts';
import type { AttributeName } from '../product.ts';
import { remember } from '../remember.ts';
import { cutAtWord } from '../text.ts';
import { findOptionAttribute } from '../words.ts';
import { findSize, findWord, wordFields, type WordField } from './words.ts';

/** Where a suggestion comes from; the page says it in words. */
export type SuggestedFrom =
  | 'option' | 'title' | 'description' | 'tags' | 'category' | 'sibling' | 'neighbours' | 'sku' | 'barcode' | 'brand'
  | 'cut' | 'case' | 'cleaned'; // prettier-ignore

export interface Suggestion {
  field: string;
  value: string;
  from: SuggestedFrom;
  /** The words it was read from, or who else has it: `"Leinenhemd, marine"`, `12 of 14 items of Nordhem`. */
  evidence: string;
  /** 0..1; from 0.75 on it may be applied to many at once. */
  confidence: number;
}

/** What stands around an item. */
export interface Surroundings {
  /** The other items of the same product. */
  siblings: readonly Item[];
  /** How often which value stands at comparable items (same brand and category); see `mostCommon`. */
  neighbours?: ReadonlyMap<string, { value: string; count: number; of: number }>;
  /** The most characters the field may have, where the problem is its length. */
  maxLength?: number;
}

const [sure, likely, guessed] = [0.95, 0.8, 0.6];
/** From here on a suggestion may be applied to many items at once. */
export const applicableFrom = 0.75;

type Find = (item: Item, around: Surroundings) => Omit<Suggestion, 'field'> | undefined;

const finders: Readonly<Record<string, readonly Find[]>> = {
  ...Object.fromEntries(
    wordFields.map((field) => [
      field,
      [fromOption(field), fromWords(field), fromSiblings(field), fromNeighbours(field)],
    ]),
  ),
  size: [fromOption('size'), sizeFromTitle, fromNeighbours('size')],
  gtin: [gtinFromSku],
  mpn: [mpnFromSku],
  brand: [brandFromSiblings, brandFromTitle, fromNeighbours('brand')],
  product_type: [fromSiblings('product_type'), typeFromTags, fromNeighbours('product_type')],
  google_product_category: [
    fromSiblings('google_product_category'),
    fromNeighbours('google_product_category'),
  ],
  condition: [fromSiblings('condition'), fromNeighbours('condition')],
  title: [cutTitle, calmTitle],
  description: [cutDescription, describe],
};

/** Fields for which a value can be suggested at all. */
export const suggestibleFields: readonly string[] = Object.keys(finders);

const byItself: readonly string[] = ['gtin', 'mpn', 'title', 'description'];
/** Whether comparable items could say something better than this suggestion, made without them. */
export const mayLearnFromNeighbours = (field: string, without: Suggestion | undefined): boolean =>
  !byItself.includes(field) && (without === undefined || without.confidence < likely);

/** The best suggestion for this field of this item; undefined when nothing speaks for any value. */
export function suggest(item: Item, field: string, around: Surroundings): Suggestion | undefined {
  const current = currentOf(item, field);
  const found = (finders[field] ?? [])
    .map((find) => find(item, around))
    .filter((one) => one !== undefined && one.value !== '' && one.value !== current);
  const best = found.sort((a, b) => (b?.confidence ?? 0) - (a?.confidence ?? 0))[0];
  return best && { field, ...best };
}

function currentOf(item: Item, field: string): string | undefined {
  if (field === 'title' || field === 'description' || field === 'brand' || field === 'gtin')
    return item[field];
  return item.attributes[field as AttributeName];
}

const quote = (text: string): string => `"${cutAtWord(text, 80)}"`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const isClosed = (field: WordField): boolean => field === 'gender' || field === 'age_group';

function fromOption(field: AttributeName): Find {
  return (item) => {
    const option = item.options.find(
      ({ name, value }) => findOptionAttribute(name) === field && value !== '',
    );
    if (option) return { value: option.value, from: 'option', evidence: `${option.name}: ${option.value}`, confidence: sure }; // prettier-ignore
    // an option of another name whose value is plainly such a word: Style = Navy
    for (const { name, value } of item.options) {
      const found = isWordField(field) && !isClosed(field) ? findWord(field, value) : undefined;
      if (found && found.word.length === value.trim().length)
        return { value, from: 'option', evidence: `${name}: ${value}`, confidence: likely };
    }
    return undefined;
  };
}

const isWordField = (field: string): field is WordField => wordFields.some((one) => one === field);

const beginningOf = remember((text) => cutAtWord(text, 300), 500);

function fromWords(field: WordField): Find {
  return (item) => {
    const places: [SuggestedFrom, string, number][] = [
      ['title', item.title, sure - 0.05],
      ['category', item.attributes.product_type ?? '', likely],
      ['tags', item.tags.join(', '), likely - 0.02],
      ['description', beginningOf(item.description), guessed],
    ];
    for (const [from, text, confidence] of places) {
      const found = text === '' ? undefined : findWord(field, text);
      if (!found) continue;
      const value = isClosed(field) ? found.name : capital(found.word);
      return {
        value,
        from,
        evidence: quote(text),
        confidence: found.isPart ? confidence - 0.12 : confidence,
      };
    }
    return undefined;
  };
}

/** A value that all the siblings share. Colour and size are what variants differ in: there siblings say nothing. */
function fromSiblings(field: AttributeName): Find {
  if (field === 'color' || field === 'size') return () => undefined;
  return (_item, { siblings }) => {
    const values = siblings.flatMap(({ attributes }) => attributes[field] ?? []);
    const [value] = values;
    if (value === undefined || values.some((one) => one !== value)) return undefined;
    return { value, from: 'sibling', evidence: siblings.find(({ attributes }) => attributes[field] === value)?.offerId ?? '', confidence: sure - 0.03 }; // prettier-ignore
  };
}

function fromNeighbours(field: string): Find {
  return (_item, { neighbours }) => {
    const most = neighbours?.get(field);
    if (!most || most.count < 3 || most.count / most.of < 0.7) return undefined;
    const confidence = Math.min(likely, (most.count / most.of) * likely);
    return { value: most.value, from: 'neighbours', evidence: `${most.count} / ${most.of}`, confidence };
  };
}

function sizeFromTitle(item: Item): ReturnType<Find> {
  const value = findSize(item.title) ?? findSize(item.offerId.replaceAll(/[-_]/g, ' '));
  return value === undefined
    ? undefined
    : { value, from: 'title', evidence: quote(item.title), confidence: likely };
}

/** Many shops keep the bar code in the SKU. */
function gtinFromSku(item: Item): ReturnType<Find> {
  for (const text of [item.offerId, item.attributes.mpn ?? '']) {
    const result = /^[\d\s-]{8,18}$/.test(text) ? cleanGtin(text) : undefined;
    if (result && 'gtin' in result)
      return { value: result.gtin, from: 'barcode', evidence: text, confidence: likely };
  }
  return undefined;
}

function mpnFromSku(item: Item): ReturnType<Find> {
  if (!/\d/.test(item.offerId) || item.offerId.length > 70) return undefined;
  return { value: item.offerId, from: 'sku', evidence: item.offerId, confidence: guessed };
}

function brandFromSiblings(_item: Item, { siblings }: Surroundings): ReturnType<Find> {
  const brand = siblings.find((one) => one.brand !== undefined)?.brand;
  if (brand === undefined || siblings.some((one) => one.brand !== undefined && one.brand !== brand))
    return undefined;
  return { value: brand, from: 'sibling', evidence: brand, confidence: sure };
}

/** The title begins with a brand that comparable items have. */
function brandFromTitle(item: Item, { neighbours }: Surroundings): ReturnType<Find> {
  const brand = neighbours?.get('brand')?.value;
  if (brand === undefined || !item.title.toLowerCase().startsWith(brand.toLowerCase())) return undefined;
  return { value: brand, from: 'title', evidence: quote(item.title), confidence: likely };
}

function typeFromTags(item: Item): ReturnType<Find> {
  const [tag] = item.tags;
  return tag === undefined ? undefined : { value: tag, from: 'tags', evidence: item.tags.join(', '), confidence: guessed }; // prettier-ignore
}

function cutTitle(item: Item, { maxLength }: Surroundings): ReturnType<Find> {
  if (maxLength === undefined || item.title.length <= maxLength) return undefined;
  return { value: cutAtWord(item.title, maxLength).replace(/[\s,;:|/–-]+$/u, ''), from: 'cut', evidence: String(maxLength), confidence: sure }; // prettier-ignore
}

/** `LEINENHEMD SLIM FIT XL` → `Leinenhemd Slim Fit XL`: letters are kept where they are a size or an abbreviation. */
function calmTitle(item: Item): ReturnType<Find> {
  const { title, language } = item;
  if (/\p{Ll}/u.test(title) || !/\p{Lu}{4}/u.test(title)) return undefined;
  const value = title.replaceAll(/[\p{L}\p{M}]+/gu, (word) =>
    word.length < 4 ? word : word.charAt(0) + word.slice(1).toLocaleLowerCase(language),
  );
  return { value, from: 'case', evidence: quote(title), confidence: likely };
}

function cutDescription(item: Item, { maxLength }: Surroundings): ReturnType<Find> {
  if (maxLength === undefined || item.description.length <= maxLength) return undefined;
  const value = cutAtWord(item.description, maxLength);
  return { value, from: 'cut', evidence: String(maxLength), confidence: sure };
}

/** A description made of what is known; a person should look at it. */
function describe(item: Item): ReturnType<Find> {
  if (item.description.trim() !== '') return undefined;
  const { material, color, pattern } = item.attributes;
  const facts = [item.brand, color, material, pattern].filter((one) => one !== undefined && one !== '');
  if (facts.length < 2) return undefined;
  return { value: `${item.title}. ${facts.join(', ')}.`, from: 'title', evidence: quote(item.title), confidence: guessed }; // prettier-ignore
}

/** Per field the value that most of these items have. */
export function mostCommon(
  facts: readonly Readonly<Record<string, string>>[],
): Map<string, { value: string; count: number; of: number }> {
  const counts = new Map<string, Map<string, number>>();
  for (const one of facts)
    for (const [field, value] of Object.entries(one)) {
      const values = counts.get(field) ?? new Map<string, number>();
      counts.set(field, values.set(value, (values.get(value) ?? 0) + 1));
    }
  return new Map(
    [...counts].map(([field, values]) => {
      const of = [...values.values()].reduce((sum, count) => sum + count, 0);
      const [value, count] = [...values].sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
      return [field, { value, count, of }];
    }),
  );
}
