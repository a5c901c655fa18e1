import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Listing } from '../../feeds/listing.ts';
import type { Report } from '../../feeds/store/reports.ts';
import { reconcile } from '../../jobs/reconcile.ts';
import { scheduleKinds } from '../../jobs/schedule-kinds.ts';
import {
  connectShop,
  drawImage,
  importText,
  onEngine,
  startTestShop,
  waitFor,
  type TestShop,
} from '../support/service.ts';

let shop: TestShop;
const at = '/api/v1/catalogs/shop/channels/meta';
const row = (id: string): string =>
  `${id},Mug ${id},A mug of stoneware for tea.,10.00 EUR,in stock,https://shop.example/p/${id},images/mug.jpg,Clay`;
const header = 'id,title,description,price,availability,link,image_link,brand';
/** What somebody else does in Commerce Manager. */
const byOthers = async (requests: object[]): Promise<void> => {
  const { baseUrl, catalogId, accessToken } = shop.sandbox.channel('meta').connect;
  await fetch(`${String(baseUrl)}/v25.0/${String(catalogId)}/items_batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(accessToken)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ item_type: 'PRODUCT_ITEM', requests }),
  });
};
const foreign = {
  id: 'THEIRS', title: 'Their mug', description: 'Of somebody else.', availability: 'in stock', condition: 'new',
  price: '5.00 EUR', link: 'https://other.example/p', image_link: 'https://other.example/p.jpg', brand: 'Other',
}; // prettier-ignore
const statusOf = async (offerId: string): Promise<string | undefined> => {
  const { items } = await shop.client.get<{ items: Listing[] }>('/api/v1/catalogs/shop/listings?limit=10');
  return items.find((one) => one.offerId === offerId)?.status;
};
const compare = async (): Promise<Report> => {
  const before = await shop.client.get<Report>(`${at}/reconciliations`).catch(() => undefined);
  await shop.client.send('POST', `${at}/reconciliations`);
  let report: Report | undefined;
  await waitFor(async () => {
    report = await shop.client.get<Report>(`${at}/reconciliations`).catch(() => undefined);
    return report !== undefined && report.status !== 'running' && report.startedAt !== before?.startedAt;
  });
  if (!report) throw new Error('no report');
  return report;
};
const idsOf = (report: Report) =>
  Object.fromEntries(
    Object.entries(report.findings).map(([kind, { offers }]) => [kind, offers.map(({ offerId }) => offerId)]),
  );

beforeAll(async () => {
  shop = await startTestShop();
  await drawImage(shop.folder, 'mug.jpg', 800, '#2a6f97');
  await connectShop(shop);
  await importText(shop, [header, row('A'), row('B'), row('C')].join('\n'));
});
afterAll(async () => shop.stop());

it('finds nothing where the channel holds what it should', async () => {
  const report = await compare();
  expect(report).toMatchObject({ status: 'done', held: 3, expected: 3 });
  expect(idsOf(report)).toEqual({ missing: [], foreign: [], left: [], twins: [], price: [] });
});

it('finds what is missing, foreign, and at another price, and changes nothing by itself', async () => {
  await byOthers([
    { method: 'DELETE', data: { id: 'A' } },
    { method: 'UPDATE', data: { id: 'B', price: '77.00 EUR' } },
    { method: 'UPDATE', data: foreign },
  ]);
  await waitFor(async () => !shop.sandbox.channel('meta').contents().has('A'));
  const report = await compare();
  expect(idsOf(report)).toEqual({ missing: ['A'], foreign: ['THEIRS'], left: [], twins: [], price: ['B'] });
  expect(report.findings.price.offers[0]).toMatchObject({ here: '10.00 EUR', there: '€77.00' });
  expect(shop.sandbox.channel('meta').contents().has('A')).toBe(false);
});

it('repairs what is ours after a yes, and leaves alone what others put there', async () => {
  expect((await shop.client.send<Report>('POST', `${at}/repairs`)).repaired?.count).toBe(2);
  const contents = () => shop.sandbox.channel('meta').contents();
  await waitFor(async () => contents().has('A') && contents().get('B')?.['price'] === '10.00 EUR');
  expect(contents().has('THEIRS')).toBe(true);
  await waitFor(
    async () =>
      Object.values(idsOf(await compare()))
        .flat()
        .join() === 'THEIRS',
  );
});

it('tells twins from what is there once', async () => {
  await onEngine(shop, async ({ ctx }) => {
    const api = await ctx.connect('shop', 'meta');
    async function* list() {
      for (const offerId of ['A', 'B', 'C', 'A']) yield { offerId };
    }
    await reconcile.run(
      { catalogId: 'shop', channel: 'meta' },
      { ...ctx, connect: async () => api && { ...api, list } },
    );
  });
  const report = await shop.client.get<Report>(`${at}/reconciliations`);
  expect(idsOf(report)).toEqual({ missing: [], foreign: [], left: [], twins: ['A'], price: [] });
});

it('takes down again what we took down once and somebody put back', async () => {
  const run = await importText(shop, [header, row('A'), row('C')].join('\n'));
  if (run.status === 'held')
    await shop.client.send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/approve`);
  const contents = () => shop.sandbox.channel('meta').contents();
  await waitFor(async () => !contents().has('B'));
  await waitFor(async () => (await statusOf('B')) === 'removed');
  await byOthers([{ method: 'CREATE', data: { ...foreign, id: 'B' } }]);
  await waitFor(async () => contents().has('B'));
  expect(idsOf(await compare())).toMatchObject({ left: ['B'], foreign: ['THEIRS'] });
  await shop.client.send('POST', `${at}/repairs`);
  await waitFor(async () => !contents().has('B'));
  expect(contents().has('THEIRS')).toBe(true);
});

it('repairs by itself, and on a schedule, where the catalog says so', async () => {
  await shop.client.send('PUT', '/api/v1/catalogs/shop', {
    name: 'Test shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', repairs: 'automatic',
  }); // prettier-ignore
  await byOthers([{ method: 'DELETE', data: { id: 'C' } }]);
  const contents = () => shop.sandbox.channel('meta').contents();
  await waitFor(async () => !contents().has('C'));
  // as the clock does when the schedule's time has come
  await onEngine(shop, async ({ ctx }) => {
    const catalog = await ctx.stores.catalogs.find('shop');
    await scheduleKinds['compare']?.start(catalog, { runId: 'none', at: ctx.now() }, ctx);
  });
  await waitFor(async () => contents().has('C'));
  expect(contents().has('THEIRS')).toBe(true);
  const { items } = await shop.client.get<{ items: Listing[] }>('/api/v1/catalogs/shop/listings?limit=10');
  const [listing] = items.filter(({ offerId }) => offerId === 'C');
  expect(listing?.history.map(({ note }) => note)).toContain('not at the channel, sent again');
  expect((await shop.client.get<Report>(`${at}/reconciliations`)).repaired).toMatchObject({
    by: 'setting',
    count: 1,
  });
  const { kinds } = await shop.client.get<{ kinds: { kind: string }[] }>('/api/v1/catalogs/shop/schedules');
  expect(kinds.map(({ kind }) => kind)).toContain('compare');
});
