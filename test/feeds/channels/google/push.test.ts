import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BusyError, ChannelError, NoAnswerError } from '../../../../catalog/errors.ts';
import type { Http } from '../../../../catalog/context.ts';
import type { Item } from '../../../../catalog/item.ts';
import { buildFeed } from '../../../../feeds/build-feed.ts';
import type { Batch, ChannelApi, Sent } from '../../../../feeds/channel.ts';
import { channel, type GoogleOptions } from '../../../../feeds/channels/google/index.ts';
import { connectGoogle } from '../../../../feeds/channels/google/push.ts';
import type { ItemOutcome } from '../../../../feeds/listing.ts';
import { createHttpClient } from '../../../../services/http-client.ts';
import { startSandbox, type RunningSandbox, type Sandbox } from '../../../../services/sandbox/start.ts';
import { findFaults, hasGoogleSchema } from '../../../support/google-schema.ts';
import { sampleItem, without } from '../../../support/sample-item.ts';

let sandbox: Sandbox;
let google: RunningSandbox;
let options: GoogleOptions;
let kept: Partial<GoogleOptions>;
const client = createHttpClient({ allowPrivate: ['127.0.0.1'] });
const http: Http = {
  fetch(url, init) {
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
    if (/productInputs/.test(url) && body) bodies.push(['products.v1.ProductInput', body]);
    else if (/reports:search/.test(url))
      bodies.push(['reports.v1.SearchRequest', { parent: 'accounts/1', ...(body as object) }]);
    else if (/dataSources(\/\d+)?(\?|$)/.test(url) && body) bodies.push(['datasources.v1.DataSource', body]);
    return client.fetch(url, init);
  },
};

beforeAll(async () => {
  sandbox = await startSandbox({ processingMs: 10, reviewMs: 10, fetchImages: false });
  google = sandbox.channel('google');
  options = channel.options.parse(google.connect) as GoogleOptions;
});
afterAll(() => sandbox.stop());

/** Every body that went out, with the message that it is. */
const bodies: [message: string, body: unknown][] = [];
beforeEach(() => {
  kept = {};
});

const connect = (changes: Partial<GoogleOptions> = {}, through: Http = http, now?: () => number): ChannelApi =>
  connectGoogle({ ...options, ...changes }, through, async (changed) => void Object.assign(kept, changed), now); // prettier-ignore
const items = (...ids: string[]): Item[] => ids.map((offerId) => sampleItem({ offerId }));
const send = async (api: ChannelApi, batch: Partial<Batch>): Promise<Sent> => {
  if (!api.send) throw new Error('Google takes batches');
  return api.send({ upserts: [], deletes: [], ...batch });
};

/** Asks for the verdicts until none is open. */
async function reviewed(api: ChannelApi, ...ids: string[]): Promise<Map<string, ItemOutcome>> {
  for (let round = 0; round < 200; round++) {
    const outcomes = (await api.review?.(ids)) ?? [];
    if (outcomes.every(({ verdict }) => verdict !== 'working'))
      return new Map(outcomes.map((outcome) => [outcome.offerId, outcome]));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('no verdict');
}

describe('Google takes items in', () => {
  test('one by one, and says later that they are shown', async () => {
    const api = connect();
    const { handle, outcomes, unsent } = await send(api, { upserts: items('A-1', 'A/2 ü~%') });
    expect(handle).toBeDefined();
    expect(unsent).toBeUndefined();
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['working', 'working']);
    const verdicts = await reviewed(api, 'A-1', 'A/2 ü~%');
    expect([...verdicts.values()].map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted']);
    expect(google.contents().get('A-1')).toMatchObject({ contentLanguage: 'en', feedLabel: 'DE' });
  });

  test('and takes them down again, also those that are not there', async () => {
    const api = connect();
    await send(api, { upserts: items('B-1') });
    const { outcomes, handle } = await send(api, { deletes: ['B-1', 'never-there'] });
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted']);
    expect(handle).toBeUndefined();
    expect(google.contents().has('B-1')).toBe(false);
  });

  test('into one data source of its own, which is made once and kept', async () => {
    await send(connect(), { upserts: items('C-1') });
    const first = kept.dataSourceId;
    expect(first).toMatch(/^\d+$/);
    expect(kept).toMatchObject({ contentLanguage: 'en', feedLabel: 'DE' });
    await send(connect(), { upserts: items('C-2') });
    expect(kept.dataSourceId).toBe(first);
    expect(await connect().test()).toEqual({ name: `${options.merchantId}: Shelfcast` });
  });

  test('and takes down without having seen an item, when it was told the market', async () => {
    const { outcomes } = await send(connect({ contentLanguage: 'en', feedLabel: 'DE' }), { deletes: ['C-2'] }); // prettier-ignore
    expect(outcomes).toEqual([{ offerId: 'C-2', verdict: 'accepted', issues: [] }]);
    await expect(send(connect(), { deletes: ['C-1'] })).rejects.toMatchObject({ code: 'google_market_unknown' }); // prettier-ignore
  });

  test('and tells which items it holds, page by page, and which of them are ours', async () => {
    const api = connect();
    await send(api, { upserts: items('D-1') });
    await reviewed(api, 'D-1');
    const held = [];
    for await (const one of api.list?.() ?? []) held.push(one);
    expect(held).toContainEqual({
      offerId: 'D-1', ours: true, title: 'Linen shirt', price: '49.90 EUR', availability: 'in_stock',
      link: 'https://shop.example/products/linen-shirt?variant=blue-m',
    }); // prettier-ignore
  });
});

describe('Of an item that Google holds, a new price and stock go alone', () => {
  const now = { ...sampleItem({ offerId: 'P-1' }), salePrice: { minor: 3_990, currency: 'EUR' } };
  const later = without(sampleItem({ offerId: 'P-1', price: { minor: 4_490, currency: 'EUR' }, availability: 'out_of_stock' }), 'salePrice'); // prettier-ignore
  const patchable = new Set(['P-1']);
  const writes = (from: number): string[] =>
    google.requests().slice(from).filter(({ path }) => path.includes('productInputs')).map(({ method }) => method); // prettier-ignore
  const attributesOf = (offerId: string): unknown => google.contents().get(offerId)?.['productAttributes'];

  test('and leave it as the whole item would: also a sale that is over is gone', async () => {
    const api = connect();
    await send(api, { upserts: [now] });
    expect(attributesOf('P-1')).toHaveProperty('salePrice');
    const from = google.requests().length;
    const { outcomes, handle } = await send(api, { upserts: [later], patchable });
    expect({ writes: writes(from), verdicts: outcomes.map(({ verdict }) => verdict) }).toEqual({ writes: ['PATCH'], verdicts: ['working'] }); // prettier-ignore
    expect(handle).toBeDefined();
    const patched = attributesOf('P-1');
    await send(api, { upserts: [later] });
    expect(patched).toEqual(attributesOf('P-1'));
    expect((await reviewed(api, 'P-1')).get('P-1')?.verdict).toBe('accepted');
  });

  test('in a small part of the bytes', async () => {
    const from = bodies.length;
    await send(connect(), { upserts: [now] });
    await send(connect(), { upserts: [later], patchable });
    const [whole = 0, part = 0] = bodies.slice(from).flatMap(([message, body]) => (message === 'products.v1.ProductInput' ? JSON.stringify(body).length : [])); // prettier-ignore
    expect(part / whole).toBeLessThan(0.25);
  });

  test('and as a whole when Google does not have it after all, so that it is never lost', async () => {
    const api = connect();
    await send(api, { deletes: ['P-1'], upserts: items('P-2') });
    const from = google.requests().length;
    const { outcomes } = await send(api, { upserts: [later], patchable });
    expect({ writes: writes(from), verdicts: outcomes.map(({ verdict }) => verdict) }).toEqual({ writes: ['PATCH', 'POST'], verdicts: ['working'] }); // prettier-ignore
    expect(attributesOf('P-1')).toMatchObject({ title: 'Linen shirt', availability: 'OUT_OF_STOCK' });
  });

  test('and as a whole when they alone are refused, so that the verdict is about the item', async () => {
    const api = connect();
    await send(api, { upserts: [now] });
    const strange: Http = {
      fetch: (url, init) => http.fetch(init?.method === 'PATCH' ? url.replace('productAttributes.price', '*') : url, init),
    }; // prettier-ignore
    const from = google.requests().length;
    await send(connect({}, strange), { upserts: [later], patchable });
    expect(writes(from)).toEqual(['PATCH', 'POST']);
    expect(attributesOf('P-1')).toMatchObject({ availability: 'OUT_OF_STOCK' });
  });
});

describe('The verdicts of many items', () => {
  const ids = Array.from({ length: 30 }, (_, n) => `R-${n}`);
  const asked = (from: number): Record<string, number> => {
    const made = google.requests().slice(from);
    return {
      reports: made.filter(({ path }) => path.endsWith('reports:search')).length,
      products: made.filter(({ method, path }) => method === 'GET' && path.includes('/products/v1/')).length,
    };
  };

  test('come with one question, and one more for each of which Google has more to say', async () => {
    const api = connect();
    await send(api, {
      upserts: [...items(...ids), sampleItem({ offerId: 'R-bad', title: 'Replica watch' })],
    });
    await reviewed(api, ...ids, 'R-bad');
    const from = google.requests().length;
    const outcomes = await api.review?.([...ids, 'R-bad']);
    expect(asked(from)).toEqual({ reports: 1, products: 1 });
    expect(new Map(outcomes?.map(({ offerId, verdict }) => [offerId, verdict]))).toEqual(
      new Map([...ids.map((id) => [id, 'accepted'] as const), ['R-bad', 'rejected']]),
    );
    expect(outcomes?.find(({ offerId }) => offerId === 'R-bad')?.issues[0]?.message).toMatch(
      /Shopping policy/,
    );
  });

  test('say the same as each by itself', async () => {
    const api = connect({ contentLanguage: 'en', feedLabel: 'DE' });
    const together = await api.review?.([...ids, 'R-bad']);
    for (const id of ['R-0', 'R-bad'])
      expect(together?.find(({ offerId }) => offerId === id)).toEqual((await api.review?.([id]))?.[0]);
  });

  test('with the same note on many of them come with one question, three to learn the words, and say the same as each by itself', async () => {
    const noted = ids.map((id) => `N-${id}`);
    const api = connect();
    await send(api, {
      upserts: noted.map((offerId) => without(sampleItem({ offerId, attributes: {} }), 'gtin', 'brand')),
    });
    await reviewed(api, ...noted);
    const from = google.requests().length;
    const fresh = connect({ contentLanguage: 'en', feedLabel: 'DE' });
    const together = await fresh.review?.(noted);
    expect(asked(from)).toEqual({ reports: 1, products: 3 });
    const single = await connect({ contentLanguage: 'en', feedLabel: 'DE' }).review?.(['N-R-29']);
    expect(single?.[0]).toMatchObject({
      verdict: 'accepted',
      issues: [expect.objectContaining({ severity: 'warning' })],
    });
    expect(together?.find(({ offerId }) => offerId === 'N-R-29')).toEqual(single?.[0]);
  });

  test('of items that are not processed yet are open, for two questions in all', async () => {
    const from = google.requests().length;
    const outcomes = await connect({ contentLanguage: 'en', feedLabel: 'DE' }).review?.(
      ids.map((id) => `not-yet-${id}`),
    );
    expect(asked(from)).toEqual({ reports: 1, products: 1 });
    expect(outcomes?.map(({ verdict }) => verdict)).toEqual(ids.map(() => 'working'));
  });

  test('of items that the report does not have yet, though Google does, are asked for one by one', async () => {
    const behind: Http = {
      async fetch(url, init) {
        const response = await http.fetch(url, init);
        return url.includes('reports:search')
          ? new Response('{"results":[]}', { headers: { 'content-type': 'application/json' } })
          : response;
      },
    };
    const outcomes = await connect({ contentLanguage: 'en', feedLabel: 'DE' }, behind).review?.(ids);
    expect(outcomes?.map(({ verdict }) => verdict)).toEqual(ids.map(() => 'accepted'));
  });

  test('come one by one where Google gives no reports, and for ids that no query can hold', async () => {
    const odd = ["R-'1'", 'R-"2"'];
    await send(connect(), { upserts: items(...odd) });
    const error = { code: 403, message: 'The caller may not read reports.', status: 'PERMISSION_DENIED' };
    const closed: Http = {
      fetch: async (url, init) =>
        url.includes('reports:search') ? Response.json({ error }, { status: 403 }) : http.fetch(url, init),
    };
    await send(connect(), { upserts: items('R-1', 'R-2') });
    for (const through of [http, closed]) {
      const api = connect({ contentLanguage: 'en', feedLabel: 'DE' }, through);
      const verdicts = await reviewed(api, 'R-1', 'R-2', ...odd);
      expect([...verdicts.values()].map(({ verdict }) => verdict)).toEqual([
        'accepted',
        'accepted',
        'accepted',
        'accepted',
      ]);
    }
  });
});

describe('Google refuses', () => {
  test('at once what cannot be read, without harm to the batch’s others', async () => {
    const api = connect({ contentLanguage: 'en', feedLabel: 'DE' });
    const long = 'x'.repeat(51);
    const { outcomes } = await send(api, { upserts: items('E-1', long) });
    const refused = outcomes.find(({ offerId }) => offerId === long);
    expect(refused).toMatchObject({
      verdict: 'rejected',
      issues: [{ field: 'offerId', from: 'channel', severity: 'error', message: 'Google says: The value has more than 50 characters.' }],
    }); // prettier-ignore
    expect(outcomes.find(({ offerId }) => offerId === 'E-1')?.verdict).toBe('working');
  });

  test('later what breaks a policy, with the reason once, for all places, and where it is written', async () => {
    const api = connect();
    await send(api, { upserts: [sampleItem({ offerId: 'F-1', title: 'Replica watch' })] });
    const outcome = (await reviewed(api, 'F-1')).get('F-1');
    expect(outcome?.verdict).toBe('rejected');
    expect(outcome?.issues).toEqual([
      expect.objectContaining({
        code: 'restricted_nfs_policy_violation', severity: 'error',
        message: 'Google says: Violation of a Shopping policy. This product may be counterfeit or dangerous. Not shown in shopping ads (DE), free listings (DE), YouTube shopping (DE).',
        link: expect.stringMatching(/^https:/), hint: expect.stringMatching(/policy/),
      }),
    ]); // prettier-ignore
  });

  test.each([['alone'], ['beside another', 'F-4']])('one item with a 403, %s: that is the item’s own', async (_, ...more) => {
    const api = connect({ contentLanguage: 'en', feedLabel: 'DE' });
    google.behave({ forbidItems: ['F-3'] });
    const { outcomes, unsent } = await send(api, { upserts: items('F-3', ...more) });
    google.behave({ forbidItems: [] });
    expect(unsent).toBeUndefined();
    const byId = new Map(outcomes.map((outcome) => [outcome.offerId, outcome.verdict]));
    expect(byId).toEqual(new Map([['F-3', 'rejected'], ...more.map((id) => [id, 'working'] as const)]));
  }); // prettier-ignore

  test('a key that was taken back: the channel has to be connected again', async () => {
    google.behave({ tokenExpired: true });
    await expect(send(connect(), { upserts: items('G-1') })).rejects.toBeInstanceOf(ChannelError);
    google.behave({ tokenExpired: false });
  });

  test('an account that is not ours', async () => {
    await expect(connect({ merchantId: '1' }).test()).rejects.toMatchObject({
      code: 'google_permission_missing', hint: expect.stringMatching(/service account/),
    }); // prettier-ignore
  });
});

describe('The feed', () => {
  const feed = {
    name: 'Shelfcast feed of shop',
    format: 'xml' as const,
    country: 'DE',
    language: 'de-DE',
    currency: 'EUR',
    hour: 3,
  };

  test('is registered once, fetched when asked, and its result is read', async () => {
    let all = '';
    for await (const chunk of buildFeed(items('X-1', 'X-2'), channel.feed, 'xml', { title: 'Shop', link: 'https://shop.example' })) all += chunk; // prettier-ignore
    const server = createServer((_req, res) => void res.end(all)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed.xml`;
    const api = connect();
    const first = await api.registerFeed?.({ ...feed, url: 'http://127.0.0.1:1/old.xml' });
    expect(await api.registerFeed?.({ ...feed, url })).toEqual(first);
    const feedId = first?.feedId ?? '';
    expect(await api.feedResult?.(feedId)).toBeUndefined();
    await api.fetchFeed?.(feedId);
    let result = await api.feedResult?.(feedId);
    for (let round = 0; round < 200 && result?.status === 'working'; round++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      result = await api.feedResult?.(feedId);
    }
    server.close();
    expect(result).toMatchObject({ status: 'done', read: 2, accepted: 2, rejected: 0, issues: [] });
    expect(google.contents().get('X-2')).toMatchObject({ contentLanguage: 'de', feedLabel: 'DE' });
  });

  test('that cannot be fetched is told with the reason', async () => {
    const api = connect();
    const { feedId = '' } = (await api.registerFeed?.({ ...feed, name: 'Lost feed', url: 'http://127.0.0.1:1/lost.xml' })) ?? {}; // prettier-ignore
    await api.fetchFeed?.(feedId);
    let result = await api.feedResult?.(feedId);
    for (let round = 0; round < 200 && result?.status === 'working'; round++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      result = await api.feedResult?.(feedId);
    }
    expect(result).toMatchObject({ status: 'failed', issues: [{ code: 'fetch_http_error', severity: 'error' }] }); // prettier-ignore
  });
});

describe('On a bad day', () => {
  test('a token that died early is asked for anew, once for all', async () => {
    const api = connect();
    await api.test();
    google.behave({ tokenExpired: true });
    await expect(api.test()).rejects.toBeInstanceOf(ChannelError);
    google.behave({ tokenExpired: false });
    const tokens = () => google.requests().filter(({ path }) => path === '/token').length; // prettier-ignore
    const before = tokens();
    const { outcomes } = await send(api, { upserts: items('H-1', 'H-2', 'H-3') });
    expect(outcomes).toHaveLength(3);
    expect(tokens()).toBe(before + 1);
  });

  test('a token is renewed before its hour is over, and not before', async () => {
    let now = Date.now();
    const api = connect({}, http, () => now);
    const tokens = () => google.requests().filter(({ path }) => path === '/token').length; // prettier-ignore
    const before = tokens();
    await api.test();
    now += 50 * 60_000;
    await api.test();
    expect(tokens()).toBe(before + 1);
    now += 6 * 60_000;
    await api.test();
    expect(tokens()).toBe(before + 2);
  });

  test('what Google throttles is said to be unsent, and the rest is not', async () => {
    const single: Http = { fetch: (url, init) => http.fetch(url, { ...init, retries: 0 }) };
    const api = connect({ contentLanguage: 'en', feedLabel: 'DE' }, single);
    await send(api, { upserts: items('I-0') });
    google.behave({ throttleNext: 1 });
    const { outcomes, unsent } = await send(api, { upserts: items('I-1', 'I-2', 'I-3') });
    expect(unsent?.error).toBeInstanceOf(BusyError);
    expect(unsent?.error).toMatchObject({ retryAfterMs: 1000 });
    const sent = outcomes.map(({ offerId }) => offerId);
    expect([...sent, ...(unsent?.offerIds ?? [])].sort()).toEqual(['I-1', 'I-2', 'I-3']);
  });

  test('a wait that Google names by a date is heard', async () => {
    const single: Http = { fetch: (url, init) => http.fetch(url, { ...init, retries: 0 }) };
    const api = connect({ contentLanguage: 'en', feedLabel: 'DE' }, single);
    await send(api, { upserts: items('I-5') });
    google.behave({ throttleNext: 1, retryAfter: 'date' });
    const error = await send(api, { upserts: items('I-6') }).catch((caught: unknown) => caught);
    google.behave({ retryAfter: 'seconds' });
    expect(error).toBeInstanceOf(BusyError);
    expect((error as BusyError).retryAfterMs).toBeLessThanOrEqual(1000);
  });

  test.each([
    ['a dropped connection', { dropNext: { count: 1, when: 'after' as const } }],
    ['a fault', { failNext: { count: 1, status: 500 } }],
  ])('%s is tried again by itself', async (_, change) => {
    const api = connect({ contentLanguage: 'en', feedLabel: 'DE' });
    await api.test();
    google.behave(change);
    const { outcomes, unsent } = await send(api, { upserts: items('J-1') });
    expect(unsent).toBeUndefined();
    expect(outcomes).toHaveLength(1);
  });

  test('an answer that is none of Google’s is no answer', async () => {
    const api = connect({ contentLanguage: 'en', feedLabel: 'DE' });
    await send(api, { upserts: items('K-0') });
    google.behave({ garbageNext: 1 });
    await expect(send(api, { upserts: items('K-1') })).rejects.toBeInstanceOf(NoAnswerError);
    expect((await send(api, { upserts: items('K-1') })).outcomes).toHaveLength(1);
  });
});

(hasGoogleSchema ? test : test.skip)(
  'All bodies of these tests are messages as Google describes them',
  () => {
    expect(new Set(bodies.map(([message]) => message)).size).toBe(3);
    for (const [message, body] of bodies)
      if (!JSON.stringify(body).includes('x'.repeat(51)))
        expect(findFaults(body, `google.shopping.merchant.${message}`)).toEqual([]);
  },
);
