/** A WooCommerce shop from its first import to a changed price at a channel: the real service, the shop's protocol. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredProduct } from '../../../../catalog/product.ts';
import type { Run } from '../../../../catalog/store/runs.ts';
import { startShops, type Shops } from '../../../../services/sandbox/shops/start.ts';
import type { WooProduct } from '../../../../services/sandbox/shops/woocommerce/generate.ts';
import { connectShop, endOf, startTestShop, waitFor, type TestShop } from '../../../support/service.ts';

const at = '/api/v1/catalogs/shop';

describe('a WooCommerce shop', () => {
  let test: TestShop;
  let shops: Shops;
  const importNow = async (): Promise<Run> =>
    endOf(test, (await test.client.send<Run>('POST', `${at}/source/imports`)).id);
  const find = async (id: number): Promise<StoredProduct> => {
    const { items } = await test.client.get<{ items: StoredProduct[] }>(`${at}/products?limit=200`);
    const found = items.find(({ sourceId }) => sourceId === String(id));
    if (!found) throw new Error(`no product ${id}`);
    return found;
  };
  const variable = (n = 0): WooProduct => {
    const found = [...shops.woocommerce.stock.all()].filter(({ variations }) => variations.length > 1)[n];
    if (!found) throw new Error('the shop has too few variable products');
    return found;
  };
  const rename = (id: number, name: string, quiet = false): Promise<void> =>
    shops.woocommerce.change(id, (now) => ({ ...now, product: { ...now.product, name } }), quiet);
  const atMeta = (offerId: string) => test.sandbox.channel('meta').contents().get(offerId);
  const connect = (): Promise<{ name: string; callsProblem?: string }> =>
    test.client.send('PUT', `${at}/source`, { source: 'woocommerce', options: shops.woocommerce.connect });
  const issueCodes = async ({ id }: Run): Promise<string[]> => {
    const csv = await fetch(`${test.service.url}/api/v1/runs/${encodeURIComponent(id)}/issues.csv`, {
      headers: { authorization: `Bearer ${test.config.apiToken}` },
    });
    return [...(await csv.text()).matchAll(/\b(variations_incomplete|record_unreadable)\b/g)].map(
      ([code]) => code,
    );
  };
  const counted = async (result: string): Promise<number> => {
    const metrics = await fetch(`${test.service.url}/metrics`, {
      headers: { authorization: `Bearer ${test.config.apiToken}` },
    });
    const line = `shelfcast_source_calls_total{source="woocommerce",result="${result}"} `;
    const found = (await metrics.text()).split('\n').find((one) => one.startsWith(line));
    return Number(found?.slice(line.length) ?? 0);
  };

  beforeAll(async () => {
    test = await startTestShop();
    shops = await startShops({ woocommerce: { products: 104, variationsPerProduct: 3 } });
    await connectShop(test);
  }, 60_000);
  afterAll(async () => {
    await shops.stop();
    await test.stop();
  });

  it('is connected with a key that is tried first, and a wrong one is refused with a reason', async () => {
    const wrong = { ...shops.woocommerce.connect, consumerSecret: 'cs_wrong' };
    const refused = test.client.send('PUT', `${at}/source`, { source: 'woocommerce', options: wrong });
    await expect(refused).rejects.toThrow(/does not accept the consumer key/);
    const reply = await connect();
    expect(reply).toMatchObject({ name: 'shop.example' });
    expect(reply).not.toHaveProperty('callsProblem');
    const shown = JSON.stringify(await test.client.get(`${at}/source`));
    expect(shown).not.toContain(shops.woocommerce.consumerKey);
    expect(shown).not.toContain(shops.woocommerce.consumerSecret);
  });

  it('is imported whole, page by page with its variations, and the items go to the channel', async () => {
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { new: 104, removed: 0 } });
    const { product, variations } = variable();
    const stored = await find(product.id);
    expect(stored).toMatchObject({ title: product.name, slug: product.slug });
    expect(stored.variants).toHaveLength(variations.length);
    expect(stored.variants[0]).toMatchObject({
      sku: variations[0]?.sku,
      price: { currency: 'EUR' },
      quantity: variations[0]?.stock_quantity,
    });
    expect(atMeta(variations[0]?.sku ?? '')).toBeDefined();
  }, 120_000);

  it('writes nothing when nothing has changed, and asks only for what was modified since', async () => {
    const before = shops.woocommerce.requests().length;
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { new: 0, changed: 0, removed: 0 } });
    const asked = shops.woocommerce.requests().slice(before);
    expect(asked.filter(({ path }) => path.endsWith('/variations'))).toEqual([]);
  }, 60_000);

  it('calls when the price of a variation changes, and the channel has it soon after', async () => {
    const { product, variations } = variable();
    await shops.woocommerce.change(product.id, (now) => ({
      ...now,
      variations: now.variations.map((one) => ({ ...one, regular_price: '7.77', sale_price: '' })),
    }));
    await waitFor(async () => String(atMeta(variations[0]?.sku ?? '')?.['price']).startsWith('7.77'));
  }, 60_000);

  it('heals lost calls with the next pass, and notices what is gone', async () => {
    const [first, second, third] = [variable(0), variable(1), variable(2)].map(({ product }) => product.id);
    await rename(first ?? 0, 'Nobody called', true);
    await shops.woocommerce.remove(third ?? 0, true);
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { new: 0, removed: 1 } });
    expect((await find(first ?? 0)).title).toBe('Nobody called');
    expect((await find(second ?? 0)).removedAt).toBeUndefined();
    expect((await find(third ?? 0)).removedAt).toBeDefined();
  }, 60_000);

  it('keeps a product as it was when the shop gives only some of its variations, and asks again', async () => {
    const { product, variations } = variable(1);
    await rename(product.id, 'Half given', true);
    shops.woocommerce.behave({ shortVariations: [product.id] });
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { changed: 0, removed: 0 } });
    expect(await issueCodes(run)).toEqual(['variations_incomplete']);
    const before = await find(product.id);
    expect(before.title).not.toBe('Half given');
    expect(before.variants).toHaveLength(variations.length);
    shops.woocommerce.behave({ shortVariations: [] });
    expect(await importNow()).toMatchObject({ products: { changed: 1, removed: 0 } });
    expect((await find(product.id)).title).toBe('Half given');
  }, 60_000);

  it('keeps a product of which one variation cannot be read, with an issue', async () => {
    const { product, variations } = variable(1);
    await rename(product.id, 'One is broken', true);
    shops.woocommerce.behave({ badRecords: [variations[0]?.id ?? 0] });
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { changed: 0, removed: 0 } });
    expect(await issueCodes(run)).toEqual(['record_unreadable']);
    expect((await find(product.id)).variants).toHaveLength(variations.length);
    shops.woocommerce.behave({ badRecords: [] });
  }, 60_000);

  it('removes nothing when its lists are shorter than they say', async () => {
    await connect();
    shops.woocommerce.behave({ shortLists: true });
    const run = await importNow();
    expect(run).toMatchObject({ status: 'done', products: { removed: 0 } });
    expect(run.hold).toBeUndefined();
    shops.woocommerce.behave({ shortLists: false });
  }, 60_000);

  it('takes a product down that was deleted in the shop', async () => {
    const { product } = variable(3);
    await shops.woocommerce.remove(product.id);
    await waitFor(async () => (await find(product.id)).removedAt !== undefined);
  }, 60_000);

  it('refuses forged and altered calls, does nothing twice for a replayed one, and counts them all', async () => {
    const { product } = variable();
    await rename(product.id, 'Known to the shop');
    await waitFor(async () => (await find(product.id)).title === 'Known to the shop');
    const [call] = shops.woocommerce.sign('product.updated', shops.woocommerce.stock.find(product.id)?.product ?? {}); // prettier-ignore
    if (!call) throw new Error('nobody subscribed');
    const { url, headers, body } = call;
    const send = async (h: Record<string, string>, b: string): Promise<number> =>
      (await fetch(url, { method: 'POST', headers: h, body: b })).status;
    const [forged, repeated] = [await counted('forged'), await counted('repeated')];
    expect(await send({ ...headers, 'x-wc-webhook-signature': 'AAAA' }, body)).toBe(401);
    expect(await send(headers, body.replace('}', ' }'))).toBe(401);
    const { 'x-wc-webhook-signature': _, ...bare } = headers;
    expect(await send(bare, body)).toBe(401);
    // the header with the delivery's id is signed by nobody, so another one makes no new call
    expect(await send({ ...headers, 'x-wc-webhook-delivery-id': 'another' }, body)).toBe(200);
    expect(await counted('forged')).toBe(forged + 3);
    expect(await counted('repeated')).toBe(repeated + 1);
  }, 60_000);

  it('keeps one record of all unsigned pings, whoever sends them', async () => {
    const { calls: url } = await test.client.get<{ calls: string }>(`${at}/source`);
    const before = await counted('repeated');
    for (const n of [7, 8, 9])
      expect((await fetch(url, { method: 'POST', body: `webhook_id=${n}` })).status).toBe(200);
    expect(await counted('repeated')).toBe(before + 3);
  }, 60_000);

  it('is paused with one clear notice when the key dies, and goes on when it is connected again', async () => {
    shops.woocommerce.behave({ tokenExpired: true });
    const run = await importNow();
    expect(run).toMatchObject({ status: 'failed', error: { code: 'woocommerce_key_refused' } });
    await expect(importNow()).rejects.toThrow(/paused/);
    shops.woocommerce.behave({ tokenExpired: false });
    await connect();
    expect(await importNow()).toMatchObject({ status: 'done' });
  }, 60_000);
});
