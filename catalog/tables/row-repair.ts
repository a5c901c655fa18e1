/** Rows in broken surroundings: one line by itself, and the next good row after a quote that was never closed. */
import { parse } from 'csv-parse/sync';

export interface RowLayout {
  delimiter: string;
  quote: string;
  /** What ends a line: files of old Macs have only returns. */
  newline: '\n' | '\r';
  columns: number;
}

/** No field of a shop comes near; an unclosed quote would otherwise swallow the rest of the file. */
export const maxRecordSize = 1_000_000;

export const parserOptions = ({ delimiter, quote, newline }: RowLayout) => ({
  delimiter,
  quote,
  escape: quote,
  record_delimiter: newline === '\n' ? ['\r\n', '\n'] : ['\r'],
  // The count is checked here, where the row's text is at hand.
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: maxRecordSize,
});

/** Spreadsheets leave delimiters behind the last column; with nothing between them they do no harm. */
export function fits(cells: readonly string[], columns: number): boolean {
  if (cells.length === columns) return true;
  return cells.length > columns && cells.slice(columns).every((cell) => cell.trim() === '');
}

export const endOfLine = (bytes: Buffer, newline: number, from: number): number | undefined => {
  const found = bytes.indexOf(newline, from);
  return found === -1 ? undefined : found + 1;
};

/** One line by itself with stray quotes taken as they stand (`5" screen`); undefined when that gives no row. */
export function readLoosely(bytes: Buffer, layout: RowLayout): string[] | undefined {
  const cells = splitLine(bytes.toString().replace(/[\r\n]+$/, ''), layout);
  return cells && fits(cells, layout.columns) ? cells : undefined;
}

/** A quote ends a quoted cell only before a delimiter or the end. Undefined when a quoted cell does not end here. */
function splitLine(line: string, { delimiter, quote }: RowLayout): string[] | undefined {
  const cells: string[] = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] === quote) {
      const close = findClosing(line, at + 1, delimiter, quote);
      if (close === undefined) return undefined;
      cells.push(line.slice(at + 1, close).replaceAll(quote + quote, quote));
      at = line.indexOf(delimiter, close);
    } else {
      const end = line.indexOf(delimiter, at);
      cells.push(line.slice(at, end === -1 ? line.length : end));
      at = end;
    }
    if (at === -1) break;
    at++;
  }
  return cells;
}

function findClosing(line: string, from: number, delimiter: string, quote: string): number | undefined {
  for (let at = line.indexOf(quote, from); at !== -1; at = line.indexOf(quote, at + 1)) {
    let next = at + 1;
    if (line[next] === quote) {
      at = next;
      continue;
    }
    while (line[next] === ' ') next++;
    if (next === line.length || line[next] === delimiter) return at;
  }
  return undefined;
}

/**
 * Where, after the first line of `bytes`, a line begins that is (or begins) a good row; 'unsure' when that depends on
 * bytes to come.
 */
export function findRowWithin(
  bytes: Buffer,
  layout: RowLayout,
  isAll: boolean,
): number | 'unsure' | undefined {
  const newline = layout.newline.charCodeAt(0);
  let from = endOfLine(bytes, newline, 0);
  while (from !== undefined && from < bytes.length) {
    const lineEnd = endOfLine(bytes, newline, from);
    if (lineEnd === undefined && !isAll) return 'unsure';
    if (readLoosely(bytes.subarray(from, lineEnd ?? bytes.length), layout)) return from;
    if (beginsRow(bytes, from, lineEnd, layout)) return from;
    from = lineEnd;
  }
  return isAll ? undefined : 'unsure';
}

/** A row of several lines. Of a longer one the beginning does not show whether it is good. */
function beginsRow(bytes: Buffer, from: number, lineEnd: number | undefined, layout: RowLayout): boolean {
  const quoted = bytes.indexOf(layout.quote, from);
  if (quoted === -1 || (lineEnd !== undefined && quoted >= lineEnd)) return false;
  try {
    const part = bytes.subarray(from, from + 64 * 1024);
    const [cells]: string[][] = parse(part, { ...parserOptions(layout), to: 1 });
    return cells !== undefined && cells.length === layout.columns;
  } catch {
    return false;
  }
}
