/** From items to a channel's rows, and from rows to the bytes of its feed. */
import { hash } from 'node:crypto';
import type { Item } from '../catalog/item.ts';
import type { Column, FeedLayout } from './channel.ts';
import { delimitedWriter } from './formats/delimited.ts';
import { createPage, type Page } from './formats/page.ts';
import { xmlWriter } from './formats/xml.ts';

export type FeedFormat = FeedLayout['formats'][number];

/** How one format writes: what stands before all items, each item, what stands after. */
export interface FeedWriter {
  head(page: Page): void;
  item(page: Page, item: Item): void;
  foot(page: Page): void;
}

/** An item in the channel's own words. Absent fields have no key. */
export type FeedRow = Record<string, string>;

/** Of items that go out as an earlier feed had them. */
const earlierRows = new WeakMap<Item, FeedRow>();

/** An item as it stands in an earlier feed, also when the shop has none of it any more: `toRow` answers that row. */
export function toEarlierItem(
  { catalogId, productId, offerId, title }: Pick<Item, 'catalogId' | 'productId' | 'offerId' | 'title'>,
  { currency, country, language }: Pick<Item, 'currency' | 'country' | 'language'>,
  row: FeedRow,
): Item {
  const earlier: Item = {
    catalogId, productId, variantId: '', offerId, title, description: '', images: [], availability: 'in_stock', options: [], tags: [],
    attributes: {}, currency, country, language, issues: [], overridden: [],
  }; // prettier-ignore
  earlierRows.set(earlier, row);
  return earlier;
}

/** The one builder behind feed, push, preview and hash. */
export function toRow(item: Item, columns: readonly Column[]): FeedRow {
  const earlier = earlierRows.get(item);
  if (earlier) return earlier;
  const kept = keptRows.get(item);
  if (kept?.columns === columns) return kept.row;
  const row: FeedRow = {};
  for (const column of columns) {
    if (column.of !== undefined && item.attributes[column.of] === undefined) continue;
    const value = column.value(item);
    if (value !== undefined && value !== '') row[column.name] = value;
  }
  return row;
}

const keptRows = new WeakMap<Item, { columns: readonly Column[]; row: FeedRow }>();

/** The row of an item on its way out, which is asked for again when it is sent. */
export function toKeptRow(item: Item, columns: readonly Column[]): FeedRow {
  const row = toRow(item, columns);
  keptRows.set(item, { columns, row });
  return row;
}

/** Two rows have the same hash when the channel would see no difference. */
export const hashRow = (row: Readonly<Record<string, string>>): string =>
  hash('sha256', JSON.stringify(row), 'base64url');

/** Of the row without the columns that a channel takes by themselves. */
export const hashRest = (row: FeedRow, patchable: ReadonlySet<string>): string =>
  hashRow(Object.fromEntries(Object.entries(row).filter(([name]) => !patchable.has(name))));

const chunkBytes = 256 * 1024;
/** Most items fit, so that the page need not grow for the last of a chunk. */
const roomForOne = 32 * 1024;

/**
 * The feed's bytes in chunks of 256 KB, each ending with a whole item, made while the items come in (one by one, or
 * some at a time): memory stays flat.
 */
export async function* buildFeed(
  items: Iterable<Item> | AsyncIterable<readonly Item[]>,
  layout: FeedLayout,
  format: FeedFormat,
  meta: { title: string; link: string },
): AsyncGenerator<Buffer> {
  const { columns } = layout;
  const writer = format === 'xml' ? xmlWriter(columns, meta) : delimitedWriter(columns, format);
  const page = createPage(chunkBytes + roomForOne);
  writer.head(page);
  for await (const some of Symbol.asyncIterator in items ? items : [items]) {
    for (const item of some) {
      writer.item(page, item);
      if (page.length >= chunkBytes) yield page.take();
    }
  }
  writer.foot(page);
  yield page.take();
}
