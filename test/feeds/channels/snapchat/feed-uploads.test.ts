import { afterEach, describe, expect, test } from '@jest/globals';
import {
  BusyError,
  ChannelError,
  InputError,
  NoAnswerError,
  NotFoundError,
} from '../../../../catalog/errors.ts';
import type { Item } from '../../../../catalog/item.ts';
import type { HeldItem } from '../../../../feeds/channel.ts';
import { channel, type SnapchatOptions } from '../../../../feeds/channels/snapchat/index.ts';
import { toFeedResult, uploadSchema } from '../../../../feeds/channels/snapchat/verdicts.ts';
import type { SnapchatSandboxOptions } from '../../../../services/sandbox/channels/snapchat/index.ts';
import {
  byId,
  connectSandbox,
  connectWith,
  resultOf,
  serveFeed,
  stopAll,
  type Connected,
} from '../../../support/sandboxed.ts';
import { sampleItem } from '../../../support/sample-item.ts';

afterEach(stopAll);

const connect = (of: SnapchatSandboxOptions = {}) =>
  connectSandbox<SnapchatOptions, SnapchatSandboxOptions>(channel, {}, of);
const item = (offerId: string, changes: Partial<Item> = {}) => sampleItem({ offerId, ...changes });

async function upload({ api }: Connected<SnapchatOptions>, items: Item[], format: 'csv' | 'xml' = 'csv') {
  const { feedId } = await api.registerFeed(await serveFeed(channel, items, format));
  const { handle } = await api.fetchFeed(feedId);
  return { feedId, result: await resultOf(api, feedId, handle) };
}

test('Snapchat takes no batches: everything goes with the feed', async () => {
  const { api } = await connect();
  expect(api.send).toBeUndefined();
  expect(api.check).toBeUndefined();
  expect(await api.test()).toEqual({ name: 'Sandbox catalog' });
});

describe('a feed', () => {
  test.each(['csv', 'xml'] as const)('of %s is registered once, uploaded, and read back item by item', async (format) => {
    const shop = await connect();
    const bad = [item('B', { title: 'Replica watch' }), item('C', { price: { minor: -5, currency: 'EUR' } })];
    const { feedId, result } = await upload(shop, [item('A'), ...bad], format);
    expect(result).toMatchObject({ status: 'done', read: 3, accepted: 1, rejected: 2, issues: [] });
    expect(byId(result.outcomes).get('B')).toMatchObject({
      verdict: 'rejected',
      issues: [{ code: 'policy_violation', severity: 'error', field: 'title', from: 'channel', message: expect.stringContaining('Snapchat says') }],
    });
    expect(byId(result.outcomes).get('C')).toMatchObject({ verdict: 'rejected', issues: [{ code: 'invalid_price_format', field: 'price' }] });
    expect(byId(result.outcomes).has('A')).toBe(false);
    expect([...shop.sandbox.contents().keys()]).toEqual(['A']);
    expect(await shop.api.feedResult(feedId)).toEqual(result);
    const again = await upload(shop, [item('A')], format);
    expect(again.feedId).toBe(feedId);
  }); // prettier-ignore

  test('tells how many more items are refused than it names', async () => {
    const many = Array.from({ length: 60 }, (_, i) => item(`I${i}`, { title: 'Replica watch' }));
    const { result } = await upload(await connect(), many);
    expect(result.outcomes).toHaveLength(50);
    expect(result.issues).toMatchObject([{ code: 'policy_violation', severity: 'error', value: '10 more items' }]);
  }); // prettier-ignore

  test('takes down what is no longer in the file', async () => {
    const shop = await connect();
    await upload(shop, [item('A'), item('B')]);
    await upload(shop, [item('B')]);
    expect([...shop.sandbox.contents().keys()]).toEqual(['B']);
  });

  test('that cannot be fetched changes nothing and says so', async () => {
    const shop = await connect();
    await upload(shop, [item('A')]);
    const feed = await serveFeed(channel, []);
    const { feedId } = await shop.api.registerFeed({ ...feed, url: 'http://127.0.0.1:1/feed.csv' });
    const result = await resultOf(shop.api, feedId, (await shop.api.fetchFeed(feedId)).handle);
    expect(result).toMatchObject({ status: 'failed', issues: [{ code: 'feed_fetch_failed', severity: 'error' }] });
    expect(shop.sandbox.contents().size).toBe(1);
  }); // prettier-ignore

  test('that was deleted at Snapchat is not found, and one never uploaded has no result', async () => {
    const { api } = await connect();
    await expect(api.fetchFeed('12345678')).rejects.toBeInstanceOf(NotFoundError);
    const { feedId } = await api.registerFeed(await serveFeed(channel, [item('A')]));
    expect(await api.feedResult(feedId)).toBeUndefined();
  });
});

test('the list tells everything that Snapchat holds, page by page, with prices as we write them', async () => {
  const shop = await connect();
  await upload(
    shop,
    Array.from({ length: 1_001 }, (_, i) => item(`I${i}`)),
  );
  const held: HeldItem[] = [];
  for await (const one of shop.api.list()) held.push(one);
  expect(held).toHaveLength(1_001);
  expect(held[0]).toEqual({
    offerId: 'I0', title: 'Linen shirt', price: '49.90 EUR', availability: 'in stock',
    link: 'https://shop.example/products/linen-shirt?variant=blue-m',
  }); // prettier-ignore
});

describe('a bad day', () => {
  test('is slowed down for, waited out, or told', async () => {
    const shop = await connect();
    await shop.api.test();
    shop.sandbox.behave({ throttleNext: 3 });
    const busy = await shop.api.registerFeed(await serveFeed(channel, [item('A')])).catch((e: unknown) => e);
    expect(busy).toBeInstanceOf(BusyError);
    expect((busy as BusyError).retryAfterMs).toBe(1_000);
    shop.sandbox.behave({ garbageNext: 1 });
    await expect(shop.api.test()).rejects.toBeInstanceOf(NoAnswerError);
    const lost = connectWith(channel, { ...shop.options, catalogId: '00000000-0000' });
    await expect(lost.test()).rejects.toBeInstanceOf(InputError);
  });

  test('with dead tokens stops the channel, and no secret is in the message', async () => {
    const shop = await connect();
    shop.sandbox.behave({ tokenExpired: true });
    const error = await shop.api.test().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ code: 'snapchat_renewal_refused' });
    expect(JSON.stringify(error)).not.toContain('sandbox-');
  });
});

test('the access token is got by the refresh token, kept, and renewed when it ends', async () => {
  const shop = await connect({ accessTokenMs: 400 });
  await Promise.all([shop.api.test(), shop.api.test()]);
  expect(shop.kept).toEqual([
    {
      accessToken: expect.any(String),
      refreshToken: shop.options.refreshToken,
      renewAfter: expect.stringMatching(/Z$/),
    },
  ]);
  await new Promise((resolve) => setTimeout(resolve, 410));
  await shop.api.test();
  expect(shop.kept).toHaveLength(2);
});

describe('a summary of issues, whose form is not published, is read by what it says', () => {
  const read = (status: string, summary: object) =>
    toFeedResult(
      uploadSchema.parse({ id: '1', status, created_at: '2026-11-25T12:00:00Z', summary }),
      Date.now(),
    );

  test.each([
    ['PENDING', 'working'], ['IN_PROGRESS', 'working'], ['COMPLETED', 'done'], ['COMPLETED_WITH_ERRORS', 'done'],
    ['SUCCESS', 'done'], ['PARTIAL_FAILURE', 'done'], ['FAILED', 'failed'], ['CANCELLED', 'failed'],
  ])('%s is %s', (status, told) => {
    expect(read(status, {}).status).toBe(told);
  }); // prettier-ignore

  test('items under errors are rejected, under warnings they are not', () => {
    const { outcomes } = read('COMPLETED', {
      issues_summary: {
        errors: [{ product_id: 'A', reason: 'invalid_price_format', value: '29,99' }],
        warnings: [{ item_id: 'B', description: 'image is small' }],
      },
    });
    expect(byId(outcomes).get('A')).toMatchObject({ verdict: 'rejected', issues: [{ field: 'price', value: '29,99' }] });
    expect(byId(outcomes).get('B')).toMatchObject({ verdict: 'accepted', issues: [{ severity: 'warning', field: 'images' }] });
  }); // prettier-ignore

  test('counts alone tell that items are missing', () => {
    const { rejected, issues } = read('COMPLETED', { total_items: 9, rejected_items: 2 });
    expect(rejected).toBe(2);
    expect(issues).toMatchObject([{ code: 'items_unnamed', severity: 'warning' }]);
  });
});
