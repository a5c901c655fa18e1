/** A shop whose every item waits to be sent to one channel, with the real queue, budget and store. */
import { join } from 'node:path';
import { catalogSchema } from '../catalog/catalog.ts';
import { importCatalog, type ImportRecorder } from '../catalog/import.ts';
import { toItems } from '../catalog/item.ts';
import { source } from '../catalog/sources/csv/index.ts';
import { toRow } from '../feeds/build-feed.ts';
import type { Channel } from '../feeds/channel.ts';
import { checkBatch } from '../jobs/check-batch.ts';
import { pushBatch, pushLater } from '../jobs/push-batch.ts';
import { refreshListings } from '../jobs/refresh-listings.ts';
import { loadConfig } from '../services/config.ts';
import { openDatabase } from '../services/database.ts';
import { createEngine } from '../services/engine.ts';
import { createLog } from '../services/log.ts';
import { generateExport } from './generate.ts';
import { pretendPrepared } from './pretend.ts';

const id = 'push';
const jobs = [pushBatch, pushLater, checkBatch] as unknown as Parameters<
  Awaited<ReturnType<typeof createEngine>>['queue']['start']
>[0];

export interface PushShop {
  /** Begins to work on the queue, in which the push waits. */
  start(): void;
  /** Listings by status. */
  count(): Promise<Partial<Record<string, number>>>;
  /** Requests that the channel's rate budget has let through. */
  requests(): Promise<number>;
  /** What the channel should hold. */
  wanted(): AsyncIterable<{ offerId: string; title: string }>;
  stop(): Promise<void>;
}

export async function openPushShop(
  folder: string,
  channel: Channel,
  connect: Record<string, unknown>,
  items: number,
): Promise<PushShop> {
  const config = loadConfig({
    DATA_DIR: folder, LOG_LEVEL: 'error', API_TOKEN: 'bench-token-of-at-least-32-characters-00', ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    ENCRYPTION_KEY: 'bench-key-of-at-least-32-characters-0000', CHECK_EVERY_MS: '500',
  }); // prettier-ignore
  const database = await openDatabase(undefined, folder);
  const { ctx, vault, queue } = await createEngine(
    config,
    database,
    createLog(config),
    'https://cdn.example',
  );
  const { catalogs, products, listings, budgets } = ctx.stores;
  // the engine has loaded the same channel objects, so the bench's rate holds
  const catalog = await catalogs.save(
    catalogSchema.parse({
      id, name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', channels: [channel.id],
    }),
  ); // prettier-ignore
  await catalogs.saveCredentials(id, channel.id, vault.seal(channel.options.parse(connect) as object));
  const path = join(folder, 'shop.csv');
  await generateExport(path, items);
  const recorder: ImportRecorder = {
    progress: async () => undefined, issues: async () => undefined, restart: async () => undefined, holdRemovals: async () => undefined,
  }; // prettier-ignore
  const input = { catalog, source: source as never, options: { path }, bookmark: undefined };
  await importCatalog(input, products, recorder, ctx);
  await pretendPrepared(id, products);
  await refreshListings.run({ catalogId: id }, ctx);
  return {
    start: () => queue.start(jobs, ctx),
    count: async () => (await listings.countByStatus(id))[channel.id] ?? {},
    // one budget counts them all; kinds of requests have theirs besides
    requests: async () => Math.max(...(await budgets.list()).map(({ requests }) => requests)),
    async *wanted() {
      for await (const some of products.eachSome(id))
        for (const item of some.flatMap((product) => toItems(product, catalog, ctx.settings.fileUrl))) {
          const { title = '' } = toRow(item, channel.feed.columns);
          yield { offerId: item.offerId, title };
        }
    },
    async stop() {
      await ctx.stores.cards.stop();
      await queue.stop();
      await database.stop();
    },
  };
}
