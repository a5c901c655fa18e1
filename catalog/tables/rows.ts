/** Rows out of bytes with csv-parse, and the way back to good rows after a broken one. */
import { finished } from 'node:stream/promises';
import { parse, type Parser } from 'csv-parse';
import type { Recogniser } from '../known-products.ts';
import type { BadRow, KnownRows, Row } from './format.ts';
import {
  endOfLine,
  findRowWithin,
  fits,
  maxRecordSize,
  parserOptions,
  readLoosely,
  type RowLayout,
} from './row-repair.ts';

export interface RowReader {
  /** UTF-8. The rows that are complete now. */
  write(chunk: Buffer): FoundRow[];
  end(): Promise<FoundRow[]>;
}

export type FoundRow = Row | BadRow | KnownRows;

/**
 * Rows beginning with line `line`. The parser is strict about quotes: a quote out of place stops it at once, and the
 * row is looked at on its own (see `repair`) before a fresh parser takes over behind it. (The parser's own
 * `skip_records_with_error` loses all the good rows that an unclosed quote has swallowed.)
 *
 * With a `recogniser`, rows after the first that it knows again are not parsed at all, and the others carry their bytes.
 */
export function createRowReader(layout: RowLayout, line: number, recogniser?: Recogniser): RowReader {
  const newline = layout.newline.charCodeAt(0);
  const options = parserOptions(layout);
  let out: FoundRow[] = [];
  /** Bytes of the whole text before `window`. */
  let before = 0;
  let isFirst = true;
  /** Bytes to come decide whether the rows here are known. */
  let waits = false;
  /** Bytes from the beginning of the first row that is not out yet. */
  let window: Buffer = Buffer.alloc(0);
  /** Where in `window` that row begins; `line` is its line. */
  let at = 0;
  /** Index in `window` of the first byte that `parser` was given; negative once that byte is gone. */
  let parserStart = 0;
  let brokenUntil: number | undefined;
  let parser: Parser | undefined;
  /** What stands at `at` when there is no parser, or when it stops. */
  let place: 'row' | 'broken row' = 'row';

  function createParser(): Parser {
    const created = parse({
      ...options,
      on_record: (cells: string[], info) => {
        takeRecord(cells, info.bytes + parserStart);
        if (takeKnown(false)) {
          place = 'row';
          throw new Error('What follows needs no parser, or not yet.');
        }
        return null;
      },
    });
    // Errors are read from `parser.errored`, at once; the event comes later.
    created.on('error', () => undefined);
    created.resume();
    return created;
  }

  function takeRecord(cells: string[], end: number): void {
    skipBlankLines(end);
    if (fits(cells, layout.columns)) {
      const size = end - at;
      out.push(
        recogniser
          ? { cells, line, size, bytes: window.subarray(at, end), offset: before + at }
          : { cells, line, size },
      );
      advance(end);
      return;
    }
    const bytes = window.subarray(at, end);
    const swallowed = findRowWithin(bytes, layout, true);
    if (typeof swallowed === 'number') {
      brokenUntil = at + swallowed;
      throw new Error('A good row stands inside this one.');
    }
    takeBad(end, cells);
  }

  function takeBad(end: number, cells?: readonly string[]): void {
    const record = window.toString('utf8', at, end).replace(/[\r\n]+$/, '');
    if (record !== '') out.push(toBadRow(line, record, cells?.length, layout));
    advance(end);
  }

  function skipBlankLines(end: number): void {
    while (at < end && (window[at] === 10 || window[at] === 13)) {
      if (window[at] === newline) line++;
      at++;
    }
  }

  function advance(end: number): void {
    for (let found = window.indexOf(newline, at); found !== -1 && found < end;) {
      line++;
      found = window.indexOf(newline, found + 1);
    }
    at = end;
    isFirst = false;
  }

  /** Takes the known rows that stand here. True: there were some, or bytes to come decide whether there are. */
  function takeKnown(isEnd: boolean): boolean {
    waits = false;
    if (!recogniser || isFirst) return false;
    for (let taken = 0; ; taken++) {
      skipBlankLines(window.length);
      if (at === window.length) return taken > 0;
      const known = recogniser.find(window, at, isEnd);
      waits = known === 'unsure';
      if (known === undefined || known === 'unsure') return waits || taken > 0;
      out.push({ known, line, bytes: window.subarray(at, at + known.bytes), offset: before + at });
      at += known.bytes;
      line += known.lines;
    }
  }

  /** Deals with the row at which the parser stopped. False: more bytes are needed to judge it. */
  function repair(isEnd: boolean): boolean {
    skipBlankLines(window.length);
    const rest = window.subarray(at);
    if (rest.length === 0) return true;
    if (brokenUntil === undefined) {
      const lineEnd = endOfLine(rest, newline, 0);
      if (lineEnd === undefined && !isEnd && rest.length <= maxRecordSize) return false;
      const first = rest.subarray(0, lineEnd ?? rest.length);
      if (takeLooseLines(isEnd)) return true;
      const next = findRowWithin(rest, layout, isEnd || rest.length > maxRecordSize);
      if (next === 'unsure') return false;
      brokenUntil = at + (next ?? (isEnd ? rest.length : first.length));
    }
    takeBad(brokenUntil);
    brokenUntil = undefined;
    return true;
  }

  /**
   * Rows that are whole in one line, from here on. Where one quote is out of place others follow (a shop of screens
   * in inches), and a fresh parser for each would take a hundred times as long. False: not even one.
   */
  function takeLooseLines(isEnd: boolean): boolean {
    const start = at;
    while (at < window.length) {
      const end = endOfLine(window, newline, at) ?? (isEnd ? window.length : undefined);
      const cells = end === undefined ? undefined : readLoosely(window.subarray(at, end), layout);
      if (end === undefined || !cells) break;
      out.push({ cells, line, size: end - at });
      advance(end);
      skipBlankLines(window.length);
    }
    return at > start;
  }

  /** Goes on until a parser has all the bytes, or more of them are needed. */
  function proceed(isEnd: boolean): void {
    while (!parser || parser.errored) {
      parser = undefined;
      if (place === 'broken row' && !repair(isEnd)) return;
      place = 'row';
      takeKnown(isEnd);
      if (waits || at === window.length) return;
      place = 'broken row';
      parserStart = at;
      parser = createParser();
      parser.write(window.subarray(at));
    }
  }

  function flush(): FoundRow[] {
    const rows = out;
    out = [];
    return rows;
  }

  return {
    write(chunk) {
      window = at === window.length ? chunk : Buffer.concat([window.subarray(at), chunk]);
      before += at;
      parserStart -= at;
      if (brokenUntil !== undefined) brokenUntil -= at;
      at = 0;
      parser?.write(chunk);
      proceed(false);
      return flush();
    },
    async end() {
      for (;;) {
        proceed(true);
        if (!parser) return flush();
        parser.end();
        // The error itself is in `errored`.
        await finished(parser).catch(() => undefined);
        if (!parser.errored) return flush();
      }
    },
  };
}

function toBadRow(line: number, record: string, found: number | undefined, layout: RowLayout): BadRow {
  const shown = layout.delimiter === '\t' ? 'tab' : layout.delimiter;
  const issue =
    found === undefined
      ? {
          code: 'row_quote_broken',
          message:
            'The row has a quote out of place, or one that is never closed, so its cells cannot be told apart.',
          hint: `Close the quote, and double quotes inside of a quoted cell (${layout.quote}${layout.quote}).`,
        }
      : {
          code: found < layout.columns ? 'row_too_short' : 'row_too_long',
          message: `The row has ${found} columns where the header has ${layout.columns}.`,
          hint: `Check the row for a missing or unquoted delimiter (${shown}).`,
        };
  return {
    line,
    size: record.length,
    record,
    issue: { ...issue, severity: 'error', from: 'source', line, value: record.slice(0, 200) },
  };
}
