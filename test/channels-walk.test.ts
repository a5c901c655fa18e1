/** One shop at every channel there is a folder for: the same walk, the same end; the bad days are in the battery. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadChannels } from '../feeds/channel.ts';
import { hashRow } from '../feeds/build-feed.ts';
import type { Listing } from '../feeds/listing.ts';
import type { Misbehaviour } from '../services/sandbox/misbehave.ts';
import { fetchFeed } from '../services/sandbox/read-feed.ts';
import {
  connectShop,
  drawImage,
  importText,
  startTestShop,
  waitFor,
  type TestShop,
} from './support/service.ts';

const channels = await loadChannels();
const ids = [...channels.keys()];
const batchSize = 3;
// many channels on a busy machine; nothing here is timed
jest.setTimeout(240_000);

const header =
  'id,title,description,price,availability,link,image_link,brand,gtin,condition,google_product_category,color,size,gender,age_group';
const good = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const row = (id: string, price: string, title = `Stoneware mug ${id}`): string =>
  `${id},${title},A mug of stoneware for tea and coffee.,${price},in stock,https://shop.example/p/${id},images/mug.jpg,Clay,4006381333931,new,Home & Garden,Blue,M,unisex,adult`;
const csv = (price: string, leftOut: string[] = []): string =>
  [
    header,
    ...good.filter((id) => !leftOut.includes(id)).map((id) => row(id, price)),
    row('REPLICA', '20.00 EUR', 'Replica mug'),
    row('NOPRICE', 'call us'),
  ].join('\n');

/** A list of one entry stands in the cell in the channel's own form. */
const cellOf = (channel: string, name: string, text: string): string =>
  channels
    .get(channel)
    ?.feed.columns.find((column) => column.name === name)
    ?.list?.cell([text]) ?? text;

describe('one shop at all channels', () => {
  let shop: TestShop;
  const everywhere = (change: Misbehaviour): void => {
    for (const id of ids) shop.sandbox.channel(id).behave(change);
  };
  const listings = async (channel?: string): Promise<Listing[]> => {
    const only = channel === undefined ? '' : `&channel=${channel}`;
    return (await shop.client.get<{ items: Listing[] }>(`/api/v1/catalogs/shop/listings?limit=500${only}`))
      .items;
  };
  const statusOf = async (channel: string): Promise<Record<string, string>> =>
    Object.fromEntries((await listings(channel)).map(({ offerId, status }) => [offerId, status]));
  const held = (id: string): string[] => [...shop.sandbox.channel(id).contents().keys()].sort();
  /** What is sent of the price, in whatever form. */
  const knows = (id: string, offerId: string, amount: string): boolean =>
    JSON.stringify(shop.sandbox.channel(id).contents().get(offerId) ?? {}).replace('.', '').includes(amount); // prettier-ignore
  const settled = async (amount: string): Promise<void> => {
    for (const id of ids)
      await waitFor(async () => {
        const status = await statusOf(id);
        const isDecided = Object.values(status).every((one) => one !== 'pending' && one !== 'sent');
        return (
          isDecided && good.every((offerId) => status[offerId] === 'accepted' && knows(id, offerId, amount))
        );
      }).catch(async () => {
        const open = (await listings(id)).filter(({ status }) => status !== 'accepted');
        throw new Error(
          `${id} did not come to ${amount}: ${JSON.stringify(open.map(({ offerId, status, history }) => [offerId, status, history.at(-1)]))}`,
        );
      });
  };

  beforeAll(async () => {
    for (const { limits } of channels.values()) limits.itemsPerBatch = batchSize;
    shop = await startTestShop();
    await drawImage(shop.folder, 'mug.jpg', 1000, '#2a6f97');
    await connectShop(shop);
    for (const [id, { connect }] of shop.sandbox.channels)
      await shop.client.send('PUT', `/api/v1/catalogs/shop/channels/${id}`, connect);
  });
  afterAll(async () => shop.stop());

  it('brings every item to a verdict at each of them', async () => {
    await importText(shop, csv('31.00 EUR'));
    await settled('31');
    for (const id of ids) {
      const status = await statusOf(id);
      expect({ id, ...status }).toMatchObject({ id, NOPRICE: 'blocked', REPLICA: 'rejected' });
      expect(held(id)).toEqual(expect.arrayContaining(good));
      expect(held(id)).not.toContain('NOPRICE');
    }
  });

  it('tells for every item that is not live a reason that a shop owner understands', async () => {
    const stopped = (await listings()).filter(({ status }) => status === 'blocked' || status === 'rejected');
    expect(stopped).toHaveLength(2 * ids.length);
    for (const { issues } of stopped) {
      const worst = issues.find(({ severity }) => severity === 'error');
      expect(worst).toMatchObject({ message: expect.stringMatching(/^.{10,}[.!?]$/s), hint: expect.stringMatching(/.{10,}/s) }); // prettier-ignore
    }
  });

  it('sends no batch above the limit', () => {
    for (const id of ids)
      for (const request of shop.sandbox.channel(id).requests())
        if (request.method !== 'GET') expect({ id, path: request.path, size: request.ids.length <= batchSize }).toMatchObject({ size: true }); // prettier-ignore
  });

  it('has the same row in the preview and in the feed, and its hash in what was pushed', async () => {
    const page = await shop.client.get<{
      channels: { channel: string; row: Record<string, string>; listing: Listing }[];
    }>('/api/v1/catalogs/shop/items/A');
    expect(page.channels.map(({ channel }) => channel).sort()).toEqual(ids);
    const feeds = await shop.client.get<{ items: { channel: string; format: string; url: string }[] }>(
      '/api/v1/catalogs/shop/feeds',
    );
    for (const { channel, row: preview, listing } of page.channels) {
      expect(listing.liveHash).toBe(hashRow(preview));
      const feed = feeds.items.find((one) => one.channel === channel && one.format !== 'xml');
      if (!feed) continue;
      const inFeed = (await fetchFeed(feed.url)).find((one) =>
        Object.values(one).some(([cell]) => cell === 'A'),
      );
      const plain = Object.entries(preview).filter(([, text]) => !text.includes('\n'));
      for (const [name, text] of plain) if (inFeed?.[name]) expect({ channel, name, text: inFeed[name][0] }).toEqual({ channel, name, text: cellOf(channel, name, text) }); // prettier-ignore
      expect(plain.filter(([name]) => inFeed?.[name]).length).toBeGreaterThan(8);
    }
  });

  it('sends a new price alone where the channel takes that, and the whole item where more changed', async () => {
    const google = shop.sandbox.channel('google');
    const writes = (from: number): Record<string, number> => {
      const made = google.requests().slice(from).filter(({ path }) => path.includes('productInputs'));
      return Object.fromEntries(['PATCH', 'POST'].map((method) => [method, made.filter((one) => one.method === method).length]));
    }; // prettier-ignore
    const first = google.requests().length;
    await importText(shop, csv('33.00 EUR'));
    await settled('33');
    expect(writes(first)).toEqual({ PATCH: good.length, POST: 0 });
    const second = google.requests().length;
    await importText(shop, csv('34.00 EUR').replace('A mug of stoneware', 'A cup of stoneware'));
    await settled('34');
    expect(writes(second)).toEqual({ PATCH: good.length - 1, POST: 1 });
    for (const offerId of good)
      expect(google.contents().get(offerId)?.['productAttributes']).toMatchObject({
        title: `Stoneware mug ${offerId}`, price: { amountMicros: '34000000', currencyCode: 'EUR' },
      }); // prettier-ignore
    await importText(shop, csv('31.00 EUR'));
    await settled('31');
  });

  it('loses nothing when answers get lost after the work is done', async () => {
    everywhere({ dropNext: { count: 1, when: 'after' } });
    await importText(shop, csv('32.00 EUR'));
    for (const id of ids) {
      // what went out alone and failed waits for its next turn; nothing is lost, and nothing is sent twice that matters
      await waitFor(async () => !Object.values(await statusOf(id)).includes('sent'));
      const status = await statusOf(id);
      expect(good.map((offerId) => status[offerId])).not.toContain('rejected');
      expect(held(id)).toEqual(expect.arrayContaining(good));
    }
  });

  it('pauses all of them for dead tokens, keeps what waits, and goes on after a reconnect', async () => {
    everywhere({ tokenExpired: true });
    await importText(shop, csv('37.00 EUR'));
    for (const id of ids)
      await waitFor(async () => {
        const { paused } = await shop.client.get<{ paused: object }>('/api/v1/catalogs/shop/status');
        return id in paused;
      });
    expect((await listings()).filter(({ status }) => status === 'pending').length).toBeGreaterThan(0);
    everywhere({ tokenExpired: false });
    for (const [id, { connect }] of shop.sandbox.channels)
      await shop.client.send('PUT', `/api/v1/catalogs/shop/channels/${id}`, connect);
    await settled('37');
  });

  it('takes down what the shop no longer has, and ends with exactly the shop’s items everywhere', async () => {
    const run = await importText(shop, csv('37.00 EUR', ['G']));
    if (run.status === 'held')
      await shop.client.send('POST', `/api/v1/runs/${encodeURIComponent(run.id)}/approve`);
    for (const id of ids) await waitFor(async () => (await statusOf(id))['G'] === 'removed');
    const rejected = ['REPLICA'];
    for (const id of ids) {
      await waitFor(async () => !held(id).includes('G'));
      expect({ id, held: held(id).filter((one) => !rejected.includes(one)) }).toEqual({
        id,
        held: good.filter((one) => one !== 'G'),
      });
    }
  });

  it('has reached every status at every channel', async () => {
    for (const id of ids) {
      const reached = new Set(
        (await listings(id)).flatMap(({ history }) => history.map(({ status }) => status)),
      );
      expect({ id, reached: [...reached].sort() }).toEqual({
        id,
        reached: ['accepted', 'blocked', 'pending', 'rejected', 'removed', 'sent'],
      });
    }
  });
});
