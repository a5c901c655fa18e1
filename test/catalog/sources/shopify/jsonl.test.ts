import { describe, expect, it } from '@jest/globals';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import type { Context } from '../../../../catalog/context.ts';
import { createKnownProducts, type Fingerprint } from '../../../../catalog/known-products.ts';
import { readFile, newline, type FileRead } from '../../../../catalog/sources/shopify/jsonl.ts';
import { productsBulkQuery } from '../../../../catalog/sources/shopify/documents.ts';
import { optionsSchema } from '../../../../catalog/sources/shopify/options.ts';
import { toInput } from '../../../../catalog/sources/shopify/to-input.ts';
import type { WholeProduct } from '../../../../catalog/sources/shopify/nodes.ts';
import { eachLine } from '../../../../services/sandbox/shops/shopify/bulk.ts';
import { createStock, toProductNode } from '../../../../services/sandbox/shops/shopify/shop.ts';

type Line = Record<string, unknown>;
type Group = { product: Line; children: Line[] };

const gid = (n: number): string => `gid://shopify/Product/${1_000 + n}`;
const toProduct = (n: number, title: string): Line => ({
  id: gid(n),
  legacyResourceId: String(1_000 + n),
  title,
});
const toVariant = (n: number, at: number, price: string): Line => ({
  id: `gid://shopify/ProductVariant/${n}${at}`, price, __parentId: gid(n),
}); // prettier-ignore

const toText = (groups: readonly Group[]): string =>
  groups
    .flatMap(({ product, children }) => [product, ...children])
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

/** A download that comes in pieces of this size. */
const serve = (text: string, size: number): Context =>
  ({
    http: {
      fetch: async () => {
        const bytes = Buffer.from(text);
        return new Response(
          new ReadableStream({
            start(stream) {
              for (let at = 0; at < bytes.length; at += size) stream.enqueue(bytes.subarray(at, at + size));
              stream.close();
            },
          }),
        );
      },
    },
  }) as unknown as Context;

async function read(
  text: string,
  size: number,
  before: readonly { whole: WholeProduct; fingerprint: Fingerprint | undefined }[] = [],
  partial = false,
): Promise<{ found: FileRead[]; whole: WholeProduct[] }> {
  const known = createKnownProducts('');
  for (const { whole, fingerprint } of before) known.add(whole.product.id, fingerprint);
  const found: FileRead[] = [];
  const options = { skip: 0, partial, recogniser: known.recogniser('', newline) };
  for await (const batch of readFile('http://shop.example/result', options, serve(text, size)))
    found.push(...batch);
  const whole = found.flatMap((one) =>
    one.kind === 'product' ? [one.whole] : one.kind === 'same' ? [before[one.place]!.whole] : [],
  );
  return { found, whole };
}

const toKnown = (
  found: readonly FileRead[],
): { whole: WholeProduct; fingerprint: Fingerprint | undefined }[] =>
  found.flatMap((one) =>
    one.kind === 'product' ? [{ whole: one.whole, fingerprint: one.fingerprint }] : [],
  );

const shopOf = (products: number): Group[] =>
  Array.from({ length: products }, (_, n) => ({
    product: toProduct(n, `Cup ${n}`),
    children: Array.from({ length: 1 + (n % 4) }, (__, at) => toVariant(n, at, '9.00')),
  }));

const edits = fc.array(
  fc.record({
    what: fc.constantFrom('rename', 'reprice', 'add variant', 'drop variant', 'drop', 'new', 'swap'),
    at: fc.nat(19),
  }),
  { maxLength: 8 },
);

function edit(groups: Group[], what: string, at: number): void {
  const group = groups[at % groups.length];
  if (!group) return;
  const n = Number(String(group.product['legacyResourceId'])) - 1_000;
  if (what === 'rename') group.product = { ...group.product, title: 'Renamed' };
  if (what === 'reprice') group.children = group.children.map((child) => ({ ...child, price: '7.00' }));
  if (what === 'add variant')
    group.children = [...group.children, toVariant(n, 50 + group.children.length, '1.00')];
  if (what === 'drop variant') group.children = group.children.slice(0, -1);
  if (what === 'drop') groups.splice(at % groups.length, 1);
  if (what === 'new')
    groups.splice(at % groups.length, 0, { product: toProduct(500 + at, 'New'), children: [] });
  if (what === 'swap') groups.push(...groups.splice(at % groups.length, 1));
}

describe('the result file of a bulk operation, read with what was known of it before', () => {
  it('gives the same products as read without, whatever was edited and however it is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(edits, fc.integer({ min: 1, max: 4_000 }), async (changes, size) => {
        const groups = shopOf(20);
        const before = toKnown((await read(toText(groups), 64_000)).found);
        expect(before).toHaveLength(20);
        for (const { what, at } of changes) edit(groups, what, at);
        const ids = groups.map(({ product }) => product['id']);
        fc.pre(new Set(ids).size === ids.length);
        const text = toText(groups);
        expect((await read(text, size, before)).whole).toEqual((await read(text, 64_000)).whole);
      }),
      { numRuns: 200 },
    );
  });

  it('parses nothing of what has not changed, and counts its lines and variants all the same', async () => {
    const text = toText(shopOf(8));
    const before = toKnown((await read(text, 64_000)).found);
    const { found } = await read(text, 100, before);
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['same']));
    expect(found.at(-1)).toEqual({ kind: 'same', place: 7, records: 4, lines: text.split('\n').length - 1 });
    expect(found.map((one) => ('records' in one ? one.records : 0))).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it('asks for a known product by itself when a line that cannot be read stands behind it', async () => {
    const groups = shopOf(3);
    const before = toKnown((await read(toText(groups), 64_000)).found);
    const lines = toText(groups).split('\n');
    lines.splice(3, 0, '{"id":"gid://shopify/Prod');
    const { found } = await read(lines.join('\n'), 64_000, before);
    expect(found.map(({ kind }) => kind)).toEqual(['same', 'bad', 'orphan', 'same']);
    expect(found[2]).toEqual({ kind: 'orphan', productId: gid(1) });
  });

  it('does not take the last product of a partial file for known', async () => {
    const text = toText(shopOf(3));
    const before = toKnown((await read(text, 64_000)).found);
    const { found } = await read(text, 64_000, before, true);
    expect(found.map(({ kind }) => kind)).toEqual(['same', 'same', 'orphan']);
  });

  it('never knows a product again by bytes among which parts of another one stand', async () => {
    const [first, second] = shopOf(2) as [Group, Group];
    const mixed = [
      { product: first.product, children: [...first.children, toVariant(1, 9, '3.00')] },
      second,
    ];
    const { found } = await read(toText(mixed), 64_000);
    expect(found.map(({ kind }) => kind)).toEqual(['orphan', 'product', 'product']);
    expect(toKnown(found).map(({ fingerprint }) => fingerprint !== undefined)).toEqual([false, true]);
  });
});

/**
 * Products that are known by their bytes are not read again, so whoever changes what the same lines become must say so.
 * When this fails: raise `readingVersion` in catalog/sources/shopify/index.ts, and write the new hash here.
 */
it('makes the same products of the same lines as long as the version of reading is the same', async () => {
  const options = optionsSchema.parse({
    shop: 'a.myshopify.com', accessToken: 'a', apiSecret: 'b', metafields: { 'custom.material': 'material' },
  }); // prettier-ignore
  const stock = createStock(12, {
    seed: 1, variantsPerProduct: 4, imageUrl: (product, image) => `https://cdn.example/${product}/${image}.jpg`,
    start: new Date('2026-01-05T08:00:00Z'),
  }); // prettier-ignore
  const operation = { query: productsBulkQuery(options), products: stock.all() };
  const lines = [...eachLine(operation as never, (product) => toProductNode(product, 'shop.example'))];
  const { whole } = await read(lines.join(''), 64_000);
  const inputs = whole.map((one) => toInput(one, options, 'EUR'));
  expect({ 'reading version 1': hash('sha1', JSON.stringify(inputs)) }).toEqual({
    'reading version 1': 'dca1f5c87ea1c1a1216501f7b084d29e1ca12d01',
  });
});
