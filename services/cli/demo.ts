/** `shelfcast demo`: a sample shop, the whole walk against the channel sandbox, and a table of what became of every item. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Option, type Command } from 'commander';
import type { Run } from '../../catalog/store/runs.ts';
import type { Listing } from '../../feeds/listing.ts';
import { loadConfig } from '../config.ts';
import { startService } from '../main.ts';
import { prepareSampleShop, sampleShop } from '../sandbox/shop/shop.ts';
import { startShops } from '../sandbox/shops/start.ts';
import { startSandbox, type Sandbox } from '../sandbox/start.ts';
import { createClient, type Client } from './client.ts';
import { followRun, say, showIssueGroups, showRun, showStatus, showTable, type IssueGroup } from './show.ts';

const catalogId = 'demo';

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('Run the whole walk on a sample shop against a local channel sandbox')
    .addOption(
      new Option('--source <source>', 'where the sample shop comes from')
        .choices(['csv', 'shopify', 'woocommerce'])
        .default('csv'),
    )
    .option('--once', 'end when the walk is done instead of serving on')
    .option('--json', 'print the result as JSON')
    .action(async (options: DemoOptions) => runDemo(options));
}

interface DemoOptions {
  source: 'csv' | 'shopify' | 'woocommerce';
  once?: boolean;
  json?: boolean;
}

async function runDemo(options: DemoOptions): Promise<void> {
  const config = loadConfig();
  const dataDir = join(config.dataDir, 'demo');
  const tell = options.json ? () => undefined : say;
  await rm(dataDir, { recursive: true, force: true });
  const shop = options.source === 'csv' ? await drawShop(join(config.dataDir, 'demo-shop'), tell) : undefined;
  const connected = await startShop(options.source);
  const sandbox = await startSandbox();
  const service = await startService({
    ...config,
    dataDir,
    mongodbUri: undefined,
    importFolder: join(config.dataDir, 'demo-shop'),
    allowPrivateHosts: ['127.0.0.1'],
    logLevel: 'error',
    checkEveryMs: 500,
  });
  try {
    const client = createClient(service.url, config.apiToken);
    await connectAll(client, sandbox, tell);
    const run = shop
      ? await importFile(client, shop)
      : await importShop(client, { source: options.source, options: connected?.connect }, tell);
    await showResult(client, run, options.json === true);
    if (options.once) return;
    tell(`\nOpen this address once to make yourself the owner: ${await service.makeOwnerLink()}`);
    tell(`The API token of the command line is ${config.apiToken}`);
    tell('Serving until you stop it with Ctrl+C.');
    await service.stopped;
  } finally {
    await service.stop();
    await sandbox.stop();
    await connected?.stop();
  }
}

async function drawShop(folder: string, tell: (text: string) => void): Promise<SampleFiles> {
  tell('Drawing the sample shop …');
  const shop = await prepareSampleShop(folder);
  tell(`  ${shop.products} products, ${shop.variants} variants, images in ${shop.imagesFolder}`);
  return shop;
}

/** The shop's own server, for a source that has one. */
async function startShop(
  source: DemoOptions['source'],
): Promise<{ connect: Record<string, unknown>; stop(): Promise<void> } | undefined> {
  if (source === 'csv') return undefined;
  const shops = await startShops();
  return { connect: shops[source].connect, stop: () => shops.stop() };
}

type SampleFiles = Awaited<ReturnType<typeof prepareSampleShop>>;

async function connectAll(client: Client, sandbox: Sandbox, tell: (text: string) => void): Promise<void> {
  await client.send('PUT', `/api/v1/catalogs/${catalogId}`, {
    name: sampleShop.name,
    currency: sampleShop.currency,
    country: sampleShop.country,
    language: sampleShop.language,
    shopUrl: sampleShop.shopUrl,
  });
  for (const [id, { connect }] of sandbox.channels) {
    const at = `/api/v1/catalogs/${catalogId}/channels/${id}`;
    const { name } = await client.send<{ name: string }>('PUT', at, connect);
    tell(`Connected to "${name}" (the local sandbox of ${id}).`);
  }
  tell('');
}

async function importFile(client: Client, shop: SampleFiles): Promise<Run> {
  const query = new URLSearchParams({ name: 'products.csv', imageFolder: join(shop.imagesFolder, '..') });
  const body = Readable.toWeb(createReadStream(shop.csvPath)) as ReadableStream<Uint8Array>;
  const run = await client.upload<Run>(`/api/v1/catalogs/${catalogId}/imports?${query}`, body, 'text/csv');
  return followRun(client, run.id, {});
}

async function importShop(
  client: Client,
  given: { source: string; options: Record<string, unknown> | undefined },
  tell: (text: string) => void,
): Promise<Run> {
  const at = `/api/v1/catalogs/${catalogId}/source`;
  const { name } = await client.send<{ name: string }>('PUT', at, given);
  tell(`Connected to the shop "${name}" (the local sandbox of ${given.source}).`);
  const run = await client.send<Run>('POST', `${at}/imports`);
  return followRun(client, run.id, {});
}

async function showResult(client: Client, run: Run, json: boolean): Promise<void> {
  const at = `/api/v1/catalogs/${catalogId}`;
  const status = await client.get<{ channels: Record<string, Record<string, number>> }>(`${at}/status`);
  const issues = await client.get<{ items: IssueGroup[] }>(`${at}/issues?limit=60`);
  const stopped: Listing[] = [];
  for (const state of ['blocked', 'rejected'] as const)
    stopped.push(
      ...(await client.get<{ items: Listing[] }>(`${at}/listings?status=${state}&limit=100`)).items,
    );
  if (json) {
    process.stdout.write(`${JSON.stringify({ run, status, issues: issues.items, stopped }, null, 2)}\n`);
    return;
  }
  say('');
  showRun(run);
  say('\nItems by status:');
  showStatus(status.channels);
  say('\nItems that are not live, and why:');
  showTable(
    ['item', 'status', 'reason', 'what to do'],
    stopped.map((listing) => {
      const worst = listing.issues.find((issue) => issue.severity === 'error') ?? listing.issues[0];
      return [`${listing.title}\n${listing.offerId}`, listing.status, worst?.message, worst?.hint];
    }),
    [34, 10, 50, 46],
  );
  say('\nAll issues, the most frequent first:');
  showIssueGroups(issues.items);
  if (run.status === 'failed') process.exitCode = 3;
}
