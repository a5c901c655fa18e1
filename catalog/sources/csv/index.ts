/** A CSV or TSV file on this machine: an upload, or a file of the import folder. */
import type { Source } from '../../source.ts';
import { readTable, type TableOptions, tableOptionsSchema } from '../../tables/read-table.ts';

export const source: Source<TableOptions> = {
  id: 'csv',
  title: 'CSV file',
  options: tableOptionsSchema,
  read: readTable,
};
