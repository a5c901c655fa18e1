import { afterEach, describe, expect, test } from '@jest/globals';
import {
  BusyError,
  ChannelError,
  NoAnswerError,
  NotFoundError,
  TooLargeError,
} from '../../../../catalog/errors.ts';
import type { Item } from '../../../../catalog/item.ts';
import type { HeldItem } from '../../../../feeds/channel.ts';
import { channel, type TiktokOptions } from '../../../../feeds/channels/tiktok/index.ts';
import { offerUnknown } from '../../../../feeds/listing.ts';
import type { TiktokSandboxOptions } from '../../../../services/sandbox/channels/tiktok/index.ts';
import {
  byId,
  connectSandbox,
  connectWith,
  resultOf,
  serveFeed,
  settle,
  stopAll,
  until,
} from '../../../support/sandboxed.ts';
import { sampleItem } from '../../../support/sample-item.ts';

afterEach(stopAll);

const connect = (changes: Partial<TiktokOptions> = {}, of: TiktokSandboxOptions = {}) =>
  connectSandbox<TiktokOptions, TiktokSandboxOptions>(channel, changes, of);
const item = (offerId: string, changes: Partial<Item> = {}) => sampleItem({ offerId, ...changes });
const dollars = { price: { minor: 4990, currency: 'USD' } };

describe('a batch', () => {
  test('brings items to the catalog, changes them and takes them down, each kind in a task of its own', async () => {
    const shop = await connect();
    await settle(shop, [item('A', { salePrice: { minor: 4000, currency: 'EUR' } }), item('B')]);
    expect(shop.sandbox.contents().get('A')).toMatchObject({ price_info: { price: 49.9, sale_price: 40 } });
    const said = await settle(shop, [item('A')], ['B']);
    expect([...said.values()].map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted']);
    expect([...shop.sandbox.contents().keys()]).toEqual(['A']);
    expect(shop.sandbox.contents().get('A')).not.toHaveProperty('price_info.sale_price');
  });

  test('carries the token in its header and never in an address', async () => {
    const shop = await connect();
    await settle(shop, [item('A')]);
    expect(shop.sandbox.requests().some(({ path }) => path.includes(shop.options.accessToken))).toBe(false);
  });

  test('loses only the item that TikTok refuses, with its reason, its field and TikTok’s suggestion', async () => {
    const said = await settle(await connect(), [item('A'), item('B', dollars)]);
    expect(said.get('A')).toMatchObject({ verdict: 'accepted', issues: [] });
    expect(said.get('B')).toMatchObject({
      verdict: 'rejected',
      issues: [{ code: 'price_refused', severity: 'error', field: 'price', value: 'USD', from: 'channel', hint: 'Use EUR.' }],
    });
  }); // prettier-ignore

  test('of which more items fail than the log names has them from the table', async () => {
    const many = Array.from({ length: 12 }, (_, i) => item(`I${i}`, i < 9 ? dollars : {}));
    const said = await settle(await connect(), many);
    expect([...said.values()].filter(({ verdict }) => verdict === 'rejected')).toHaveLength(9);
    expect(said.get('I8')).toMatchObject({ issues: [{ code: 'price_refused', field: 'price' }] });
    expect(said.get('I9')?.verdict).toBe('accepted');
  });

  test('of which nobody names the failed items has those rejected that TikTok does not hold', async () => {
    const shop = await connect();
    const many = Array.from({ length: 8 }, (_, i) => item(`I${i}`, i < 6 ? dollars : {}));
    // the table cannot be had: the address is refused from here
    const api = connectWith(channel, shop.options, [], {
      fetch: (address, init) =>
        address.includes('/_tables/') ? Promise.resolve(new Response('', { status: 404 })) : fetch(address, init as RequestInit),
    });
    const said = await settle({ ...shop, api }, many);
    expect([...said.values()].map(({ verdict }) => verdict)).toEqual([...Array<string>(6).fill('rejected'), 'accepted', 'accepted']);
    expect(said.get('I5')?.issues).toMatchObject([{ code: offerUnknown }]);
  }); // prettier-ignore

  test('that takes down what is not there tells so, which is as good as done', async () => {
    const said = await settle(await connect(), [], ['GONE']);
    expect(said.get('GONE')).toMatchObject({ verdict: 'rejected', issues: [{ code: offerUnknown }] });
  });

  test('of thousands of take-downs goes in calls of a thousand', async () => {
    const shop = await connect();
    await settle(shop, [], Array.from({ length: 1_001 }, (_, i) => `I${i}`)); // prettier-ignore
    expect(
      shop.sandbox.requests().filter(({ path }) => path.endsWith('/delete/')).map(({ ids }) => ids.length),
    ).toEqual([1_000, 1]); // prettier-ignore
  });

  test('whose second call fails keeps what the first took in', async () => {
    const shop = await connect();
    const replies = [Response.json({ code: 0, message: 'OK', data: { feed_log_id: '1' } }), new Response('oops', { status: 500 })];
    const api = connectWith(channel, shop.options, [], { fetch: () => Promise.resolve(replies.shift() ?? new Response()) });
    const sent = await api.send({ upserts: [item('A')], deletes: ['B'] });
    expect(sent).toMatchObject({ handle: '1', outcomes: [{ offerId: 'A' }], unsent: { offerIds: ['B'] } });
    expect(sent.unsent?.error).toBeInstanceOf(NoAnswerError);
  }); // prettier-ignore

  test('that breaks the form is halved, and of one item is that item’s rejection', async () => {
    const shop = await connect();
    const bad = item('C', { itemGroupId: 7 as unknown as string });
    await expect(shop.api.send({ upserts: [item('A'), bad], deletes: [] })).rejects.toBeInstanceOf(TooLargeError);
    const { outcomes } = await shop.api.send({ upserts: [bad], deletes: [] });
    expect(outcomes).toMatchObject([{ offerId: 'C', verdict: 'rejected' }]);
  }); // prettier-ignore

  test('that TikTok does not know is lost', async () => {
    const { api } = await connect();
    await expect(api.check('12', ['A'])).rejects.toBeInstanceOf(NotFoundError);
  });

  test('is slowed down when TikTok is busy, though the status says 200', async () => {
    const { api, sandbox } = await connect();
    sandbox.behave({ throttleNext: 2, retryAfter: 'date' });
    for (let round = 0; round < 2; round++) {
      const error = await api.send({ upserts: [item('A')], deletes: [] }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(BusyError);
      expect((error as BusyError).retryAfterMs).toBeLessThanOrEqual(1_000);
      sandbox.behave({ retryAfter: 'seconds' });
    }
  });

  test('comes again after garbage and server faults', async () => {
    const shop = await connect();
    for (const change of [{ garbageNext: 1 }, { failNext: { count: 1, status: 503 } }, { dropNext: { count: 1, when: 'after' as const } }]) {
      shop.sandbox.behave(change);
      await expect(shop.api.send({ upserts: [item('A')], deletes: [] })).rejects.toBeInstanceOf(NoAnswerError);
    }
    expect((await settle(shop, [item('A')])).get('A')?.verdict).toBe('accepted');
  }); // prettier-ignore

  test('waits for the next hour when this one’s uploads are used, but takes down all the same', async () => {
    const shop = await connect();
    let now = Date.parse('2026-11-25T12:00:00Z');
    const { createClient } = await import('../../../../feeds/channels/tiktok/client.ts');
    const { createPush } = await import('../../../../feeds/channels/tiktok/push.ts');
    const reply = (): Promise<Response> =>
      Promise.resolve(Response.json({ code: 0, message: 'OK', data: { feed_log_id: '1' } }));
    const api = createPush(createClient(shop.options, { fetch: reply }, () => now));
    for (let i = 0; i < 1_000; i++) await api.send({ upserts: [item('A')], deletes: [] });
    now += 60_000;
    const error = await api.send({ upserts: [item('A')], deletes: [] }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'tiktok_hour_full', retryAfterMs: 59 * 60_000 });
    expect(await api.send({ upserts: [], deletes: ['A'] })).toMatchObject({ handle: '1' });
    now += 59 * 60_000;
    expect(await api.send({ upserts: [item('A')], deletes: [] })).toMatchObject({ handle: '1' });
  });
});

describe('the audit', () => {
  test('tells what is approved, what is rejected and why, and what is not there yet', async () => {
    const shop = await connect();
    await settle(shop, [item('A'), item('B', { title: 'Replica watch' })]);
    const said = byId(await shop.api.review(['A', 'B', 'C']));
    expect(said.get('A')).toEqual({ offerId: 'A', verdict: 'accepted', issues: [] });
    expect(said.get('B')).toMatchObject({
      verdict: 'rejected',
      issues: [{ code: 'review_rejected', hint: 'Remove the product.', value: 'PLACEMENT_TIKTOK' }],
    });
    expect(said.get('C')?.verdict).toBe('working');
  });

  test('that stays open for ever because of the image is a rejection', async () => {
    const shop = await connect({}, { fetchImages: true });
    const broken = item('A');
    broken.images = broken.images.map((image) => ({ ...image, url: 'http://127.0.0.1:1/gone.jpg' }));
    await settle(shop, [broken]);
    const said = await until(async () => {
      const [outcome] = await shop.api.review(['A']);
      return outcome?.verdict === 'working' ? undefined : outcome;
    });
    expect(said).toMatchObject({
      verdict: 'rejected',
      issues: [{ code: 'image_fetch_failed', field: 'images' }],
    });
  });
});

test('the list tells everything that TikTok holds, page by page, with prices as we write them', async () => {
  const shop = await connect();
  await settle(shop, Array.from({ length: 501 }, (_, i) => item(`I${i}`))); // prettier-ignore
  const held: HeldItem[] = [];
  for await (const one of shop.api.list()) held.push(one);
  expect(held).toHaveLength(501);
  expect(held[0]).toEqual({
    offerId: 'I0', title: 'Linen shirt', price: '49.90 EUR', availability: 'in stock',
    link: 'https://shop.example/products/linen-shirt?variant=blue-m',
  }); // prettier-ignore
});

test('a refused token stops the channel, a wrong catalog too', async () => {
  const shop = await connect();
  expect(await shop.api.test()).toEqual({ name: 'Sandbox catalog' });
  const lost = connectWith(channel, { ...shop.options, catalogId: '1' });
  await expect(lost.send({ upserts: [item('A')], deletes: [] })).rejects.toMatchObject({ code: 'tiktok_catalog_unknown' });
  shop.sandbox.behave({ tokenExpired: true });
  const error = await shop.api.send({ upserts: [item('A')], deletes: [] }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ChannelError);
  expect(JSON.stringify(error)).not.toContain(shop.options.accessToken);
}); // prettier-ignore

describe('a feed', () => {
  test('is registered once, fetched by its address, and every item of it told', async () => {
    const shop = await connect({ mode: 'feed' });
    expect(shop.api.send).toBeUndefined();
    const feed = await serveFeed(channel, [item('A'), ...Array.from({ length: 7 }, (_, i) => item(`B${i}`, dollars))]);
    const { feedId } = await shop.api.registerFeed(feed);
    expect(await shop.api.registerFeed(feed)).toEqual({ feedId });
    expect(await shop.api.feedResult(feedId)).toBeUndefined();
    const { handle } = await shop.api.fetchFeed(feedId);
    const result = await resultOf(shop.api, feedId, handle);
    expect(result).toMatchObject({ status: 'done', read: 8, accepted: 1, rejected: 7, issues: [] });
    expect(result.outcomes).toHaveLength(7);
    expect(byId(result.outcomes).get('B6')).toMatchObject({ verdict: 'rejected', issues: [{ field: 'price' }] });
    expect(await shop.api.feedResult(feedId)).toMatchObject({ status: 'done', accepted: 1, rejected: 7 });
    expect([...shop.sandbox.contents().keys()]).toEqual(['A']);
  }); // prettier-ignore

  test('takes down what is no longer in the file, and tells when the file cannot be fetched', async () => {
    const shop = await connect();
    const first = await serveFeed(channel, [item('A'), item('B')]);
    const { feedId } = await shop.api.registerFeed(first);
    await resultOf(shop.api, feedId, (await shop.api.fetchFeed(feedId)).handle);
    expect([...shop.sandbox.contents().keys()]).toEqual(['A', 'B']);
    const second = await shop.api.registerFeed(await serveFeed(channel, [item('B')]));
    await resultOf(shop.api, second.feedId, (await shop.api.fetchFeed(second.feedId)).handle);
    expect([...shop.sandbox.contents().keys()]).toEqual(['B']);
    const gone = await shop.api.registerFeed({ ...first, url: 'http://127.0.0.1:1/feed.csv' });
    expect(await resultOf(shop.api, gone.feedId, (await shop.api.fetchFeed(gone.feedId)).handle)).toMatchObject({ status: 'failed' });
    await expect(shop.api.feedResult(gone.feedId, '12')).rejects.toBeInstanceOf(NotFoundError);
  }); // prettier-ignore

  test('is fetched from the address that TikTok knows, also by another process, and not found when it was deleted', async () => {
    const shop = await connect();
    const { feedId } = await shop.api.registerFeed(await serveFeed(channel, [item('A')]));
    const later = connectWith(channel, shop.options);
    expect(await resultOf(later, feedId, (await later.fetchFeed(feedId)).handle)).toMatchObject({ accepted: 1 });
    await expect(later.fetchFeed('12')).rejects.toBeInstanceOf(NotFoundError);
  }); // prettier-ignore
});
