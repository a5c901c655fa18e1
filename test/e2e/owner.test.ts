/** The owner's first hour, and who may not write, in a real browser on the real service with the sandbox. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { drawImage } from '../support/service.ts';
import { chromiumPath, findViolations, type Visit } from './support/browser.ts';
import { addPerson, becomeOwner, openHouse, signIn, type House } from './support/house.ts';

const withBrowser = chromiumPath ? describe : describe.skip;
const head = 'Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Price,Image Src';
const rows = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, n) => `lamp-${n},Lamp ${n},A warm lamp for the desk.,Lux,LAMP-${n},${10 + n}.00,images/a.jpg`,
  );
const slow = 240_000;
jest.setTimeout(slow);

withBrowser('the owner', () => {
  let house: House;
  let owner: Visit;
  const at = (path: string): string => `/c/lamp-shop${path}`;

  beforeAll(async () => {
    house = await openHouse();
    await drawImage(house.folder, 'a.jpg', 800, '#264653');
    owner = await becomeOwner(house);
    owner.context.setDefaultTimeout(100_000);
  }, slow);
  afterAll(() => house?.stop());

  async function upload(name: string, lines: string[]): Promise<void> {
    const path = join(house.folder, name);
    await writeFile(path, [head, ...lines].join('\n'));
    const { page } = owner;
    await page.goto(at('/imports'));
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByRole('button', { name: /^Import/ }).click();
    await page.waitForURL((url) => url.searchParams.has('run'));
  }

  it('goes from the empty start to accepted items', async () => {
    const { page } = owner;
    await page.getByLabel('Name', { exact: false }).first().fill('Lamp shop');
    await page.getByLabel('Address of the shop').fill('https://lamps.example');
    await page.getByRole('button', { name: 'Make the catalog' }).click();
    await page.getByRole('heading', { name: 'Begin here' }).waitFor();
    await house.client.send(
      'PUT',
      '/api/v1/catalogs/lamp-shop/channels/meta',
      house.sandbox.channel('meta').connect,
    );
    await house.client.send('PUT', '/api/v1/catalogs/lamp-shop', {
      name: 'Lamp shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://lamps.example', defaultBrand: 'Lux',
    }); // prettier-ignore
    await upload('lamps.csv', rows(10));
    // a reload in the middle finds the run again
    await page.reload();
    await page.getByText('10 new products').waitFor();
    await page.getByText('Done', { exact: true }).first().waitFor();
    await page.goto(at('/home'));
    await page.getByRole('region', { name: 'Meta' }).waitFor();
    const status = await house.client.get<{ products: number }>('/api/v1/catalogs/lamp-shop/status');
    expect(status.products).toBe(10);
  });

  it('sees that an import holds, and approves it', async () => {
    const { page } = owner;
    await upload('fewer.csv', rows(2));
    await page.getByText('This waits for your decision').waitFor();
    await page.getByRole('button', { name: 'Remove 8 products' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove 8 products' }).click();
    await page.getByText('Approved; the run goes on.').waitFor();
    for (let tries = 0; tries < 200; tries++) {
      const { products } = await house.client.get<{ products: number }>('/api/v1/catalogs/lamp-shop/status');
      if (products === 2) return;
      await page.waitForTimeout(200);
    }
    throw new Error('the removals did not happen');
  });

  it('lets a viewer look and not write, by the page and by the API', async () => {
    const email = await addPerson(house, 'viewer', 'Vera');
    const viewer = await signIn(house, email);
    await viewer.page.goto(at('/runs'));
    await viewer.page.getByRole('heading', { name: 'What has run' }).waitFor();
    expect(await viewer.page.getByRole('button', { name: 'Check all now' }).count()).toBe(0);
    const answer = await viewer.page.evaluate(async () => {
      const headers = { 'x-requested-with': 'shelfcast' };
      return (await fetch('/api/v1/catalogs/lamp-shop/checks', { method: 'POST', headers })).status;
    });
    expect(answer).toBe(403);
    await viewer.context.close();
  });

  it('meets no serious violation of accessibility, light and dark, and nothing leaves the origin', async () => {
    const found: string[] = [];
    for (const dark of [false, true]) {
      await owner.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
      for (const path of [
        '/home',
        '/imports',
        '/channels',
        '/feeds',
        '/runs',
        '/settings',
        '/settings?tab=people',
      ]) {
        await owner.page.goto(at(path));
        await owner.page.getByRole('heading', { level: 1 }).waitFor();
        found.push(
          ...(await findViolations(owner.page)).map((line) => `${path}${dark ? ' dark' : ''}: ${line}`),
        );
      }
    }
    expect(found).toEqual([]);
    expect(owner.faults).toEqual([]);
  });
});
