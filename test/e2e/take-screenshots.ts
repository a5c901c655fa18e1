/**
 * Pictures of every page, wide and narrow, light and dark, into docs/screenshots/: `npm run screenshots`, or
 * `npm run screenshots -- home,runs` for some. They show the sample shop at the sandbox's channels.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import type { Run } from '../../catalog/run.ts';
import { createClient, type Client } from '../../services/cli/client.ts';
import { loadConfig } from '../../services/config.ts';
import { startService, type Service } from '../../services/main.ts';
import { loaded, until } from './support/house.ts';
import { openBrowser, visit } from './support/browser.ts';
import { api, catalogId, makeMonth, openSampleShop, readSale } from './support/sample-shop.ts';

const target = join(import.meta.dirname, '../../docs/screenshots');
const owner = { name: 'Olga Berg', email: 'olga@shop.example', password: 'a long enough password' };
const only = argv[2];

async function findGroup(client: Client): Promise<string> {
  const { items } = await client.get<{ items: { code: string; field?: string }[] }>(`${api}/problems`);
  const [one] = items.filter(({ field }) => field !== undefined && !field.startsWith('image'));
  return `/issues?${new URLSearchParams({ code: one?.code ?? '', field: one?.field ?? '' })}`;
}

/** Name of the picture → address below the catalog, and what is clicked there before it is taken. */
const pages: Record<string, (client: Client) => Promise<string>> = {
  home: async () => '/home',
  issues: async () => '/issues',
  group: findGroup,
  explain: findGroup,
  products: async () => '/products',
  item: async (client) => {
    const { items } = await client.get<{ items: { offerId: string }[] }>(
      `${api}/listings?status=blocked&limit=1`,
    );
    return `/products/${encodeURIComponent(items[0]?.offerId ?? '')}`;
  },
  imports: async () => '/imports',
  difference: async () => '/imports',
  channels: async () => '/channels',
  connect: async () => '/channels',
  comparison: async () => '/channels/meta',
  feeds: async () => '/feeds',
  runs: async () => '/runs',
  run: async (client) => {
    const { items } = await client.get<{ items: Run[] }>(`${api}/runs?limit=50`);
    return `/runs/${encodeURIComponent(items.find(({ kind }) => kind === 'import')?.id ?? '')}`;
  },
  settings: async () => '/settings',
  people: async () => '/settings?tab=people',
  tokens: async () => '/settings?tab=tokens',
  alerts: async () => '/settings?tab=alerts',
  backups: async () => '/settings?tab=backups',
  audit: async () => '/settings?tab=audit',
};
const clicks: Record<string, (page: Page) => Promise<void>> = {
  explain: (page) => page.getByRole('button', { name: 'Why this rule?' }).click(),
  difference: async (page) => {
    const buffer = Buffer.from(await readSale());
    const files = page.locator('input[type=file]');
    await files.first().setInputFiles({ name: 'products_export.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: /^Import/ }).waitFor({ timeout: 120_000 });
  },
  connect: (page) =>
    page.getByRole('region', { name: 'Google' }).getByRole('button', { name: 'Change credentials' }).click(),
  feeds: (page) =>
    page
      .getByRole('button', { name: /versions?$/ })
      .first()
      .click(),
};
const looks = [
  { width: 1440, height: 900, dark: false },
  { width: 1440, height: 900, dark: true },
  { width: 390, height: 844, dark: false },
  { width: 390, height: 844, dark: true },
];

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
  const isWanted = (name: string): boolean => !only || only.split(',').includes(name);
  async function eachLook(work: (page: Page, take: (name: string) => Promise<void>) => Promise<void>) {
    for (const look of looks) {
      const { context, page, faults } = await visit(browser, service.url, look);
      const ending = `${look.width}-${look.dark ? 'dark' : 'light'}`;
      await work(page, async (name) => {
        if (isWanted(name)) await take(page, `${name}-${ending}`, clicks[name]);
      });
      const told = faults.length > 0 ? `, with faults: ${[...new Set(faults)].join('; ')}` : '';
      stdout.write(`${ending} taken${told}\n`);
      await context.close();
    }
  }
  await eachLook(async (page, shoot) => {
    await page.goto('/sign-in');
    await shoot('sign-in');
    await signIn(page);
    await shoot('welcome');
  });
  const stopSandbox = await openSampleShop(client, folder);
  await eachLook(async (page, shoot) => {
    await page.goto('/sign-in');
    await signIn(page);
    for (const [name, find] of Object.entries(pages)) {
      if (!isWanted(name)) continue;
      await page.goto(`/c/${catalogId}${await find(client)}`);
      await shoot(name);
    }
  });
  await stopSandbox();
  await browser.close();
}

async function signIn(page: Page): Promise<void> {
  await page.locator('input[name=email]').fill(owner.email);
  await page.locator('input[name=password]').fill(owner.password);
  await page.locator('button[type=submit]').click();
  await page.locator('input[name=password]').waitFor({ state: 'detached' });
}

const allPictures =
  'Promise.all([...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight).map((one) => one.decode())).then(() => true, () => false)';
const noMotion = 'document.getAnimations().every(({ playState }) => playState !== "running")';

async function take(page: Page, name: string, click?: (page: Page) => Promise<void>): Promise<void> {
  // an open stream of events keeps the network busy for good: what counts is that the data stand there
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await loaded(page);
  await click?.(page);
  await loaded(page);
  // drawn, not only fetched. Evaluated as text, since this file is checked without the browser's own types, and asked
  // again from here: the page's policy lets nothing in it do so
  for (const isDrawn of [allPictures, noMotion])
    await until(async () => Boolean(await page.evaluate(isDrawn)));
  const picture = await page.screenshot();
  await sharp(picture)
    .webp({ quality: 72, effort: 6 })
    .toFile(join(target, `${name}.webp`));
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
await makeMonth(config);
const service = await startService(config);
try {
  await makeOwner(service);
  await takeAll(service, createClient(service.url, config.apiToken));
} finally {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}
