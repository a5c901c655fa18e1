/** A shop on an embedded store of its own: a generated catalog, imported, its pictures as if they had been prepared. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type Collection } from 'mongodb';
import mongoose from 'mongoose';
import { catalogSchema } from '../catalog/catalog.ts';
import { importCatalog, type ImportRecorder } from '../catalog/import.ts';
import { source } from '../catalog/sources/csv/index.ts';
import { createCatalogStore } from '../catalog/store/catalogs.ts';
import { createProductStore } from '../catalog/store/products.ts';
import { loadChannels, type Channel, type FeedLayout } from '../feeds/channel.ts';
import { createCardStore, type CardStore } from '../feeds/store/cards.ts';
import { createFeedVersionStore } from '../feeds/store/feed-versions.ts';
import { createIssueGroupStore } from '../feeds/store/issue-groups.ts';
import { createListingStore } from '../feeds/store/listings.ts';
import { createMuteStore } from '../feeds/store/mutes.ts';
import type { JobContext } from '../jobs/job.ts';
import { publishFeed } from '../jobs/publish-feed.ts';
import { feedPrefix } from '../jobs/published-feed.ts';
import { refreshListings } from '../jobs/refresh-listings.ts';
import { connectionOptions } from '../services/database.ts';
import { startEmbeddedStore } from '../services/embedded-store/start.ts';
import { createFolderFileStore } from '../services/file-store.ts';
import { generateExport } from './generate.ts';
import { pretendPrepared } from './pretend.ts';

export type FeedFormat = FeedLayout['formats'][number];

export interface BenchShop {
  folder: string;
  products: ReturnType<typeof createProductStore>;
  catalogs: ReturnType<typeof createCatalogStore>;
  channels: Map<string, Channel>;
  /** The products through the bare driver. */
  bare: Collection<{ _id: string }>;
  /** The store's other collections, likewise. */
  bareOf(name: string): Collection<{ _id: string }>;
  fileUrl(key: string): string;
  /** Checks what waits for its check at the catalog's channels, as a run does; cards are written too. */
  check(catalogId: string): Promise<void>;
  /** Publishes one format of a channel's feed; answers the items of the file. */
  publish(catalogId: string, channel: Channel, format: FeedFormat): Promise<number>;
  stop(): Promise<void>;
}

/** Makes a shop in a folder of its own, `variants` by catalog id; `stop` removes it. */
export async function openBenchShop(variants: Readonly<Record<string, number>>): Promise<BenchShop> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-shop-'));
  const shop = await connectBenchShop(folder);
  for (const [id, count] of Object.entries(variants)) await fill(shop, id, count);
  return {
    ...shop,
    async stop() {
      await shop.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fill(
  { folder, catalogs, channels, products }: BenchShop,
  id: string,
  variants: number,
): Promise<void> {
  const path = join(folder, `${id}.csv`);
  await generateExport(path, variants);
  const catalog = await catalogs.save(
    catalogSchema.parse({
      id, name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
      channels: [...channels.keys()],
    }),
  ); // prettier-ignore
  const recorder: ImportRecorder = {
    progress: async () => undefined, issues: async () => undefined, restart: async () => undefined, holdRemovals: async () => undefined,
  }; // prettier-ignore
  const input = { catalog, source: source as never, options: { path }, bookmark: undefined };
  await importCatalog(input, products, recorder, { log, now: () => new Date() } as unknown as JobContext);
  await pretendPrepared(id, products);
  for (;;) {
    const page = await products.takeNeeding(id, 'listings', 1_000);
    if (page.length === 0) break;
    await products.saveRefreshed(page);
  }
}

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

/** The shop of a folder, also beside another process that has it open. */
export async function connectBenchShop(folder: string): Promise<BenchShop> {
  const store = await startEmbeddedStore(join(folder, 'store'));
  const connection = await mongoose
    .createConnection(store.uri, { dbName: 'shelfcast', ...connectionOptions })
    .asPromise();
  const client = await new MongoClient(store.uri).connect();
  const files = createFolderFileStore(join(folder, 'files'), 'https://cdn.example/files');
  const [mutes, groups] = [createMuteStore(connection), createIssueGroupStore(connection)];
  const cards: CardStore = createCardStore(connection, {
    mutes,
    groups,
    findListings: (ids) => listings.findStates(ids),
  });
  const listings = createListingStore(connection, cards);
  const stores = {
    catalogs: createCatalogStore(connection),
    products: createProductStore(connection),
    listings,
    cards,
    mutes,
    groups,
    feedVersions: createFeedVersionStore(connection),
  };
  for (const one of Object.values(stores)) await one.sync();
  const channels = await loadChannels();
  const settings = {
    feedVersions: 1,
    publicUrl: 'https://cdn.example',
    checkEveryMs: 1,
    fileUrl: files.publicUrl,
  };
  const connect = async () => undefined;
  const ctx = { log, files, stores, now: () => new Date(), settings, connect } as unknown as JobContext;
  return {
    folder,
    products: stores.products,
    catalogs: stores.catalogs,
    channels,
    bare: client.db('shelfcast').collection<{ _id: string }>('products'),
    bareOf: (name) => client.db('shelfcast').collection<{ _id: string }>(name),
    fileUrl: files.publicUrl,
    async check(catalogId) {
      const queue = { add: async () => undefined };
      await refreshListings.run({ catalogId }, { ...ctx, channels, queue } as unknown as JobContext);
    },
    async publish(catalogId, channel, format) {
      // Unconnected, so that no channel is told of the feed.
      const { connect: _, ...unconnected } = channel;
      const one: Channel = { ...unconnected, feed: { ...channel.feed, formats: [format] } };
      await publishFeed.run(
        { catalogId, channel: channel.id },
        { ...ctx, channels: new Map([[channel.id, one]]) },
      );
      let items = Number.NaN;
      for await (const { key } of files.list(feedPrefix(catalogId, channel.id)))
        if (key.endsWith(`.${format}`)) items = Number(/-(\d+)\.\w+$/.exec(key)?.[1]);
      return items;
    },
    async stop() {
      await cards.stop();
      await client.close();
      await connection.close();
      await store.stop();
    },
  };
}
