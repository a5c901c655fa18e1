/**
 * Pictures of every page, wide and narrow, light and dark, into docs/screenshots/: `npm run screenshots`, or
 * `npm run screenshots -- home,runs` for some. They show the sample shop at the sandbox's channels.
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import type { Run } from '../../catalog/run.ts';
import { createClient, type Client } from '../../services/cli/client.ts';
import { loadConfig } from '../../services/config.ts';
import { startService, type Service } from '../../services/main.ts';
import { prepareSampleShop, sampleShop } from '../../services/sandbox/shop/shop.ts';
import { startSandbox } from '../../services/sandbox/start.ts';
import { loaded } from './support/house.ts';
import { openBrowser, visit } from './support/browser.ts';

const target = join(import.meta.dirname, '../../docs/screenshots');
const catalogId = 'nordlicht';
const owner = { name: 'Olga Berg', email: 'olga@shop.example', password: 'a long enough password' };
const only = argv[2];

/** Name of the picture → address below the catalog. */
const pages: Record<string, (client: Client) => Promise<string>> = {
  home: async () => '/home',
  issues: async () => '/issues',
  group: async (client) => {
    const { items } = await client.get<{ items: { code: string; field?: string }[] }>(
      `/api/v1/catalogs/${catalogId}/problems`,
    );
    const [one] = items.filter(({ field }) => field !== undefined && !field.startsWith('image'));
    return `/issues?${new URLSearchParams({ code: one?.code ?? '', field: one?.field ?? '' })}`;
  },
  products: async () => '/products',
  item: async (client) => {
    const { items } = await client.get<{ items: { offerId: string }[] }>(
      `/api/v1/catalogs/${catalogId}/listings?status=blocked&limit=1`,
    );
    return `/products/${encodeURIComponent(items[0]?.offerId ?? '')}`;
  },
  imports: async () => '/imports',
  channels: async () => '/channels',
  feeds: async () => '/feeds',
  runs: async () => '/runs',
  run: async (client) => {
    const { items } = await client.get<{ items: Run[] }>(`/api/v1/catalogs/${catalogId}/runs?limit=1`);
    return `/runs/${encodeURIComponent(items[0]?.id ?? '')}`;
  },
  settings: async () => '/settings',
  people: async () => '/settings?tab=people',
  tokens: async () => '/settings?tab=tokens',
  alerts: async () => '/settings?tab=alerts',
  backups: async () => '/settings?tab=backups',
  audit: async () => '/settings?tab=audit',
};
const looks = [
  { width: 1440, height: 900, dark: false },
  { width: 1440, height: 900, dark: true },
  { width: 390, height: 844, dark: false },
  { width: 390, height: 844, dark: true },
];

async function prepareShop(client: Client, folder: string): Promise<() => Promise<void>> {
  const shop = await prepareSampleShop(join(folder, 'shop'));
  const sandbox = await startSandbox({ fetchImages: false });
  const { name, currency, country, language, shopUrl } = sampleShop;
  await client.send('PUT', `/api/v1/catalogs/${catalogId}`, { name, currency, country, language, shopUrl });
  for (const [id, one] of sandbox.channels)
    await client
      .send('PUT', `/api/v1/catalogs/${catalogId}/channels/${id}`, one.connect)
      .catch((error: unknown) => stdout.write(`${id} is left out: ${String(error)}\n`));
  const query = new URLSearchParams({ name: 'products.csv', imageFolder: join(shop.imagesFolder, '..') });
  const body = Readable.toWeb(createReadStream(shop.csvPath)) as ReadableStream<Uint8Array>;
  const run = await client.upload<Run>(`/api/v1/catalogs/${catalogId}/imports?${query}`, body, 'text/csv');
  for (let now = run; now.status === 'running';) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await client.get<Run>(`/api/v1/runs/${encodeURIComponent(run.id)}`);
  }
  return () => sandbox.stop();
}

/** As a person would make it, by the link that the service prints. */
async function makeOwner(service: Service): Promise<void> {
  const link = await service.makeOwnerLink();
  await fetch(`${service.url}/session/links/${link?.split('/').at(-1)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'shelfcast' },
    body: JSON.stringify(owner),
  });
}

async function takeAll(service: Service, client: Client): Promise<void> {
  const browser = await openBrowser();
  await mkdir(target, { recursive: true });
  for (const look of looks) {
    const { context, page, faults } = await visit(browser, service.url, look);
    const ending = `${look.width}-${look.dark ? 'dark' : 'light'}`;
    const take = async (name: string): Promise<void> => {
      // an open stream of events keeps the network busy for good: what counts is that the data stand there
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await loaded(page);
      // evaluated as text: this file is checked without the browser's own types
      await page.waitForFunction(
        '[...document.images].every((one) => one.naturalWidth > 0 || one.getBoundingClientRect().top > innerHeight)',
      );
      await page.waitForFunction(
        'document.getAnimations().every(({ playState }) => playState !== "running")',
      );
      const picture = await page.screenshot();
      await sharp(picture)
        .webp({ quality: 72, effort: 6 })
        .toFile(join(target, `${name}-${ending}.webp`));
    };
    await page.goto('/sign-in');
    if (!only) await take('sign-in');
    await page.locator('input[name=email]').fill(owner.email);
    await page.locator('input[name=password]').fill(owner.password);
    await page.locator('button[type=submit]').click();
    await page.locator('input[name=password]').waitFor({ state: 'detached' });
    for (const [name, find] of Object.entries(pages)) {
      if (only && !only.split(',').includes(name)) continue;
      await page.goto(`/c/${catalogId}${await find(client)}`);
      await take(name);
    }
    stdout.write(
      `${ending} taken${faults.length > 0 ? `, with faults: ${[...new Set(faults)].join('; ')}` : ''}\n`,
    );
    await context.close();
  }
  await browser.close();
}

const folder = await mkdtemp(join(tmpdir(), 'shelfcast-pictures-'));
const config = {
  ...loadConfig({
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'error',
    IMPORT_FOLDER: folder,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
  }),
  checkEveryMs: 200,
};
const service = await startService(config);
try {
  const client = createClient(service.url, config.apiToken);
  await makeOwner(service);
  const stopSandbox = await prepareShop(client, folder);
  await takeAll(service, client);
  await stopSandbox();
} finally {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}
