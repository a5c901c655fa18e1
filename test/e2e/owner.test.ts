/** The owner's first hour, and who may not write, in a real browser on the real service with the sandbox. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import type { Run } from '../../catalog/run.ts';
import { startShops, type Shops } from '../../services/sandbox/shops/start.ts';
import { chromiumPath, findViolations, type Visit } from './support/browser.ts';
import { addPerson, becomeOwner, loaded, openHouse, signIn, until, type House } from './support/house.ts';

const withBrowser = chromiumPath ? describe : describe.skip;
const head = 'Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Price,Image Src';
const api = '/api/v1/catalogs/lamp-shop';
const slow = 240_000;
jest.setTimeout(slow);

/** The shop's pictures, and its products as a table. */
async function serveShop(toTable: () => string): Promise<Server> {
  const picture = await sharp({ create: { width: 800, height: 800, channels: 3, background: '#264653' } })
    .jpeg()
    .toBuffer();
  const server = createServer((req, res) => {
    if (req.url === '/lamps.csv') res.setHeader('content-type', 'text/csv').end(toTable());
    else if (req.url?.endsWith('.csv')) res.writeHead(404).end();
    else res.setHeader('content-type', 'image/jpeg').end(picture);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

withBrowser('the owner', () => {
  let house: House;
  let owner: Visit;
  let pictures: Server;
  let shops: Shops;
  const at = (path: string): string => `/c/lamp-shop${path}`;
  const status = () =>
    house.client.get<{ products: number; channels: Record<string, { accepted: number }> }>(`${api}/status`);
  const rows = (count: number): string[] =>
    Array.from({ length: count }, (_, n) =>
      `lamp-${n},Lamp ${n},A warm lamp for the desk.,Lux,LAMP-${n},${10 + n}.00,http://127.0.0.1:${(pictures.address() as AddressInfo).port}/a.jpg`); // prettier-ignore

  beforeAll(async () => {
    pictures = await serveShop(() => [head, ...rows(2)].join('\n'));
    shops = await startShops({ shopify: { products: 3, bulkMs: 10 } });
    house = await openHouse({
      sourceApps: { shopify: { ...shops.shopify.app, baseUrl: `${shops.url}/shopify` } },
    });
    owner = await becomeOwner(house);
    owner.context.setDefaultTimeout(60_000);
  }, slow);
  afterAll(async () => {
    await house?.stop();
    await shops?.stop();
    pictures?.close();
  });

  /** Up to the exact difference; what the button says is what will be written. */
  async function upload(name: string, lines: string[]): Promise<void> {
    const path = join(house.folder, name);
    await writeFile(path, [head, ...lines].join('\n'));
    const { page } = owner;
    await page.goto(at('/imports'));
    await page.locator('input[type=file]').setInputFiles(path);
  }

  it('goes from the empty start to accepted items', async () => {
    const { page } = owner;
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.reload();
      await page.getByRole('button', { name: 'Make the catalog' }).waitFor();
      expect(await findViolations(page)).toEqual([]);
    }
    await page.getByRole('heading', { name: 'Welcome to Shelfcast' }).waitFor();
    await page.getByLabel(/^Name/).fill('Lamp shop');
    await page.getByLabel('Address of the shop').fill('https://lamps.example');
    await page.getByRole('button', { name: 'Make the catalog' }).click();
    await page.getByRole('heading', { name: 'Begin here' }).waitFor();
    await page.getByRole('link', { name: 'Upload a file' }).click();
    await page.getByText('Drop a CSV or TSV file here').waitFor();
    await upload('lamps.csv', rows(10));
    await page.getByRole('button', { name: 'Import 10 changes' }).click();
    await page.waitForURL((url) => url.searchParams.has('run'));
    // a reload in the middle finds the run again
    await page.reload();
    await page.getByText('10 new products').waitFor();

    await page.goto(at('/home'));
    await page.getByRole('link', { name: 'Choose a channel' }).click();
    await page
      .getByRole('region', { name: 'Meta' })
      .getByRole('button', { name: 'Connect', exact: true })
      .click();
    const form = page.getByRole('dialog', { name: 'Connect Meta' });
    await form.getByRole('button', { name: 'More settings' }).click();
    for (const [name, value] of Object.entries(house.sandbox.channel('meta').connect))
      await form.locator(`[name=${name}]`).fill(String(value));
    await form.getByRole('button', { name: 'Test' }).click();
    await form.getByText('That works').waitFor();
    await form.getByRole('button', { name: 'Connect', exact: true }).click();
    await form.waitFor({ state: 'detached' });

    await page.goto(at('/home'));
    await page.getByRole('region', { name: 'Meta' }).getByText('10 accepted').waitFor();
    expect(house.sandbox.channel('meta').contents().size).toBe(10);
    expect((await status()).products).toBe(10);
  });

  it('sees that an import holds, and approves it', async () => {
    const { page } = owner;
    await upload('fewer.csv', rows(2));
    await page.getByText('The removals would wait for you').waitFor();
    await page.getByRole('button', { name: 'Import 8 changes' }).click();
    await page.getByText('This waits for your decision').waitFor();
    await page.getByText('10 before, 2 after: 8 affected').waitFor();
    await page.getByRole('button', { name: 'Remove 8 products' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove 8 products' }).click();
    await page.getByText('Approved; the run goes on.').waitFor();
    await until(async () => (await status()).products === 2);
    await until(async () => house.sandbox.channel('meta').contents().size === 2);
  });

  it('goes back to an earlier feed with two clicks, sees what differs, and lets it go on', async () => {
    const { page } = owner;
    const newest = async () =>
      (await house.client.get<{ items: { items: number }[] }>(`${api}/feeds/meta/versions`)).items[0];
    await until(async () => (await newest())?.items === 2);
    await page.goto(at('/feeds'));
    const feed = page.getByRole('region', { name: 'Meta' });
    await feed.getByRole('button', { name: /versions?$/ }).click();
    await feed.getByRole('button', { name: 'What changed' }).first().click();
    const difference = page.getByRole('dialog', { name: /^From/ });
    await difference.getByText('0 added, 8 removed, 0 changed, 2 the same').waitFor();
    await difference.getByRole('button', { name: 'Close' }).click();
    await difference.waitFor({ state: 'detached' });
    const ofTen = feed.getByRole('row').filter({ has: page.getByRole('cell', { name: '10', exact: true }) });
    await ofTen.first().getByRole('button', { name: 'Return to this' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Return to this' }).click();
    await feed.getByText('Stays at the version').waitFor();
    await until(async () => house.sandbox.channel('meta').contents().size === 10);
    await feed.getByRole('button', { name: 'Let it go on' }).click();
    await until(async () => house.sandbox.channel('meta').contents().size === 2);
    await feed.getByText('Stays at the version').waitFor({ state: 'detached' });
  });

  it('compares what the channel holds, and repairs it when asked to', async () => {
    const { page } = owner;
    const { connect, contents } = house.sandbox.channel('meta');
    // what somebody else does in Commerce Manager
    const requests = [{ method: 'DELETE', data: { id: 'LAMP-0' } }];
    await fetch(`${String(connect['baseUrl'])}/v25.0/${String(connect['catalogId'])}/items_batch`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${String(connect['accessToken'])}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ item_type: 'PRODUCT_ITEM', requests }),
    });
    await until(async () => !contents().has('LAMP-0'));
    await page.goto(at('/channels'));
    await page.getByRole('region', { name: 'Meta' }).getByRole('link', { name: 'What is there' }).click();
    await page.getByText('Not compared yet').waitFor();
    await page.getByRole('button', { name: 'Compare now' }).click();
    await page.getByRole('heading', { name: '1 is missing' }).waitFor();
    await page.getByRole('link', { name: 'Lamp 0' }).waitFor();
    expect(contents().has('LAMP-0')).toBe(false);
    await page.getByRole('button', { name: 'Repair 1 item' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Repair 1 item' }).click();
    await page.getByText('1 item was repaired by Olga').waitFor();
    await until(async () => contents().has('LAMP-0'));
  });

  it('adds a second source, sees what was wrong in it, and lets the shop win again', async () => {
    const { page } = owner;
    const title = async (): Promise<string> =>
      (await house.client.get<{ item: { title: string } }>(`${api}/items/LAMP-1`)).item.title;
    const path = join(house.folder, 'titles.csv');
    await writeFile(path, 'sku,title,price\nLAMP-1,Lamp of the till,\nLAMP-0,,cheap\n');
    await page.goto(at('/imports'));
    await page.getByRole('button', { name: 'Add a file' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a file' });
    await dialog.getByLabel('Name').fill('Till');
    await dialog.locator('input[type=file]').setInputFiles(path);
    const row = page.getByRole('row', { name: /till/ });
    await row.getByText('By SKU: Title and Price').waitFor();
    await row.getByText('1 of 1').waitFor();
    await until(async () => (await title()) === 'Lamp of the till');
    await row.getByRole('button', { name: '1 note' }).click();
    const notes = page.getByRole('dialog', { name: 'What was wrong in till' });
    await notes.getByRole('row', { name: /3.*cheap/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Move till down' }).click();
    await page.getByText('The order holds').waitFor();
    await until(async () => (await title()) === 'Lamp 1');
  });

  it('connects an address as the source, and reads it', async () => {
    const { page } = owner;
    const { port } = pictures.address() as AddressInfo;
    await page.goto(at('/imports'));
    await page.getByRole('button', { name: 'A file at an address' }).click();
    const form = page.getByRole('dialog', { name: 'Connect A file at an address' });
    await form.getByLabel('Address of the file').fill(`http://127.0.0.1:${port}/nothing-here.csv`);
    await form.getByRole('textbox', { name: 'Password' }).fill('very hidden');
    await form.getByRole('button', { name: 'Connect', exact: true }).click();
    await form.getByRole('alert').waitFor();
    await form.getByLabel('Address of the file').fill(`http://127.0.0.1:${port}/lamps.csv`);
    await form.getByRole('button', { name: 'Connect', exact: true }).click();
    await form.waitFor({ state: 'detached' });
    const source = page.getByRole('region', { name: /^A file at an address/ });
    await source.getByText(`http://127.0.0.1:${port}/lamps.csv`).waitFor();
    expect(await page.content()).not.toContain('very hidden');
    await source.getByRole('button', { name: 'Read it now' }).click();
    await page.getByText('0 new products, 0 changed, 2 unchanged, 0 removed').waitFor();
  });

  it('installs the app in a Shopify shop without a token, and reads it', async () => {
    const tea = {
      name: 'Tea shop',
      currency: 'EUR',
      country: 'DE',
      language: 'en',
      shopUrl: 'https://tea.example',
    };
    await house.client.send('PUT', '/api/v1/catalogs/tea-shop', tea);
    const { page, context } = await signIn(house, 'olga@shop.example');
    await page.goto('/c/tea-shop/imports');
    await page.getByRole('button', { name: 'Shopify' }).click();
    const form = page.getByRole('dialog', { name: 'Connect Shopify' });
    await form.getByLabel('The shop’s address').fill('evil.example/x');
    await form.getByRole('button', { name: 'Install the app' }).click();
    await page
      .getByRole('alert')
      .getByText(/no shop/)
      .waitFor();
    await form.getByLabel('The shop’s address').fill(shops.shopify.shop);
    await page.keyboard.press('Enter');
    // the shop asks its owner, who agrees, and sends the browser back
    const source = page.getByRole('region', { name: /^Shopify/ });
    await source.getByText('Connected', { exact: true }).waitFor();
    expect(await page.content()).not.toContain(shops.shopify.accessToken);
    await source.getByRole('button', { name: 'Read it now' }).click();
    await page.getByText('3 new products').waitFor();
    await context.close();
  });

  it('lets a viewer look and not write, by the page and by the API', async () => {
    const email = await addPerson(house, 'viewer', 'Vera');
    const { page, context } = await signIn(house, email);
    const writing: Record<string, RegExp> = {
      '/runs': /Check all now|Push now|Build feeds/,
      '/imports': /Choose a file|Add a|Move|Shopify/,
      '/channels': /Connect|Pause|Disconnect|Change/,
      '/channels/meta': /Compare|Repair/,
      '/feeds': /New address|Build all now|Return to this/,
      '/products/LAMP-1': /^Edit/,
      '/settings': /Save/,
    };
    for (const [path, words] of Object.entries(writing)) {
      await page.goto(at(path));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await loaded(page);
      expect(await page.locator('main').getByRole('button', { name: words }).count()).toBe(0);
    }
    const answers = await page.evaluate(async () => {
      const headers = { 'x-requested-with': 'shelfcast', 'content-type': 'application/json' };
      const calls = [
        ['POST', '/checks', '{}'],
        ['POST', '/fixes', '{"fixes":[{"offerId":"LAMP-1","field":"title","value":"Mine"}]}'],
        ['PUT', '/channels/meta', '{}'],
        ['DELETE', '/channels/meta', ''],
      ] as const;
      const said: number[] = [];
      for (const [method, path, body] of calls)
        said.push(
          (await fetch(`/api/v1/catalogs/lamp-shop${path}`, { method, headers, ...(body ? { body } : {}) }))
            .status,
        );
      return said;
    });
    expect(answers).toEqual([403, 403, 403, 403]);
    await context.close();
  });

  it('meets no serious violation of accessibility on any page, light and dark, and nothing leaves the origin', async () => {
    const { page, faults } = owner;
    const { items: runs } = await house.client.get<{ items: Run[] }>(`${api}/runs?limit=1`);
    const person = { email: 'nora@shop.example', name: 'Nora', role: 'viewer' };
    const { link } = await house.client.send<{ link: string }>('POST', '/api/v1/users', person);
    const inside = ['/home', '/imports', '/channels', '/channels/meta', '/feeds', '/runs', '/settings'];
    const dialogs: [path: string, opener: string][] = [
      ['/channels', 'Change credentials'],
      ['/channels', 'Change'],
      ['/channels', 'Disconnect'],
      ['/imports', 'Add an address'],
      ['/imports', 'Add a file'],
    ];
    const unknown = join(house.folder, 'unknown.csv');
    await writeFile(unknown, 'What it is called,Number,Costs\nA lamp,L-1,9.00\n');
    const tabs = ['people', 'tokens', 'alerts', 'backups', 'audit', 'password'].map(
      (tab) => `/settings?tab=${tab}`,
    );
    const run = `/runs/${encodeURIComponent(runs[0]?.id ?? '')}`;
    const found: string[] = [];
    const look = async (path: string, scheme: 'light' | 'dark'): Promise<void> => {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await loaded(page);
      expect(page.url()).toBe(new URL(path, house.service.url).href);
      await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
      found.push(...(await findViolations(page)).map((line) => `${path} ${scheme}: ${line}`));
    };
    for (const scheme of ['light', 'dark'] as const) {
      // before the page is loaded: one that changes its colours is between two
      await page.emulateMedia({ colorScheme: scheme });
      for (const path of [...inside, ...tabs, run]) await look(at(path), scheme);
      for (const [path, opener] of dialogs) {
        await page.goto(at(path));
        await page.getByRole('button', { name: opener, exact: true }).first().click();
        await page.getByRole('dialog').waitFor();
        await loaded(page);
        found.push(...(await findViolations(page)).map((line) => `${opener} ${scheme}: ${line}`));
      }
      await page.goto(at('/imports'));
      await page.locator('input[type=file]').first().setInputFiles(unknown);
      await page.getByRole('combobox', { name: 'Field of the column Number' }).waitFor();
      found.push(...(await findViolations(page)).map((line) => `mapping ${scheme}: ${line}`));
    }
    await owner.context.clearCookies();
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const path of ['/sign-in', new URL(link).pathname]) await look(path, scheme);
    }
    expect(found).toEqual([]);
    expect(faults).toEqual([]);
  });
});
