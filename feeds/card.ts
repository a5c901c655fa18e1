/** A card: what lists, filters, searches and counts of the admin page need to know of one item. Pure. */
import type { Issue } from '../catalog/issue.ts';
import type { Item } from '../catalog/item.ts';
import { applicableFrom, suggest, suggestibleFields } from '../catalog/suggest/suggest.ts';
import type { Listing, ListingStatus } from './listing.ts';
import {
  toBrandKey,
  toCategoryKeys,
  isStateKey,
  mutedKey,
  toIssueKey,
  toSourceKey,
  toStatusKeys,
  toWordKeys,
} from './card-keys.ts';

/** One thing wrong with an item, merged over the channels that say it. */
export interface CardProblem {
  code: string;
  field?: string;
  severity: Issue['severity'];
  message: string;
  hint?: string;
  link?: string;
  value?: string;
  from: Issue['from'];
  /** Channels that have it, in the order of their ids; empty while no channel is on. */
  channels: string[];
  /** Of these the ones where nothing else is in the way: the cure sets the item free there. */
  frees: string[];
  /** A value that may be applied to many at once is known. */
  suggested?: true;
  /** A person put it aside. */
  muted?: Mute;
}

/** A person's word that a problem may wait (`until`) or is fine as it is (no `until`). */
export interface Mute {
  by: string;
  at: Date;
  reason: string;
  until?: Date;
}

/** What a card shows of a listing. */
export type ListingState = Pick<Listing, 'channel' | 'status' | 'since' | 'stale' | 'issues'>;

export interface CardListing {
  channel: string;
  status: ListingStatus;
  since: Date;
  /** The channel shows an older version. */
  stale: boolean;
}

export interface ItemCard {
  /** `{catalogId}:{offerId}` */
  id: string;
  catalogId: string;
  offerId: string;
  productId: string;
  title: string;
  /** Option values of the variant, joined: `Navy / M`. */
  choice?: string;
  sku?: string;
  gtin?: string;
  brand?: string;
  /** The merchant's own path, `Clothing > Shirts`. */
  category?: string;
  /** Minor units; -1 when there is none, so that the column sorts. */
  price: number;
  salePrice?: number;
  currency: string;
  availability: Item['availability'];
  quantity?: number;
  /** Address of the prepared main image. */
  image?: string;
  withheld?: NonNullable<Item['withheld']>;
  /** When the product last changed at its source or by a person. */
  changedAt: Date;
  /** Values that comparable items may learn from, see catalog/suggest. */
  facts: Record<string, string>;
  /** Fields for which a value may be suggested to many at once. */
  ready: string[];
  listings: CardListing[];
  problems: CardProblem[];
  /** Who speaks of it beside its main source: ids of second sources, `person`; absent: nobody. */
  sources?: string[];
  /** What it is found by, see card-keys.ts. */
  keys: string[];
  /** The first muted problem that comes back. */
  mutedUntil?: Date;
}

/** Everything of a card that comes from the item; its listings are added by `withListings`. */
export type CardBase = Omit<ItemCard, 'listings' | 'problems' | 'keys' | 'mutedUntil'>;

const factFields = [
  'gender', 'age_group', 'material', 'pattern', 'color', 'size', 'condition', 'google_product_category', 'product_type',
] as const; // prettier-ignore

/** `siblings`: the other items of its product. */
export function toCardBase(
  item: Item,
  siblings: readonly Item[],
  sku: string | undefined,
  changedAt: Date,
): CardBase {
  const facts: Record<string, string> = item.brand === undefined ? {} : { brand: item.brand };
  for (const field of factFields) {
    const value = item.attributes[field];
    if (value !== undefined) facts[field] = value;
  }
  const card: CardBase = {
    id: `${item.catalogId}:${item.offerId}`,
    catalogId: item.catalogId,
    offerId: item.offerId,
    productId: item.productId,
    title: item.title,
    price: item.price?.minor ?? -1,
    currency: item.price?.currency ?? item.currency,
    availability: item.availability,
    changedAt,
    facts,
    ready: suggestibleFields.filter(
      (field) => (suggest(item, field, { siblings })?.confidence ?? 0) >= applicableFrom,
    ),
  };
  const choice = item.options.map(({ value }) => value).join(' / ');
  const given = {
    choice: choice === '' ? undefined : choice,
    sku: sku === item.offerId ? undefined : sku,
    gtin: item.gtin,
    brand: item.brand,
    category: item.attributes.product_type ?? item.attributes.google_product_category,
    salePrice: item.salePrice?.minor,
    quantity: item.quantity,
    image: item.images[0]?.url,
    withheld: item.withheld,
  };
  for (const [key, value] of Object.entries(given))
    if (value !== undefined) Object.assign(card, { [key]: value });
  return card;
}

/** The issues of an item at one channel; `channel` is undefined for what is wrong while no channel is on. */
export interface ChannelIssues {
  channel?: string;
  issues: readonly Issue[];
}

export const problemId = ({ code, field }: { code: string; field?: string | undefined }): string =>
  `${code}/${field ?? ''}`;

/** The whole card: what the channels say of it, and what it is found by. */
export function withListings(
  base: CardBase,
  listings: readonly ListingState[],
  own: readonly Issue[],
  mutes: ReadonlyMap<string, Mute>,
  now: Date,
): ItemCard {
  const card = withStates(base, listings, own, mutes, now);
  card.keys = [...new Set([...toItemKeys(base), ...toStateKeys(card)])];
  return card;
}

/** The card of an item that is as it was, with what the channels say of it now. */
export function withNewListings(
  { listings: _, problems: __, keys, mutedUntil: ___, ...base }: ItemCard,
  listings: readonly ListingState[],
  mutes: ReadonlyMap<string, Mute>,
  now: Date,
): ItemCard {
  const card = withStates(base, listings, [], mutes, now);
  card.keys = [...keys.filter((key) => !isStateKey(key)), ...toStateKeys(card)];
  return card;
}

function withStates(
  base: CardBase,
  listings: readonly ListingState[],
  own: readonly Issue[],
  mutes: ReadonlyMap<string, Mute>,
  now: Date,
): ItemCard {
  const live = listings.filter(({ status }) => status !== 'removed');
  const said = live.length > 0 ? live.map(({ channel, issues }) => ({ channel, issues })) : [{ issues: own }];
  const problems = mergeProblems(said).map((problem): CardProblem => {
    const mute = mutes.get(problemId(problem));
    return {
      ...problem,
      ...(base.ready.includes(problem.field ?? '') || isCut(problem) ? { suggested: true as const } : {}),
      ...(mute && isMuting(mute, now) ? { muted: mute } : {}),
    };
  });
  const card: ItemCard = {
    ...base,
    listings: listings
      .map(({ channel, status, since, stale }) => ({ channel, status, since, stale }))
      .sort((a, b) => (a.channel < b.channel ? -1 : 1)),
    problems,
    keys: [],
  };
  const back = problems.flatMap(({ muted }) => muted?.until?.getTime() ?? []).sort((a, b) => a - b)[0];
  if (back !== undefined) card.mutedUntil = new Date(back);
  return card;
}

const isMuting = ({ until }: Mute, now: Date): boolean => until === undefined || until > now;

/** Too long a text can always be cut. */
const isCut = ({ code, field }: CardProblem): boolean =>
  (field === 'title' || field === 'description') && /_(?:too_)?long/.test(code);

/** Problems by code and field over all channels, errors first. */
export function mergeProblems(said: readonly ChannelIssues[]): CardProblem[] {
  const merged = new Map<string, CardProblem>();
  for (const { channel, issues } of said) {
    const errors = new Set(issues.filter(({ severity }) => severity === 'error').map(problemId));
    for (const issue of issues) {
      const id = problemId(issue);
      const problem = merged.get(id) ?? toProblem(issue);
      merged.set(id, problem);
      // an error at one channel and a warning at another is an error
      if (issue.severity === 'error' && problem.severity === 'warning') Object.assign(problem, toProblem(issue), { channels: problem.channels, frees: problem.frees }); // prettier-ignore
      if (channel === undefined || problem.channels.includes(channel)) continue;
      problem.channels.push(channel);
      if (issue.severity === 'error' && errors.size === 1) problem.frees.push(channel);
    }
  }
  return [...merged.values()]
    .map((problem) => ({ ...problem, channels: problem.channels.sort(), frees: problem.frees.sort() }))
    .sort((a, b) => (a.severity === b.severity ? 0 : a.severity === 'error' ? -1 : 1));
}

function toProblem({ code, field, severity, message, hint, link, value, from }: Issue): CardProblem {
  const problem: CardProblem = { code, severity, message, from, channels: [], frees: [] };
  for (const [key, text] of Object.entries({ field, hint, link, value }))
    if (text !== undefined) Object.assign(problem, { [key]: text });
  return problem;
}

/** What a card is found by whatever the channels say. */
function toItemKeys(card: CardBase): string[] {
  const texts = [card.title, card.choice ?? '', card.brand ?? ''];
  const keys = toWordKeys(texts, [card.offerId, card.sku, card.gtin]);
  for (const source of card.sources ?? ['main']) keys.push(toSourceKey(source));
  if (card.brand !== undefined) keys.push(toBrandKey(card.brand));
  return [...keys, ...toCategoryKeys(card.category)];
}

function toStateKeys({ listings, problems }: ItemCard): string[] {
  const keys = new Set<string>();
  for (const { channel, status, stale } of listings)
    for (const key of toStatusKeys(channel, status, stale)) keys.add(key);
  for (const problem of problems) if (!problem.muted) keys.add(toIssueKey(problem.code, problem.field));
  if (problems.some(({ muted }) => muted !== undefined)) keys.add(mutedKey);
  return [...keys];
}
