/** The guard rails on a whole service: what is held, what goes on all the same, and a person's word on it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../catalog/run.ts';
import {
  connectShop,
  drawImage,
  endOf,
  importText,
  startTestShop,
  type TestShop,
} from './support/service.ts';

const header =
  'Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Status';
const count = 12;
const csv = (price: (n: number) => string, title: (n: number) => string = (n) => `Thing number ${n}`): string =>
  [
    header,
    ...Array.from({ length: count }, (_, n) => `thing-${n},${title(n)},<p>A thing of use.</p>,Maker,Title,Default Title,SKU-${n},${price(n)},images/a.jpg,active`),
  ].join('\n'); // prettier-ignore

describe('the guard rails', () => {
  let shop: TestShop;
  const held = (sku: string): unknown => shop.sandbox.channel('meta').contents().get(sku);
  const decide = async (run: Run, word: 'approve' | 'reject'): Promise<Run> => {
    await shop.client.send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/${word}`, {});
    return endOf(shop, run.id);
  };
  const feedItems = async (): Promise<number> => {
    const { items } = await shop.client.get<{ items: { format: string; items: number }[] }>(
      '/api/v1/catalogs/shop/feeds',
    );
    return items.find(({ format }) => format === 'csv')?.items ?? -1;
  };

  beforeAll(async () => {
    shop = await startTestShop();
    await drawImage(shop.folder, 'a.jpg', 700, '#457b9d');
    await connectShop(shop);
    expect(
      (
        await importText(
          shop,
          csv(() => '10.00'),
        )
      ).status,
    ).toBe('done');
  });
  afterAll(async () => shop.stop());

  it('hold prices that moved far for too many products; every other change goes out', async () => {
    const run = await importText(
      shop,
      csv((n) => (n === 0 ? '11.00' : '100.00')),
    );
    expect(run).toMatchObject({ status: 'held', holds: [{ reason: 'prices_moved', missing: count - 1 }] });
    expect(run.hold?.sample[0]).toMatch(/SKU-\d+: 10\.00.* → 100\.00/);
    for (const p of run.phases) expect(p.in).toBe(p.done + p.skipped + p.blocked + p.failed);
    expect([held('SKU-0'), held('SKU-1')]).toMatchObject([{ price: '11.00 EUR' }, { price: '10.00 EUR' }]);
    expect((await decide(run, 'approve')).status).toBe('done');
    expect(held('SKU-1')).toMatchObject({ price: '100.00 EUR' });
  });

  it('let single prices move as far as they like', async () => {
    const run = await importText(
      shop,
      csv((n) => (n === 5 ? '1.00' : n === 0 ? '11.00' : '100.00')),
    );
    expect(run).toMatchObject({ status: 'done', products: { changed: 1 } });
    expect(held('SKU-5')).toMatchObject({ price: '1.00 EUR' });
  });

  it('keep the feed as it was when much of it is newly blocked, and what the channel has', async () => {
    const run = await importText(
      shop,
      csv((n) => (n === 0 ? '12.00' : 'ask us')),
    );
    expect(run).toMatchObject({ status: 'held', holds: [{ reason: 'newly_blocked', channel: 'meta' }] });
    expect(await feedItems()).toBe(count);
    expect([held('SKU-0'), held('SKU-1')]).toMatchObject([{ price: '12.00 EUR' }, { price: '100.00 EUR' }]);
    expect((await decide(run, 'reject')).status).toBe('rejected');
    expect(await feedItems()).toBe(count);
    expect(
      (
        await importText(
          shop,
          csv((n) => (n === 0 ? '12.00' : '101.00')),
        )
      ).status,
    ).toBe('done');
  });

  it('stop sending to a channel that suddenly rejects much, until a person lets it go on', async () => {
    const run = await importText(
      shop,
      csv(
        (n) => (n === 0 ? '12.00' : '101.00'),
        (n) => `Replica number ${n}`,
      ),
    );
    expect(run).toMatchObject({ status: 'held', holds: [{ reason: 'channel_rejects', channel: 'meta' }] });
    const status = () =>
      shop.client.get<{ paused: Record<string, { code: string }> }>('/api/v1/catalogs/shop/status');
    expect((await status()).paused['meta']?.code).toBe('channel_rejects');
    await decide(run, 'approve');
    expect((await status()).paused['meta']).toBeUndefined();
  });

  it('keep the feed as it was when the next one would hold far fewer items, or none', async () => {
    const withStatus = (status: (n: number) => string): string =>
      csv(
        () => '101.00',
        (n) => `Thing number ${n}`,
      )
        .split('\n')
        .map((line, at) => (at === 0 ? line : line.replace(/active$/, status(at - 1))))
        .join('\n');
    expect((await importText(shop, withStatus(() => 'active'))).status).toBe('done'); // prettier-ignore
    expect(await feedItems()).toBe(count);
    const shrunk = await importText(shop, withStatus((n) => (n < 2 ? 'active' : 'draft'))); // prettier-ignore
    expect(shrunk).toMatchObject({
      status: 'held',
      holds: [{ reason: 'feed_shrunk', channel: 'meta', before: count, after: 2, missing: count - 2 }],
    });
    expect(await feedItems()).toBe(count);
    const empty = await importText(shop, withStatus(() => 'draft')); // prettier-ignore
    expect(empty).toMatchObject({ status: 'held', holds: [{ reason: 'feed_empty', channel: 'meta', after: 0 }] });
    expect(await feedItems()).toBe(count);
    expect((await shop.client.get<Run>(`/api/v1/runs/${encodeURIComponent(shrunk.id)}`)).status).toBe('superseded');
    expect((await decide(empty, 'approve')).status).toBe('done');
    expect(await feedItems()).toBe(0);
  }); // prettier-ignore
});
