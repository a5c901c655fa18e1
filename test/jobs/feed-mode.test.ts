import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { markFailed, type Listing } from '../../feeds/listing.ts';
import { NoAnswerError } from '../../catalog/errors.ts';
import { fetchFeed } from '../../jobs/fetch-feed.ts';
import type { OpenQueue } from '../../jobs/job.ts';
import { listVersions, toTime, versionOf } from '../../jobs/published-feed.ts';
import {
  connectShop,
  drawImage,
  importText,
  onEngine,
  startTestShop,
  waitFor,
  type TestShop,
} from '../support/service.ts';

const header = 'id,title,description,price,availability,link,image_link,brand';
const row = (id: string, price: string, title = `Mug ${id}`): string =>
  `${id},${title},A mug of stoneware for tea.,${price},in stock,https://shop.example/p/${id},images/mug.jpg,Clay`;
const csv = (...rows: string[]): string => [header, ...rows].join('\n');

describe('a channel that fetches the feed', () => {
  let shop: TestShop;
  const meta = () => shop.sandbox.channel('meta');
  const calls = (end: string): number =>
    meta().requests().filter(({ method, path }) => method === 'POST' && path.endsWith(end)).length; // prettier-ignore
  const listing = async (offerId: string): Promise<Listing> => {
    const { items } = await shop.client.get<{ items: Listing[] }>('/api/v1/catalogs/shop/listings?limit=100');
    const found = items.find((one) => one.offerId === offerId);
    if (!found) throw new Error(`no listing of ${offerId}`);
    return found;
  };

  beforeAll(async () => {
    shop = await startTestShop();
    await drawImage(shop.folder, 'mug.jpg', 800, '#2a6f97');
    await connectShop(shop, { mode: 'feed' });
  });
  afterAll(async () => shop.stop());

  it('is told where the feed is, fetches it, and gives each item a verdict', async () => {
    const run = await importText(shop, csv(row('A', '10 EUR'), row('B', '11 EUR'), row('C', '12 EUR', 'Replica mug'), row('D', 'free'))); // prettier-ignore
    expect(run.status).toBe('done');
    expect([...meta().contents().keys()].sort()).toEqual(['A', 'B', 'C']);
    expect(meta().contents().get('A')).toMatchObject({ price: '10.00 EUR', title: 'Mug A' });
    expect((await listing('A')).status).toBe('accepted');
    const replica = await listing('C');
    expect(replica.status).toBe('rejected');
    expect(replica.issues.map(({ code }) => code)).toContain('review_rejected');
    expect((await listing('D')).status).toBe('blocked');
    expect(calls('/items_batch')).toBe(0);
    expect([calls('/product_feeds'), calls('/uploads')]).toEqual([1, 1]);
  });

  it('fetches again after a change, from the same registration, and takes down what the file no longer has', async () => {
    const run = await importText(shop, csv(row('A', '15 EUR'), row('C', '12 EUR', 'Replica mug'), row('D', 'free'), row('E', '9 EUR'))); // prettier-ignore
    await shop.client
      .send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/approve`)
      .catch(() => undefined);
    await waitFor(
      async () => (await listing('B')).status === 'removed' && (await listing('E')).status === 'accepted',
    );
    expect([...meta().contents().keys()].sort()).toEqual(['A', 'C', 'E']);
    expect(meta().contents().get('A')).toMatchObject({ price: '15.00 EUR' });
    expect(calls('/product_feeds')).toBe(1);
  });

  it('tells of an item that is blocked now that the channel has it no longer', async () => {
    await importText(shop, csv(row('A', 'free'), row('C', '12 EUR', 'Replica mug'), row('D', 'free'), row('E', '9 EUR'))); // prettier-ignore
    const blocked = await listing('A');
    expect(blocked).toMatchObject({ status: 'blocked', stale: false });
    expect(blocked.liveHash).toBeUndefined();
    expect([...meta().contents().keys()].sort()).toEqual(['C', 'E']);
  });

  it('pauses when the token is refused, keeps what waits, and goes on after a reconnect', async () => {
    meta().behave({ tokenExpired: true });
    await importText(shop, csv(row('A', '16 EUR'), row('C', '12 EUR', 'Replica mug'), row('D', 'free'), row('E', '8 EUR'))); // prettier-ignore
    expect((await listing('E')).status).toBe('pending');
    meta().behave({ tokenExpired: false });
    await connectShop(shop, { mode: 'feed' });
    await waitFor(async () => (await listing('E')).status === 'accepted');
    expect(meta().contents().get('E')).toMatchObject({ price: '8.00 EUR' });
  });

  it('registers the new address after the secret of the feed was changed, as the same feed', async () => {
    await shop.client.send('POST', '/api/v1/catalogs/shop/feeds/meta/rotate');
    await importText(shop, csv(row('A', '17 EUR'), row('C', '12 EUR', 'Replica mug'), row('D', 'free'), row('E', '8 EUR'))); // prettier-ignore
    expect(meta().contents().get('A')).toMatchObject({ price: '17.00 EUR' });
    expect(calls('/product_feeds')).toBe(1);
  });

  it('marks with a file only what waited when it was begun: what came to wait later is not in it', async () => {
    await onEngine(shop, async ({ ctx }) => {
      const { listings, registrations } = ctx.stores;
      const newest = (await listVersions('shop', 'meta', 'csv', ctx)).at(-1);
      const begun = toTime(versionOf(newest?.key ?? ''));
      expect(Math.abs(begun.getTime() - (newest?.modifiedAt.getTime() ?? 0))).toBeLessThan(60_000);
      const fail = (offerId: string, at: Date) =>
        listings.change([`shop:meta:${offerId}`], (one) => ({ ...markFailed({ ...one, status: 'sent' }, new NoAnswerError('lost', 'No answer.'), at), since: at, notBefore: at })); // prettier-ignore
      await fail('A', new Date(begun.getTime() - 1));
      await fail('E', new Date(begun.getTime() + 1));
      const { fetched: _, ...unfetched } = (await registrations.find('shop', 'meta'))!;
      await registrations.save(unfetched);
      const queue = { ...ctx.queue, add: async () => undefined } as OpenQueue;
      await fetchFeed.run({ catalogId: 'shop', channel: 'meta' }, { ...ctx, queue });
      expect([(await listing('A')).status, (await listing('E')).status]).toEqual(['sent', 'pending']);
    });
  });
});
