/** The feed of 100,000 items from the store to the finished, read-back file, beside a bare scan of the same products. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { MongoClient } from 'mongodb';
import { catalogSchema } from '../catalog/catalog.ts';
import { importCatalog } from '../catalog/import.ts';
import { source } from '../catalog/sources/csv/index.ts';
import { createCatalogStore } from '../catalog/store/catalogs.ts';
import { createProductStore } from '../catalog/store/products.ts';
import { loadChannels } from '../feeds/channel.ts';
import { createListingStore } from '../feeds/store/listings.ts';
import type { JobContext } from '../jobs/job.ts';
import { publishFeed } from '../jobs/publish-feed.ts';
import { feedPrefix } from '../jobs/published-feed.ts';
import { startEmbeddedStore } from '../services/embedded-store/start.ts';
import { createFolderFileStore } from '../services/file-store.ts';
import { generateExport } from './generate.ts';
import { atMost, plain, seconds, type BenchResult } from './result.ts';

const variants = Number(process.env['BENCH_VARIANTS'] ?? 100_000);

export default async function bench(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-feed-'));
  const store = await startEmbeddedStore(join(folder, 'store'));
  const connection = await mongoose.createConnection(store.uri, { dbName: 'shelfcast' }).asPromise();
  const client = await new MongoClient(store.uri).connect();
  try {
    const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
    const files = createFolderFileStore(join(folder, 'files'), 'https://cdn.example/files');
    const stores = {
      catalogs: createCatalogStore(connection),
      products: createProductStore(connection),
      listings: createListingStore(connection),
    };
    for (const one of Object.values(stores)) await one.sync();
    const channels = await loadChannels();
    const meta = channels.get('meta');
    if (!meta) throw new Error('there is no channel meta');
    const csvOnly = { ...meta, feed: { ...meta.feed, formats: ['csv'] as const } };
    const ctx = {
      log, files, stores, now: () => new Date(), channels: new Map([['meta', csvOnly]]),
      settings: { feedVersions: 3, publicUrl: 'https://cdn.example', checkEveryMs: 1, fileUrl: (key: string) => files.publicUrl(key) },
    } as unknown as JobContext; // prettier-ignore
    const catalog = await stores.catalogs.save(
      catalogSchema.parse({
        id: 'bench', name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', channels: ['meta'],
      }),
    ); // prettier-ignore
    const path = join(folder, 'export.csv');
    await generateExport(path, variants);
    const recorder = {
      progress: async () => undefined, issues: async () => undefined, restart: async () => undefined, holdRemovals: async () => undefined,
    }; // prettier-ignore
    await importCatalog(
      { catalog, source: source as never, options: { path }, bookmark: undefined },
      stores.products,
      recorder,
      ctx,
    );
    await pretendPrepared(stores.products);

    const products = client.db('shelfcast').collection('products');
    let read = 0;
    const scan = (): Promise<void> =>
      (async () => {
        read = 0;
        for await (const _ of products.find().sort({ _id: 1 }).batchSize(500)) read += 1;
      })();
    const publish = () => publishFeed.run({ catalogId: 'bench', channel: 'meta' }, ctx);
    const [scans, feeds]: number[][] = [[], []];
    for (let round = 0; round < 3; round++) {
      scans?.push(await seconds(scan));
      feeds?.push(await seconds(publish));
    }
    let items = 0;
    for await (const { key } of files.list(feedPrefix('bench', 'meta')))
      items = Number(/-(\d+)\.csv$/.exec(key)?.[1]);
    const [floor, mine] = [Math.min(...(scans ?? [])), Math.min(...(feeds ?? []))];
    return [
      plain(`bare cursor scan of the same ${read} products`, floor, 's'),
      plain(`feed of ${items} items, read back and in place`, mine, 's'),
      plain('feed', items / mine, 'items/s'),
      plain('peak memory of the process', process.resourceUsage().maxRSS / 1024, 'MB'),
      atMost('feed / bare scan', mine / floor, 'x', 2),
    ];
  } finally {
    await client.close();
    await connection.close();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** As `prepare-images` and `refresh-listings` leave a product whose pictures are fine. */
async function pretendPrepared(products: ReturnType<typeof createProductStore>): Promise<void> {
  for (;;) {
    const page = await products.takeNeeding('bench', 'images', 1_000);
    if (page.length === 0) return;
    await products.savePrepared(
      page.map(({ id, revision, images }) => ({
        id,
        revision,
        prepared: images.map(({ url }, n) => ({
          url, key: `images/ab/${String(n).padStart(64, 'a')}.jpg`, width: 1024, height: 1024, bytes: 90_000, format: 'jpeg' as const,
          original: { width: 2000, height: 2000, format: 'jpeg', bytes: 400_000 }, sourceHash: 'a'.repeat(64), ruleKey: 'bench', checkedAt: new Date(),
        })),
      })),
    ); // prettier-ignore
    await products.saveRefreshed(page);
  }
}
