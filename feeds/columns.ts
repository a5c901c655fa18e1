/** What the columns of several channels have in common. */
import type { Item } from '../catalog/item.ts';
import { formatAmount, type Money } from '../catalog/money.ts';
import type { AttributeName } from '../catalog/product.ts';
import { cutAtWord } from '../catalog/text.ts';
import type { Column } from './channel.ts';

/** A list in one cell, for entries that hold no comma. */
export const atCommas: NonNullable<Column['list']> = {
  cell: (entries) => entries.join(','),
  entries: (cell) => cell.split(','),
};

/** An attribute as it is, cut at a word where the channel would cut or refuse it. */
export const cutColumn = (field: AttributeName, max: number, name: string = field): Column => ({
  name,
  of: field,
  value: ({ attributes }) => {
    const text = attributes[field];
    return text === undefined ? undefined : cutAtWord(text, max);
  },
});

/** An attribute that is left out where the channel would refuse it; the spec has a warning for each of these. */
export const onlyColumn = (
  field: AttributeName,
  isGood: (text: string) => boolean,
  name: string = field,
): Column => ({
  name,
  of: field,
  value: ({ attributes }) => {
    const text = attributes[field];
    return text !== undefined && isGood(text) ? text : undefined;
  },
});

export const isWordOf = (words: readonly string[]): ((text: string) => boolean) => {
  const known = new Set(words);
  return (text) => known.has(text);
};
/** `true` or `false`; undefined for any word that says neither. */
export function toTruth(text: string | undefined): 'true' | 'false' | undefined {
  if (text === undefined) return undefined;
  if (/^(?:true|yes|1)$/i.test(text)) return 'true';
  return /^(?:false|no|0)$/i.test(text) ? 'false' : undefined;
}
export const hasForm =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text);

/** `9.99 USD`: as many decimals as the currency has. */
export const toPriceText = (money: Money | undefined): string | undefined =>
  money === undefined ? undefined : `${formatAmount(money)} ${money.currency}`;

/**
 * Both ends of a sale as ISO 8601 in UTC with a slash between. Where the shop gives one end only, the other lies far
 * away; undefined for a sale without dates.
 */
export function toSaleInterval({ salePrice, saleStarts, saleEnds }: Item): string | undefined {
  if (salePrice === undefined || (saleStarts === undefined && saleEnds === undefined)) return undefined;
  return `${toStamp(saleStarts) ?? '1970-01-29T00:00+00:00'}/${toStamp(saleEnds) ?? '2038-01-17T23:59+00:00'}`;
}

const toStamp = (date: Date | undefined): string | undefined =>
  date && `${date.toISOString().slice(0, 16)}+00:00`;

/** Between two renditions of the same moment nothing differs, so an address is never in a list twice. */
export const toLinkList = (
  images: Item['images'],
  fits: (image: Item['images'][number]) => boolean,
  most: number,
): string[] =>
  [
    ...new Set(
      images
        .slice(1)
        .filter(fits)
        .map(({ url }) => url),
    ),
  ].slice(0, most);
