/** A table that a channel made: CSV or TSV, of moderate size. What it is good for is read, the rest is left. */
import { parse } from 'csv-parse/sync';

/** By column; an unreadable file is no rows, since it only explains what is known otherwise. */
export function readTable(text: string): Record<string, string>[] {
  const [header = ''] = text.split('\n', 1);
  try {
    return parse(text, {
      bom: true,
      columns: true,
      delimiter: header.includes('\t') ? '\t' : ',',
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    });
  } catch {
    return [];
  }
}
