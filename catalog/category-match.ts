/** Which of Google's categories a shop's own category means, with how sure that is. Pure; nothing is ever set by itself. */
import { loadCategoryWords, toTokens, type CategoryWords } from './category-words.ts';
import { findCategory } from './taxonomy.ts';

export interface CategorySuggestion {
  /** Google's number and path. */
  id: string;
  path: string;
  /** 0..1; from 0.75 on it may be taken without a second look. */
  confidence: number;
  /** What it was read from: `"Leinenhemden"`, or `5 of 6 titles`. */
  evidence: string;
}

/** What is known of a shop's category. */
export interface ShopCategory {
  /** The shop's own path: `Men > Shirts`. */
  path: string;
  /** Titles of some of its products. */
  titles: readonly string[];
}

/** How much each step of the shop's path says, from the last one up. */
const stepWeights = [1, 0.72, 0.5];
/** A category that only the titles name is a guess. */
const titleWeight = 0.6;
const [titleBonus, aboveBonus, depthCost] = [0.22, 0.12, 0.008];
const leastConfidence = 0.3;

/** Shelves that say how things are sold, and not what they are. */
const sayings = new Set([
  'sale', 'sales', 'new', 'new in', 'new arrivals', 'outlet', 'offers', 'bestsellers', 'best sellers', 'home', 'home page', 'frontpage',
  'all', 'all products', 'shop', 'products', 'misc', 'other', 'uncategorized', 'default category', 'gifts', 'angebote', 'neu', 'neuheiten',
  'alle produkte', 'sonstiges', 'startseite', 'soldes', 'nouveautés', 'promotions', 'divers', 'accueil', 'ofertas', 'novedades', 'rebajas',
  'otros', 'saldi', 'novità', 'altro', 'aanbiedingen', 'nieuw', 'overig',
]); // prettier-ignore

/** The best categories, the surest first, at most `limit`. */
export function suggestCategories({ path, titles }: ShopCategory, limit = 3): CategorySuggestion[] {
  const words = loadCategoryWords();
  const steps = path.split(/\s*(?:>|»|›|\/|\|)\s*/).filter((step) => step.trim() !== '').reverse().slice(0, stepWeights.length); // prettier-ignore
  const stepTokens = steps.map((step) =>
    sayings.has(step.trim().toLowerCase()) ? [] : readTokens(step, words),
  );
  const titleTokens = titles.map((title) => new Set(readTokens(title, words)));
  const around = new Set([...stepTokens.slice(1).flat(), ...titleTokens.flatMap((tokens) => [...tokens])]);
  const scores = new Map<string, Scored>();
  const keep = (id: string, scored: Scored): void => {
    if (scored.score > (scores.get(id)?.score ?? 0)) scores.set(id, scored);
  };

  for (const [at, tokens] of stepTokens.entries())
    for (const [position, share] of likeness(tokens, words)) {
      const name = words.names[position];
      if (name === undefined) continue;
      const titled = shareOf(titleTokens, (title) => name.tokens.some((token) => title.has(token)));
      const score = share * name.weight * (stepWeights[at] ?? 0) + titleBonus * titled;
      keep(name.id, { score: score + place(name.id, around, words), titled, evidence: `"${steps[at]}"` });
    }
  for (const [id, { share, evidence }] of fromTitles(titleTokens, words))
    keep(id, { score: titleWeight * share + place(id, around, words), titled: share, evidence });

  // nobody wants to be offered these by a machine; a person may still choose them
  const offered = [...scores].filter(([id]) => findCategory(id)?.names[0] !== 'Mature');
  const ranked = offered.sort(([, a], [, b]) => b.score - a.score);
  return ranked.slice(0, limit).flatMap(([id, scored]) => {
    const category = findCategory(id);
    const rival = ranked.find(([other]) => other !== id && !isOnOneLine(other, id))?.[1].score ?? 0;
    const confidence = sureness(scored, rival);
    if (!category || confidence < leastConfidence) return [];
    return [{ id, path: category.path, confidence, evidence: scored.evidence }];
  });
}

interface Scored {
  score: number;
  /** The share of titles that name the category too. */
  titled: number;
  evidence: string;
}

/** Never certain: by the likeness, by how far behind the best of another branch is, and by the titles. */
function sureness({ score, titled }: Scored, rival: number): number {
  const ahead = Math.max(0, Math.min(1, (score - rival) / 0.25));
  return Math.round(Math.min(1, score) * (0.58 + 0.25 * ahead + 0.14 * titled) * 100) / 100;
}

function isOnOneLine(one: string, other: string): boolean {
  const [a, b] = [findCategory(one)?.path ?? '', findCategory(other)?.path ?? ''];
  return a.startsWith(`${b} > `) || b.startsWith(`${a} > `);
}

const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean): number =>
  all.length === 0 ? 0 : all.filter(holds).length / all.length;

/** What the rest of the path and the titles add by naming what stands above, less what depth takes: general names first. */
function place(id: string, around: ReadonlySet<string>, words: CategoryWords): number {
  const above = shareOf([...words.above(id)], (token) => around.has(token));
  return aboveBonus * above - depthCost * (findCategory(id)?.names.length ?? 1);
}

/** How alike a step and each name that shares a word with it are: 1 when they are the same, by the weight of their words. */
function likeness(tokens: readonly string[], words: CategoryWords): Map<number, number> {
  const met = new Map<number, number>();
  const own = new Set(tokens);
  let all = 0;
  for (const token of own) {
    const weight = words.weightOf(token);
    all += weight;
    for (const position of words.byToken.get(token) ?? []) met.set(position, (met.get(position) ?? 0) + weight); // prettier-ignore
  }
  for (const [position, shared] of met) {
    const name = words.names[position]?.tokens ?? [];
    const named = name.reduce((sum, token) => sum + words.weightOf(token), 0);
    met.set(position, (2 * shared) / (all + named));
  }
  return met;
}

/** Categories whose whole name stands in the titles, by the share of titles and how much the name tells. */
function fromTitles(
  titles: readonly ReadonlySet<string>[],
  words: CategoryWords,
): Map<string, { share: number; evidence: string }> {
  const counts = new Map<string, number>();
  for (const title of titles) {
    const positions = new Set([...title].flatMap((token) => words.byToken.get(token) ?? []));
    const ids = new Set<string>();
    for (const position of positions) {
      const name = words.names[position];
      if (name?.tokens.every((token) => title.has(token))) ids.add(name.id);
    }
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return new Map(
    [...counts].map(([id, count]) => [id, { share: count / titles.length, evidence: `${count} of ${titles.length} titles` }]),
  ); // prettier-ignore
}

/** Tokens that some name has; a word that no name has is looked at for a known word at its end (Leinenhemd, Küchenuhr). */
function readTokens(text: string, words: CategoryWords): string[] {
  return toTokens(text).flatMap((token) => {
    if (words.byToken.has(token)) return [token];
    const known = findInside(token, words);
    return known === undefined ? [token] : [known];
  });
}

function findInside(token: string, words: CategoryWords): string | undefined {
  // in scripts without spaces a word may stand anywhere in a longer one
  const isDense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(token);
  for (let length = token.length - 1; length >= (isDense ? 1 : 4); length--) {
    const last = token.length - length;
    for (let from = last; from >= (isDense ? 0 : last); from--) {
      const part = token.slice(from, from + length);
      if (words.byToken.has(part)) return part;
    }
  }
  return undefined;
}

/** Categories by number, or by words (or their beginnings) of name, path or our list, the nearest first. For a field that completes. */
export function searchCategories(text: string, limit = 20): { id: string; path: string }[] {
  const exact = findCategory(text);
  const words = loadCategoryWords();
  const tokens = toTokens(text);
  const found = new Map<string, number>();
  if (tokens.length > 0)
    for (const { id, tokens: name } of words.names) {
      const inName = tokens.filter((token) => name.some((one) => one.startsWith(token))).length;
      if (inName === 0) continue;
      const above = [...words.above(id)];
      const met = tokens.filter((token) => [...name, ...above].some((one) => one.startsWith(token))).length;
      if (met < tokens.length) continue;
      const whole = tokens.filter((token) => name.includes(token)).length;
      const score = inName + whole / 2 - name.length / 10 - above.length / 100;
      if (score > (found.get(id) ?? -Infinity)) found.set(id, score);
    }
  const ranked = [...found].sort(([, a], [, b]) => b - a).map(([id]) => id);
  const ids = [...new Set([...(exact ? [exact.id] : []), ...ranked])].slice(0, limit);
  return ids.flatMap((id) => {
    const category = findCategory(id);
    return category ? [{ id, path: category.path }] : [];
  });
}
