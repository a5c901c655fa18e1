/** Pages of the check that are in hand at the same time, and an offer that goes over from a product of one to one of the other. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../../catalog/catalog.ts';
import { catalogSchema } from '../../catalog/catalog.ts';
import { normalizeProduct } from '../../catalog/normalize.ts';
import type { StoredProduct } from '../../catalog/product.ts';
import { planPage, savePage } from '../../jobs/check-page.ts';
import type { JobContext } from '../../jobs/job.ts';
import { refreshListings } from '../../jobs/refresh-listings.ts';
import { onEngine, startTestShop, type TestShop } from '../support/service.ts';

let shop: TestShop;
beforeAll(async () => {
  shop = await startTestShop();
});
afterAll(() => shop.stop());

const now = new Date('2026-11-24T12:00:00Z');
const catalogOf = (id: string): Catalog =>
  catalogSchema.parse({
    id, name: 'Shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', channels: ['meta'],
  }); // prettier-ignore

/** Saves a product with these offers, whatever it had before. */
async function keep(
  catalog: Catalog,
  sourceId: string,
  skus: string[],
  hash: string,
  ctx: JobContext,
): Promise<StoredProduct> {
  const input = {
    sourceId, title: `Mug ${sourceId}`, variants: skus.map((sku) => ({ sourceId: sku, sku, price: '9.00' })),
  }; // prettier-ignore
  const { products } = ctx.stores;
  const known = await products.findHashes(catalog.id, [sourceId]);
  await products.save(catalog.id, [{ product: normalizeProduct(input, catalog), hash }], known, now);
  return products.find(catalog.id, sourceId);
}

describe('two pages of a check, both judged before either is written', () => {
  it.each([
    ['the one that loses it is written first', true],
    ['the one that gains it is written first', false],
  ])('leave an offer that went over to the product that has it now: %s', async (_, isLoserFirst) => {
    const catalog = catalogOf(`over-${isLoserFirst}`);
    await onEngine(shop, async ({ ctx }) => {
      const meta = ctx.channels.get('meta');
      if (!meta) throw new Error('there is no Meta');
      const first = await keep(catalog, 'a', ['X', 'Y'], '1', ctx);
      await savePage(await planPage(catalog, [first], [meta], ctx), ctx);
      const loser = await keep(catalog, 'a', ['Y'], '2', ctx);
      const gainer = await keep(catalog, 'b', ['X'], '1', ctx);
      const pages = [await planPage(catalog, [loser], [meta], ctx), await planPage(catalog, [gainer], [meta], ctx)];
      for (const page of isLoserFirst ? pages : pages.toReversed()) await savePage(page, ctx);
      const listings = await ctx.stores.listings.findByProducts(catalog.id, [loser.id, gainer.id]);
      const found = new Map(listings.map(({ offerId, productId, want }) => [offerId, [productId, want]]));
      expect(found).toEqual(new Map([['X', [gainer.id, 'live']], ['Y', [loser.id, 'live']]]));
      for (const [offerId, product] of [['X', gainer], ['Y', loser]] as const) {
        const card = await ctx.stores.cards.find(catalog.id, offerId);
        expect([card?.offerId, card?.productId, card?.withheld]).toEqual([offerId, product.id, undefined]);
      }
    });
  }); // prettier-ignore

  it('count every item once, also when there are more pages than are written at a time', async () => {
    const catalog = catalogOf('many');
    await onEngine(shop, async ({ ctx }) => {
      await ctx.stores.catalogs.save(catalog);
      const products = Array.from({ length: 1_000 }, (_, n) => normalizeProduct({ sourceId: `p-${n}`, title: `Mug ${n}`, variants: [{ sourceId: 'v', sku: `S-${n}`, price: '9.00' }] }, catalog));
      await ctx.stores.products.save(catalog.id, products.map((product) => ({ product, hash: '1' })), new Map(), now);
      await ctx.stores.products.needAll(catalog.id, 'listings');
      for (;;) {
        const page = await ctx.stores.products.takeNeeding(catalog.id, 'images', 1_000);
        if (page.length === 0) break;
        await ctx.stores.products.savePrepared(page.map(({ id, revision }) => ({ id, revision, prepared: [] })));
      }
      const saved: number[] = [];
      const runs = Object.assign(Object.create(ctx.stores.runs) as typeof ctx.stores.runs, {
        startPhase: async () => ({ in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 }),
        savePhase: async (_run: string, _phase: string, counts: { in: number; blocked: number }) => void saved.push(counts.in),
      });
      const queue = { ...ctx.queue, add: async () => undefined };
      await refreshListings.run({ catalogId: catalog.id, runId: 'run' }, { ...ctx, queue, stores: { ...ctx.stores, runs } } as unknown as JobContext);
      expect(saved).toEqual([300, 600, 900, 1_000, 1_000]);
      expect(await ctx.stores.products.countNeeding(catalog.id, 'listings')).toBe(0);
    });
  }); // prettier-ignore
});
