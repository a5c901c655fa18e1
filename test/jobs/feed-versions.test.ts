/** Versions of a published feed: what differs, going back to one, and letting it go on. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../../catalog/run.ts';
import type { FeedPin } from '../../feeds/store/feed-versions.ts';
import type { ItemChange } from '../../feeds/feed-difference.ts';
import type { DifferencePage, KeptVersion } from '../../jobs/feed-versions.ts';
import {
  connectShop, drawImage, endOf, importText, startTestShop, waitFor, type TestShop,
} from '../support/service.ts'; // prettier-ignore

const header = 'id,title,description,price,availability,link,image_link,brand';
const row = (id: string, price: string, title = `Mug ${id}`): string =>
  `${id},${title},A mug of stoneware for tea.,${price},in stock,https://shop.example/p/${id},images/mug.jpg,Clay`;
const csv = (...rows: string[]): string => [header, ...rows].join('\n');

const first = csv(row('A', '10 EUR'), row('B', '11 EUR'), row('C', '12 EUR'));
const second = csv(row('A', '15 EUR'), row('C', '12 EUR', 'Better mug C'), row('D', '9 EUR'));

interface Kept {
  items: KeptVersion[];
  pin?: FeedPin;
}

describe.each(['push', 'feed'])('the versions of a feed, at a channel that is sent items by %s', (mode) => {
  let shop: TestShop;
  const at = '/api/v1/catalogs/shop/feeds/meta';
  /** Offer ids with their prices, in order. */
  const held = (): string =>
    [...shop.sandbox.channel('meta').contents()]
      .map(([id, { price }]) => `${id} ${String(price)}`)
      .sort((one, other) => (one < other ? -1 : 1))
      .join(', ');
  const versions = (): Promise<Kept> => shop.client.get<Kept>(`${at}/versions`);
  const served = async (): Promise<string> => {
    const { items } = await shop.client.get<{ items: { format: string; url: string }[] }>('/api/v1/catalogs/shop/feeds');
    const url = items.find(({ format }) => format === 'csv')?.url ?? '';
    return (await fetch(new URL(new URL(url).pathname, shop.service.url))).text();
  }; // prettier-ignore
  const difference = (from: string, to: string, rest = ''): Promise<DifferencePage> =>
    shop.client.get<DifferencePage>(`${at}/difference?from=${from}&to=${to}${rest}`);
  let old: KeptVersion;
  let young: KeptVersion;
  let oldFile: string;

  beforeAll(async () => {
    shop = await startTestShop();
    await drawImage(shop.folder, 'mug.jpg', 800, '#2a6f97');
    await connectShop(shop, mode === 'feed' ? { mode } : {});
    await shop.client.send('PUT', '/api/v1/catalogs/shop', {
      name: 'Test shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', removalGuard: 1,
      guards: { pricesMoved: 1 },
    }); // prettier-ignore
    expect((await importText(shop, first)).status).toBe('done');
    oldFile = await served();
    expect((await importText(shop, second)).status).toBe('done');
    await waitFor(async () => held() === 'A 15.00 EUR, C 12.00 EUR, D 9.00 EUR');
  });
  afterAll(async () => shop.stop());

  it('tell when, how many items, how many bytes, and by which run', async () => {
    const { items, pin } = await versions();
    [young, old] = items as [KeptVersion, KeptVersion];
    expect(pin).toBeUndefined();
    expect([young, old]).toMatchObject([
      { items: 3, served: true },
      { items: 3, served: false },
    ]);
    expect(old.bytes['csv']).toBe(Buffer.byteLength(oldFile));
    const { items: runs } = await shop.client.get<{ items: Run[] }>('/api/v1/catalogs/shop/runs');
    const imports = runs.filter(({ kind }) => kind === 'import').map(({ id }) => id);
    expect([young.runId, old.runId]).toEqual(imports);
  });

  it('differ item by item and field by field, page by page and as a stream', async () => {
    const whole = await difference(old.version, young.version);
    expect(whole.counts).toEqual({ added: 1, removed: 1, changed: 2, same: 0 });
    const byId = new Map(whole.items.map((one) => [one.offerId, one]));
    expect(byId.get('A')).toMatchObject({
      change: 'changed',
      fields: [{ field: 'price', before: '10.00 EUR', after: '15.00 EUR' }],
    });
    expect(byId.get('C')?.fields).toEqual([{ field: 'title', before: 'Mug C', after: 'Better mug C' }]);
    expect([byId.get('B')?.change, byId.get('D')?.change]).toEqual(['removed', 'added']);
    const pages = [await difference(old.version, young.version, '&limit=3')];
    expect(pages[0]?.next).toBe(3);
    pages.push(await difference(old.version, young.version, '&limit=3&after=3'));
    expect(pages.flatMap(({ items }) => items)).toEqual(whole.items);
    expect(pages[1]?.next).toBeUndefined();
    const reply = await shop.client.text(`${at}/difference.ndjson?from=${old.version}&to=${young.version}`);
    const lines = (await reply.text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as ItemChange)).toEqual(whole.items);
  });

  it('are refused where there is none of that name', async () => {
    await expect(difference('20200101T000000000Z', young.version)).rejects.toMatchObject({ status: 404 });
    await expect(
      shop.client.send('POST', `${at}/return`, { version: '20200101T000000000Z' }),
    ).rejects.toMatchObject({ status: 404, code: 'feed_version_unknown' });
    await expect(shop.client.send('POST', `${at}/resume`)).rejects.toMatchObject({ status: 409, code: 'feed_not_pinned' });
  }); // prettier-ignore

  it('are gone back to: the file is the old one at once, and the channel gets the difference', async () => {
    await shop.client.send('POST', `${at}/return`, { version: old.version });
    expect(await served()).toBe(oldFile);
    await waitFor(async () => held() === 'A 10.00 EUR, B 11.00 EUR, C 12.00 EUR');
    await waitFor(async () => shop.sandbox.channel('meta').contents().get('C')?.['title'] === 'Mug C');
    await waitFor(async () => (await versions()).pin?.state === 'held');
    expect((await versions()).items.find((one) => one.served)?.version).toBe(old.version);
    await waitFor(async () => {
      const { channels } = await shop.client.get<{ channels: Record<string, Record<string, number>> }>('/api/v1/catalogs/shop/status'); // prettier-ignore
      return channels['meta']?.['accepted'] === 3 && channels['meta']?.['pending'] === 0 && channels['meta']?.['sent'] === 0;
    }); // prettier-ignore
  });

  it('stay through the next import, which is held, and go on when a person approves', async () => {
    const third = csv(row('A', '16 EUR'), row('C', '12 EUR'), row('E', '8 EUR'));
    const run = await importText(shop, third);
    expect(run).toMatchObject({ status: 'held', holds: [{ reason: 'feed_pinned', channel: 'meta' }] });
    for (const p of run.phases) expect(p.in).toBe(p.done + p.skipped + p.blocked + p.failed);
    expect(await served()).toBe(oldFile);
    expect(held()).toBe('A 10.00 EUR, B 11.00 EUR, C 12.00 EUR');
    await shop.client.send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/approve`, {});
    expect((await endOf(shop, run.id)).status).toBe('done');
    await waitFor(async () => held() === 'A 16.00 EUR, C 12.00 EUR, E 8.00 EUR');
    expect((await versions()).pin).toBeUndefined();
    await waitFor(async () => (await served()).includes('16.00 EUR'));
  });

  it('are kept to five, and the one gone back to beyond them', async () => {
    await shop.client.send('POST', `${at}/return`, { version: young.version });
    await shop.client.send('POST', `${at}/resume`);
    await waitFor(async () => held() === 'A 16.00 EUR, C 12.00 EUR, E 8.00 EUR');
    // the feed that goes on is built outside of a run, beside the first of these imports
    for (let n = 0; n < 8; n++)
      expect((await importText(shop, csv(row('A', `${20 + n} EUR`), row('E', '8 EUR')))).status).toBe('done');
    const { items } = await versions();
    expect(items).toHaveLength(5);
    expect(items.every(({ runId }) => runId !== undefined)).toBe(true);
  });
});
