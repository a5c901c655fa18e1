/** What a torn file, or one that leaves sizes out, does to products that it still holds: nothing, until a person says so. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredProduct } from '../catalog/product.ts';
import type { Run } from '../catalog/run.ts';
import { connectShop, endOf, importText, startTestShop, type TestShop } from './support/service.ts';

const header = 'Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Status';
const sizes = ['S', 'M', 'L'];
const count = 20;
const csv = (
  sizesOf: (n: number) => string[] = () => sizes,
  price: (n: number) => string = () => '10.00',
): string =>
  [
    header,
    ...Array.from({ length: count }, (_, n) =>
      sizesOf(n).map(
        (size) => `shirt-${n},Shirt ${n},Maker,Size,${size},SHIRT-${n}-${size},${price(n)},active`,
      ),
    ).flat(),
  ].join('\n');

describe('products that lose variants', () => {
  let shop: TestShop;
  const variantsOf = async (n: number): Promise<number> => {
    const { items } = await shop.client.get<{ items: StoredProduct[] }>(
      '/api/v1/catalogs/shop/products?limit=100',
    );
    return items.find(({ slug }) => slug === `shirt-${n}`)?.variants.length ?? 0;
  };
  const decide = async (run: Run, word: 'approve' | 'reject', reason?: string): Promise<Run> => {
    const body = reason === undefined ? {} : { reason };
    await shop.client.send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/${word}`, body);
    return endOf(shop, run.id);
  };
  beforeAll(async () => {
    shop = await startTestShop();
    await connectShop(shop);
    expect(await importText(shop, csv())).toMatchObject({ status: 'done', products: { new: count } });
  });
  afterAll(async () => shop.stop());

  it('lose single ones by an import that is whole', async () => {
    const run = await importText(
      shop,
      csv((n) => (n === 3 ? ['S', 'M'] : sizes)),
    );
    expect(run).toMatchObject({ status: 'done', products: { changed: 1, unchanged: count - 1 } });
    expect(await variantsOf(3)).toBe(2);
    await importText(shop, csv());
    expect(await variantsOf(3)).toBe(3);
  });

  it('stay whole when the file is torn within them', async () => {
    const whole = csv();
    const torn = whole.slice(0, whole.lastIndexOf('SHIRT-18-M') + 6);
    const run = await importText(shop, torn);
    expect(run.status).toBe('held');
    expect(run.holds.map(({ reason }) => reason).sort()).toEqual(['unreadable_rows', 'variants_missing']);
    expect([await variantsOf(18), await variantsOf(19)]).toEqual([3, 3]);
    for (const p of run.phases) expect(p.in).toBe(p.done + p.skipped + p.blocked + p.failed);
    expect((await decide(run, 'reject')).status).toBe('rejected');
    expect(await variantsOf(18)).toBe(3);
  });

  it('wait for a person when they are many, and those with new prices for both words', async () => {
    const run = await importText(
      shop,
      csv((n) => (n < 11 ? ['S'] : sizes), (n) => (n >= 9 ? '100.00' : n === 0 ? '11.00' : '10.00')),
    ); // prettier-ignore
    const holds = run.holds.map(({ reason, missing }) => `${missing} ${reason}`).sort();
    expect(holds).toEqual(['11 prices_moved', '11 variants_missing']);
    expect(await Promise.all([0, 9, 10, 15].map(variantsOf))).toEqual([3, 3, 3, 3]);
    await shop.client.send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/approve`, {
      reason: 'variants_missing',
    });
    await endOf(shop, run.id);
    expect(await Promise.all([0, 9, 10, 15].map(variantsOf))).toEqual([1, 3, 3, 3]);
    expect((await decide(run, 'approve')).status).toBe('done');
    expect(await Promise.all([0, 9, 10, 15].map(variantsOf))).toEqual([1, 1, 1, 3]);
  });
});
