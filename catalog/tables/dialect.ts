/** How a file is written: encoding, delimiter, quote, line ends, and its header. */
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { SourceError } from '../errors.ts';
import { createDecoder, type Encoding, findEncoding } from './decode.ts';

export interface Dialect {
  encoding: Encoding;
  delimiter: string;
  quote: string;
  newline: '\n' | '\r';
  header: string[];
  /** Bytes before the header: byte order mark. */
  markLength: number;
  /** Lines before the header: `sep=;` of Excel. */
  linesBefore: number;
  /** The first rows, for people to look at. */
  sample: string[][];
}

const sampleBytes = 256 * 1024;
const delimiters = [',', ';', '\t', '|'];

/** Beginnings of files that are often sent by mistake. */
const signatures: [string, string][] = [
  ['PK\u0003\u0004', 'an Excel workbook or a ZIP archive'],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Excel workbook'],
  ['\u001f\u008b', 'a gzip archive'],
  ['%PDF', 'a PDF'],
  ['\u0089PNG', 'an image'],
  ['\u00ff\u00d8\u00ff', 'an image'],
  ['GIF8', 'an image'],
  ['RIFF', 'an image'],
];

function findOtherKind(start: string): string | undefined {
  const known = signatures.find(([signature]) => start.startsWith(signature))?.[1];
  if (known !== undefined) return known;
  const text = start.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (/^[{[]\s*["{[\]}]/.test(text)) return 'JSON';
  return /^<(\?xml|!doctype|[a-z]+[\s>])/i.test(text) ? 'HTML or XML' : undefined;
}

/** `score` tells how well a header fits a known format; it decides between delimiters. Throws `SourceError`. */
export async function readDialect(
  path: string,
  score: (header: readonly string[]) => number,
): Promise<Dialect> {
  const bytes = await readBeginning(path);
  if (bytes.length === 0) throw notCatalog('The file is empty.');
  const start = bytes.toString('latin1', 0, 512);
  const kind = findOtherKind(start);
  if (kind !== undefined) throw notCatalog(`The file is ${kind}, not a CSV table.`);
  const { encoding, markLength } = findEncoding(bytes);
  const decoder = createDecoder(encoding);
  const decoded = decoder.write(bytes.subarray(markLength));
  if (decoded.includes(0)) throw notCatalog('The file holds binary data, not a CSV table.');
  const text = decoded.toString();
  const separator = /^"?sep=(.)"?\r?\n/i.exec(text);
  const body = separator ? text.slice(separator[0].length) : text;
  if (body.trim() === '') throw notCatalog('The file holds nothing but blank lines.');
  const candidates = delimiters.concat(separator?.[1] ?? []).flatMap((delimiter) => {
    const read = readSample(body, delimiter, body.includes('\n') ? '\n' : '\r');
    return read ? [read] : [];
  });
  const scored = candidates.map((read) => ({
    read,
    // Known columns count most, then the number of columns.
    points: score(read.header) * 1000 + read.header.length,
  }));
  const best = scored.sort((a, b) => b.points - a.points)[0]?.read;
  if (!best || best.header.length < 2) {
    const line = /[^\r\n]+/.exec(body)?.[0].slice(0, 120) ?? '';
    throw notCatalog(`The first line is not a header of several columns: "${line}".`);
  }
  return { ...best, encoding: decoder.encoding, markLength, linesBefore: separator ? 1 : 0 };
}

export const notCatalog = (found: string): SourceError =>
  new SourceError('csv_not_a_catalog', found, {
    hint:
      'Expected is a CSV or TSV file whose first row names the columns: a Shopify or WooCommerce product export, ' +
      'a channel feed (id, title, price …), or any other table with a mapping of its columns.',
  });

async function readBeginning(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new SourceError('csv_unreadable', `The file ${path} cannot be opened.`, { cause });
  }
}

type Sample = Pick<Dialect, 'delimiter' | 'quote' | 'newline' | 'header' | 'sample'>;

function readSample(body: string, delimiter: string, newline: '\n' | '\r'): Sample | undefined {
  const quote = findQuote(body, delimiter);
  try {
    const [header, ...sample]: string[][] = parse(body, {
      delimiter,
      quote,
      escape: quote,
      record_delimiter: newline === '\n' ? ['\r\n', '\n'] : ['\r'],
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      to: 6,
    });
    return header
      ? { delimiter, quote, newline, header: withoutEmptyEnd(header, sample), sample }
      : undefined;
  } catch {
    return readHeaderOnly(body, delimiter, newline, quote);
  }
}

/** The sample ends within a quoted cell, or its first rows are broken: the header alone will do. */
function readHeaderOnly(
  body: string,
  delimiter: string,
  newline: '\n' | '\r',
  quote: string,
): Sample | undefined {
  const end = body.indexOf(newline);
  try {
    const [header]: string[][] = parse(body.slice(0, end === -1 ? body.length : end), {
      delimiter,
      quote,
      relax_quotes: true,
      to: 1,
    });
    return header ? { delimiter, quote, newline, header, sample: [] } : undefined;
  } catch {
    return undefined;
  }
}

/** Delimiters behind the last name count as columns only when the rows have them too. */
function withoutEmptyEnd(header: readonly string[], rows: readonly string[][]): string[] {
  const widest = Math.max(0, ...rows.map((row) => row.length));
  const names = [...header];
  while (names.length > Math.max(1, widest) && names.at(-1)?.trim() === '') names.pop();
  return names;
}

/** Single quotes only when they stand around the names of the header. */
function findQuote(body: string, delimiter: string): string {
  const line = /[^\r\n]*/.exec(body)?.[0] ?? '';
  const names = line.split(delimiter);
  return names.length > 1 && names.every((name) => /^\s*'.*'\s*$/.test(name)) ? "'" : '"';
}
