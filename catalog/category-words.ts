/** Words of category names and of what shops call them, so that they can be compared across forms and languages. */
import { readFileSync } from 'node:fs';
import { eachCategory, loadTaxonomy } from './taxonomy.ts';

/** One name that a category goes by: its own in some language, a part of it, or a word of our list. */
export interface CategoryName {
  id: string;
  tokens: readonly string[];
  /** How sure this name is: a whole name more than one half of "Shirts & Tops". */
  weight: number;
}

export interface CategoryWords {
  names: readonly CategoryName[];
  /** Token → positions in `names`. */
  byToken: ReadonlyMap<string, readonly number[]>;
  /** How much a token tells: rare ones more. */
  weightOf(token: string): number;
  /** The tokens of what stands above a category. */
  above(id: string): ReadonlySet<string>;
}

/** Tokens of a text in one form: small, without accents' variants, singular where English or French make a plural by s. */
export function toTokens(text: string): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.filter((word) => !empty.has(word)).map(toSingular);
}

const empty = new Set('and or of for with the a an und für mit aus der die das et de des du la le les pour en y con para e di da per van voor met à'.split(' ')); // prettier-ignore

function toSingular(word: string): string {
  // hoodie, hoodies and party, parties end alike
  if (word.length > 4 && word.endsWith('ie')) return `${word.slice(0, -2)}y`;
  if (word.length < 4 || !/[a-z]s$/.test(word) || word.endsWith('ss')) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  return /(?:ch|sh|x|ss|zz)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

let made: CategoryWords | undefined;

export function loadCategoryWords(): CategoryWords {
  made ??= makeWords();
  return made;
}

function makeWords(): CategoryWords {
  const names: CategoryName[] = [];
  const byToken = new Map<string, number[]>();
  const add = (id: string, text: string, weight: number): void => {
    const tokens = [...new Set(toTokens(text))];
    if (tokens.length === 0) return;
    for (const token of tokens) {
      const at = byToken.get(token);
      if (at) at.push(names.length);
      else byToken.set(token, [names.length]);
    }
    names.push({ id, tokens, weight });
  };
  for (const { locale, categories } of loadTaxonomy().values())
    for (const { id, names: path } of categories.values()) {
      const name = path.at(-1) ?? '';
      add(id, name, 1);
      const parts = name.split(/\s*(?:&|,|\/| und | et | y | and )\s*/);
      if (parts.length > 1) for (const part of parts) add(id, part, locale === 'en-US' ? 0.9 : 0.88);
    }
  for (const { id, words } of readWords()) for (const word of words) add(id, word, 1.05);
  return {
    names,
    byToken,
    weightOf: (token) => Math.log(1 + names.length / (1 + (byToken.get(token)?.length ?? 0))),
    above: collectAbove(),
  };
}

function collectAbove(): (id: string) => ReadonlySet<string> {
  const tokens = new Map<string, ReadonlySet<string>>();
  for (const { id, names } of eachCategory()) tokens.set(id, new Set(names.slice(0, -1).flatMap(toTokens)));
  return (id) => tokens.get(id) ?? new Set();
}

/** Our own list: what shops call the common categories, in the languages that Google's lists at hand do not cover. */
export function readWords(): { id: string; words: string[] }[] {
  const text = readFileSync(new URL('./taxonomy/words.tsv', import.meta.url), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [id = '', words = ''] = line.split('\t');
    return /^\d+$/.test(id) ? [{ id, words: words.split(',') }] : [];
  });
}
