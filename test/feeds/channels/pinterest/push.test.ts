import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Http } from '../../../../catalog/context.ts';
import {
  BusyError,
  ChannelError,
  InputError,
  NoAnswerError,
  NotFoundError,
  TooLargeError,
} from '../../../../catalog/errors.ts';
import type { Item } from '../../../../catalog/item.ts';
import { buildFeed } from '../../../../feeds/build-feed.ts';
import type { ChannelApi, HeldItem } from '../../../../feeds/channel.ts';
import { channel, optionsSchema, type PinterestOptions } from '../../../../feeds/channels/pinterest/index.ts';
import { offerUnknown, type ItemOutcome } from '../../../../feeds/listing.ts';
import { createHttpClient } from '../../../../services/http-client.ts';
import type { PinterestSandboxOptions } from '../../../../services/sandbox/channels/pinterest/index.ts';
import { startSandbox, type Sandbox } from '../../../../services/sandbox/start.ts';
import { sampleItem } from '../../../support/sample-item.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Connected {
  api: Required<ChannelApi>;
  options: PinterestOptions;
  sandbox: ReturnType<Sandbox['channel']>;
  kept: Partial<PinterestOptions>[];
}

async function connect(changes: Partial<PinterestOptions> = {}, of: PinterestSandboxOptions = {}): Promise<Connected> {
  const started = await startSandbox({ processingMs: 5, reviewMs: 0, fetchImages: false, of: { pinterest: of } });
  stops.push(() => started.stop());
  const sandbox = started.channel('pinterest');
  const kept: Partial<PinterestOptions>[] = [];
  const options = optionsSchema.parse({ ...sandbox.connect, ...changes });
  const api = connectWith(options, createHttpClient({ allowPrivate: ['*'] }), kept);
  return { api, options, sandbox, kept };
} // prettier-ignore

const connectWith = (options: PinterestOptions, http: Http, kept: Partial<PinterestOptions>[] = []) =>
  channel.connect?.(options, http, async (changed) => void kept.push(changed)) as Required<ChannelApi>;

const item = (offerId: string, changes: Partial<Item> = {}) => sampleItem({ offerId, ...changes });

/** Sends and asks until all is said; a review may come after. */
async function settle({ api }: Connected, upserts: Item[], deletes: string[] = []): Promise<Map<string, ItemOutcome>> {
  const ids = [...upserts.map(({ offerId }) => offerId), ...deletes];
  const { handle, outcomes } = await api.send({ upserts, deletes });
  if (handle === undefined) return byId(outcomes);
  for (let round = 0; round < 200; round++) {
    const said = await api.check(handle, ids);
    if (said !== 'working') return byId(said);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('the batch did not end');
} // prettier-ignore
const byId = (outcomes: ItemOutcome[]) => new Map(outcomes.map((outcome) => [outcome.offerId, outcome]));

describe('a batch', () => {
  test('brings items to the catalog, changes them and takes them down', async () => {
    const shop = await connect();
    const said = await settle(shop, [item('A'), item('B')]);
    expect([...said.values()].map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted']);
    expect(shop.sandbox.contents().get('A')).toMatchObject({ price: '49.90 EUR', image_link: ['https://cast.example/images/front.jpg'] });
    await settle(shop, [item('A', { price: { minor: 1000, currency: 'EUR' } })], ['B']);
    expect([...shop.sandbox.contents()].map(([id, { price }]) => [id, price])).toEqual([['A', '10.00 EUR']]);
  }); // prettier-ignore

  test('takes a sale back that is over', async () => {
    const shop = await connect();
    await settle(shop, [item('A', { salePrice: { minor: 4000, currency: 'EUR' } })]);
    expect(shop.sandbox.contents().get('A')).toHaveProperty('sale_price', '40.00 EUR');
    await settle(shop, [item('A')]);
    expect(shop.sandbox.contents().get('A')).not.toHaveProperty('sale_price');
  });

  test('loses only the item that Pinterest refuses, with its reason and its field', async () => {
    const shop = await connect({}, { claimed: ['shop.example'] });
    const said = await settle(shop, [item('A'), item('B', { link: 'https://elsewhere.example/b' })]);
    expect(said.get('A')?.verdict).toBe('accepted');
    expect(said.get('B')).toMatchObject({
      verdict: 'rejected',
      issues: [
        { code: 'invalid_domain', severity: 'error', field: 'link', from: 'channel', hint: expect.stringContaining('Claim') },
        { severity: 'warning' },
      ],
    });
    expect([...shop.sandbox.contents().keys()]).toEqual(['A']);
  }); // prettier-ignore

  test('brings warnings along without refusing', async () => {
    const said = await settle(await connect(), [item('A')]);
    expect(said.get('A')?.issues).toMatchObject([{ severity: 'warning', field: 'google_product_category' }]);
  });

  test('that breaks the schema is halved, and of one item is that item’s rejection', async () => {
    const shop = await connect();
    // no item of ours is like this: a price that is missing is null to nobody
    const broken = item('B', { images: [] });
    delete broken.price;
    const odd = { ...broken, attributes: { ...broken.attributes, color: 7 as unknown as string } };
    await expect(shop.api.send({ upserts: [item('A'), odd], deletes: [] })).rejects.toBeInstanceOf(
      TooLargeError,
    );
    const { outcomes } = await shop.api.send({ upserts: [odd], deletes: [] });
    expect(outcomes).toMatchObject([{ offerId: 'B', verdict: 'rejected' }]);
  });

  test('as updates of what a data source made leaves images alone and refuses what is not there', async () => {
    const shop = await connect();
    await settle(shop, [item('A')]);
    const updates: Connected = {
      ...shop,
      api: connectWith({ ...shop.options, operation: 'UPDATE' }, createHttpClient({ allowPrivate: ['*'] })),
    };
    const said = await settle(updates, [item('A', { title: 'New', images: [] }), item('B')]);
    expect(said.get('B')?.issues).toMatchObject([{ code: offerUnknown }]);
    expect(shop.sandbox.contents().get('A')).toMatchObject({
      title: 'New',
      image_link: [expect.any(String)],
    });
  });

  test('is unknown to Pinterest when it never came, or is forgotten', async () => {
    const { api } = await connect();
    await expect(api.check('123-abc', ['A'])).rejects.toBeInstanceOf(NotFoundError);
  });

  test('is slowed down when Pinterest is busy, for as long as it asks', async () => {
    const { api, sandbox } = await connect();
    sandbox.behave({ throttleNext: 1 });
    const error = await api.send({ upserts: [item('A')], deletes: [] }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BusyError);
    expect((error as BusyError).retryAfterMs).toBeGreaterThanOrEqual(1_000);
  });

  test('comes again after garbage and server faults', async () => {
    const shop = await connect();
    for (const change of [{ garbageNext: 1 }, { failNext: { count: 1, status: 503 } }, { dropNext: { count: 1, when: 'after' as const } }]) {
      shop.sandbox.behave(change);
      await expect(shop.api.send({ upserts: [item('A')], deletes: [] })).rejects.toBeInstanceOf(NoAnswerError);
    }
    expect((await settle(shop, [item('A')])).get('A')?.verdict).toBe('accepted');
  }); // prettier-ignore
});

test('the review tells what breaks the guidelines, and what is not there', async () => {
  const shop = await connect();
  await settle(shop, [item('A'), item('B', { title: 'Replica watch' })]);
  const said = byId(await shop.api.review(['A', 'B', 'C']));
  expect(said.get('A')).toMatchObject({ verdict: 'accepted', issues: [] });
  expect(said.get('B')).toMatchObject({
    verdict: 'rejected',
    issues: [{ code: 'pinjoin_content_unsafe' }],
  });
  expect(said.get('C')).toMatchObject({ verdict: 'rejected', issues: [{ code: offerUnknown }] });
});

test('the list tells everything that Pinterest holds, page by page, with prices as we write them', async () => {
  const shop = await connect({ catalogId: undefined });
  await settle(
    shop,
    Array.from({ length: 260 }, (_, i) => item(`I${i}`)),
  );
  const held: HeldItem[] = [];
  for await (const one of shop.api.list()) held.push(one);
  expect(held).toHaveLength(260);
  expect(held[0]).toEqual({
    offerId: 'I0', title: 'Linen shirt', price: '49.90 EUR', availability: 'in stock',
    link: 'https://shop.example/products/linen-shirt?variant=blue-m',
  }); // prettier-ignore
});

describe('the token', () => {
  test('is renewed once when it ends, kept, and used by everybody', async () => {
    const shop = await connect({}, { accessTokenMs: 500 });
    await new Promise((resolve) => setTimeout(resolve, 510));
    await Promise.all([shop.api.test(), shop.api.test(), shop.api.test()]);
    const renewals = shop.sandbox.requests().filter(({ path }) => path === '/oauth/token');
    expect(renewals).toHaveLength(1);
    expect(shop.kept).toEqual([{
      accessToken: expect.stringMatching(/^pina_/), refreshToken: expect.stringMatching(/^pinr_/),
      renewAfter: expect.stringMatching(/Z$/),
    }]);
  }); // prettier-ignore

  test('survives a crash between renewing and keeping: the old refresh token still serves', async () => {
    const shop = await connect({}, { accessTokenMs: 30_000 });
    const crashed = channel.connect?.({ ...shop.options, renewAfter: '2020-01-01T00:00:00Z' }, createHttpClient({ allowPrivate: ['*'] }), () =>
      Promise.reject(new Error('killed')),
    );
    await expect(crashed?.test()).rejects.toThrow('killed');
    const after = connectWith({ ...shop.options, renewAfter: '2020-01-01T00:00:00Z' }, createHttpClient({ allowPrivate: ['*'] }), shop.kept);
    expect(await after.test()).toEqual({ name: 'Sandbox catalog' });
    expect(shop.kept).toHaveLength(1);
  }); // prettier-ignore

  test('that cannot be renewed stops the channel, and no secret is in the message', async () => {
    const shop = await connect();
    shop.sandbox.behave({ tokenExpired: true });
    const error = await shop.api.test().catch((e: unknown) => e as ChannelError);
    expect(error).toBeInstanceOf(ChannelError);
    expect((error as ChannelError).code).toBe('pinterest_renewal_refused');
    expect(JSON.stringify(error)).not.toMatch(/pin[ar]_sandbox|secret_sandbox/);
    const single = connectWith(
      { ...shop.options, refreshToken: undefined },
      createHttpClient({ allowPrivate: ['*'] }),
    );
    await expect(single.test()).rejects.toMatchObject({ code: 'pinterest_token_invalid' });
  });
});

/** A feed on this machine, as the public address would give it. */
async function serveFeed(items: Item[], format: 'csv' | 'xml'): Promise<string> {
  let text = '';
  for await (const chunk of buildFeed(items, channel.feed, format, { title: 'T', link: 'https://l' }))
    text += chunk;
  const server = createServer((_req, res) => res.end(text)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed.${format}`;
}
const feedOf = (url: string, format: 'csv' | 'xml' = 'csv') => ({
  name: 'My shop', url, format, country: 'DE', language: 'de', currency: 'EUR', hour: 3,
}); // prettier-ignore

async function resultOf(api: Required<ChannelApi>, feedId: string, handle: string) {
  for (let round = 0; round < 200; round++) {
    const result = await api.feedResult(feedId, handle);
    if (result && result.status !== 'working') return result;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the run did not end');
}

describe('a data source', () => {
  test.each(['csv', 'xml'] as const)('is registered once and fetched as %s, with what was wrong in it', async (format) => {
    const { api, sandbox } = await connect({}, { claimed: ['shop.example'] });
    const url = await serveFeed([item('A'), item('B', { link: 'https://elsewhere.example/b' })], format);
    const { feedId } = await api.registerFeed(feedOf(url, format));
    expect(await api.registerFeed(feedOf(url, format))).toEqual({ feedId });
    expect(await api.feedResult(feedId)).toBeUndefined();
    const { handle } = await api.fetchFeed(feedId);
    const result = await resultOf(api, feedId, handle);
    expect(result).toMatchObject({ status: 'done', read: 2, accepted: 1, rejected: 1, issues: [] });
    expect(byId(result.outcomes).get('B')).toMatchObject({
      verdict: 'rejected',
      issues: expect.arrayContaining([expect.objectContaining({ code: 'invalid_domain', field: 'link', value: 'https://elsewhere.example/b' })]),
    });
    expect([...sandbox.contents().keys()]).toEqual(['A']);
    expect(sandbox.contents().get('A')).toMatchObject({ price: '49.90 EUR', variant_names: ['Color', 'Size'] });
  }); // prettier-ignore

  test('tells how many items it does not name, and when the file cannot be fetched', async () => {
    const { api } = await connect();
    const many = Array.from({ length: 30 }, (_, i) => item(`I${i}`));
    const { feedId } = await api.registerFeed(feedOf(await serveFeed(many, 'csv')));
    const result = await resultOf(api, feedId, (await api.fetchFeed(feedId)).handle);
    expect(result.outcomes).toHaveLength(20);
    expect(result.outcomes.every(({ verdict }) => verdict === 'accepted')).toBe(true);
    expect(result.issues).toMatchObject([{ code: 'optional_product_category_missing', value: '10 more items' }]);
    await api.registerFeed(feedOf('http://127.0.0.1:1/feed.csv'));
    const failed = await resultOf(api, feedId, (await api.fetchFeed(feedId)).handle);
    expect(failed).toMatchObject({ status: 'failed', issues: [{ code: 'fetch_error', severity: 'error' }] });
  }); // prettier-ignore

  test('that may not be fetched at once is waited for until Pinterest does it by itself', async () => {
    const { api, sandbox } = await connect({ mode: 'feed' }, { ingestsOnDemand: false });
    expect(api.send).toBeUndefined();
    const { feedId } = await api.registerFeed(feedOf(await serveFeed([item('A')], 'csv')));
    const { handle } = await api.fetchFeed(feedId);
    expect(handle).toMatch(/^after 20/);
    // no result until then: `resultOf` asks until there is one
    expect(await resultOf(api, feedId, handle)).toMatchObject({ status: 'done', accepted: 1 });
    expect([...sandbox.contents().keys()]).toEqual(['A']);
  });

  test('cannot change its country, and is unknown when it was removed', async () => {
    const shop = await connect();
    await shop.api.registerFeed(feedOf('https://cast.example/f.csv'));
    const other = connectWith({ ...shop.options, country: 'FR' }, createHttpClient({ allowPrivate: ['*'] }));
    await expect(other.registerFeed(feedOf('https://cast.example/f.csv'))).rejects.toBeInstanceOf(InputError);
    await expect(shop.api.fetchFeed('12')).rejects.toBeInstanceOf(NotFoundError);
  });
});
