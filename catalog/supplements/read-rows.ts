/** The rows of a second source: a key and the fields it gives. */
import type { Catalog } from '../catalog.ts';
import { SourceError, SyncError } from '../errors.ts';
import type { Issue } from '../issue.ts';
import { readCell, readCode } from '../tables/header.ts';
import { openTable } from '../tables/read-table.ts';
import { findAvailability } from '../words.ts';
import { checkSupplied, supplementKeys, toColumn, toKey, type SupplementKey } from './fields.ts';

export interface SupplementRow {
  line: number;
  /** See `toKey`. */
  key: string;
  values: Record<string, string>;
}
/** By what a table names items, the first first, and the fields that it gives. */
export interface SupplementColumns {
  keys: SupplementKey[];
  fields: string[];
}
/** `columns`: once, before the rows. `record`: the text of a row that is none, where a file was perhaps cut off. */
export type SupplementRead =
  | { kind: 'columns'; columns: SupplementColumns }
  | { kind: 'row'; row: SupplementRow }
  | { kind: 'issue'; issue: Issue; record?: string };

/**
 * The first of id, SKU and GTIN that a row has is its key. Cells that are blank say nothing; one that cannot be used is
 * an issue, and the rest of its row counts. Throws `SourceError` when the table has no key or no field.
 */
export async function* readRows(
  path: string,
  catalog: Catalog,
  signal?: AbortSignal,
): AsyncGenerator<SupplementRead, void> {
  const score = (names: readonly string[]): number => names.filter((name) => toColumn(name)).length;
  const { header, batches } = await openTable(path, score, signal);
  const keys: [SupplementKey, number][] = [];
  const fields: [string, number][] = [];
  for (const [at, name] of header.names.entries()) {
    const column = toColumn(name);
    if (column && 'key' in column) keys.push([column.key, at]);
    else if (column) fields.push([column.field, at]);
    else if (name !== '') yield { kind: 'issue', issue: toUnknownColumn(name) };
  }
  keys.sort(([a], [b]) => supplementKeys.indexOf(a) - supplementKeys.indexOf(b));
  if (keys.length === 0 || fields.length === 0)
    throw new SourceError(
      'supplement_columns_missing',
      `The table needs a column that names the item and one that says something of it; it has: ${header.names.join(', ').slice(0, 300)}.`,
      {
        hint: 'Name items by a column id, sku or gtin, and fields as in price, stock, custom_label_0, title.',
      },
    );
  const columns = { keys: keys.map(([key]) => key), fields: fields.map(([field]) => field) };
  yield { kind: 'columns', columns };
  for await (const batch of batches)
    for (const row of batch) {
      if (!('cells' in row)) {
        yield { kind: 'issue', issue: row.issue, record: row.record };
        continue;
      }
      const { cells, line } = row;
      const key = keys.flatMap(([name, at]) => toKey(name, readCode(cells, at)) ?? [])[0];
      if (key === undefined) {
        yield { kind: 'issue', issue: toKeyless(keys.map(([name, at]) => `${name} "${cells[at] ?? ''}"`).join(', '), line) }; // prettier-ignore
        continue;
      }
      const values: Record<string, string> = {};
      for (const [field, at] of fields) {
        const text = readCell(cells, at);
        const value = field === 'availability' ? (findAvailability(text) ?? text) : text;
        if (value === '') continue;
        const issue = findFault(field, value, line, catalog);
        if (issue) yield { kind: 'issue', issue };
        else values[field] = value;
      }
      if (Object.keys(values).length > 0) yield { kind: 'row', row: { line, key, values } };
    }
}

function findFault(field: string, value: string, line: number, catalog: Catalog): Issue | undefined {
  try {
    checkSupplied(field, value, catalog);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return {
      code: 'supplement_value_unusable',
      severity: 'error',
      field,
      value: value.slice(0, 200),
      message: error.message,
      hint: error.hint ?? 'Correct the cell; until then the item keeps what the other sources say.',
      from: 'source',
      line,
    };
  }
}

const toUnknownColumn = (name: string): Issue => ({
  code: 'supplement_column_unknown',
  severity: 'warning',
  field: name.slice(0, 100),
  message: `The column "${name.slice(0, 100)}" names no field and was left out.`,
  hint: 'Name it like the field it fills, such as price, stock, custom_label_0 or title.',
  from: 'source',
  line: 1,
});

const toKeyless = (found: string, line: number): Issue => ({
  code: 'supplement_key_missing',
  severity: 'error',
  value: found.slice(0, 200),
  message: 'The row names no item: its id, SKU and GTIN are blank or cannot be read.',
  hint: 'Give each row one of them.',
  from: 'source',
  line,
});
