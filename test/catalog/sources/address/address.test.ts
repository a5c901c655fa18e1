/** Files at an address, from a real server on this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Context } from '../../../../catalog/context.ts';
import type { Bookmark, Read } from '../../../../catalog/source.ts';
import { source } from '../../../../catalog/sources/address/index.ts';
import { download } from '../../../../catalog/address/download.ts';
import { createHttpClient } from '../../../../services/http-client.ts';
import { catalog, ctx as quietCtx } from '../csv/read-all.ts';

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

const csv =
  'id,title,price,image_link\nA,Tea,4.50 EUR,https://s.example/a.jpg\nB,Cup,9.00 EUR,https://s.example/b.jpg\n';
const rss = `<?xml version="1.0"?><rss version="2.0" xmlns:x="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><x:id>A</x:id><title>Plain</title><x:title><![CDATA[Tea & more]]></x:title><x:price>4.50 EUR</x:price>
<description>one
two</description><link>https://s.example/a</link><x:image_link>https://s.example/a.jpg</x:image_link>
<x:additional_image_link>https://s.example/a2.jpg</x:additional_image_link>
<x:additional_image_link>https://s.example/a3.jpg</x:additional_image_link>
<x:shipping><x:price>1 EUR</x:price></x:shipping></item>
<item><x:id>B</x:id><x:title>Cup</x:title><x:price>9.00 EUR</x:price></item></channel></rss>`;
const jsonl =
  '{"id":"A","title":"Tea","price":{"value":4.5,"currency":"EUR"},"additional_image_link":["https://s.example/a2.jpg"]}\n' +
  'no object\n{"id":"B","title":"Cup","price":"9.00 EUR"}\n';

describe('a file at an address', () => {
  let server: Server;
  let url: string;
  let folder: string;
  let ctx: Context;
  let answer: Answer;
  const send =
    (body: string | Buffer, headers: Record<string, string> = {}): Answer =>
    (_req, res) =>
      void res.writeHead(200, { 'content-length': String(Buffer.byteLength(body)), ...headers }).end(body);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shelfcast-address-'));
    server = createServer((req, res) => answer(req, res));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/products`;
    ctx = {
      ...quietCtx,
      http: createHttpClient({ allowPrivate: ['127.0.0.1'] }),
      files: { ...quietCtx.files, temporaryFolder: async () => folder },
    };
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function readAll(from?: Bookmark, options: object = {}): Promise<Read[]> {
    const reads: Read[] = [];
    const parsed = source.options.parse({ url, ...options });
    try {
      for await (const read of source.read(parsed, catalog, from, ctx)) reads.push(read);
    } finally {
      expect(await readdir(folder)).toEqual([]);
    }
    return reads;
  }
  const productsOf = (reads: readonly Read[]) =>
    reads.flatMap((read) => (read.kind === 'product' ? [read.input] : []));
  const endOf = (reads: readonly Read[]) => reads.find((read) => read.kind === 'end');

  it('is read as a table, whole', async () => {
    answer = send(csv);
    const reads = await readAll();
    expect(productsOf(reads).map(({ sourceId }) => sourceId)).toEqual(['A', 'B']);
    expect(endOf(reads)).toMatchObject({ complete: true });
  });

  it.each([
    ['CSV', csv],
    ['RSS', rss],
    ['JSON lines', jsonl],
  ])('is unpacked from gzip: %s', async (_name, text) => {
    answer = send(gzipSync(text));
    const reads = await readAll();
    expect(productsOf(reads)).toHaveLength(2);
    expect(endOf(reads)).toMatchObject({ complete: true });
  });

  it('gives the items of an RSS feed under the names of the g: namespace, whatever its prefix', async () => {
    answer = send(rss);
    const [tea, cup] = productsOf(await readAll());
    expect(tea).toMatchObject({
      sourceId: 'A',
      title: 'Tea & more',
      link: 'https://s.example/a',
      descriptionHtml: 'one<br>two',
      images: [1, 2, 3].map((n) => ({ url: `https://s.example/a${n === 1 ? '' : n}.jpg` })),
      variants: [{ price: '4.50 EUR' }],
    });
    expect(cup).toMatchObject({ sourceId: 'B', title: 'Cup', variants: [{ price: '9.00 EUR' }] });
  });

  it('gives the entries of an Atom feed', async () => {
    answer = send(
      '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title><entry>' +
        '<id>tag:s.example,2026:a</id><g:id>A</g:id><title>Tea</title><link href="https://s.example/a"/>' +
        '<summary>Green</summary><g:price>4.50 EUR</g:price></entry></feed>',
    );
    expect(productsOf(await readAll())).toMatchObject([
      { sourceId: 'A', title: 'Tea', link: 'https://s.example/a', descriptionHtml: 'Green' },
    ]);
  });

  it('gives the objects of JSON lines, and an issue with its place for a line that is none', async () => {
    answer = send(jsonl);
    const reads = await readAll();
    expect(productsOf(reads)).toMatchObject([
      { sourceId: 'A', images: [{ url: 'https://s.example/a2.jpg' }], variants: [{ price: '4.5 EUR' }] },
      { sourceId: 'B', line: 4 },
    ]);
    const issues = reads.flatMap((read) => (read.kind === 'issue' ? [read.issue] : []));
    expect(issues).toMatchObject([{ code: 'record_unreadable', line: 3, value: 'no object' }]);
  });

  it('is not loaded again while the server says that it is the same, unless the catalog is read otherwise', async () => {
    const asked: (string | undefined)[] = [];
    answer = (req, res) => {
      asked.push(req.headers['if-none-match']);
      if (req.headers['if-none-match'] === '"1"') res.writeHead(304).end();
      else send(csv, { etag: '"1"', 'last-modified': 'Wed, 25 Nov 2026 10:00:00 GMT' })(req, res);
    };
    const end = endOf(await readAll());
    const bookmark = end?.kind === 'end' ? end.bookmark : undefined;
    const again = await readAll(bookmark);
    expect(again.map(({ kind }) => kind)).toEqual(['found', 'end']);
    expect(endOf(again)).toEqual({ kind: 'end', complete: false });
    const other = { ...catalog, currency: 'USD' };
    for await (const _ of source.read(source.options.parse({ url }), other, bookmark, ctx)) continue;
    expect(asked).toEqual([undefined, '"1"', undefined]);
  });

  it.each([
    ['basic', { user: 'shop', password: 'päss' }, `Basic ${Buffer.from('shop:päss').toString('base64')}`],
    ['bearer', { token: 'secret' }, 'Bearer secret'],
  ])('signs in by %s, and a refusal asks for a new connection', async (_name, options, expected) => {
    answer = (req, res) =>
      req.headers.authorization === expected ? send(csv)(req, res) : void res.writeHead(401).end();
    expect(productsOf(await readAll(undefined, options))).toHaveLength(2);
    const test = source.test?.(source.options.parse({ url, token: 'wrong' }), ctx);
    await expect(test).rejects.toMatchObject({ name: 'SourceRefusedError', code: 'address_refused' });
  });

  const packed = gzipSync(csv);
  it.each<[string, () => Answer]>([
    [
      'a body shorter than its length',
      () => (_req, res) => {
        res.writeHead(200, { 'content-length': String(csv.length + 50) });
        res.write(csv, () => res.destroy());
      },
    ],
    ['a gzip without its end', () => send(packed.subarray(0, packed.length - 6))],
    ['an RSS feed whose root is not closed', () => send(rss.replace('</rss>', ''))],
    ['an RSS feed with half an item', () => send(rss.slice(0, rss.indexOf('<x:price>9')))],
    ['an item that is closed only by the end of its feed', () => send(rss.replaceAll('</item>', ''))],
    ['a table that ends within a row', () => send(csv.slice(0, csv.indexOf(',9.00')))],
    ['a JSON line without its end', () => send(jsonl.slice(0, -4))],
  ])('is never taken for a whole one: %s', async (_name, broken) => {
    answer = broken();
    await expect(readAll()).rejects.toMatchObject({ name: 'SourceError', code: 'address_cut_off' });
  });

  it('removes nothing when nothing proves the end of a table', async () => {
    answer = (req, res) => {
      res.sendDate = false;
      req.socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${csv}`);
    };
    const reads = await readAll();
    expect(productsOf(reads)).toHaveLength(2);
    expect(endOf(reads)).toEqual({ kind: 'end', complete: false });
  });

  it.each([
    ['a sign-in page', '<!doctype html><html><body>Sign in</body></html>', 'address_not_a_feed'],
    ['a feed without entries', '<rss><channel></channel></rss>', 'address_empty'],
  ])('is refused with a reason: %s', async (_name, text, code) => {
    answer = send(text);
    await expect(readAll()).rejects.toMatchObject({ name: 'SourceError', code });
  });

  it('is not loaded beyond the limit', async () => {
    answer = send(csv);
    const path = join(folder, 'large');
    const loading = download({ url }, undefined, path, ctx, 20);
    await expect(loading).rejects.toMatchObject({ code: 'address_too_large' });
    await rm(path, { force: true });
  });
});
