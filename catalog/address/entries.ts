/** Entries of a feed (names with their values) into a table that the reader of tables takes. */
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SourceError } from '../errors.ts';

/** Field → its values in order. `undefined`: no entry, but its number is taken. */
export type Entry = Record<string, string[]>;

/** Characters of one entry: a bound for memory, far beyond any product. */
export const largestEntry = 4 * 1024 * 1024;
const mostColumns = 500;
/** Fields that may stand several times, each in a column of its own. */
const repeated = new Set(['additional_image_link']);

/**
 * Two passes with flat memory, since the columns are known only at the end: entries into lines of JSON at `between`,
 * those into CSV at `table`. Line n + 1 of the table is entry n.
 */
export async function writeTable(
  entries: AsyncIterable<Entry | undefined>,
  between: string,
  table: string,
): Promise<void> {
  const widths = new Map<string, number>();
  async function* toLines(): AsyncGenerator<string> {
    for await (const entry of entries) {
      for (const [name, values] of Object.entries(entry ?? {})) widen(widths, name, values.length);
      yield `${entry ? JSON.stringify(entry) : ''}\n`;
    }
  }
  await pipeline(Readable.from(toLines()), createWriteStream(between));
  if (widths.size === 0)
    throw new SourceError('address_empty', 'The feed at the address has no entries.', {
      hint: 'Nothing was removed. Check the address, or how the feed is made.',
    });
  const columns = [...widths].flatMap(([name, width]) =>
    Array.from({ length: width }, (_, at) => ({ name, at })),
  );
  async function* toRows(): AsyncGenerator<string> {
    // a column more than one, so that the table's reader sees its delimiter
    yield `${columns.map(({ name, at }) => quote(at === 0 ? name : `${name}[${at}]`)).join(',')},\n`;
    for await (const line of createInterface({ input: createReadStream(between), crlfDelay: Infinity })) {
      const entry = line === '' ? undefined : (JSON.parse(line) as Entry);
      yield entry
        ? `${columns.map(({ name, at }) => quote(toCell(name, entry[name]?.[at] ?? ''))).join(',')},\n`
        : '\n';
    }
  }
  await pipeline(Readable.from(toRows()), createWriteStream(table));
}

function widen(widths: Map<string, number>, name: string, count: number): void {
  const width = repeated.has(name) ? Math.min(count, 50) : 1;
  if (width > (widths.get(name) ?? 0)) widths.set(name, width);
  if (widths.size > mostColumns)
    throw new SourceError('address_not_a_feed', `The entries have more than ${mostColumns} fields.`);
}

/** In one line, so that lines number entries. A description without tags keeps its line breaks as HTML. */
function toCell(name: string, text: string): string {
  const isPlain = name === 'description' && !/<[a-z!/?]/i.test(text);
  return text.trim().replace(/\s*(?:\r\n?|\n)\s*/g, isPlain ? '<br>' : ' ');
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
