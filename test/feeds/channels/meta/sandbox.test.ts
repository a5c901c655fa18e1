/** Meta's channel against its sandbox: other markets, product sets, feeds; and all of it against Meta's own description. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { channel, type MetaOptions } from '../../../../feeds/channels/meta/index.ts';
import { connectMeta } from '../../../../feeds/channels/meta/push.ts';
import { toRow } from '../../../../feeds/build-feed.ts';
import { startSandbox, type RunningSandbox, type Sandbox } from '../../../../services/sandbox/start.ts';
import { hasMetaSchema, recordMeta, type MetaRecorder } from '../../../support/meta-schema.ts';
import { sampleItem } from '../../../support/sample-item.ts';
import { localHttp, resultOf, serveFeed, stopAll, until } from '../../../support/sandboxed.ts';

let sandbox: Sandbox;
let meta: RunningSandbox;
let http: MetaRecorder;
let options: MetaOptions;

beforeAll(async () => {
  sandbox = await startSandbox({ processingMs: 10, reviewMs: 0, fetchImages: false });
  meta = sandbox.channel('meta');
  options = channel.options.parse(meta.connect);
  http = recordMeta(localHttp(), options.catalogId);
  const { handle } = await send({}, [item('A'), item('B')]);
  await settled({}, handle, ['A', 'B']);
});
afterAll(async () => {
  await stopAll();
  await sandbox.stop();
});

const connect = (changes: Partial<MetaOptions>) =>
  connectMeta({ ...options, ...changes }, http) as Required<ReturnType<typeof connectMeta>>;
const item = (offerId: string, changes: Partial<Item> = {}) => sampleItem({ offerId, ...changes });
const send = (changes: Partial<MetaOptions>, upserts: Item[], deletes: string[] = []) =>
  connect(changes).send({ upserts, deletes });
const settled = (changes: Partial<MetaOptions>, handle: string | undefined, offerIds: string[]) =>
  until(async () => {
    const said = await connect(changes).check(handle ?? '', offerIds);
    return said === 'working' ? undefined : said;
  });
const overridesOf = (offerId: string) => meta.contents().get(offerId)?.['overrides'];
const french = { title: 'Chemise en lin', price: { minor: 5490, currency: 'EUR' }, country: 'FR' };

describe('a catalog of another market', () => {
  it('gives a country its own texts and prices, and leaves the item itself alone', async () => {
    const { handle } = await send({ override: 'FR' }, [item('A', french)]);
    expect(await settled({ override: 'FR' }, handle, ['A'])).toMatchObject([{ verdict: 'accepted' }]);
    expect(overridesOf('A')).toEqual({
      'COUNTRY:FR': expect.objectContaining({ id: 'A', title: 'Chemise en lin', price: '54.90 EUR' }),
    });
    expect(meta.contents().get('A')).toMatchObject({ title: 'Linen shirt', price: '49.90 EUR' });
  });

  it('gives a language its texts, but neither price nor stock', async () => {
    const { handle } = await send({ override: 'fr_XX' }, [item('B', french)]);
    await settled({ override: 'fr_XX' }, handle, ['B']);
    const [own] = Object.values(overridesOf('B') as Record<string, object>);
    expect(own).toMatchObject({ title: 'Chemise en lin' });
    for (const field of ['price', 'availability', 'status', 'image', 'gtin']) expect(own).not.toHaveProperty(field); // prettier-ignore
  });

  it('waits with what the first catalog has not sent yet, and sends the others', async () => {
    const { handle, outcomes, unsent } = await send({ override: 'DE' }, [item('A', french), item('LATER')]);
    expect(unsent).toMatchObject({ offerIds: ['LATER'], error: { code: 'meta_item_not_yet' } });
    expect(outcomes).toMatchObject([{ offerId: 'A', verdict: 'working' }]);
    await settled({ override: 'DE' }, handle, ['A']);
    expect(overridesOf('A')).toMatchObject({ 'COUNTRY:DE': { title: 'Chemise en lin' } });
  });

  it('takes down what it says of an item, not the item', async () => {
    const { handle } = await send({ override: 'FR' }, [], ['A']);
    await settled({ override: 'FR' }, handle, ['A']);
    expect(overridesOf('A')).not.toHaveProperty('COUNTRY:FR');
    expect(meta.contents().has('A')).toBe(true);
  });

  it('does not list or review the first catalog’s items as its own', () => {
    const api = channel.connect?.({ ...options, override: 'FR' }, http, async () => undefined);
    expect([api?.list, api?.review, api?.arrange]).toEqual([undefined, undefined, undefined]);
  });

  it('goes as a file of its own columns, registered as one of a country', async () => {
    const api = connect({ override: 'AT', mode: 'feed' });
    const feed = await serveFeed({ ...channel, feed: api.feed }, [item('A', french), item('NOT-THERE')]);
    expect(Object.keys(toRow(item('A', french), api.feed.columns))).toEqual([
      'id', 'override', 'title', 'description', 'availability', 'price', 'link', 'brand', 'color', 'size', 'status',
    ]); // prettier-ignore
    const { feedId } = await api.registerFeed({ ...feed, name: 'Shelfcast AT' });
    const { handle } = await api.fetchFeed(feedId);
    const result = await resultOf(api, feedId, handle);
    expect(result).toMatchObject({ status: 'done', read: 2, accepted: 1, rejected: 1 });
    expect(result.outcomes).toMatchObject([{ offerId: 'NOT-THERE', verdict: 'rejected' }]);
    expect(overridesOf('A')).toMatchObject({ 'COUNTRY:AT': { price: '54.90 EUR' } });
    expect(meta.contents().size).toBe(2);
  });

  it.each(['France', 'fr', 'FRA', 'fr-FR'])('is not called "%s"', (override) => {
    expect(channel.options.safeParse({ ...options, override }).success).toBe(false);
  });
});

describe('product sets', () => {
  const sets = async () => {
    const url = `${String(meta.connect['baseUrl'])}/v25.0/${options.catalogId}/product_sets`;
    const response = await localHttp().fetch(url, { headers: { authorization: `Bearer ${options.accessToken}` } });
    const { data } = (await response.json()) as { data: { name: string; filter: string }[] };
    return Object.fromEntries(data.map(({ name, filter }) => [name, JSON.parse(filter) as unknown]));
  }; // prettier-ignore

  it('are made, changed and taken away as they are written down, and others stay', async () => {
    await connect({ productSets: 'Linen: material = Linen; Sale: custom_label_0 ~ sale' }).arrange();
    expect(await sets()).toEqual({ 'All Products': {}, Linen: { material: { eq: 'Linen' } }, Sale: { custom_label_0: { i_contains: 'sale' } } }); // prettier-ignore
    await connect({ productSets: 'Linen: material = Washed linen' }).arrange();
    expect(await sets()).toEqual({ 'All Products': {}, Linen: { material: { eq: 'Washed linen' } } });
  });

  it('are asked for once while the settings stay the same', async () => {
    const api = connect({ productSets: 'Linen: material = Linen' });
    await api.arrange();
    const before = meta.requests().length;
    await api.arrange();
    expect(meta.requests().length).toBe(before);
  });

  it.each(['Linen', 'Linen: stuff = Linen', 'Linen: material'])('cannot be written as "%s"', (productSets) => {
    expect(channel.options.safeParse({ ...options, productSets }).error?.issues[0]?.message).toMatch(/is no set/);
  }); // prettier-ignore
});

describe('inventory and video', () => {
  it('go with the item: what is left, and the address of the film', async () => {
    const withVideo = item('V', { quantity: 3, attributes: { video_link: 'https://shop.example/v.mp4' } });
    const { handle } = await send({}, [withVideo]);
    await settled({}, handle, ['V']);
    expect(meta.contents().get('V')).toMatchObject({
      quantity_to_sell_on_facebook: 3,
      video: [{ url: 'https://shop.example/v.mp4' }],
    });
  });
});

describe('a feed that Meta fetches', () => {
  it('is registered once, fetched on the day’s hour and when told, and its errors are read back by item', async () => {
    const api = connect({ mode: 'feed' });
    const feed = await serveFeed(channel, [item('F1'), item('F2', { title: '' })]);
    const { feedId } = await api.registerFeed(feed);
    expect(await api.registerFeed(feed)).toEqual({ feedId });
    const result = await resultOf(api, feedId, (await api.fetchFeed(feedId)).handle);
    expect(result).toMatchObject({ status: 'done', read: 2, accepted: 1, rejected: 1 });
    expect(result.outcomes).toMatchObject([
      { offerId: 'F2', verdict: 'rejected', issues: [{ field: 'title', severity: 'error' }] },
    ]);
    await api.review(['F1']);
    for await (const held of api.list()) expect(held.offerId).toMatch(/./);
    await api.test();
  });
});

if (!hasMetaSchema) process.stderr.write('Calls are not checked against Meta’s description: ../shared/specs is absent.\n'); // prettier-ignore
(hasMetaSchema ? it : it.skip)('Every call and every answer of these tests is as Meta describes it', () => {
  expect([...new Set(http.faults)]).toEqual([]);
  expect([...http.calls].sort()).toEqual([
    'DELETE ProductSet/', 'GET ProductCatalog/', 'GET ProductCatalog/check_batch_request_status', 'GET ProductCatalog/product_feeds',
    'GET ProductCatalog/product_sets', 'GET ProductCatalog/products', 'GET ProductFeed/', 'GET ProductFeedUpload/',
    'GET ProductFeedUpload/errors', 'POST ProductCatalog/items_batch', 'POST ProductCatalog/localized_items_batch',
    'POST ProductCatalog/product_feeds', 'POST ProductCatalog/product_sets', 'POST ProductFeed/', 'POST ProductFeed/uploads',
    'POST ProductSet/',
  ]); // prettier-ignore
});
