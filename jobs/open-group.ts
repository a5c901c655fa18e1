/** A group of problems with all that a person needs to cure it: values, suggestions, the rule and the channel's answer. */
import type { Catalog } from '../catalog/catalog.ts';
import type { Issue } from '../catalog/issue.ts';
import { toItems, type Item } from '../catalog/item.ts';
import { isOverridable, readField } from '../catalog/item-field.ts';
import { mayLearnFromNeighbours, mostCommon, suggest, type Suggestion } from '../catalog/suggest/suggest.ts';
import { problemId, type CardProblem, type ItemCard } from '../feeds/card.ts';
import { toCategoryKey, toBrandKey } from '../feeds/card-keys.ts';
import type { CountedGroup } from '../feeds/issue-group.ts';
import { listingId } from '../feeds/store/listings.ts';
import type { JobContext } from './job.ts';

export interface GroupRow {
  card: ItemCard;
  problem?: CardProblem;
  /** The field a value can be given for; absent when nothing that is set by hand would cure it. */
  field?: string;
  /** What stands there now. */
  current?: string;
  suggestion?: Suggestion;
}

type Neighbours = ReturnType<typeof mostCommon>;
const neighboursAsked = 60;

/** Rows for these cards, in their order. */
export async function openGroup(
  catalogId: string,
  found: readonly ItemCard[],
  problem: { code: string; field?: string | undefined },
  ctx: JobContext,
): Promise<GroupRow[]> {
  const byProduct = await readItems(catalogId, found, ctx);
  const neighbours = createNeighbours(ctx);
  const rows: GroupRow[] = [];
  for (const card of found) {
    const items = byProduct.get(card.productId) ?? [];
    const item = items.find(({ offerId }) => offerId === card.offerId);
    const own = card.problems.find((one) => problemId(one) === problemId(problem));
    const row: GroupRow = { card, ...(own ? { problem: own } : {}) };
    rows.push(row);
    const field = problem.field;
    if (!item || field === undefined || !isOverridable(field)) continue;
    row.field = field;
    const current = readField(item, field);
    if (current !== undefined) row.current = current;
    const siblings = items.filter((one) => one !== item);
    let suggestion = suggestFor(item, field, own, { siblings });
    // comparable items are read only where they can change the answer
    if (mayLearnFromNeighbours(field, suggestion))
      suggestion = suggestFor(item, field, own, { siblings, neighbours: await neighbours(card) });
    if (suggestion) row.suggestion = suggestion;
  }
  return rows;
}

/** All items of the products that the cards belong to, by product id. */
async function readItems(
  catalogId: string,
  cards: readonly ItemCard[],
  ctx: JobContext,
): Promise<Map<string, Item[]>> {
  const catalog = await ctx.stores.catalogs.find(catalogId);
  const products = await ctx.stores.products.findMany([...new Set(cards.map(({ productId }) => productId))]);
  return new Map([...products].map(([id, product]) => [id, toItems(product, catalog, ctx.settings.fileUrl)]));
}

function suggestFor(
  item: Item,
  field: string,
  problem: CardProblem | undefined,
  around: { siblings: Item[]; neighbours?: Neighbours },
): Suggestion | undefined {
  const maxLength = lengthAllowed(problem);
  return suggest(item, field, { ...around, ...(maxLength === undefined ? {} : { maxLength }) });
}

/** Rules about lengths say the number in their hint: "Shorten the title to 150 characters." */
function lengthAllowed(problem: CardProblem | undefined): number | undefined {
  if (problem === undefined || !/long/.test(problem.code)) return undefined;
  const said = /(\d+) characters/.exec(problem.hint ?? '')?.[1];
  return said === undefined ? undefined : Number(said);
}

/** Asks once per category and brand, however many items of them are in hand. */
function createNeighbours(ctx: JobContext): (card: ItemCard) => Promise<Neighbours> {
  const asked = new Map<string, Promise<Neighbours>>();
  return (card) => {
    const key = `${toCategoryKey(card.category ?? '')} ${toBrandKey(card.brand ?? '')}`;
    let answer = asked.get(key);
    if (!answer) {
      answer = ctx.stores.cards.neighbourFacts(card, neighboursAsked).then(mostCommon);
      asked.set(key, answer);
    }
    return answer;
  };
}

const byId = { by: 'id', descending: false } as const;
const modelsLookedAt = 60;

interface NamedItem {
  offerId: string;
  title: string;
}

/** Empty where nothing has the problem any more. */
export interface GroupExample {
  /** One item that has the problem. */
  example?: NamedItem;
  /** One that keeps to the rule, and what it has there. */
  model?: NamedItem & { value: string };
  /** What our check and the channels say of the first word for word. */
  raw?: { channel: string; issue: Issue; at?: Date; handle?: string }[];
}

/** An item that keeps to the rule, with what it has there: of the same category, or else of any. */
async function findModel(
  card: ItemCard,
  problem: { code: string; field?: string | undefined },
  ctx: JobContext,
): Promise<GroupExample['model']> {
  const { catalogId, category } = card;
  const { field } = problem;
  if (field === undefined || !isOverridable(field)) return undefined;
  for (const filter of category === undefined ? [{}] : [{ category }, {}]) {
    const page = await ctx.stores.cards.page(catalogId, filter, byId, modelsLookedAt);
    const good = page.cards.filter(
      ({ withheld, problems }) =>
        withheld === undefined && !problems.some((one) => problemId(one) === problemId(problem)),
    );
    const items = [...(await readItems(catalogId, good, ctx)).values()].flat();
    for (const { offerId, title } of good) {
      const item = items.find((one) => one.offerId === offerId);
      const value = item && readField(item, field);
      if (value !== undefined && value !== '') return { offerId, title, value };
    }
  }
  return undefined;
}

export async function readExample(
  catalogId: string,
  group: CountedGroup,
  ctx: JobContext,
): Promise<GroupExample> {
  const { cards, listings } = ctx.stores;
  const issue = { code: group.code, ...(group.field === undefined ? {} : { field: group.field }) };
  const { cards: [card] } = await cards.page(catalogId, { issue }, byId, 1); // prettier-ignore
  if (!card) return {};
  const ids = card.listings.map(({ channel }) => listingId(catalogId, channel, card.offerId));
  const raw = [...(await listings.findMany(ids)).values()].flatMap((listing) =>
    listing.issues
      .filter((one) => one.code === group.code && one.field === group.field)
      .map((one) => ({
        channel: listing.channel,
        issue: one,
        ...(listing.verdictAt ? { at: listing.verdictAt } : {}),
        ...(listing.handle ? { handle: listing.handle } : {}),
      })),
  );
  const model = await findModel(card, issue, ctx);
  return { example: { offerId: card.offerId, title: card.title }, raw, ...(model ? { model } : {}) };
}

/** Fixes from suggestions for all items of a group that have one good enough for many, a page at a time. */
export async function* eachSuggestedFix(
  catalog: Catalog,
  offerIds: AsyncIterable<readonly ItemCard[]>,
  problem: { code: string; field?: string | undefined },
  leastConfidence: number,
  ctx: JobContext,
) {
  for await (const page of offerIds) {
    const rows = await openGroup(catalog.id, page, problem, ctx);
    yield rows.flatMap(({ card, field, current, suggestion }) =>
      suggestion && field !== undefined && suggestion.confidence >= leastConfidence
        ? { offerId: card.offerId, field, value: suggestion.value, seen: current ?? null }
        : [],
    );
  }
}
