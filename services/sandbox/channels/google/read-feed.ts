/** A feed that Google fetches: RSS with `g:` or tab-separated text. https://support.google.com/merchants/answer/160567 */
import { kinds } from './fields.ts';
import type { Attributes } from './judge.ts';

/** Only from this machine: a sandbox fetches nothing of the world. */
export async function* readFeed(uri: string): AsyncGenerator<{ offerId: string; attributes: Attributes }> {
  const { hostname } = new URL(uri);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) throw new Error('not on this machine');
  const response = await fetch(uri, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const body = await response.text();
  const rows = body.trimStart().startsWith('<') ? readXml(body) : readTabs(body);
  for (const row of rows) yield { offerId: row['id']?.[0] ?? '', attributes: toAttributes(row) };
}

type Row = Record<string, string[]>;

function* readXml(body: string): Generator<Row> {
  for (const [, item = ''] of body.matchAll(/<item>([\s\S]*?)<\/item>/g)) {
    const row: Row = {};
    for (const [, name = '', text = ''] of item.matchAll(/<g:(\w+)>([\s\S]*?)<\/g:\1>/g))
      (row[name] ??= []).push(unescape(text));
    yield row;
  }
}

const unescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#13;', '\r').replaceAll('&amp;', '&');

function* readTabs(body: string): Generator<Row> {
  const [head = '', ...lines] = body.trim().split(/\r?\n/);
  const names = head.split('\t');
  for (const line of lines) {
    const cells = line.split('\t');
    yield Object.fromEntries(names.map((name, at) => [name, cells[at] ? [cells[at]] : []]));
  }
}

/** The feed's texts in the API's shapes, as far as the judgement looks at them. */
function toAttributes(row: Row): Attributes {
  const attributes: Record<string, unknown> = {};
  for (const [name, [text, ...more]] of Object.entries(row)) {
    const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const [api, kind] =
      kinds[camel] === undefined ? [`${camel}s`, kinds[`${camel}s`]] : [camel, kinds[camel]];
    if (text === undefined || kind === undefined) continue;
    if (kind === 'price') attributes[api] = toPrice(text);
    else if (kind === 'texts') attributes[api] = [text, ...more];
    else if (kind === 'flag') attributes[api] = text === 'yes' || text === 'true';
    else if (typeof kind !== 'string' && !('several' in kind)) attributes[api] = text.toUpperCase();
    else attributes[api] = text;
  }
  return attributes;
}

function toPrice(text: string): object {
  const [amount = '', currencyCode = ''] = text.split(' ');
  return { amountMicros: String(Math.round(Number(amount) * 1e6)), currencyCode };
}
