import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Listing } from '../feeds/listing.ts';
import {
  connectShop,
  drawImage,
  endOf,
  importText,
  startTestShop,
  type TestShop,
} from './support/service.ts';
import type { Run } from '../catalog/store/runs.ts';

const header =
  'Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Image Src,Status';
const mug = (price: string): string =>
  `mug,Blue mug,<p>A mug of stoneware for tea.</p>,Clay,Title,Default Title,MUG-1,${price},shopify,5,deny,images/mug.jpg,active`;
const shirts = [
  'shirt,Linen shirt,<p>Woven of European linen.</p>,Loom,Size,S,SHIRT-S,49.00,shopify,3,deny,images/shirt.jpg,active',
  'shirt,,,,,M,SHIRT-M,49.00,shopify,0,deny,,',
];
const noPrice =
  'lamp,Desk lamp,<p>Gives light.</p>,Lux,Title,Default Title,LAMP-1,call us,shopify,2,deny,images/mug.jpg,active';
const replica =
  'watch,Replica watch,<p>Looks like the real one.</p>,Tick,Title,Default Title,WATCH-1,20.00,shopify,2,deny,images/mug.jpg,active';
const csv = (...rows: string[]): string => [header, ...rows].join('\n');

describe('the walk of one shop', () => {
  let shop: TestShop;
  const listing = async (offerId: string): Promise<Listing> => {
    const { items } = await shop.client.get<{ items: Listing[] }>('/api/v1/catalogs/shop/listings?limit=100');
    const found = items.find((one) => one.offerId === offerId);
    if (!found) throw new Error(`no listing of ${offerId}`);
    return found;
  };
  const held = (): string[] => [...shop.sandbox.channel('meta').contents().keys()].sort();
  const addsUp = (run: Run): boolean =>
    run.phases.every((p) => p.in === p.done + p.skipped + p.blocked + p.failed);

  beforeAll(async () => {
    shop = await startTestShop();
    await drawImage(shop.folder, 'mug.jpg', 800, '#2a6f97');
    await drawImage(shop.folder, 'shirt.jpg', 700, '#e9c46a');
    await connectShop(shop);
  });
  afterAll(async () => shop.stop());

  it('takes the rows of a file to a verdict for every item', async () => {
    const run = await importText(shop, csv(mug('19.99'), ...shirts, noPrice, replica));
    expect(run).toMatchObject({ status: 'done', products: { new: 4, changed: 0, unchanged: 0, removed: 0 } });
    expect(addsUp(run)).toBe(true);
    expect((await listing('MUG-1')).status).toBe('accepted');
    expect((await listing('SHIRT-M')).status).toBe('accepted');
    const lamp = await listing('LAMP-1');
    expect(lamp.status).toBe('blocked');
    expect(lamp.issues).toContainEqual(
      expect.objectContaining({ code: 'price_unreadable', value: 'call us' }),
    );
    const watch = await listing('WATCH-1');
    expect(watch.status).toBe('rejected');
    expect(watch.issues.some((issue) => issue.from === 'channel')).toBe(true);
  });

  it('gives the channel what the shop has', () => {
    expect(held()).toEqual(['MUG-1', 'SHIRT-M', 'SHIRT-S', 'WATCH-1']);
    expect(shop.sandbox.channel('meta').contents().get('MUG-1')).toMatchObject({
      price: '19.99 EUR',
      title: 'Blue mug',
    });
  });

  it('sends nothing when the same file comes again', async () => {
    const before = shop.sandbox
      .channel('meta')
      .requests()
      .filter((request) => request.path.endsWith('/items_batch')).length;
    const run = await importText(shop, csv(mug('19.99'), ...shirts, noPrice, replica));
    expect(run).toMatchObject({ status: 'done', products: { new: 0, changed: 0, unchanged: 4, removed: 0 } });
    const after = shop.sandbox
      .channel('meta')
      .requests()
      .filter((request) => request.path.endsWith('/items_batch')).length;
    expect(after).toBe(before);
  });

  it('sends only the item whose price changed', async () => {
    await importText(shop, csv(mug('17.50'), ...shirts, noPrice, replica));
    const last = shop.sandbox
      .channel('meta')
      .requests()
      .filter((request) => request.path.endsWith('/items_batch'))
      .at(-1);
    expect(last?.ids).toEqual(['MUG-1']);
    expect(shop.sandbox.channel('meta').contents().get('MUG-1')).toMatchObject({ price: '17.50 EUR' });
  });

  it('keeps a merchandiser’s price over every import until it is taken back', async () => {
    await shop.client.send('PUT', '/api/v1/catalogs/shop/items/LAMP-1/overrides/price', { value: '35.00' });
    await waitFor(async () => (await listing('LAMP-1')).status === 'accepted');
    await importText(
      shop,
      csv(mug('17.50'), ...shirts, noPrice.replace('Gives light', 'Gives warm light'), replica),
    );
    expect(shop.sandbox.channel('meta').contents().get('LAMP-1')).toMatchObject({ price: '35.00 EUR' });
    await shop.client.send('DELETE', '/api/v1/catalogs/shop/items/LAMP-1/overrides/price');
    await waitFor(async () => (await listing('LAMP-1')).status === 'blocked');
    const lamp = await listing('LAMP-1');
    expect(lamp.stale).toBe(true);
    expect(held()).toContain('LAMP-1');
  });

  it('holds an import that would remove too much, and removes it once a person says so', async () => {
    const run = await importText(shop, csv(mug('17.50')));
    expect(run.status).toBe('held');
    expect(run.hold).toMatchObject({ before: 4, after: 1, missing: 3 });
    expect(held()).toContain('SHIRT-S');
    await shop.client.send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/approve`);
    expect((await endOf(shop, run.id)).status).toBe('done');
    expect(held()).toEqual(['MUG-1']);
    expect((await listing('SHIRT-S')).status).toBe('removed');
  });

  it('serves a finished feed under its secret, and nothing without it', async () => {
    const { items } = await shop.client.get<{ items: { url: string; format: string; items: number }[] }>(
      '/api/v1/catalogs/shop/feeds',
    );
    const feed = items.find((one) => one.format === 'csv');
    const text = await (await fetch(feed?.url ?? '')).text();
    expect(text.split('\n')[1]).toContain('MUG-1');
    expect(feed?.items).toBe(1);
    const wrong = await fetch((feed?.url ?? '').replace(/[^/]+\.csv$/, 'wrong-secret.csv'));
    expect(wrong.status).toBe(404);
  });

  it('finds a changed image under the same name with the next check, and sends its new address', async () => {
    const address = (): unknown => JSON.stringify(shop.sandbox.channel('meta').contents().get('MUG-1'));
    const before = address();
    await drawImage(shop.folder, 'mug.jpg', 900, '#e76f51');
    const { id } = await shop.client.send<Run>('POST', '/api/v1/catalogs/shop/checks');
    expect((await endOf(shop, id)).status).toBe('done');
    expect(address()).not.toBe(before);
  });

  it('pauses a channel whose token is refused, keeps what waits, and goes on after a reconnect', async () => {
    shop.sandbox.channel('meta').behave({ tokenExpired: true });
    await importText(shop, csv(mug('16.00')));
    const { paused } = await shop.client.get<{ paused: Record<string, { code: string }> }>(
      '/api/v1/catalogs/shop/status',
    );
    expect(paused['meta']?.code).toMatch(/^meta_(token|session)_invalid$/);
    expect((await listing('MUG-1')).status).toBe('pending');
    shop.sandbox.channel('meta').behave({ tokenExpired: false });
    await connectShop(shop);
    const { id } = await shop.client.send<Run>('POST', '/api/v1/catalogs/shop/pushes');
    await endOf(shop, id);
    expect(shop.sandbox.channel('meta').contents().get('MUG-1')).toMatchObject({ price: '16.00 EUR' });
  });

  it('loses nothing when the channel drops the connection after it took a batch', async () => {
    shop.sandbox.channel('meta').behave({ dropNext: { count: 1, when: 'after' } });
    const run = await importText(shop, csv(mug('15.00')));
    expect(run.status).toBe('done');
    await waitFor(async () => (await listing('MUG-1')).status === 'accepted');
    expect(shop.sandbox.channel('meta').contents().get('MUG-1')).toMatchObject({ price: '15.00 EUR' });
  });

  it('survives server faults and garbage', async () => {
    shop.sandbox.channel('meta').behave({ garbageNext: 1, failNext: { count: 1, status: 500 } });
    const run = await importText(shop, csv(mug('14.00')));
    expect(run.status).toBe('done');
    await waitFor(async () => (await listing('MUG-1')).status === 'accepted');
    expect(shop.sandbox.channel('meta').contents().get('MUG-1')).toMatchObject({ price: '14.00 EUR' });
  });

  it('knows everything again after a restart', async () => {
    await shop.restart();
    expect((await listing('MUG-1')).status).toBe('accepted');
  });
});

async function waitFor(claim: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1_200; round++) {
    if (await claim()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('did not come true within 60 seconds');
}
