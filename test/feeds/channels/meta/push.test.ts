import { describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Http, HttpInit } from '../../../../catalog/context.ts';
import {
  BusyError, ChannelError, NoAnswerError, NotFoundError, SyncError, TooLargeError,
} from '../../../../catalog/errors.ts'; // prettier-ignore
import { channel, optionsSchema } from '../../../../feeds/channels/meta/index.ts';
import { connectMeta } from '../../../../feeds/channels/meta/push.ts';
import { offerUnknown } from '../../../../feeds/listing.ts';
import { sampleItem, without } from '../../../support/sample-item.ts';

const bodySchema = z.object({
  item_type: z.string(),
  allow_upsert: z.boolean(),
  requests: z.array(z.object({ method: z.string(), data: z.record(z.string(), z.unknown()) })),
});
interface Call {
  url: URL;
  init: HttpInit;
  body: z.infer<typeof bodySchema>;
}

/** Http with written replies, one per request, and what was asked of it. */
function fakeHttp(...replies: (Response | Error)[]): Http & { calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    fetch(address, init = {}) {
      const body = typeof init.body === 'string' ? bodySchema.parse(JSON.parse(init.body)) : undefined;
      calls.push({
        url: new URL(address),
        init,
        body: body ?? { item_type: '', allow_upsert: false, requests: [] },
      });
      const reply = replies[calls.length - 1];
      if (reply === undefined) throw new Error(`no reply written for ${address}`);
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    },
  };
}
const reply = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
const failure = (code: number, more: object = {}, headers: Record<string, string> = {}, status = 400) =>
  reply(
    { error: { message: 'It went wrong', type: 'OAuthException', code, fbtrace_id: 'A', ...more } },
    status,
    headers,
  );

const options = optionsSchema.parse({ catalogId: '1234', accessToken: 'secret-token' });
const now = Date.parse('2026-11-24T12:00:00Z');
const connect = (http: Http, changes: Partial<typeof options> = {}) =>
  connectMeta({ ...options, ...changes }, http, () => now);
const items = (...offerIds: string[]) => offerIds.map((offerId) => sampleItem({ offerId }));
const batch = (upserts: string[], deletes: string[] = []) => ({ upserts: items(...upserts), deletes });

async function errorOf(promise: Promise<unknown>): Promise<SyncError> {
  const error: unknown = await promise.then(() => undefined, (e: unknown) => e); // prettier-ignore
  if (error instanceof SyncError) return error;
  throw new Error(`expected a SyncError, got ${String(error)}`);
}

const badRequest = () => failure(100, { error_user_msg: 'Param data is bad' });
const usage = (share: number, minutes = 0) => ({
  'x-business-use-case-usage': JSON.stringify({
    '77': [{ type: 'catalog_batch', call_count: share, total_cputime: 1, total_time: 2, estimated_time_to_regain_access: minutes }],
  }),
}); // prettier-ignore
const waitAfter = async (share: number) => {
  const api = connect(fakeHttp(reply({ handles: ['h'] }, 200, usage(share)), reply({ handles: ['i'] })));
  await api.send(batch(['A']));
  return api.send(batch(['B'])).then(() => 0, (e: BusyError) => e.retryAfterMs ?? -1); // prettier-ignore
};
const finished = (more: object) =>
  reply({ data: [{ handle: 'h1', status: 'finished', errors_total_count: 0, ...more }] });

test('asks with the list of invalid ids, and waits while Meta works', async () => {
  const http = fakeHttp(reply({ data: [{ handle: 'h1', status: 'in_progress' }] }));
  expect(await connect(http).check?.('h1', ['A'])).toBe('working');
  expect(http.calls[0]?.url.pathname).toBe('/v25.0/1234/check_batch_request_status');
  expect(Object.fromEntries(http.calls[0]?.url.searchParams ?? [])).toEqual({ handle: 'h1', load_ids_of_invalid_requests: 'true' });
}); // prettier-ignore
const products = (...data: object[]) => reply({ data });

describe('send', () => {
  test('posts upserts and deletes in one request, with the token in the header and not in the address', async () => {
    const http = fakeHttp(reply({ handles: ['h1'] }));
    const result = await connect(http).send(batch(['A'], ['B']));
    expect(result).toEqual({
      handle: 'h1',
      outcomes: [
        { offerId: 'A', verdict: 'working', issues: [] },
        { offerId: 'B', verdict: 'working', issues: [] },
      ],
    });
    const [call] = http.calls;
    expect(call?.url.href).toBe('https://graph.facebook.com/v25.0/1234/items_batch');
    expect(call?.init).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer secret-token' } });
    expect(call?.body).toMatchObject({ item_type: 'PRODUCT_ITEM', allow_upsert: true });
    expect(call?.body.requests).toMatchObject([
      {
        method: 'UPDATE',
        data: { id: 'A', title: 'Linen shirt', price: '49.90 EUR', internal_label: ['summer'] },
      },
      { method: 'DELETE', data: { id: 'B' } },
    ]);
    expect(Object.keys(call?.body.requests[1]?.data ?? {})).toEqual(['id']);
  });

  test('gives all images as one list, and never the names of Meta’s reading side', async () => {
    const http = fakeHttp(reply({ handles: ['h1'] }));
    await connect(http).send(batch(['A']));
    const data = http.calls[0]?.body.requests[0]?.data;
    expect(data).toMatchObject({
      image: [
        { url: 'https://cast.example/images/front.jpg' },
        { url: 'https://cast.example/images/back.jpg' },
      ],
      quantity_to_sell_on_facebook: 7,
      video: [],
    });
    for (const name of ['image_link', 'additional_image_link', 'video[0].url', 'retailer_id', 'name', 'url'])
      expect(data).not.toHaveProperty([name]);
  });

  test('gives the price per unit as an object, as the reference asks', async () => {
    const http = fakeHttp(reply({ handles: ['h1'] }));
    const attributes = { ...sampleItem().attributes, unit_pricing_measure: '500 ml' };
    await connect(http).send({ upserts: [sampleItem({ attributes })], deletes: [] });
    expect(http.calls[0]?.body.requests[0]?.data['unit_price']).toEqual({
      value: '99.80',
      currency: 'EUR',
      unit: 'l',
    });
  });

  test('sends empty what the item no longer has, since an update leaves alone what it does not name', async () => {
    const http = fakeHttp(reply({ handles: ['h1'] }));
    await connect(http).send({
      upserts: [without(sampleItem({ tags: [] }), 'gtin', 'quantity')],
      deletes: [],
    });
    expect(http.calls[0]?.body.requests[0]?.data).toMatchObject({
      sale_price: '', sale_price_effective_date: '', gtin: '', internal_label: [], quantity_to_sell_on_facebook: '',
    }); // prettier-ignore
  });

  test('proves the app secret where one is given, to the catalog at the asked address and version', async () => {
    const http = fakeHttp(reply({ handles: ['h1'] }));
    await connect(http, { appSecret: 's', baseUrl: 'http://127.0.0.1:9/', apiVersion: 'v26.0' }).send(
      batch(['A']),
    );
    const url = http.calls[0]?.url;
    expect(url?.origin + (url?.pathname ?? '')).toBe('http://127.0.0.1:9/v26.0/1234/items_batch');
    const proof = createHmac('sha256', 's').update('secret-token').digest('hex');
    expect(url?.searchParams.get('appsecret_proof')).toBe(proof);
    expect(url?.href).not.toContain('secret-token');
  });

  test('tells at once which items Meta refuses, and waits for the others', async () => {
    const http = fakeHttp(
      reply({
        handles: ['h1'],
        validation_status: [
          { retailer_id: 'A', errors: [{ message: 'A required field is missing: brand' }], warnings: [] },
          { retailer_id: 'B', warnings: [{ message: 'Unrecognised field foo' }] },
          { retailer_id: 'X', errors: [{ message: 'Not ours' }] },
        ],
      }),
    );
    const { handle, outcomes } = await connect(http).send(batch(['A', 'B', 'C']));
    expect(handle).toBe('h1');
    expect(outcomes).toMatchObject([
      { offerId: 'A', verdict: 'rejected', issues: [{ severity: 'error', field: 'brand', from: 'channel', code: 'required_field_missing' }] },
      { offerId: 'B', verdict: 'working', issues: [{ severity: 'warning', code: 'field_unrecognised' }] },
      { offerId: 'C', verdict: 'working', issues: [] },
    ]);
  }); // prettier-ignore

  test('sends the good items again without the bad ones when nothing was taken in', async () => {
    const http = fakeHttp(
      reply({ handles: [], validation_status: [{ retailer_id: 'A', errors: [{ message: 'Bad price' }] }] }),
      reply({ handles: ['h2'] }),
    );
    const { handle, outcomes } = await connect(http).send(batch(['A', 'B'], ['C']));
    expect(handle).toBe('h2');
    expect(outcomes.map(({ offerId, verdict }) => [offerId, verdict])).toEqual([
      ['A', 'rejected'],
      ['B', 'working'],
      ['C', 'working'],
    ]);
    expect(http.calls[1]?.body.requests.map(({ data }) => data['id'])).toEqual(['B', 'C']);
  });

  test('has an answer for each item when all are refused, and asks nothing for an empty batch', async () => {
    const http = fakeHttp(reply({ handles: [], validation_status: [{ retailer_id: 'A', errors: [{ message: 'No' }] }] }));
    const { handle, outcomes } = await connect(http).send(batch(['A']));
    expect(handle).toBeUndefined();
    expect(outcomes).toMatchObject([{ offerId: 'A', verdict: 'rejected' }]);
    expect(await connect(fakeHttp()).send(batch([]))).toEqual({ outcomes: [] });
  }); // prettier-ignore

  test('takes an answer without receipt and without complaint for no answer', async () => {
    expect(await errorOf(connect(fakeHttp(reply({ handles: [] }))).send(batch(['A'])))).toBeInstanceOf(
      NoAnswerError,
    );
  });

  test('asks for halves when Meta refuses the request, and rejects the item that is refused alone', async () => {
    expect(await errorOf(connect(fakeHttp(badRequest())).send(batch(['A', 'B'])))).toBeInstanceOf(
      TooLargeError,
    );
    const { outcomes } = await connect(fakeHttp(badRequest())).send(batch(['A']));
    expect(outcomes).toMatchObject([{ offerId: 'A', verdict: 'rejected' }]);
    expect(outcomes[0]?.issues[0]?.message).toContain('Param data is bad');
  });

  test('does not even try a request above Meta’s size', async () => {
    const http = fakeHttp();
    const upserts = Array.from({ length: 3000 }, (_, i) => sampleItem({ offerId: `i${i}`, description: 'x'.repeat(9999) }));
    expect(await errorOf(connect(http).send({ upserts, deletes: [] }))).toBeInstanceOf(TooLargeError);
    expect(http.calls).toEqual([]);
  }); // prettier-ignore
});

describe('an error of Meta', () => {
  test.each<[number, string]>([
    [190, 'meta_token_invalid'],
    [102, 'meta_session_invalid'],
    [10, 'meta_permission_missing'],
    [200, 'meta_permission_missing'],
    [299, 'meta_permission_missing'],
  ])('of code %d stops the channel with a hint', async (code, name) => {
    const error = await errorOf(connect(fakeHttp(failure(code, { error_subcode: 460 }))).send(batch(['A'])));
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ code: name, next: 'stop' });
    expect(error.hint).toContain('password was changed');
  });

  test.each([4, 17, 32, 613, 80_001, 80_004, 80_009, 80_014])('of code %d asks us to wait', async (code) => {
    expect(await errorOf(connect(fakeHttp(failure(code))).send(batch(['A'])))).toBeInstanceOf(BusyError);
  });

  test('of code 1 or 2 is tried again, but smaller when it says so', async () => {
    for (const code of [1, 2])
      expect(await errorOf(connect(fakeHttp(failure(code, {}, {}, 500))).send(batch(['A', 'B'])))).toBeInstanceOf(NoAnswerError);
    const message = "Please reduce the amount of data you're asking for, then retry your request";
    expect(await errorOf(connect(fakeHttp(failure(1, { message }))).send(batch(['A', 'B'])))).toBeInstanceOf(TooLargeError);
  }); // prettier-ignore

  test('about the catalog itself tells to check the id', async () => {
    const error = await errorOf(connect(fakeHttp(failure(100, { error_subcode: 33 }))).test());
    expect(error).toBeInstanceOf(ChannelError);
    expect(error.hint).toContain('catalog id');
  });

  test.each<[string, Response, new (...args: never[]) => Error]>([
    ['a proxy’s page with 502', reply('<html>Bad gateway</html>', 502), NoAnswerError],
    ['garbage with 200', reply('{"handles": ["h', 200), NoAnswerError],
    ['JSON of another shape', reply({ handles: 'h1' }), NoAnswerError],
    ['a bare text', reply('"ok"'), NoAnswerError],
    ['a bare 429', reply('', 429), BusyError],
    ['a bare 413', reply('', 413), TooLargeError],
    ['a bare 403', reply('', 403), ChannelError],
  ])('is understood from %s', async (_, response, kind) => {
    expect(await errorOf(connect(fakeHttp(response)).send(batch(['A', 'B'])))).toBeInstanceOf(kind);
  });

  test('that breaks off in the middle of the answer is no answer', async () => {
    const broken = new Response(new ReadableStream({ start: (c) => c.error(new Error('reset')) }));
    expect(await errorOf(connect(fakeHttp(broken)).send(batch(['A'])))).toBeInstanceOf(NoAnswerError);
    const dropped = new NoAnswerError('no_answer', 'dropped');
    expect(await errorOf(connect(fakeHttp(dropped)).send(batch(['A'])))).toBe(dropped);
  });
});

describe('waiting', () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ['Retry-After in seconds', { 'retry-after': '120' }, 120_000],
    ['Retry-After as a date', { 'retry-after': 'Tue, 24 Nov 2026 12:05:00 GMT' }, 300_000],
    ['minutes in the usage header', usage(100, 7), 420_000],
    ['the longer of the two', { ...usage(100, 7), 'retry-after': '10' }, 420_000],
    ['nothing', {}, undefined],
    ['a header that cannot be read', { 'x-business-use-case-usage': '{', 'retry-after': 'soon' }, undefined],
  ])('is as long as Meta says by %s', async (_, headers, ms) => {
    const error = await errorOf(connect(fakeHttp(failure(80_014, {}, headers))).send(batch(['A'])));
    expect(error).toMatchObject({ retryAfterMs: ms });
  });

  test('begins before the limit: above 80 % used, the next batch waits, and longer the nearer the limit', async () => {
    expect(await waitAfter(79)).toBe(0);
    const [some, more, most] = [await waitAfter(80), await waitAfter(90), await waitAfter(100)];
    expect(some).toBeGreaterThan(0);
    expect(more).toBeGreaterThan(some);
    expect(most).toBeGreaterThan(more);
  });
});

describe('check', () => {
  test('accepts what Meta does not complain of, and reads errors, warnings and the id list', async () => {
    const http = fakeHttp(
      finished({
        errors: [{ line: 1, id: 'A', message: 'Invalid price' }],
        warnings: [
          { line: 2, id: 'B', message: 'gtin is incorrectly formatted' },
          { line: 3, id: 'C', message: 'A required field is missing: image_link' },
          { line: 4, id: 'D', message: 'Something about the title' },
          { line: 1, id: 'A', message: 'A hint' },
        ],
        ids_of_invalid_requests: ['D', 'E', 'elsewhere'],
      }),
    );
    const outcomes = await connect(http).check?.('h1', ['A', 'B', 'C', 'D', 'E', 'F']);
    expect(outcomes).toMatchObject([
      { offerId: 'A', verdict: 'rejected', issues: [{ severity: 'error', field: 'price' }, { severity: 'warning' }] },
      { offerId: 'B', verdict: 'accepted', issues: [{ severity: 'warning', field: 'gtin' }] },
      { offerId: 'C', verdict: 'rejected', issues: [{ severity: 'error', field: 'images' }] },
      { offerId: 'D', verdict: 'rejected', issues: [{ severity: 'error', field: 'title' }] },
      { offerId: 'E', verdict: 'rejected', issues: [{ severity: 'error', code: 'refused_by_meta' }] },
      { offerId: 'F', verdict: 'accepted', issues: [] },
    ]);
  }); // prettier-ignore

  test('names a take-down of something that Meta does not have', async () => {
    const http = fakeHttp(
      finished({ errors: [{ line: 1, id: 'A', message: 'Product with id A does not exist' }] }),
    );
    expect(await connect(http).check?.('h1', ['A'])).toMatchObject([{ issues: [{ code: offerUnknown }] }]);
  });

  test('says when Meta no longer knows the batch', async () => {
    for (const answer of [reply({ data: [] }), failure(100)])
      expect(await errorOf(Promise.resolve(connect(fakeHttp(answer)).check?.('h1', ['A'])))).toBeInstanceOf(NotFoundError);
  }); // prettier-ignore
});

describe('review', () => {
  test('asks for exactly these offers and tells Meta’s verdict on each', async () => {
    const http = fakeHttp(
      products(
        { id: '1', retailer_id: 'A', review_status: 'approved', errors: [], image_fetch_status: 'FETCHED' },
        { id: '2', retailer_id: 'B', review_status: 'rejected', review_rejection_reasons: ['Weapons are not allowed'] },
        { id: '3', retailer_id: 'C', review_status: 'pending' },
        { id: '4', retailer_id: 'D', review_status: '', image_fetch_status: 'FETCH_FAILED' },
        { id: '5', retailer_id: 'E', review_status: 'approved', errors: [{ error_type: 'UNIQUE_PRODUCT_IDENTIFIER_MISSING', error_priority: 'LOW', title: 'No id', description: 'Add a GTIN' }] },
        { id: '6', retailer_id: 'F', review_status: 'approved', errors: [{ error_type: 'EMPTY_BRAND', error_priority: 'HIGH', title: 'No brand' }] },
        { id: '7', retailer_id: 'G', review_status: 'approved', capability_to_review_status: [{ key: 'WHATSAPP', value: 'REJECTED' }, { key: 'DA', value: 'APPROVED' }] },
        { id: '8', retailer_id: 'H', review_status: 'rejected' },
        { id: '9', retailer_id: 'foreign', review_status: 'rejected' },
      ),
    );
    const outcomes = await connect(http).review?.(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'missing']);
    expect(outcomes).toMatchObject([
      { offerId: 'A', verdict: 'accepted', issues: [] },
      { offerId: 'B', verdict: 'rejected', issues: [{ code: 'review_rejected', severity: 'error' }] },
      { offerId: 'C', verdict: 'working', issues: [] },
      { offerId: 'D', verdict: 'rejected', issues: [{ code: 'image_fetch_failed', field: 'images' }] },
      { offerId: 'E', verdict: 'accepted', issues: [{ code: 'unique_product_identifier_missing', severity: 'warning', field: 'gtin' }] },
      { offerId: 'F', verdict: 'rejected', issues: [{ code: 'empty_brand', severity: 'error', field: 'brand' }] },
      { offerId: 'G', verdict: 'accepted', issues: [{ code: 'capability_rejected', value: 'WHATSAPP' }] },
      { offerId: 'H', verdict: 'rejected', issues: [{ code: 'review_rejected' }] },
      { offerId: 'missing', verdict: 'working', issues: [] },
    ]);
    expect(outcomes?.[1]?.issues[0]?.message).toContain('Weapons are not allowed.');
    const query = http.calls[0]?.url.searchParams;
    expect(JSON.parse(query?.get('filter') ?? '')).toEqual({
      retailer_id: { is_any: ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'missing'] },
    });
    expect(query?.get('fields')).toContain('review_rejection_reasons');
  }); // prettier-ignore

  test('follows Meta’s pages, and asks for many offers in several addresses of sane length', async () => {
    const http = fakeHttp(
      reply({ data: [{ retailer_id: 'i0', review_status: 'approved' }], paging: { next: 'https://x', cursors: { after: 'c1' } } }),
      reply({ data: [{ retailer_id: 'i1', review_status: 'approved' }], paging: { cursors: { after: 'c2' } } }),
      reply({ data: [{ retailer_id: 'i149', review_status: 'approved' }] }),
    );
    const outcomes = await connect(http).review?.(Array.from({ length: 350 }, (_, i) => `i${i}`));
    expect(outcomes).toHaveLength(350);
    expect(outcomes?.filter(({ verdict }) => verdict === 'accepted').map(({ offerId }) => offerId)).toEqual(['i0', 'i1', 'i149']);
    expect(http.calls.map(({ url }) => url.searchParams.get('after'))).toEqual([null, 'c1', null]);
    const long = fakeHttp(...Array.from({ length: 10 }, () => products()));
    await connect(long).review?.(Array.from({ length: 100 }, (_, i) => `${i}${'x'.repeat(97)}`));
    expect(long.calls.length).toBeGreaterThan(1);
    for (const { url } of long.calls) expect(url.href.length).toBeLessThan(8_000);
  }); // prettier-ignore

  test('asks for half as many at once where Meta wants less', async () => {
    const less = { error: { code: 1, message: 'Please reduce the amount of data you’re asking for, then retry your request' } };
    const approved = (id: string) => ({ retailer_id: id, review_status: 'approved' });
    const http = fakeHttp(reply(less, 500), products(approved('A'), approved('B')), products(approved('C')));
    const outcomes = await connect(http).review?.(['A', 'B', 'C']);
    expect(outcomes?.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted', 'accepted']);
    const asked = http.calls.map(({ url }) => (JSON.parse(url.searchParams.get('filter') ?? '') as { retailer_id: { is_any: string[] } }).retailer_id.is_any);
    expect(asked).toEqual([['A', 'B', 'C'], ['A', 'B'], ['C']]);
    const never = fakeHttp(reply(less, 500));
    await expect(connect(never).review?.(['A'])).rejects.toThrow(/reduce the amount/);
  }); // prettier-ignore
});

test('test() reads the catalog’s name', async () => {
  const http = fakeHttp(reply({ name: 'My shop', product_count: 3, id: '1234' }));
  expect(await connect(http).test()).toEqual({ name: 'My shop' });
  expect(http.calls[0]?.url.href).toBe('https://graph.facebook.com/v25.0/1234?fields=name%2Cproduct_count');
});

test('the options have defaults, and say what is wrong with a bad one', () => {
  expect(options).toEqual({
    catalogId: '1234', accessToken: 'secret-token', apiVersion: 'v25.0', baseUrl: 'https://graph.facebook.com',
    mode: 'push',
  }); // prettier-ignore
  const bad = channel.options.safeParse({ catalogId: 'my shop', accessToken: '' });
  expect(bad.error?.issues.map(({ path }) => path[0])).toEqual(['catalogId', 'accessToken']);
});
