/** One shop, a catalog for each language: each reads its own translations by the same app. */
import { expect, it } from '@jest/globals';
import { catalogSchema } from '../../../../catalog/catalog.ts';
import type { Context } from '../../../../catalog/context.ts';
import type { ProductInput } from '../../../../catalog/product.ts';
import { source } from '../../../../catalog/sources/shopify/index.ts';
import { createHttpClient } from '../../../../services/http-client.ts';
import { startShops } from '../../../../services/sandbox/shops/start.ts';
import { ctx as quiet } from '../csv/read-all.ts';

it('brings each catalog the texts of its own language, whole and change by change, and all of them the same ids', async () => {
  const shops = await startShops({ shopify: { products: 3, variantsPerProduct: 2, bulkMs: 10 } });
  const ctx: Context = { ...quiet, http: createHttpClient({ allowPrivate: ['127.0.0.1'] }) };
  const catalog = catalogSchema.parse({
    id: 'shop', name: 'Shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
  }); // prettier-ignore
  const optionsOf = (more: object) => source.options.parse({ ...shops.shopify.connect, ...more });
  async function readProducts(more: object): Promise<ProductInput[]> {
    const products: ProductInput[] = [];
    for await (const read of source.read(optionsOf(more), catalog, undefined, ctx))
      if (read.kind === 'product') products.push(read.input);
    return products;
  }
  try {
    const own = await readProducts({});
    const french = await readProducts({ locale: 'fr', market: 'FR' });
    expect(own).toHaveLength(3);
    expect(french.map(({ title }) => title)).toEqual(own.map(({ title }) => `${title} (fr)`));
    // what has no translation stays as the shop writes it
    expect(french.map(({ descriptionHtml }) => descriptionHtml)).toEqual(
      own.map(({ descriptionHtml }) => descriptionHtml),
    );
    const idsOf = (products: ProductInput[]) =>
      products.map(({ sourceId, variants }) => [sourceId, variants.map((one) => [one.sourceId, one.sku])]);
    expect(idsOf(french)).toEqual(idsOf(own));
    const changed: ProductInput[] = [];
    const hints = [`product:${own[1]?.sourceId}`];
    const again = source.readChanges?.(optionsOf({ locale: 'it' }), catalog, hints, ctx) ?? [];
    for await (const read of again) if (read.kind === 'product') changed.push(read.input);
    expect(changed.map(({ title }) => title)).toEqual([`${own[1]?.title} (it)`]);
  } finally {
    await shops.stop();
  }
});
