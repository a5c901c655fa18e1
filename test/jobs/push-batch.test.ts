/** How batches go out: several at a time, an item in one of them only, and what did not get through when its wait is over. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NoAnswerError } from '../../catalog/errors.ts';
import { loadChannels, type ChannelApi, type Sent } from '../../feeds/channel.ts';
import type { Listing } from '../../feeds/listing.ts';
import { openDatabase } from '../../services/database.ts';
import { connectShop, drawImage, importText, startTestShop, waitFor, type TestShop } from '../support/service.ts'; // prettier-ignore

const offers = Array.from({ length: 24 }, (_, n) => `MUG-${n}`);
const csv = (price: string): string =>
  [
    'id,title,description,price,availability,link,image_link,brand,condition',
    ...offers.map(
      (id) =>
        `${id},Stoneware mug ${id},A mug of stoneware.,${price},in stock,https://shop.example/p/${id},images/mug.jpg,Clay,new`,
    ),
  ].join('\n');

describe('the push of many batches', () => {
  let shop: TestShop;
  let underway: string[][] = [];
  let most = 0;
  const twice: string[] = [];
  /** In place of the next answer, once the channel has worked. */
  let spoil: ((ids: string[], sent: Sent) => Sent) | undefined;

  /** Looks on as the real API sends. */
  function watch(api: ChannelApi): ChannelApi {
    const { send } = api;
    if (!send) return api;
    return {
      ...api,
      async send(batch) {
        const ids = [...batch.upserts.map(({ offerId }) => offerId), ...batch.deletes];
        twice.push(...ids.filter((id) => underway.flat().includes(id)));
        underway.push(ids);
        most = Math.max(most, underway.length);
        try {
          const change = spoil;
          spoil = undefined;
          const sent = await send(batch);
          return change ? change(ids, sent) : sent;
        } finally {
          underway = underway.filter((one) => one !== ids);
        }
      },
    };
  }
  const statuses = async (): Promise<Listing[]> =>
    (await shop.client.get<{ items: Listing[] }>('/api/v1/catalogs/shop/listings?limit=500')).items;

  beforeAll(async () => {
    const meta = (await loadChannels()).get('meta');
    if (!meta?.connect) throw new Error('there is no Meta');
    const connect = meta.connect.bind(meta);
    meta.connect = (...given) => watch(connect(...given));
    meta.limits.itemsPerBatch = 3;
    shop = await startTestShop();
    await drawImage(shop.folder, 'mug.jpg', 1000, '#2a6f97');
    await connectShop(shop);
  });
  afterAll(async () => shop.stop());

  it('has several under way at a time, but no item in two of them', async () => {
    shop.sandbox.channel('meta').behave({ slowMs: 100 });
    await importText(shop, csv('31.00 EUR'));
    shop.sandbox.channel('meta').behave({ slowMs: 0 });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    expect(twice).toEqual([]);
    expect([...shop.sandbox.channel('meta').contents().keys()].sort()).toEqual([...offers].sort());
    expect((await statuses()).every(({ status }) => status === 'accepted')).toBe(true);
  });

  it('sends ten edits once, and takes down what was removed after them without sending it', async () => {
    const meta = shop.sandbox.channel('meta');
    const sends = (id: string): number =>
      meta.requests().filter(({ path, status, ids }) => path.endsWith('/items_batch') && status === 200 && ids.includes(id)).length; // prettier-ignore
    meta.behave({ tokenExpired: true });
    for (let edit = 1; edit <= 10; edit++) await importText(shop, csv(`${40 + edit}.00 EUR`));
    const [removed = '', ...kept] = offers;
    await importText(shop, csv('50.00 EUR').split('\n').filter((line) => !line.startsWith(`${removed},`)).join('\n')); // prettier-ignore
    const before = offers.map(sends);
    meta.behave({ tokenExpired: false });
    await connectShop(shop);
    await waitFor(async () =>
      (await statuses()).every(
        ({ offerId, status }) => status === (offerId === removed ? 'removed' : 'accepted'),
      ),
    );
    expect(offers.map((id, at) => sends(id) - (before[at] ?? 0))).toEqual(offers.map(() => 1));
    expect(meta.contents().has(removed)).toBe(false);
    expect(kept.every((id) => meta.contents().get(id)?.['price'] === '50.00 EUR')).toBe(true);
    await importText(shop, csv('31.00 EUR'));
    await waitFor(async () => (await statuses()).every(({ status }) => status === 'accepted'));
  });

  it('goes on by itself after one batch among others was lost', async () => {
    let lost = 0;
    spoil = (_ids, sent) => {
      // the next one after the first: the first has to go through for it to be one among others
      spoil = () => {
        lost += 1;
        throw new NoAnswerError('no_answer', 'The connection was dropped.');
      };
      return sent;
    };
    const run = await importText(shop, csv('32.00 EUR'));
    expect({ lost, status: run.status }).toEqual({ lost: 1, status: 'done' });
    await waitFor(async () => (await statuses()).every(({ status }) => status === 'accepted'));
  });

  it('sends again what went out when nothing could be noted, also where the shop took the change back since', async () => {
    const meta = shop.sandbox.channel('meta');
    let wentOut: string[] = [];
    spoil = (ids) => {
      wentOut = ids;
      meta.behave({ tokenExpired: true });
      throw new Error('as if the process had died here');
    };
    await importText(shop, csv('34.00 EUR'));
    expect(wentOut.length).toBeGreaterThan(0);
    await waitFor(() => Promise.resolve(wentOut.every((id) => meta.contents().get(id)?.['price'] === '34.00 EUR')));
    await importText(shop, csv('32.00 EUR'));
    meta.behave({ tokenExpired: false });
    await connectShop(shop);
    await waitFor(async () =>
      offers.every((id) => meta.contents().get(id)?.['price'] === '32.00 EUR') &&
      (await statuses()).every(({ status }) => status === 'accepted'),
    );
  }); // prettier-ignore

  it('adds the push again for the moment when the wait of items that did not get through is over', async () => {
    let missed: string[] = [];
    spoil = (ids, sent) => {
      missed = ids.slice(0, 1);
      const error = new NoAnswerError('no_answer', 'The connection was dropped.');
      return { ...sent, unsent: { offerIds: missed, error } };
    };
    await importText(shop, csv('33.00 EUR'));
    await waitFor(async () =>
      (await statuses()).every(({ offerId, status }) =>
        missed.includes(offerId) ? status === 'pending' : status === 'accepted',
      ),
    );
    const waits = (await statuses()).flatMap(({ notBefore }) => notBefore ?? []);
    expect(waits).toHaveLength(1);
    const database = await openDatabase(shop.config.mongodbUri, shop.config.dataDir);
    try {
      const job = await database.connection
        .collection<{ _id: string; dueAt: Date }>('jobs')
        .findOne({ _id: 'push-later:shop:meta' });
      const late = (job?.dueAt.getTime() ?? 0) - new Date(waits[0] ?? 0).getTime();
      expect(Math.abs(late)).toBeLessThan(10_000);
    } finally {
      await database.stop();
    }
  });
});
