/** A Shopify shop from its first import to a changed price at a channel: the real service, the shop's protocol. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredProduct } from '../../../../catalog/product.ts';
import type { Run } from '../../../../catalog/store/runs.ts';
import { startShops, type Shops } from '../../../../services/sandbox/shops/start.ts';
import { connectShop, endOf, startTestShop, waitFor, type TestShop } from '../../../support/service.ts';

const at = '/api/v1/catalogs/shop';

describe('a Shopify shop', () => {
  let test: TestShop;
  let shops: Shops;
  const importNow = async (): Promise<Run> =>
    endOf(test, (await test.client.send<Run>('POST', `${at}/source/imports`)).id);
  const listed = async (): Promise<number> => {
    const page = await test.client.get<{ items: unknown[] }>(`${at}/products?limit=200`);
    return page.items.length;
  };
  const find = async (id: number): Promise<StoredProduct> => {
    const { items } = await test.client.get<{ items: StoredProduct[] }>(`${at}/products?limit=200`);
    const found = items.find(({ sourceId }) => sourceId === String(id));
    if (!found) throw new Error(`no product ${id}`);
    return found;
  };
  const atMeta = (offerId: string) => test.sandbox.channel('meta').contents().get(offerId);
  const connect = (): Promise<{ name: string }> =>
    test.client.send('PUT', `${at}/source`, { source: 'shopify', options: shops.shopify.connect });

  beforeAll(async () => {
    test = await startTestShop();
    shops = await startShops({ shopify: { products: 12, variantsPerProduct: 3, bulkMs: 30 } });
    await connectShop(test);
  });
  afterAll(async () => {
    await shops.stop();
    await test.stop();
  });

  it('is connected with a token that is tried first, and a wrong one is refused with a reason', async () => {
    const wrong = { ...shops.shopify.connect, accessToken: 'shpat_wrong' };
    const refused = test.client.send('PUT', `${at}/source`, { source: 'shopify', options: wrong });
    await expect(refused).rejects.toThrow(/does not accept the access token/);
    expect(await connect()).toMatchObject({ name: 'Shelfcast sandbox' });
    const shown = await test.client.get<{ settings: object }>(`${at}/source`);
    expect(JSON.stringify(shown)).not.toContain(shops.shopify.accessToken);
    expect(JSON.stringify(shown)).not.toContain(shops.shopify.apiSecret);
    expect(shown.settings).toMatchObject({ shop: shops.shopify.shop });
  });

  it('is imported whole by a bulk operation, and the items go to the channel', async () => {
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { new: 12, removed: 0 } });
    expect(await listed()).toBe(12);
    const product = [...shops.shopify.stock.all()][0];
    const [variant] = product?.variants ?? [];
    const stored = await find(product?.id ?? 0);
    expect(stored).toMatchObject({ title: product?.title, slug: product?.handle });
    expect(stored.variants[0]).toMatchObject({
      sku: variant?.sku,
      price: { currency: 'EUR' },
      quantity: variant?.quantity,
    });
    expect(atMeta(variant?.sku ?? '')).toBeDefined();
  });

  it('writes nothing when nothing has changed', async () => {
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { new: 0, changed: 0, removed: 0 } });
  });

  it('calls when a price changes, and the channel has it soon after', async () => {
    const [product] = shops.shopify.stock.all();
    const [variant] = product?.variants ?? [];
    await shops.shopify.change(product?.id ?? 0, (now) => ({
      ...now,
      variants: now.variants.map((one) => ({ ...one, price: '7.77', compareAtPrice: null })),
    }));
    await waitFor(async () => String(atMeta(variant?.sku ?? '')?.['price']).startsWith('7.77'));
  });

  it('ends in the right state after a burst of 1,000 calls, doubled and shuffled, and sends each item once', async () => {
    const products = [...shops.shopify.stock.all()].slice(0, 6);
    const skus = new Set(products.flatMap(({ variants }) => variants.map(({ sku }) => sku ?? '')));
    const sendings = (): string[] =>
      test.sandbox
        .channel('meta')
        .requests()
        .flatMap(({ ids }) => ids.filter((id) => skus.has(id)));
    const before = sendings().length;
    for (const { id } of products)
      await shops.shopify.change(id, (now) => ({ ...now, title: `Renamed ${id}` }), true);
    const calls = Array.from({ length: 500 }, (_, n) =>
      shops.shopify.sign('products/update', { id: products[n % products.length]?.id }),
    );
    const burst = [...calls, ...calls.toReversed()];
    const answers = await Promise.all(burst.map((call) => shops.shopify.call(call)));
    expect(answers.flat().filter((status) => status !== 200)).toEqual([]);
    await waitFor(async () =>
      (await Promise.all(products.map(({ id }) => find(id)))).every(({ title }) =>
        title.startsWith('Renamed'),
      ),
    );
    await waitFor(async () => sendings().length - before >= skus.size);
    await waitFor(async () => {
      const { channels } = await test.client.get<{ channels: Record<string, Record<string, number>> }>(
        `${at}/status`,
      );
      return channels['meta']?.['pending'] === 0 && channels['meta']['sent'] === 0;
    });
    expect(sendings().slice(before).sort()).toEqual([...skus].sort());
  });

  it('follows the stock by the record that the call names', async () => {
    const [product] = shops.shopify.stock.all();
    const [variant] = product?.variants ?? [];
    await shops.shopify.setStock(variant?.inventoryItemId ?? 0, 4_711);
    await waitFor(async () => (await find(product?.id ?? 0)).variants[0]?.quantity === 4_711);
  });

  it('heals lost calls with the next pass, which asks only for what changed and lists the rest', async () => {
    const [first, second, third] = shops.shopify.stock.all();
    await shops.shopify.change(first?.id ?? 0, (now) => ({ ...now, title: 'Nobody called' }), true);
    await shops.shopify.remove(third?.id ?? 0, true);
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { new: 0, removed: 1 } });
    expect((await find(first?.id ?? 0)).title).toBe('Nobody called');
    expect((await find(second?.id ?? 0)).removedAt).toBeUndefined();
    expect((await find(third?.id ?? 0)).removedAt).toBeDefined();
  });

  it('removes nothing when the shop stops in the middle of its answer', async () => {
    await connect();
    shops.shopify.behave({ breakBulkAfter: 3 });
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { removed: 0 } });
    expect(run.hold).toBeUndefined();
  });

  it('refuses a forged, an altered and a foreign call, and counts them', async () => {
    const url = (await test.client.get<{ calls: string }>(`${at}/source`)).calls;
    const [product] = shops.shopify.stock.all();
    const { headers, body } = shops.shopify.sign('products/delete', { id: product?.id });
    const send = async (h: Record<string, string>, b: string): Promise<number> =>
      (await fetch(url, { method: 'POST', headers: h, body: b })).status;
    expect(await send({ ...headers, 'x-shopify-hmac-sha256': 'AAAA' }, body)).toBe(401);
    expect(await send(headers, body.replace('}', ' }'))).toBe(401);
    expect(await send({ ...headers, 'x-shopify-shop-domain': 'other.myshopify.com' }, body)).toBe(401);
    const { 'x-shopify-hmac-sha256': _, ...bare } = headers;
    expect(await send(bare, body)).toBe(401);
    const metrics = await fetch(`${test.service.url}/metrics`, {
      headers: { authorization: `Bearer ${test.config.apiToken}` },
    });
    expect(await metrics.text()).toContain(
      'shelfcast_source_calls_total{source="shopify",result="forged"} 4',
    );
    expect((await find(product?.id ?? 0)).removedAt).toBeUndefined();
  });

  it('believes only the shop itself that its access is gone, whatever a header says', async () => {
    const url = (await test.client.get<{ calls: string }>(`${at}/source`)).calls;
    const { headers, body } = shops.shopify.sign('products/update', { id: 1 });
    const altered = { ...headers, 'x-shopify-topic': 'app/uninstalled' };
    expect((await fetch(url, { method: 'POST', headers: altered, body })).status).toBe(200);
    const paused = async (): Promise<boolean> => 'paused' in (await test.client.get<object>(`${at}/source`));
    // a later, genuine call is read: the one before it was done with by then, and has paused nothing
    const [product] = shops.shopify.stock.all();
    await shops.shopify.change(product?.id ?? 0, (now) => ({ ...now, title: 'Still read' }));
    await waitFor(async () => (await find(product?.id ?? 0)).title === 'Still read');
    expect(await paused()).toBe(false);
    shops.shopify.behave({ tokenExpired: true });
    await shops.shopify.call(shops.shopify.sign('app/uninstalled', { id: 1 }));
    await waitFor(paused);
    shops.shopify.behave({ tokenExpired: false });
    await connect();
    // what had come meanwhile is read now; only then may the next test take the token away again
    await shops.shopify.change(product?.id ?? 0, (now) => ({ ...now, title: 'Read again' }));
    await waitFor(async () => (await find(product?.id ?? 0)).title === 'Read again');
  });

  it('is paused with one clear notice when the token dies, and goes on when it is connected again', async () => {
    shops.shopify.behave({ tokenExpired: true });
    const run = await importNow();
    expect(run).toMatchObject({ status: 'failed', error: { code: 'shopify_token_refused' } });
    await expect(importNow()).rejects.toThrow(/paused/);
    shops.shopify.behave({ tokenExpired: false });
    await connect();
    expect(await importNow()).toMatchObject({ status: 'done' });
  });
});
