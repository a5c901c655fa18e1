/** What every channel must do, asked of each folder in feeds/channels/ against its sandbox over real HTTP. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { BusyError, ChannelError, NoAnswerError } from '../../catalog/errors.ts';
import { hasErrors } from '../../catalog/issue.ts';
import type { Item } from '../../catalog/item.ts';
import { buildFeed } from '../../feeds/build-feed.ts';
import type { Batch, Channel, ChannelApi, FeedResult } from '../../feeds/channel.ts';
import { offerUnknown, type ItemOutcome } from '../../feeds/listing.ts';
import { checkItem } from '../../feeds/spec.ts';
import { createHttpClient } from '../../services/http-client.ts';
import type { Misbehaviour } from '../../services/sandbox/misbehave.ts';
import { startSandbox, type RunningSandbox } from '../../services/sandbox/start.ts';
import { sampleImage, sampleItem, without } from './sample-item.ts';

const http = createHttpClient({ allowPrivate: ['127.0.0.1'] });
export const goodItem = (offerId: string, changes: Partial<Item> = {}): Item =>
  without(sampleItem({ offerId, title: `Linen shirt ${offerId}`, options: [], ...changes }), 'itemGroupId');
const batchOf = (upserts: readonly Item[], deletes: readonly string[] = []): Batch => ({ upserts, deletes });

/** A sandbox and an API of one channel, for one test. */
async function withChannel(
  channel: Channel,
  work: (api: ChannelApi, sandbox: RunningSandbox, anew: () => ChannelApi) => Promise<void>,
): Promise<void> {
  const sandboxes = await startSandbox({ processingMs: 20, reviewMs: 20, fetchImages: false });
  const sandbox = sandboxes.channel(channel.id);
  const anew = (): ChannelApi => {
    const api = channel.connect?.(channel.options.parse(sandbox.connect), http, async () => undefined);
    if (!api) throw new Error(`${channel.id} has no API`);
    return api;
  };
  try {
    await work(anew(), sandbox, anew);
  } finally {
    await sandboxes.stop();
  }
}

async function all<T>(things: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const thing of things) found.push(thing);
  return found;
}

async function repeat<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 500; round++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('no verdict within 500 questions');
}

/** Sends a batch and follows it to the end, as the jobs do. */
export async function follow(api: ChannelApi, batch: Batch): Promise<Map<string, ItemOutcome>> {
  if (!api.send) throw new Error('takes no batches');
  const offerIds = [...batch.upserts.map(({ offerId }) => offerId), ...batch.deletes];
  const { handle, outcomes, unsent } = await api.send(batch);
  if (unsent) throw unsent.error;
  const final = new Map<string, ItemOutcome>();
  const note = (found: readonly ItemOutcome[]): void => {
    for (const outcome of found) if (outcome.verdict !== 'working') final.set(outcome.offerId, outcome);
  };
  note(outcomes);
  if (handle !== undefined && api.check) {
    const open = offerIds.filter((id) => !final.has(id));
    note(await repeat(async () => {
      const answer = await api.check?.(handle, open);
      return answer === 'working' ? undefined : answer;
    })); // prettier-ignore
  }
  const { review } = api;
  if (!review) return final;
  const taken = batch.upserts
    .map(({ offerId }) => offerId)
    .filter((id) => final.get(id)?.verdict !== 'rejected');
  await repeat(async () => {
    const found = await review(taken);
    note(found);
    return found.some(({ verdict }) => verdict === 'working') ? undefined : true;
  });
  return final;
}

/** Rules, without any API. */
export function specBattery(channel: Channel): void {
  test('takes an item that has everything', () => {
    expect(checkItem(sampleItem(), channel.spec).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test.each<[string, Item]>([
    ['offerId', sampleItem({ offerId: '' })],
    ['title', sampleItem({ title: '' })],
    ['description', sampleItem({ description: '' })],
    ['link', without(sampleItem(), 'link')],
    ['images', sampleItem({ images: [] })],
    ['price', without(sampleItem(), 'price')],
  ])('blocks an item without %s, and names the field', (field, item) => {
    const issues = checkItem(item, channel.spec).filter(({ severity }) => severity === 'error');
    expect(issues.map((issue) => issue.field)).toContain(field);
  });

  test('says of every fault the field, what was found, one sentence, what to do and where it is written', () => {
    const found = badItems.flatMap((item) => checkItem(item, channel.spec));
    expect(found.length).toBeGreaterThan(10);
    for (const issue of found)
      expect(issue).toMatchObject({
        code: expect.stringMatching(/^[a-z0-9_]+$/),
        field: expect.stringMatching(/./),
        message: expect.stringMatching(/^.{10,}[.!?]$/s),
        hint: expect.stringMatching(/^.{10,}/s),
        link: expect.stringMatching(/^https:\/\//),
        from: 'check',
      });
    // what is missing has no value; everything else shows what was found
    for (const issue of found.filter(({ code }) => !code.includes('missing')))
      expect(issue).toMatchObject({ value: expect.stringMatching(/./s) });
  });

  test('has nothing in a column of an attribute for an item without it, so that it need not be asked', () => {
    const bare = sampleItem({ attributes: {} });
    for (const { name, of, value } of channel.feed.columns)
      if (of !== undefined) expect([name, value(bare)]).toEqual([name, undefined]);
  });

  test('cuts what the channel would cut at a word, and says so as a warning', () => {
    const long = sampleItem({ title: 'A very fine shirt of linen '.repeat(30).trim() });
    const { columns } = channel.feed;
    const title = columns.find(({ name }) => /^(title|name)$/.test(name))?.value(long) ?? '';
    if (title.length === long.title.length)
      return expect(hasErrors(checkItem(long, channel.spec))).toBe(true);
    expect(long.title.startsWith(title.replace(/…$/, '').trimEnd())).toBe(true);
    expect(checkItem(long, channel.spec)).toContainEqual(expect.objectContaining({ field: 'title' }));
  });

  test('writes the same bytes for an item alone and among others, in every format', async () => {
    const about = { title: 'Shop', link: 'https://shop.example' };
    for (const format of channel.feed.formats) {
      const write = async (items: Item[]): Promise<string> =>
        (await all(buildFeed(items, channel.feed, format, about))).join('');
      const [one, two] = [goodItem('A'), goodItem('B', { title: 'Tea & "Toast", two\nlines <b>' })];
      const empty = await write([]);
      const alone = await write([one]);
      const at = [...empty].findIndex((letter, index) => letter !== alone[index]);
      const head = at < 0 ? empty : empty.slice(0, at);
      const foot = empty.slice(head.length);
      const bytesOf = (feed: string): string => feed.slice(head.length, feed.length - foot.length);
      expect(await write([one, two])).toBe(`${head}${bytesOf(alone)}${bytesOf(await write([two]))}${foot}`);
    }
  });
}

const words = 'a very long text '.repeat(900);
const badItems: Item[] = [
  sampleItem({ title: `${words} FREE SHIPPING!!`, description: words.repeat(4) }),
  sampleItem({ title: '<b>SHIRT SALE</b> BUY NOW', description: 'SEE WWW.SHOP.EXAMPLE NOW OR NEVER 😀' }),
  sampleItem({
    link: 'shop',
    images: [sampleImage('tiny', { width: 40, height: 40 })],
    offerId: 'x'.repeat(300),
  }),
  sampleItem({ price: { minor: 0, currency: 'EUR' }, gtin: '123', brand: 'N/A'.repeat(60) }),
  sampleItem({
    salePrice: { minor: 9990, currency: 'EUR' },
    saleStarts: new Date(2e12),
    saleEnds: new Date(1e12),
  }),
  sampleItem({ attributes: { color: '#ff0000', gender: 'all', age_group: 'old', condition: 'broken' } }),
  sampleItem({ attributes: { google_product_category: 'Apparel & Accessories > Clothing' }, options: [] }),
  without(sampleItem({ attributes: {} }), 'brand', 'gtin', 'link', 'price'),
];

/** Batches: verdicts, faults, and the channel's bad days. */
export function pushBattery(channel: Channel): void {
  test('proves its credentials with one question, and is refused without them', async () =>
    withChannel(channel, async (api, sandbox, anew) => {
      expect((await api.test()).name).toMatch(/./);
      sandbox.behave({ tokenExpired: true });
      await expect(anew().test()).rejects.toBeInstanceOf(ChannelError);
    }));

  test('gives every offer of a batch a verdict, and what it refuses a reason', async () =>
    withChannel(channel, async (api, sandbox) => {
      const items = [goodItem('A'), goodItem('B'), goodItem('C', { title: 'Replica watch' }), goodItem('D')];
      const outcomes = await follow(api, batchOf(items));
      expect([...outcomes.keys()].sort()).toEqual(['A', 'B', 'C', 'D']);
      for (const id of ['A', 'B', 'D']) expect(outcomes.get(id)).toMatchObject({ verdict: 'accepted' });
      const refused = outcomes.get('C');
      expect(refused?.verdict).toBe('rejected');
      const reason = refused?.issues.find(({ severity }) => severity === 'error');
      expect(reason).toMatchObject({ from: 'channel', message: expect.stringMatching(/.{10,}/s), hint: expect.stringMatching(/./) }); // prettier-ignore
      expect([...sandbox.contents().keys()]).toEqual(expect.arrayContaining(['A', 'B', 'D']));
    }));

  test('lets one bad item, and one forbidden item, fail alone', async () =>
    withChannel(channel, async (api, sandbox) => {
      sandbox.behave({ forbidItems: ['F'] });
      const items = [goodItem('A'), without(goodItem('X'), 'price'), goodItem('F'), goodItem('B')];
      const outcomes = await follow(api, batchOf(items));
      const verdicts = Object.fromEntries([...outcomes].map(([id, { verdict }]) => [id, verdict]));
      expect(verdicts).toEqual({ A: 'accepted', B: 'accepted', X: 'rejected', F: 'rejected' });
      for (const id of ['X', 'F']) expect(outcomes.get(id)?.issues.some(({ severity }) => severity === 'error')).toBe(true);
      // what it refuses later it may hold all the same
      expect([...sandbox.contents().keys()].filter((id) => id !== 'X').sort()).toEqual(['A', 'B']);
    })); // prettier-ignore

  test('updates what it has, and takes down what it is told to, known or not', async () =>
    withChannel(channel, async (api, sandbox) => {
      await follow(api, batchOf([goodItem('A'), goodItem('B')]));
      const before = JSON.stringify(sandbox.contents().get('A'));
      const changed = goodItem('A', { price: { minor: 3990, currency: 'EUR' } });
      const outcomes = await follow(api, batchOf([changed], ['B', 'NEVER']));
      expect(outcomes.get('A')?.verdict).toBe('accepted');
      expect(outcomes.get('B')?.verdict).toBe('accepted');
      const never = outcomes.get('NEVER');
      expect(never?.verdict === 'accepted' || never?.issues.some(({ code }) => code === offerUnknown)).toBe(
        true,
      );
      await repeat(async () => (sandbox.contents().has('B') ? undefined : true));
      expect(JSON.stringify(sandbox.contents().get('A'))).not.toBe(before);
    }));

  test.each(['seconds', 'date'] as const)('waits as long as it is told when busy (%s)', async (retryAfter) =>
    withChannel(channel, async (api, sandbox) => {
      await api.test();
      sandbox.behave({ throttleNext: 50, retryAfter });
      const error = await failureOf(api);
      expect(error).toBeInstanceOf(BusyError);
      expect((error as BusyError).retryAfterMs).toBeGreaterThan(0);
    }),
  );

  test('pauses for a dead token', async () =>
    withChannel(channel, async (api, sandbox) => {
      await api.test();
      sandbox.behave({ tokenExpired: true });
      expect(await failureOf(api)).toBeInstanceOf(ChannelError);
    }));

  test.each<[string, Misbehaviour]>([
    ['server faults', { failNext: { count: 60, status: 500 } }],
    ['a gateway’s page', { failNext: { count: 60, status: 502 } }],
    ['garbage', { garbageNext: 60 }],
    ['connections dropped before', { dropNext: { count: 60, when: 'before' } }],
    ['connections dropped after the work', { dropNext: { count: 60, when: 'after' } }],
  ])('knows %s for no answer', async (_name, change) =>
    withChannel(channel, async (api, sandbox) => {
      await api.test();
      sandbox.behave(change);
      expect(await failureOf(api)).toBeInstanceOf(NoAnswerError);
    }),
  );

  test('has the same catalog after a batch is sent twice because its answer got lost', async () =>
    withChannel(channel, async (api, sandbox, anew) => {
      await api.test();
      sandbox.behave({ dropNext: { count: 1, when: 'after' } });
      await failureOf(api);
      const outcomes = await follow(anew(), batchOf([goodItem('A')]));
      expect(outcomes.get('A')?.verdict).toBe('accepted');
      expect([...sandbox.contents().keys()]).toEqual(['A']);
    }));

  test('lists what it holds, where it can', async () =>
    withChannel(channel, async (api) => {
      if (!api.list) return;
      await follow(api, batchOf([goodItem('A'), goodItem('B')]));
      const held = await all(api.list());
      expect(held.map(({ offerId }) => offerId).sort()).toEqual(['A', 'B']);
    }));
}

/** Why one item did not get through; undefined when it did. */
const failureOf = async (api: ChannelApi): Promise<unknown> =>
  api.send?.(batchOf([goodItem('A')])).then(
    ({ unsent }) => unsent?.error,
    (error: unknown) => error,
  );

/** Feeds that the channel fetches. */
export function feedBattery(channel: Channel): void {
  const [format = 'csv'] = channel.feed.formats;

  async function serve(items: readonly Item[], work: (url: string) => Promise<void>): Promise<void> {
    const server = createServer(async (req, res) => {
      if (!req.url?.startsWith('/secret')) return void res.writeHead(404).end();
      const about = { title: 'Shop', link: 'https://shop.example' };
      res.end((await all(buildFeed([...items], channel.feed, format, about))).join(''));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const register = async (api: ChannelApi, url: string): Promise<string> => {
    const feed = {
      name: 'Shelfcast shop',
      format,
      country: 'DE',
      language: 'en',
      currency: 'EUR',
      hour: 5,
      url,
    };
    return (await api.registerFeed?.(feed))?.feedId ?? '';
  };
  const resultOf = async (api: ChannelApi, feedId: string): Promise<FeedResult> => {
    const handle = (await api.fetchFeed?.(feedId))?.handle;
    return repeat(async () => {
      const result = await api.feedResult?.(feedId, handle);
      return result?.status === 'working' ? undefined : result;
    });
  };

  test('registers a feed once, whatever its address, and fetches it', async () =>
    withChannel(channel, async (api, sandbox, anew) => {
      if (!api.registerFeed) return;
      await serve([goodItem('A'), goodItem('B')], async (url) => {
        const first = await register(api, `${url}/secret-1.${format}`);
        const feedId = await register(anew(), `${url}/secret-2.${format}`);
        expect(feedId).toBe(first);
        expect(await resultOf(api, feedId)).toMatchObject({ status: 'done' });
        await repeat(async () => (sandbox.contents().size === 2 ? true : undefined));
      });
    }));

  test('tells which rows of a feed it refused, and why', async () =>
    withChannel(channel, async (api) => {
      if (!api.registerFeed) return;
      await serve([goodItem('A'), without(goodItem('X'), 'price')], async (url) => {
        const result = await resultOf(api, await register(api, `${url}/secret.${format}`));
        const refused = result.outcomes.find(({ offerId }) => offerId === 'X');
        // a channel that names no rows still counts them
        if (refused) {
          expect(refused.verdict).toBe('rejected');
          expect(refused.issues[0]).toMatchObject({ from: 'channel', message: expect.stringMatching(/./) });
          return;
        }
        // one that says nothing of rows takes them all in, and refuses them in its review
        if ((result.rejected ?? result.issues.length) === 0) expect(api.review).toBeDefined();
      });
    }));

  test('tells that it could not read the feed', async () =>
    withChannel(channel, async (api) => {
      if (!api.registerFeed) return;
      await serve([], async (url) => {
        const result = await resultOf(api, await register(api, `${url}/gone.${format}`));
        expect(result.status).toBe('failed');
        expect(result.issues[0]).toMatchObject({ severity: 'error', from: 'channel' });
      });
    }));
}
