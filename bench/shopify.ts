/** A Shopify shop of 200,000 variants by bulk operation, beside the bare download and parsing of the same lines. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { catalogSchema } from '../catalog/catalog.ts';
import type { Context } from '../catalog/context.ts';
import { importCatalog, type ImportRecorder } from '../catalog/import.ts';
import { productsBulkQuery } from '../catalog/sources/shopify/documents.ts';
import { source } from '../catalog/sources/shopify/index.ts';
import { optionsSchema } from '../catalog/sources/shopify/options.ts';
import { createProductStore } from '../catalog/store/products.ts';
import { connectionOptions } from '../services/database.ts';
import { startEmbeddedStore } from '../services/embedded-store/start.ts';
import { createHttpClient } from '../services/http-client.ts';
import { startShops } from '../services/sandbox/shops/start.ts';
import { atMost, median, plain, seconds, type BenchResult } from './result.ts';

const products = Number(process.env['BENCH_PRODUCTS'] ?? 50_000);
const rounds = 3;
const MB = 1024 * 1024;
const catalog = catalogSchema.parse({
  id: 'bench', name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
}); // prettier-ignore
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const recorder: ImportRecorder = {
  progress: async () => undefined,
  issues: async () => undefined,
  restart: async () => undefined,
  holdRemovals: async () => undefined,
};

/** What all threads of this process have used so far. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

// the shop is a process of its own, as it is in life
if (process.argv[2] === 'shop') {
  const shops = await startShops({ shopify: { products, variantsPerProduct: 4, bulkMs: 10 } });
  process.on('message', () => process.send?.(cpuSeconds()));
  process.send?.(shops.shopify.connect);
}

export default async function bench(): Promise<BenchResult[]> {
  const shop = fork(import.meta.filename, ['shop']);
  const [connect] = (await once(shop, 'message')) as [Record<string, unknown>];
  const folder = await mkdtemp(join(tmpdir(), 'bench-shopify-'));
  const store = await startEmbeddedStore(join(folder, 'store'));
  const connection = await mongoose
    .createConnection(store.uri, { dbName: 'shelfcast', ...connectionOptions })
    .asPromise();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 100);
  try {
    const ctx = {
      log: silent,
      now: () => new Date(),
      http: createHttpClient({ allowPrivate: ['127.0.0.1'] }),
    } as unknown as Context;
    const options = optionsSchema.parse(connect);
    const stored = createProductStore(connection);
    await stored.sync();
    const run = (name: string) =>
      importCatalog(
        { catalog: { ...catalog, id: name }, source: source as never, options, bookmark: undefined },
        stored,
        recorder,
        ctx,
      );
    let report: Awaited<ReturnType<typeof run>> | undefined;
    const toBare = () => downloadBare(options, ctx);
    /** Of both processes. */
    const used = async (): Promise<number> => {
      shop.send('cpu');
      const [ofShop] = (await once(shop, 'message')) as [number];
      return cpuSeconds() + ofShop;
    };
    const work: number[] = [];
    await toBare(); // warm-up of shop and download
    const cold = await seconds(async () => (report = await run('first')));
    // in turns, so that all meet the same machine; each import is of a catalog of its own, so all of it is new
    const [bare, importing, again] = [[await toBare()], [] as number[], [] as number[]];
    let writes = 0;
    for (let round = 0; round < rounds; round++) {
      const before = await used();
      importing.push(await seconds(async () => (report = await run(`round${round}`))));
      work.push((await used()) - before);
      bare.push(await toBare());
      again.push(await seconds(async () => (report = await run(`round${round}`))));
      writes += report?.products.changed ?? 0;
      bare.push(await toBare());
    }
    const imported = peak;
    const { lines, bytes } = bare[0] ?? { lines: 0, bytes: 0 };
    const taken = median(bare.map((one) => one.taken));
    const [first, reimport] = [median(importing), median(again)];
    const inserting = await insertBare(connection);
    const variants = report?.rows.in ?? 0;
    return [
      plain(`variants imported (${report?.products.unchanged} products)`, variants, 'variants'),
      plain('import by bulk operation', variants / first, 'variants/s'),
      plain('import again, nothing changed', variants / reimport, 'variants/s'),
      plain(`bare download and JSON.parse of ${lines} lines (${Math.round(bytes / MB)} MB)`, taken, 's'),
      plain('insertMany of the same documents, same indexes', inserting, 's'),
      atMost('import / bare download and parse', first / taken, 'x', 2.5),
      plain('work of an import, with the shop', median(work), 'core-seconds'),
      plain('import / bare, if two cores did nothing else and never waited', median(work) / 2 / taken, 'x'),
      plain('the first import of the process / bare download and parse', cold / taken, 'x'),
      plain('import / (bare download and parse, then insertMany)', first / (taken + inserting), 'x'),
      atMost('import again / bare download and parse', reimport / taken, 'x', 2.5),
      atMost('products written by the imports again', writes, 'products', 0),
      plain('peak memory with the embedded store in the process', imported / MB, 'MB'),
    ];
  } finally {
    clearInterval(watch);
    shop.kill();
    await connection.close();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the database alone takes: the documents of the import once more, in batches of the same size. */
async function insertBare(connection: mongoose.Connection): Promise<number> {
  const floor = connection.useDb('floor').collection('products');
  await floor.createIndex({ catalogId: 1, 'variants.offerId': 1 }, { unique: true });
  await floor.createIndex({ catalogId: 1, needs: 1, _id: 1 });
  let inserting = 0;
  let batch: mongoose.mongo.Document[] = [];
  const insert = async (): Promise<void> => {
    inserting += await seconds(() => floor.insertMany(batch, { ordered: false }));
    batch = [];
  };
  for await (const document of connection.collection('products').find({ catalogId: 'first' }).batchSize(500))
    if (batch.push(document) === 500) await insert();
  if (batch.length > 0) await insert();
  return inserting;
}

/** The floor: the same file from the same shop, each line parsed and dropped. */
async function downloadBare(
  options: ReturnType<typeof optionsSchema.parse>,
  { http }: Context,
): Promise<{ lines: number; bytes: number; taken: number }> {
  const headers = { 'content-type': 'application/json', 'x-shopify-access-token': options.accessToken };
  const ask = async (query: string, variables: object): Promise<Record<string, { url?: string; bulkOperation?: { id: string } }>> => {
    const body = JSON.stringify({ query, variables });
    const reply = await http.fetch(`${options.baseUrl}/admin/api/2026-10/graphql.json`, { method: 'POST', headers, body });
    return ((await reply.json()) as { data: never }).data;
  }; // prettier-ignore
  const query = productsBulkQuery(options);
  const { bulkOperationRunQuery } = await ask(
    'mutation ($query: String!) { bulkOperationRunQuery(query: $query) { bulkOperation { id } } }',
    { query },
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { node } = await ask('query ($id: ID!) { node(id: $id) { ... on BulkOperation { url } } }', {
    id: bulkOperationRunQuery?.bulkOperation?.id,
  });
  let lines = 0;
  let bytes = 0;
  const taken = await seconds(async () => {
    const reply = await http.fetch(node?.url ?? '', { timeoutMs: 600_000 });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of reply.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        JSON.parse(part);
        lines += 1;
      }
    }
  });
  return { lines, bytes, taken };
}
