/** What a kind of CSV file must tell: how to know it by its header, which rows belong together, what they mean. */
import type { Catalog } from '../catalog.ts';
import type { Issue } from '../issue.ts';
import type { Sighting } from '../known-products.ts';
import type { Read } from '../source.ts';
import type { Header } from './header.ts';

export interface Row {
  cells: string[];
  /** Line of the file where the row begins; 1 is the header. */
  line: number;
  /** Bytes of the row as UTF-8. */
  size: number;
  /** Those bytes, and where they lie in the text, where the rows of a product are to be known again. */
  bytes?: Buffer;
  offset?: number;
}

/** The rows of a product that is known by its bytes. */
export interface KnownRows {
  known: Sighting;
  line: number;
  bytes: Buffer;
  offset: number;
}

/** A row that is none: wrong number of columns, broken quotes. */
export interface BadRow {
  line: number;
  size: number;
  issue: Issue;
  record: string;
}

export interface Format {
  id: string;
  /** Shown to people. */
  title: string;
  /** What a header of this format looks like, for the error when none fits. */
  expects: string;
  recognise(header: Header): boolean;
  open(header: Header, catalog: Catalog): Grouping;
}

export interface Grouping {
  /** What rows of one product share; '' when the row does not say. */
  key(cells: readonly string[]): string;
  /** The column that `key` is read from, for the issue when it is blank. */
  keyColumn: string;
  /**
   * Where products have two names (WooCommerce: id and SKU): notes them, and returns a key under which earlier rows
   * of this product may have been kept. Called for every row before `key`.
   */
  learn?(cells: readonly string[]): string | undefined;
  /** Another key that rows of this row's product may carry. */
  otherKey?(cells: readonly string[]): string | undefined;
  /** The rows of one key, in the file's order, into products, issues and skips whose records add up to the rows. */
  gather(rows: readonly Row[]): Read[];
}

/** One row that cannot be used. */
export function toIssueRead(row: Row, issue: Omit<Issue, 'from' | 'line' | 'severity'>): Read {
  const value = issue.value?.slice(0, 200);
  return {
    kind: 'issue',
    issue: {
      ...issue,
      ...(value === undefined ? {} : { value }),
      severity: 'error',
      from: 'source',
      line: row.line,
    },
    record: row.cells.map(quoteCell).join(','),
    records: 1,
  };
}

const quoteCell = (cell: string): string =>
  /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

/** Adds `field: text` unless the text is blank: absent and blank mean the same. */
export function setText<T extends object, K extends keyof T>(target: T, field: K, text: T[K] & string): void {
  if (text !== '') target[field] = text;
}
