/** Pages of cards by filter and order, and search; every question is answered from an index. */
import { inCatalog, type Collection } from '../../catalog/store/model.ts';
import type { ItemCard } from '../card.ts';
import {
  toBrandKey, toCategoryKey, toIssueKey, toSearchKeys, toSourceKey, toStatusKey,
} from '../card-keys.ts'; // prettier-ignore
import type { ListingStatus } from '../listing.ts';

export interface CardDocument extends Omit<ItemCard, 'id'> {
  _id: string;
  /** Changes with every write: a card is written only over the version that was read. */
  stamp: string;
}

export interface CardFilter {
  /** Beginnings of words of title, SKU, GTIN, offer id, brand; all must be there. */
  q?: string;
  /** With `status`: at this channel; alone: listed there in any way. */
  channel?: string;
  status?: ListingStatus | 'stale';
  issue?: { code: string; field?: string };
  category?: string;
  brand?: string;
  /** A second source's id, `person` (values set by hand), or `main` (neither). */
  source?: string;
  /** Minor units, both ends included. */
  priceFrom?: number;
  priceTo?: number;
  changedSince?: Date;
  availability?: ItemCard['availability'];
}

export const cardSorts = ['id', 'title', 'price', 'changed'] as const;
export interface CardOrder {
  by: (typeof cardSorts)[number];
  descending: boolean;
}

export interface CardPage {
  cards: ItemCard[];
  /** Where the next page begins; absent on the last. */
  next?: string;
  /** How many there are in all; `atLeast`: more than were counted. */
  total: { count: number; atLeast: boolean };
}

const sortFields = { id: '_id', title: 'title', price: 'price', changed: 'changedAt' } as const;
/** A filter that leaves no more than this is sorted by itself; one that leaves more is met often along the order. */
const mostSorted = 3_000;
/** So many are looked at to see whether what fits is met often, and the share of them from which it is. */
const probed = 100;
const denseFrom = 0.2;
/** What comparable items say is a hint: a minute old is young enough. */
const factsKeptMs = 60_000;
const mostCategories = 200;
type Facts = Pick<CardDocument, '_id' | 'facts'>;

export function createCardReader(collection: Collection<CardDocument>) {
  const toCard = ({ _id, stamp: _, ...rest }: CardDocument): ItemCard => ({ id: _id, ...rest });

  async function findByIds(ids: readonly string[]): Promise<ItemCard[]> {
    const found = new Map(
      (await collection.find({ _id: { $in: [...ids] } }).toArray()).map((one) => [one._id, one]),
    );
    return ids.flatMap((id) => {
      const document = found.get(id);
      return document ? [toCard(document)] : [];
    });
  }

  /** The few that a narrow filter leaves: all of them sorted here, a page of them read. */
  async function pageOfFew(
    rows: Row[],
    order: CardOrder,
    limit: number,
    after: Cursor | undefined,
  ): Promise<CardPage> {
    const compare = (a: Row, b: Row): number => compareRows(a, b) * (order.descending ? -1 : 1);
    const sorted = rows.sort(compare);
    const from = after ? sorted.findIndex((row) => compare(row, after) > 0) : 0;
    const page = from < 0 ? [] : sorted.slice(from, from + limit);
    const last = page.at(-1);
    return {
      cards: await findByIds(page.map(({ id }) => id)),
      total: { count: rows.length, atLeast: false },
      ...(last && from + limit < sorted.length ? { next: toCursor(last) } : {}),
    };
  }

  /** Along the order's own index, from the cursor on, leaving out what does not fit. */
  function along(
    filter: Record<string, unknown>,
    catalogId: string,
    order: CardOrder,
    after: Cursor | undefined,
  ) {
    const field = sortFields[order.by];
    const direction = order.descending ? -1 : 1;
    const parts: Record<string, unknown>[] = [filter];
    if (field === '_id') parts.push({ _id: inCatalog(catalogId) });
    if (after) {
      const value = order.by === 'changed' ? new Date(after.value) : after.value;
      const beyond = order.descending ? '$lt' : '$gt';
      if (field === '_id') parts.push({ _id: { [beyond]: after.id } });
      else
        parts.push(
          { [field]: { [`${beyond}e`]: value } },
          {
            $or: [{ [field]: { [beyond]: value } }, { [field]: value, _id: { [beyond]: after.id } }],
          },
        );
    }
    return collection
      .find({ $and: parts } as never)
      .sort(field === '_id' ? { _id: direction } : { [field]: direction, _id: direction })
      .hint(field === '_id' ? { _id: 1 } : { catalogId: 1, [field]: 1, _id: 1 });
  }

  async function pageOfMany(
    filter: Record<string, unknown>,
    catalogId: string,
    order: CardOrder,
    limit: number,
    after: Cursor | undefined,
  ): Promise<ItemCard[]> {
    return (await along(filter, catalogId, order, after).limit(limit).toArray()).map(toCard);
  }

  /** Whether so many of the next ones fit that a page is full before long. */
  async function isDense(
    filter: Record<string, unknown>,
    catalogId: string,
    order: CardOrder,
    after: Cursor | undefined,
  ): Promise<boolean> {
    const next = await along({ catalogId }, catalogId, order, after)
      .project({ _id: 1 })
      .limit(probed)
      .toArray();
    if (next.length < probed) return false;
    const ids = next.map(({ _id }) => _id as string);
    const fitting = await collection.countDocuments({ ...filter, _id: { $in: ids } }, { hint: { _id: 1 } });
    return fitting >= probed * denseFrom;
  }

  const asked = new Map<string, { at: number; found: Promise<Facts[]> }>();
  /** Of items of one category, kept for a while: rows of a group ask for the same ones again and again. */
  function factsOf(catalogId: string, category: string, limit: number): Promise<Facts[]> {
    const key = `${catalogId} ${toCategoryKey(category)} ${limit}`;
    const known = asked.get(key);
    if (known && Date.now() - known.at < factsKeptMs) return known.found;
    if (asked.size >= mostCategories) asked.clear();
    const found = collection
      .find({ catalogId, keys: toCategoryKey(category) }, { projection: { facts: 1 }, limit })
      .toArray();
    asked.set(key, { at: Date.now(), found });
    found.catch(() => asked.delete(key));
    return found;
  }

  return {
    toCard,
    findByIds,

    async find(catalogId: string, offerId: string): Promise<ItemCard | undefined> {
      const document = await collection.findOne({ _id: `${catalogId}:${offerId}` });
      return document ? toCard(document) : undefined;
    },

    async page(
      catalogId: string,
      filter: CardFilter,
      order: CardOrder,
      limit: number,
      cursor?: string,
      /** How many fit, where that is known from elsewhere. */
      known?: number,
    ): Promise<CardPage> {
      const after = cursor === undefined ? undefined : fromCursor(cursor);
      const wanted = toQuery(catalogId, filter);
      const isMany = known !== undefined ? known > mostSorted : after?.isMany === true;
      if (isMany && wanted.narrow !== undefined) {
        const cards = await pageOfMany(wanted.all, catalogId, order, limit, after);
        const total = known === undefined ? { count: mostSorted, atLeast: true } : { count: known, atLeast: false }; // prettier-ignore
        return { cards, ...nextOf(cards, order, limit, true), total };
      }
      if (wanted.narrow === undefined) {
        const cards = await pageOfMany(wanted.all, catalogId, order, limit, after);
        // by ids: an index over keys would be met once per key of each card
        const count = await collection.countDocuments({ _id: inCatalog(catalogId) });
        return { cards, ...nextOf(cards, order, limit), total: { count, atLeast: false } };
      }
      if (await isDense(wanted.all, catalogId, order, after)) {
        const cards = await pageOfMany(wanted.all, catalogId, order, limit, after);
        // no word on the pages to come: what fits may stand close together here, and be rare further on
        return { cards, ...nextOf(cards, order, limit), total: { count: cards.length, atLeast: cards.length === limit } }; // prettier-ignore
      }
      const field = sortFields[order.by];
      const rows = (
        await collection
          .find(wanted.narrow as never, {
            projection: { [field]: 1 },
            limit: mostSorted + 1,
            batchSize: mostSorted + 1,
          })
          .toArray()
      ).map((document): Row => ({ id: document._id, value: toValue(document[field]) }));
      if (rows.length <= mostSorted) return pageOfFew(rows, order, limit, after);
      const cards = await pageOfMany(wanted.all, catalogId, order, limit, after);
      return { cards, ...nextOf(cards, order, limit, true), total: { count: mostSorted, atLeast: true } };
    },

    /** Ids of every card that fits, in the order of ids, a stretch in memory at a time. */
    async *eachFitting(catalogId: string, filter: CardFilter): AsyncGenerator<ItemCard> {
      const { narrow, all } = toQuery(catalogId, filter);
      const cursor = collection
        .find((narrow ?? { ...all, _id: inCatalog(catalogId) }) as never)
        .batchSize(500);
      for await (const document of cursor) yield toCard(document);
    },

    async *each(catalogId: string): AsyncGenerator<ItemCard> {
      for await (const document of collection.find({ _id: inCatalog(catalogId) }).batchSize(1_000))
        yield toCard(document);
    },

    /** Items whose words begin so: codes and titles alike. */
    async search(catalogId: string, typed: string, limit: number): Promise<ItemCard[]> {
      const { narrow } = toQuery(catalogId, { q: typed });
      if (narrow === undefined) return [];
      return (
        await collection
          .find(narrow as never)
          .limit(limit)
          .toArray()
      ).map(toCard);
    },

    /** What comparable items say of themselves: same category and, if there are any, same brand. */
    async neighbourFacts(card: ItemCard, limit: number): Promise<Record<string, string>[]> {
      const { catalogId, category, brand } = card;
      if (category === undefined) return [];
      const found = (await factsOf(catalogId, category, limit * 4)).filter(({ _id }) => _id !== card.id);
      const same = found.filter(({ facts }) => facts['brand'] === brand);
      return (same.length >= 5 ? same : found).slice(0, limit).map(({ facts }) => facts);
    },
  };
}

interface Row {
  id: string;
  value: string | number;
}
/** `isMany`: the page before found that too many fit to sort them by themselves. */
type Cursor = Row & { isMany?: boolean };

const toValue = (value: unknown): string | number =>
  value instanceof Date ? value.getTime() : typeof value === 'number' ? value : String(value);

function compareRows(a: Row, b: Row): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

const toCursor = (row: Row, isMany = false): string =>
  Buffer.from(JSON.stringify([row.value, row.id, ...(isMany ? [1] : [])])).toString('base64url');

function fromCursor(cursor: string): Cursor | undefined {
  try {
    const [value, id, many] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      string | number,
      string,
      1?,
    ];
    return { id, value, isMany: many === 1 };
  } catch {
    return undefined; // a cursor that nobody gave begins at the beginning
  }
}

function nextOf(
  cards: readonly ItemCard[],
  order: CardOrder,
  limit: number,
  isMany = false,
): { next?: string } {
  const last = cards.length === limit ? cards.at(-1) : undefined;
  if (!last) return {};
  const value = { id: last.id, title: last.title, price: last.price, changed: last.changedAt.getTime() }[
    order.by
  ];
  return { next: toCursor({ id: last.id, value }, isMany) };
}

/**
 * The filter in two forms: `narrow` lets the index over keys find the few that fit, by the condition that narrows most
 * (the others stand where no index looks for them); `all` only tests. `narrow` is undefined when nothing narrows.
 */
function toQuery(catalogId: string, filter: CardFilter) {
  const keys: (string | RegExp)[] = [
    ...(filter.q === undefined ? [] : toSearchKeys(filter.q)).map((word) => new RegExp(`^${word}`)),
    ...(filter.issue ? [toIssueKey(filter.issue.code, filter.issue.field)] : []),
    ...(filter.brand === undefined ? [] : [toBrandKey(filter.brand)]),
    ...(filter.category === undefined ? [] : [toCategoryKey(filter.category)]),
    ...(filter.source === undefined ? [] : [toSourceKey(filter.source)]),
  ];
  if (filter.status !== undefined) keys.push(toStatusKey(filter.channel ?? 'any', filter.status));
  const tests: Record<string, unknown>[] = [];
  if (filter.status === undefined && filter.channel !== undefined)
    tests.push({ 'listings.channel': filter.channel });
  if (filter.availability !== undefined) tests.push({ availability: filter.availability });
  const ranges: Record<string, unknown>[] = [];
  const price = {
    ...(filter.priceFrom === undefined ? {} : { $gte: filter.priceFrom }),
    ...(filter.priceTo === undefined ? {} : { $lte: filter.priceTo }),
  };
  if (Object.keys(price).length > 0) ranges.push({ price: { $gte: 0, ...price } });
  if (filter.changedSince) ranges.push({ changedAt: { $gte: filter.changedSince } });
  const [first, ...others] = keys;
  const rest = [...others.map(hidden), ...tests];
  const all = { catalogId, $and: [...keys.map(hidden), ...tests, ...ranges, {}] };
  if (first !== undefined) return { all, narrow: { catalogId, keys: first, $and: [...rest, ...ranges, {}] } };
  if (ranges.length > 0)
    return { all, narrow: { catalogId, ...ranges[0], $and: [...ranges.slice(1), ...rest, {}] } };
  return { all, narrow: rest.length > 0 ? { catalogId, $and: rest } : undefined };
}

/** Says the same, but no planner takes an index for it. */
const hidden = (key: string | RegExp): Record<string, unknown> => ({
  keys: { $elemMatch: key instanceof RegExp ? { $regex: key } : { $in: [key] } },
});
