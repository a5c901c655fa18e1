/** The table of items: pages by filter and order, search, and a view as a CSV file. */
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { formatAmount } from '../../catalog/money.ts';
import { availabilities } from '../../catalog/product.ts';
import type { ItemCard } from '../../feeds/card.ts';
import { sumGroups } from '../../feeds/issue-group.ts';
import { listingStatuses } from '../../feeds/listing.ts';
import { cardSorts, type CardFilter } from '../../feeds/store/card-reader.ts';
import type { JobContext } from '../../jobs/job.ts';
import type { Api } from './endpoint.ts';

const params = z.object({ catalogId: catalogIdSchema });
const text = z.string().min(1).max(200).optional();
const filters = z.object({
  q: text.describe('Beginnings of words of title, SKU, GTIN, offer id or brand'),
  channel: text,
  status: z.enum([...listingStatuses, 'stale']).optional(),
  code: text.describe('Only items with an open problem of this code'),
  field: text.describe('With `code`: the field the problem is about'),
  category: text.describe("The merchant's own path or its beginning: `Clothing > Shirts`"),
  brand: text,
  source: text.describe('A second source by its id, `person` (values set by hand) or `main` (neither)'),
  priceFrom: z.coerce.number().int().min(0).optional().describe('Minor units'),
  priceTo: z.coerce.number().int().min(0).optional().describe('Minor units'),
  changedSince: z.coerce.date().optional(),
  availability: z.enum(availabilities).optional(),
});
export const tableQuery = filters.extend({
  sort: z.enum(cardSorts).default('id'),
  order: z.enum(['up', 'down']).default('up'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(2_000).optional().describe('`next` of the page before'),
});

export function toCardFilter(query: z.infer<typeof filters>): CardFilter {
  const { code, field, ...rest } = query;
  const given = Object.fromEntries(Object.entries(rest).filter(([key, value]) => value !== undefined && key in filters.shape)); // prettier-ignore
  return {
    ...given,
    ...(code === undefined ? {} : { issue: { code, ...(field === undefined ? {} : { field }) } }),
  };
}

/** What a list needs of a card; what it is found by stays inside. */
export type CardView = Omit<ItemCard, 'keys' | 'facts' | 'ready'>;
export const toCardView = ({ keys: _, facts: __, ready: ___, ...card }: ItemCard): CardView => card;

export function addCardRoutes(api: Api, ctx: JobContext): void {
  const { cards, catalogs, groups, listings } = ctx.stores;

  /** How many fit, where that is counted already: reading them to see whether they are many is saved then. */
  async function countKnown(catalogId: string, filter: CardFilter): Promise<number | undefined> {
    const { channel, status, issue, ...others } = filter;
    if (Object.keys(others).length > 0) return undefined;
    if (issue !== undefined) {
      const group = await groups.find(catalogId, issue.code, issue.field);
      return channel === undefined && status === undefined && group
        ? sumGroups([group], {})[0]?.items
        : undefined;
    }
    return channel !== undefined && status !== undefined && status !== 'stale'
      ? listings.count(catalogId, channel, status)
      : undefined;
  }

  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/cards',
    summary: 'Items with what every channel says of them, filtered and in order, by cursor',
    params,
    query: tableQuery,
    async run({ params: { catalogId }, query: { sort, order, limit, cursor, ...rest } }) {
      const filter = toCardFilter(rest);
      const found = await cards.page(
        catalogId,
        filter,
        { by: sort, descending: order === 'down' },
        limit,
        cursor,
        await countKnown(catalogId, filter),
      );
      return { ...found, cards: found.cards.map(toCardView) };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/search',
    summary: 'Items and problems by what a person typed: SKU, GTIN, offer id, words of the title',
    params,
    query: z.object({ q: z.string().max(200), limit: z.coerce.number().int().min(1).max(50).default(8) }),
    async run({ params: { catalogId }, query: { q, limit } }) {
      const words = q.trim().toLowerCase();
      const [found, all] = await Promise.all([
        cards.search(catalogId, q, limit),
        words.length < 3 ? [] : groups.list(catalogId),
      ]);
      const problems = all
        .filter(
          ({ code, message }) =>
            code.includes(words.replaceAll(' ', '_')) || message.toLowerCase().includes(words),
        )
        .filter(({ cells }) => Object.values(cells).some((count) => count > 0))
        .slice(0, 4)
        .map(({ code, field, message }) => ({ code, message, ...(field === undefined ? {} : { field }) }));
      return { cards: found.map(toCardView), problems };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/cards.csv',
    summary: 'The items of a filter as a CSV file, safe to open in a spreadsheet',
    params,
    query: filters.extend({
      columns: z.string().max(500).default('').describe('Names of columns, joined by commas; default all'),
    }),
    answers: 'text/csv',
    async run({ params: { catalogId }, query: { columns: asked, ...query } }, _req, res) {
      const catalog = await catalogs.find(catalogId);
      const channels = catalog.channels.map((id): [string, (card: ItemCard) => string] => [
        `status_${id}`,
        (card) => card.listings.find(({ channel }) => channel === id)?.status ?? '',
      ]);
      const table = [...csvColumns, ...channels];
      const names = asked.split(',').filter((name) => table.some(([one]) => one === name));
      const chosen =
        names.length === 0 ? table : table.filter(([name]) => name === 'offer_id' || names.includes(name));
      res.type('text/csv').attachment(`${catalogId}-items.csv`);
      // a cell that begins like a formula gets an apostrophe, so that no spreadsheet runs it
      await pipeline(
        rows(),
        stringify({ header: true, columns: chosen.map(([name]) => name), escape_formulas: true, bom: true }),
        res,
      );
      async function* rows(): AsyncGenerator<string[]> {
        for await (const card of cards.eachFitting(catalogId, toCardFilter(query)))
          yield chosen.map(([, value]) => value(card));
      }
    },
  });
}

const money = (minor: number | undefined, currency: string): string =>
  minor === undefined || minor < 0 ? '' : `${formatAmount({ minor, currency })} ${currency}`;

const csvColumns: readonly [string, (card: ItemCard) => string][] = [
  ['offer_id', (card) => card.offerId],
  ['sku', (card) => card.sku ?? card.offerId],
  ['gtin', (card) => card.gtin ?? ''],
  ['title', (card) => card.title],
  ['choice', (card) => card.choice ?? ''],
  ['brand', (card) => card.brand ?? ''],
  ['category', (card) => card.category ?? ''],
  ['price', (card) => money(card.price, card.currency)],
  ['sale_price', (card) => money(card.salePrice, card.currency)],
  ['availability', (card) => card.availability],
  ['quantity', (card) => String(card.quantity ?? '')],
  ['changed', (card) => card.changedAt.toISOString()],
  [
    'problems',
    (card) =>
      card.problems
        .filter(({ muted }) => !muted)
        .map(({ message }) => message)
        .join(' '),
  ],
];
