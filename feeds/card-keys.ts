/**
 * The words that a card is found by. One index over them serves search and filters on MongoDB and on the embedded store.
 * Keys hold only letters, digits, `_` and spaces, so that a beginning can be asked for by a regular expression that both
 * turn into a stretch of the index.
 */
import { remember } from '../catalog/remember.ts';
import type { ListingStatus } from './listing.ts';

/** Without accents and case; what is no Latin letter or digit becomes `_` and its code, so that every script is found. */
export const foldText = remember(
  (text) =>
    text
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .replaceAll('ß', 'ss')
      .replaceAll(/[^a-z0-9]/gu, (sign) => `_${(sign.codePointAt(0) ?? 0).toString(16)}`),
  5_000,
);

const mostWords = 24;
const longestWord = 40;

/** Each word of the texts, and each code whole and in its parts. */
export function toWordKeys(texts: readonly string[], codes: readonly (string | undefined)[]): string[] {
  const words = new Set<string>();
  for (const code of codes) for (const word of splitCode(code ?? '')) words.add(word);
  for (const text of texts)
    for (const word of text.split(/\s+/u))
      // `T-Shirt` is found as tshirt, as t and as shirt
      for (const part of splitCode(word)) if (words.size < mostWords) words.add(part);
  return [...words].filter((word) => word !== '').map((word) => `w ${word.slice(0, longestWord)}`);
}

function splitCode(code: string): string[] {
  const parts = code.split(/[^\p{L}\p{M}\p{N}]+/u).filter((part) => part !== '');
  return [parts.join(''), ...(parts.length > 1 ? parts : [])].map(foldText);
}

/** What a person typed, as beginnings of word keys; the longest, which narrows most, first. */
export function toSearchKeys(typed: string): string[] {
  const words = typed
    .trim()
    .split(/\s+/)
    .map((word) => foldText(word.replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '')))
    .filter((word) => word !== '');
  return [...new Set(words)]
    .sort((a, b) => b.length - a.length)
    .slice(0, 6)
    .map((word) => `w ${word.slice(0, longestWord)}`);
}

/** At this channel and at any; an older version that the channel still shows counts as `stale` besides. */
export const toStatusKeys = (channel: string, status: ListingStatus, stale: boolean): string[] => [
  toStatusKey(channel, status),
  toStatusKey('any', status),
  ...(stale ? [toStatusKey(channel, 'stale'), toStatusKey('any', 'stale')] : []),
];

export const toStatusKey = (channel: string, status: ListingStatus | 'stale'): string =>
  `s ${foldText(channel)} ${status}`;

export const toIssueKey = (code: string, field: string | undefined): string =>
  `p ${foldText(code)} ${foldText(field ?? '')}`;

/** Some problem of the item was put aside. */
export const mutedKey = 'm';

/** A key that says what the channels say, not what the item is. */
export const isStateKey = (key: string): boolean =>
  key === mutedKey || key.startsWith('s ') || key.startsWith('p ');

/** A second source's id, `person`, or `main` where nothing else speaks of the item. */
export const toSourceKey = (source: string): string => `o ${foldText(source)}`;

export const toBrandKey = (brand: string): string => `b ${foldText(brand.trim()).slice(0, 80)}`;

/** `Clothing > Shirts` is found under both; the first level is the one that issues are counted by. */
export function toCategoryKeys(category: string | undefined): string[] {
  const levels = splitCategory(category);
  return levels.map((_, at) => toCategoryKey(levels.slice(0, at + 1).join(' > ')));
}

export const toCategoryKey = (path: string): string =>
  `c ${splitCategory(path).map(foldText).join(' ').slice(0, 160)}`;

const splitCategory = (category: string | undefined): string[] =>
  (category ?? '')
    .split(/\s*(?:>|\/|»)\s*/)
    .map((level) => level.trim())
    .filter((level) => level !== '')
    .slice(0, 4);

/** The first level, shown beside counts; undefined when the item has no category. */
export const topCategory = (category: string | undefined): string | undefined =>
  splitCategory(category)[0]?.slice(0, 60);
