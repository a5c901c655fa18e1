/** A whole service and a channel sandbox for one test: the real parts, on a folder of their own. */
import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createClient, type Client } from '../../services/cli/client.ts';
import { loadConfig, type Config } from '../../services/config.ts';
import { openDatabase } from '../../services/database.ts';
import { createEngine, type Engine } from '../../services/engine.ts';
import { createLog } from '../../services/log.ts';
import { startService, type Service } from '../../services/main.ts';
import { startSandbox, type Sandbox } from '../../services/sandbox/start.ts';
import { isOpen, type Run } from '../../catalog/run.ts';
import { testDatabase } from './database.ts';

export interface TestShop {
  folder: string;
  config: Config;
  sandbox: Sandbox;
  service: Service;
  client: Client;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The configuration of a test; on TEST_MONGODB_URI when there is one, else on the embedded store. */
export function testConfig(folder: string): Config {
  const uri = testDatabase();
  return {
    ...loadConfig({
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'error',
      API_TOKEN: 'test-token-of-at-least-32-characters-000',
      ENCRYPTION_KEY: 'test-key-of-at-least-32-characters-00000',
      IMPORT_FOLDER: folder,
      ALLOW_PRIVATE_HOSTS: '127.0.0.1',
      ...(uri ? { MONGODB_URI: uri } : {}),
    }),
    checkEveryMs: 50,
  };
}

/** `prepare` may put things into the folder, and answers what is to be configured otherwise. */
export async function startTestShop(
  prepare: (folder: string) => Promise<Partial<Config>> = async () => ({}),
): Promise<TestShop> {
  const folder = await mkdtemp(join(tmpdir(), 'shelfcast-'));
  const config = { ...testConfig(folder), ...(await prepare(folder)) };
  const sandbox = await startSandbox({ processingMs: 20, fetchImages: false });
  const shop: TestShop = {
    folder,
    config,
    sandbox,
    service: await startService(config),
    client: createClient('http://127.0.0.1', ''),
    async restart() {
      await shop.service.stop();
      shop.service = await startService(config);
      shop.client = createClient(shop.service.url, config.apiToken);
    },
    async stop() {
      await shop.service.stop();
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  shop.client = createClient(shop.service.url, config.apiToken);
  return shop;
}

/** Makes the catalog `shop` and connects it to the sandbox. */
export async function connectShop(
  { client, sandbox }: TestShop,
  options: Record<string, unknown> = {},
): Promise<void> {
  await client.send('PUT', '/api/v1/catalogs/shop', {
    name: 'Test shop',
    currency: 'EUR',
    country: 'DE',
    language: 'en',
    shopUrl: 'https://shop.example',
    defaultBrand: 'Test brand',
  });
  await client.send('PUT', '/api/v1/catalogs/shop/channels/meta', {
    ...sandbox.channel('meta').connect,
    ...options,
  });
}

export async function drawImage(folder: string, name: string, side: number, color: string): Promise<void> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const image = sharp({ create: { width: side, height: side, channels: 3, background: color } });
  await writeFile(join(folder, 'images', name), await image.jpeg().toBuffer());
}

export async function importText(shop: TestShop, csv: string): Promise<Run> {
  const query = new URLSearchParams({ name: 'test.csv', imageFolder: shop.folder });
  const body = new Blob([csv]).stream() as ReadableStream<Uint8Array>;
  const run = await shop.client.upload<Run>(`/api/v1/catalogs/shop/imports?${query}`, body, 'text/csv');
  return endOf(shop, run.id);
}

/** Work with the stores and the queue of a running shop, as another process of the same service. */
export async function onEngine(
  { config, service }: TestShop,
  work: (engine: Engine) => Promise<void>,
): Promise<void> {
  const database = await openDatabase(config.mongodbUri, config.dataDir);
  try {
    const engine = await createEngine(config, database, createLog(config), service.url);
    await work(engine);
    await engine.ctx.stores.cards.stop();
    await engine.queue.stop();
  } finally {
    await database.stop();
  }
}

/** Asks until it is so; an error after 60 seconds. */
export async function waitFor(claim: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1_200; round++) {
    if (await claim()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('did not come true within 60 seconds');
}

export async function endOf(shop: TestShop, runId: string): Promise<Run> {
  for (let round = 0; round < 1_200; round++) {
    const run = await shop.client.get<Run>(`/api/v1/runs/${encodeURIComponent(runId)}`);
    if (!isOpen(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`run ${runId} did not end within 60 seconds`);
}
