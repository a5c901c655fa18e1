/** From items to a channel's rows, and from rows to the bytes of its feed. */
import { hash } from 'node:crypto';
import type { Item } from '../catalog/item.ts';
import type { Column, FeedLayout } from './channel.ts';
import { delimitedWriter } from './formats/delimited.ts';
import { xmlWriter } from './formats/xml.ts';

export type FeedFormat = FeedLayout['formats'][number];

/** How one format writes: what stands before all items, each item, what stands after. */
export interface FeedWriter {
  head: string;
  item(row: Readonly<Record<string, string>>): string;
  foot: string;
}

/** An item in the channel's own words: the one builder behind feed, push, preview and hash. Absent fields have no key. */
export function toRow(item: Item, columns: readonly Column[]): Record<string, string> {
  const row: Record<string, string> = {};
  for (const column of columns) {
    const value = column.value(item);
    if (value !== undefined && value !== '') row[column.name] = value;
  }
  return row;
}

/** Two rows have the same hash when the channel would see no difference. */
export const hashRow = (row: Readonly<Record<string, string>>): string =>
  hash('sha256', JSON.stringify(row), 'base64url');

const chunkLength = 64 * 1024;

/** The feed as text in chunks of 64 KB, made while the items come in: memory stays flat. */
export async function* buildFeed(
  items: AsyncIterable<Item> | Iterable<Item>,
  layout: FeedLayout,
  format: FeedFormat,
  meta: { title: string; link: string },
): AsyncGenerator<string> {
  const { columns } = layout;
  const writer = format === 'xml' ? xmlWriter(columns, meta) : delimitedWriter(columns, format);
  let chunk = writer.head;
  for await (const item of items) {
    chunk += writer.item(toRow(item, columns));
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk + writer.foot;
}
