/** CSV and TSV files of any size: product exports of shops, channel feeds, and tables read by a mapping. */
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import type { Catalog } from '../catalog.ts';
import { SourceError } from '../errors.ts';
import type { KnownProducts, Recogniser } from '../known-products.ts';
import type { Bookmark, Read } from '../source.ts';
import type { Context } from '../context.ts';
import { createDecoder } from './decode.ts';
import { type Dialect, readDialect } from './dialect.ts';
import { feed } from './feed.ts';
import { fieldNames } from './fields.ts';
import type { BadRow, Format, KnownRows, Row } from './format.ts';
import { eachAdjacent } from './grouping.ts';
import { type Header, toHeader } from './header.ts';
import { guessMapping, type Mapping, toMappedFormat } from './mapping.ts';
import { createRowReader, type FoundRow } from './rows.ts';
import { eachPlanned, findScattered } from './scattered.ts';
import { shopify } from './shopify.ts';
import { woocommerce } from './woocommerce.ts';

export { fieldNames, guessMapping };

export const tableOptionsSchema = z.object({
  /** The file on this machine. */
  path: z.string().min(1),
  /** Column → field; wins over a known header. Default: the catalog's mapping when the header is not known. */
  mapping: z.record(z.string(), z.string()).optional(),
  /**
   * `scattered`: rows of one product stand far apart, so the file is scanned before it is read. Default `unknown`:
   * found out while reading, at the price of a second start.
   */
  order: z.enum(['unknown', 'scattered']).optional(),
});
export type TableOptions = z.infer<typeof tableOptionsSchema>;

/** In the order in which they are tried. */
const formats: readonly Format[] = [shopify, woocommerce, feed];

/** What `Source.read` promises, for a file on this machine; used by every source that ends in a table. */
export async function* readTable(
  options: TableOptions,
  catalog: Catalog,
  from: Bookmark | undefined,
  ctx: Context,
  findKnown?: () => Promise<KnownProducts>,
): AsyncGenerator<Read, void> {
  const dialect = await readDialect(options.path, scoreHeader);
  const header = toHeader(dialect.header);
  const format = chooseFormat(header, options.mapping, catalog.mapping);
  const grouping = format.open(header, catalog);
  yield {
    kind: 'found',
    format: format.id,
    title: format.title,
    details: { delimiter: dialect.delimiter, encoding: dialect.encoding, columns: header.names },
  };
  let scattered = options.order === 'scattered' || from?.['scattered'] === true;
  if (!scattered) {
    const known = await findKnown?.();
    const recogniser = known?.recogniser(
      toReading(dialect, format, options.mapping ?? catalog.mapping, catalog),
      dialect.newline.charCodeAt(0),
    );
    scattered = yield* eachAdjacent(
      () => eachBatch(options.path, dialect, ctx.signal, recogniser),
      grouping,
      recogniser && { recogniser, readAgain: (rows) => readAgain(rows, dialect) },
    );
    if (scattered) {
      ctx.log.info('Rows of one product stand far apart; the file is scanned and read again.', {
        path: options.path,
      });
      yield { kind: 'restart' };
    }
  }
  if (scattered) {
    const readRows = (): AsyncGenerator<(Row | BadRow)[]> =>
      eachUnknownBatch(options.path, dialect, ctx.signal);
    const plan = await findScattered(readRows, grouping);
    yield* eachPlanned(readRows, grouping, plan);
    scattered = plan.last.size > 0;
  }
  yield { kind: 'end', complete: true, bookmark: { scattered } };
}

/** Raised when the same rows give another `ProductInput`: nothing is then known by its bytes. */
export const readingVersion = 2;

/** All that a product is read with besides its rows. */
function toReading(dialect: Dialect, format: Format, mapping: Mapping | undefined, catalog: Catalog): string {
  const { delimiter, quote, newline, header } = dialect;
  // What a format takes from the catalog is its own business; these three change without changing a product.
  const { name: _, channels: __, removalGuard: ___, guards: ____, ...shop } = catalog;
  return JSON.stringify([readingVersion, delimiter, quote, newline, header, format.id, mapping, shop]);
}

async function readAgain({ bytes, line, offset }: KnownRows, dialect: Dialect): Promise<Row[]> {
  const reader = createRowReader({ ...dialect, columns: dialect.header.length }, line);
  let at = 0;
  return [...reader.write(bytes), ...(await reader.end())].flatMap((row) => {
    if (!('cells' in row)) return [];
    const from = at;
    at += row.size;
    return [{ ...row, bytes: bytes.subarray(from, at), offset: offset + from }];
  });
}

const scoreHeader = (cells: readonly string[]): number => {
  const header = toHeader(cells);
  if (formats.some((format) => format.recognise(header))) return 100;
  return Object.keys(guessMapping(header.names)).length;
};

function chooseFormat(header: Header, given: Mapping | undefined, saved: Mapping | undefined): Format {
  if (given) return toMappedFormat(given);
  const known = formats.find((format) => format.recognise(header));
  if (known) return known;
  if (saved && Object.keys(saved).length > 0) return toMappedFormat(saved);
  const columns = header.names.join(', ');
  const shown = columns.length > 300 ? `${columns.slice(0, 300)} …` : columns;
  const expected = formats.map((format) => `${format.title}: ${format.expects}`).join('; ');
  throw new SourceError(
    'csv_unknown_format',
    `The file is a table, but not a catalog known here: its columns are ${shown}.`,
    { hint: `Expected is one of these: ${expected}. For any other table give a mapping of its columns.` },
  );
}

/** Rows after the header, as many at a time as a chunk of the file holds. */
async function* eachBatch(
  path: string,
  dialect: Dialect,
  signal: AbortSignal | undefined,
  recogniser: Recogniser | undefined,
): AsyncGenerator<FoundRow[], void> {
  const decoder = createDecoder(dialect.encoding);
  const columns = dialect.header.length;
  const reader = createRowReader({ ...dialect, columns }, 1 + dialect.linesBefore, recogniser);
  // The header is the first row (its own count of columns is right by definition).
  let isHeader = true;
  const withoutHeader = (rows: FoundRow[]): FoundRow[] => {
    if (!isHeader || rows.length === 0) return rows;
    isHeader = false;
    return rows.slice(1);
  };
  let linesToSkip = dialect.linesBefore;
  const stream = createReadStream(path, { start: dialect.markLength, highWaterMark: 256 * 1024 });
  try {
    for await (const chunk of stream) {
      // Half a product must not pass for a whole one, so there is no quiet end.
      signal?.throwIfAborted();
      let bytes = decoder.write(chunk);
      if (linesToSkip > 0) {
        bytes = bytes.subarray(bytes.indexOf(10) + 1);
        linesToSkip = 0;
      }
      if (bytes.length > 0) yield withoutHeader(reader.write(bytes));
    }
    const last = decoder.end();
    if (last.length > 0) yield withoutHeader(reader.write(last));
    yield withoutHeader(await reader.end());
  } finally {
    stream.destroy();
  }
}

async function* eachUnknownBatch(
  path: string,
  dialect: Dialect,
  signal: AbortSignal | undefined,
): AsyncGenerator<(Row | BadRow)[], void> {
  for await (const rows of eachBatch(path, dialect, signal, undefined))
    yield rows.filter((row): row is Row | BadRow => !('known' in row));
}

/** Any table row by row, for those who know its columns themselves. Throws `SourceError` when it is no table. */
export async function openTable(
  path: string,
  score: (header: readonly string[]) => number,
  signal?: AbortSignal,
): Promise<{ header: Header; batches: AsyncIterable<(Row | BadRow)[]> }> {
  const dialect = await readDialect(path, score);
  return { header: toHeader(dialect.header), batches: eachUnknownBatch(path, dialect, signal) };
}

export interface CsvInspection {
  /** Absent when the header is not known: then `mapping` holds a guess. */
  format: string | undefined;
  title: string;
  delimiter: string;
  encoding: string;
  columns: string[];
  sampleRows: string[][];
  mapping?: Mapping;
}

/** Looks at a file without reading it: what it seems to be, and its first rows. Throws `SourceError` like `read`. */
export async function inspectCsv(path: string): Promise<CsvInspection> {
  const { delimiter, encoding, header, sample } = await readDialect(path, scoreHeader);
  const columns = toHeader(header);
  const format = formats.find((known) => known.recognise(columns));
  return {
    format: format?.id,
    title: format?.title ?? 'A table whose columns are not known',
    delimiter,
    encoding,
    columns: columns.names,
    sampleRows: sample.slice(0, 5),
    ...(format ? {} : { mapping: guessMapping(columns.names) }),
  };
}
