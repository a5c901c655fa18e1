/** Words that name a colour, material, pattern, gender or age group, in the languages shops write in. */
import { readFileSync } from 'node:fs';
import { remember } from '../remember.ts';

export const wordFields = ['color', 'material', 'pattern', 'gender', 'age_group'] as const;
export type WordField = (typeof wordFields)[number];

/** Field → word in lower case (`_` for a space) → what it names: `marineblau` → `navy`. */
const tables: Record<WordField, ReadonlyMap<string, string>> = loadTables();

function loadTables(): Record<WordField, ReadonlyMap<string, string>> {
  const data = JSON.parse(readFileSync(new URL('./words.json', import.meta.url), 'utf8')) as Record<
    WordField,
    Record<string, string>
  >;
  const toTable = (field: WordField): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(data[field]).flatMap(([name, words]) =>
        words.split(' ').map((word): [string, string] => [word, name]),
      ),
    );
  return Object.fromEntries(wordFields.map((field) => [field, toTable(field)])) as Record<
    WordField,
    ReadonlyMap<string, string>
  >;
}

export interface FoundWord {
  /** As it stands in the text. */
  word: string;
  /** What it names, in English. */
  name: string;
  /** It is only the beginning of a longer word (`Leinenhemd`): less certain. */
  isPart: boolean;
}

const longestPhrase = 2;

/** The first word (or pair of words) of the text that the field knows; pairs win over their parts. */
export function findWord(field: WordField, text: string): FoundWord | undefined {
  const { words, found } = read(text);
  if (!found.has(field)) found.set(field, findAmong(words, field));
  return found.get(field);
}

interface ReadText {
  words: readonly string[];
  /** What was looked for so far. */
  found: Map<WordField, FoundWord | undefined>;
}

const read = remember(
  (text): ReadText => ({
    words: text.normalize('NFC').match(/[\p{L}\p{M}\p{N}'’_-]+/gu) ?? [],
    found: new Map(),
  }),
  1_000,
);

function findAmong(words: readonly string[], field: WordField): FoundWord | undefined {
  const table = tables[field];
  for (let at = 0; at < words.length; at++)
    for (let length = longestPhrase; length > 0; length--) {
      const phrase = words.slice(at, at + length);
      if (phrase.length < length) continue;
      const name = table.get(phrase.join('_').toLowerCase().replaceAll('’', "'"));
      if (name !== undefined) return { word: phrase.join(' '), name, isPart: false };
    }
  return field === 'material' ? findCompound(words, table) : undefined;
}

/** German and its neighbours write the material in front: `Leinenhemd`, `Wolldecke`. */
function findCompound(words: readonly string[], table: ReadonlyMap<string, string>): FoundWord | undefined {
  for (const word of words) {
    const lower = word.toLowerCase();
    for (let end = lower.length - 3; end >= 5; end--) {
      const name = table.get(lower.slice(0, end));
      if (name !== undefined) return { word: word.slice(0, end), name, isPart: true };
    }
  }
  return undefined;
}

/** A size at the end of a title or alone in a pair of brackets: `Gr. M`, `(XL)`, `EU 42`, `Size 10`. */
export function findSize(text: string): string | undefined {
  const named =
    /(?:\b(?:gr(?:öße|\.)?|size|taille|talla|taglia|maat)\s*:?\s*)(\d{1,3}(?:[.,/]\d{1,2})?|[2-5]?x{0,3}[sml])(?![\p{L}\d])/iu.exec(
      text,
    );
  if (named?.[1]) return named[1].toUpperCase();
  const letter = /(?:^|[\s,(/-])((?:[2-5]X|X{1,3})?[SL]|M)\)?\s*$/u.exec(text);
  if (letter?.[1]) return letter[1];
  return /(?:^|[\s,(])((?:EU|UK|US)\s?\d{1,2}(?:[.,]5)?)(?![\d])/u.exec(text)?.[1];
}
