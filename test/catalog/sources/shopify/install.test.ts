/** Shelfcast as an app that a shop installs: from the link to the connected source, and what an impostor gets. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../../../../catalog/store/runs.ts';
import { signReturn } from '../../../../services/sandbox/shops/shopify/install.ts';
import { startShops, type Shops } from '../../../../services/sandbox/shops/start.ts';
import { connectShop, endOf, startTestShop, waitFor, type TestShop } from '../../../support/service.ts';

const at = '/api/v1/catalogs/shop/source';

describe('installing the app in a Shopify shop', () => {
  let test: TestShop;
  let shops: Shops;
  const begin = async (): Promise<URL> => {
    const asked = { source: 'shopify', shop: shops.shopify.shop };
    return new URL((await test.client.send<{ url: string }>('POST', `${at}/installations`, asked)).url);
  };
  /** The shop's owner agrees: where the browser is sent then. */
  const agree = async (link: URL): Promise<URL> => {
    const reply = await fetch(link, { redirect: 'manual' });
    return new URL(reply.headers.get('location') ?? '');
  };
  const open = async (url: URL): Promise<number> => (await fetch(url, { redirect: 'manual' })).status;
  const connected = (): Promise<boolean> =>
    test.client.get(at).then(
      () => true,
      () => false,
    );
  const callApp = async (headers: Record<string, string>, body: string): Promise<number> =>
    (await fetch(`${test.service.url}/apps/shopify/calls`, { method: 'POST', headers, body })).status;

  beforeAll(async () => {
    shops = await startShops({ shopify: { products: 3, bulkMs: 10 } });
    test = await startTestShop(async () => ({
      sourceApps: { shopify: { ...shops.shopify.app, baseUrl: `${shops.url}/shopify` } },
    }));
    await connectShop(test);
  }, 60_000);
  afterAll(async () => {
    await shops.stop();
    await test.stop();
  });

  it('begins with a link that names the app, its scopes, the way back and a state', async () => {
    const { searchParams } = await begin();
    expect(searchParams.get('client_id')).toBe(shops.shopify.app.id);
    expect(searchParams.get('scope')).toBe('read_products,read_inventory,read_markets,read_translations');
    expect(searchParams.get('redirect_uri')).toBe(`${test.service.url}/apps/shopify/installed`);
    expect(searchParams.get('state')).toMatch(/^shop\.[\w-]{32}$/);
    const elsewhere = { source: 'shopify', shop: 'evil.example/x' };
    await expect(test.client.send('POST', `${at}/installations`, elsewhere)).rejects.toThrow(/no shop/);
  });

  it.each<[string, (back: URL) => void]>([
    ['altered', (back) => back.searchParams.set('code', 'another')],
    ['of another shop', (back) => back.searchParams.set('shop', 'other.myshopify.com')],
    ['without its proof', (back) => back.searchParams.delete('hmac')],
    ['with a state that nobody gave', (back) => back.searchParams.set('state', `shop.${'x'.repeat(32)}`)],
    [
      'signed, but old',
      (back) => {
        const { hmac: _, ...query } = Object.fromEntries(back.searchParams);
        const old = { ...query, timestamp: String(Math.floor(Date.now() / 1_000) - 3_600) };
        for (const [name, value] of Object.entries(signReturn(old, shops.shopify.app.secret)))
          back.searchParams.set(name, value);
      },
    ],
  ])('does nothing with a way back that is %s', async (_name, alter) => {
    const back = await agree(await begin());
    alter(back);
    expect(await open(back)).toBe(422);
    expect(await connected()).toBe(false);
  });

  it('ends with a connected source, once, and its token is shown to nobody', async () => {
    const back = await agree(await begin());
    expect(await open(back)).toBe(303);
    const shown = await test.client.get<{ id: string; settings: object }>(at);
    expect(shown).toMatchObject({ id: 'shopify', settings: { shop: shops.shopify.shop } });
    expect(JSON.stringify(shown)).not.toContain(shops.shopify.accessToken);
    expect(JSON.stringify(shown)).not.toContain(shops.shopify.app.secret);
    expect(await open(back)).toBe(422);
    const run = await endOf(test, (await test.client.send<Run>('POST', `${at}/imports`)).id);
    expect(run).toMatchObject({ status: 'done', products: { new: 3 } });
  }, 60_000);

  it('answers the privacy calls when they are signed, and counts those that are not', async () => {
    const { shop, sign } = shops.shopify;
    for (const topic of ['customers/data_request', 'customers/redact']) {
      const { headers, body } = sign(topic, { shop_domain: shop, customer: { id: 1 } });
      expect(await callApp(headers, body)).toBe(200);
      expect(await callApp(headers, body.replace('1', '2'))).toBe(401);
    }
    const metrics = await fetch(`${test.service.url}/metrics`, {
      headers: { authorization: `Bearer ${test.config.apiToken}` },
    });
    expect(await metrics.text()).toContain(
      'shelfcast_source_calls_total{source="shopify",result="forged"} 2',
    );
  });

  it('forgets a shop that has left and asks for it, but not one that lets us in', async () => {
    const { shop, sign } = shops.shopify;
    const { headers, body } = sign('shop/redact', { shop_domain: shop, shop_id: 1 });
    expect(await callApp(headers, body)).toBe(200);
    // the same import that a person asks for proves that the source is still there when the call has been worked on
    const run = await endOf(test, (await test.client.send<Run>('POST', `${at}/imports`)).id);
    expect(run).toMatchObject({ status: 'done' });
    expect(await connected()).toBe(true);
    shops.shopify.behave({ tokenExpired: true });
    const again = sign('shop/redact', { shop_domain: shop, shop_id: 1 });
    expect(await callApp(again.headers, again.body)).toBe(200);
    await waitFor(async () => !(await connected()));
  }, 60_000);
});
