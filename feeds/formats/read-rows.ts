/** Reads a published CSV or TSV feed back into the rows it was made from, one at a time. */
import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { FeedFormat, FeedRow } from '../build-feed.ts';
import { listSeparator, type FeedLayout } from '../channel.ts';

export interface IdentifiedRow {
  offerId: string;
  row: FeedRow;
}

/** The format whose file can be read back into rows; every channel has one. */
export const rowFormatOf = ({ formats }: FeedLayout): FeedFormat =>
  formats.find((format) => format !== 'xml') ?? 'csv';

/** Columns that the channel's layout no longer has are passed over. The first column is the offer id. */
export async function* readRows(
  file: Readable,
  layout: FeedLayout,
  format: FeedFormat,
): AsyncGenerator<IdentifiedRow> {
  const columns = new Map(layout.columns.map((column) => [column.name, column]));
  const [id = ''] = columns.keys();
  const parser = parse({ bom: true, delimiter: format === 'tsv' ? '\t' : ',', relax_column_count: true });
  file.once('error', (error) => parser.destroy(error));
  let header: string[] | undefined;
  try {
    for await (const cells of file.pipe(parser) as AsyncIterable<string[]>) {
      if (header === undefined) {
        header = cells;
        continue;
      }
      const row: FeedRow = {};
      for (const [at, name] of header.entries()) {
        const cell = cells[at];
        const column = columns.get(name);
        if (cell === undefined || cell === '' || column === undefined) continue;
        row[name] = column.list ? column.list.entries(cell).join(listSeparator) : cell;
      }
      yield { offerId: row[id] ?? '', row };
    }
  } finally {
    file.destroy();
    parser.destroy();
  }
}
