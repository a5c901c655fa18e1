/** A feed as a channel's crawler reads it: fetched from its address, as rows of texts. It knows nothing of how we write. */
import { parse } from 'csv-parse/sync';
import { Parser } from 'htmlparser2';

/** By column or element (without its prefix); XML repeats what has several, and `a.b` is an element inside another. */
export type FeedRow = Record<string, string[]>;

/** Throws an Error with one sentence for people: no answer, no feed, not well formed. Only addresses on this machine. */
export async function fetchFeed(
  url: string,
  login?: { username: string; password: string },
): Promise<FeedRow[]> {
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname))
    throw new Error('The sandbox fetches from this machine only.');
  const headers = login
    ? { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` }
    : {};
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`The address of the feed answered with status ${response.status}.`);
  const text = await response.text();
  return /^\uFEFF?\s*</.test(text) ? readXml(text) : readTable(text);
}

function readTable(text: string): FeedRow[] {
  const [header = ''] = text.split('\n', 1);
  const rows: Record<string, string>[] = parse(text, {
    bom: true,
    columns: true,
    delimiter: header.includes('\t') ? '\t' : ',',
    relax_quotes: false,
  });
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).flatMap(([name, cell]) => (cell === '' ? [] : [[name, [cell]]]))),
  );
}

function readXml(text: string): FeedRow[] {
  const rows: FeedRow[] = [];
  /** Names of the open elements below the item. */
  const path: string[] = [];
  let row: FeedRow | undefined;
  let words = '';
  const plain = (name: string): string => name.replace(/^g:/, '');
  const parser = new Parser(
    {
      onopentag(name) {
        words = '';
        if (row) path.push(plain(name));
        else if (name === 'item' || name === 'entry') row = {};
      },
      ontext(piece) {
        words += piece;
      },
      onclosetag(name) {
        if (!row) return;
        if (path.length === 0 && (name === 'item' || name === 'entry')) {
          rows.push(row);
          row = undefined;
          return;
        }
        if (words.trim() !== '') (row[path.join('.')] ??= []).push(words);
        path.pop();
        words = '';
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(text);
  return rows;
}
