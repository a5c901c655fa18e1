/** The merchandiser's day: 200 items cured at once, one by the keyboard alone, and two people at the same item. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Run } from '../../catalog/run.ts';
import type { IssueGroup } from '../../feeds/issue-group.ts';
import { drawImage } from '../support/service.ts';
import { chromiumPath, findViolations, type Visit } from './support/browser.ts';
import { addPerson, becomeOwner, loaded, openHouse, signIn, until, type House } from './support/house.ts';

const api = '/api/v1/catalogs/shop';
const shirts = 200;
const patience = { timeout: 60_000 };

function toCsv(): string {
  const rows = ['Handle,Title,Body (HTML),Vendor,Google Shopping / Google Product Category,Google Shopping / Gender,Google Shopping / Age Group,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src']; // prettier-ignore
  for (let n = 0; n < shirts; n++)
    rows.push(`shirt-${n},Linen shirt ${n} navy,A shirt.,Nordhem,Apparel & Accessories > Clothing,female,adult,Size,M,SHIRT-${n},49.00,images/a.jpg`); // prettier-ignore
  for (let n = 0; n < 3; n++) rows.push(`mug-${n},Mug ${n},,Tonwerk,,,,Title,Default Title,MUG-${n},9.00,images/a.jpg`); // prettier-ignore
  return rows.join('\n');
}

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('a merchandiser', () => {
  let house: House;
  let owner: Visit;
  const groupOf = async (code: string): Promise<IssueGroup | undefined> =>
    (await house.client.get<{ items: IssueGroup[] }>(`${api}/problems`)).items.find(
      (one) => one.code === code,
    );
  const begin = async (page: Page, path: string): Promise<void> => {
    await page.goto(`/c/shop${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor(patience);
  };

  beforeAll(async () => {
    house = await openHouse();
    const { client, sandbox, folder } = house;
    await drawImage(folder, 'a.jpg', 800, '#264653');
    await client.send('PUT', api, { name: 'Shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example' }); // prettier-ignore
    await client.send('PUT', `${api}/channels/google`, sandbox.channel('google').connect);
    const query = new URLSearchParams({ name: 'shop.csv', imageFolder: folder });
    const body = new Blob([toCsv()]).stream() as ReadableStream<Uint8Array>;
    const { id } = await client.upload<Run>(`${api}/imports?${query}`, body, 'text/csv');
    await until(
      async () => (await client.get<Run>(`/api/v1/runs/${encodeURIComponent(id)}`)).status !== 'running',
    );
    owner = await becomeOwner(house);
  }, 240_000);
  afterAll(() => house.stop());

  it('cures 200 items of one group in at most six clicks, and they reach the channel without a run', async () => {
    const { page, faults } = owner;
    expect(await groupOf('color_missing_for_apparel')).toMatchObject({ items: shirts, suggested: shirts });
    await begin(page, '/home');
    await page.evaluate(
      "addEventListener('click', (event) => { if (event.isTrusted) globalThis.clicks = (globalThis.clicks ?? 0) + 1; }, true)",
    );
    await page.getByRole('link', { name: /^Issues/ }).click();
    await page.getByRole('button', { name: /Colour is missing/ }).click();
    await page.getByRole('button', { name: 'Apply 200 suggestions' }).click(patience);
    await page.getByRole('cell', { name: 'Navy' }).first().waitFor(patience);
    await page.getByRole('button', { name: 'Apply to 200 items' }).click();
    await page.getByText('200 fixed, pushing now').waitFor(patience);
    const clicks = Number(await page.evaluate('globalThis.clicks'));
    expect(clicks).toBeLessThanOrEqual(6);
    expect(await groupOf('color_missing_for_apparel')).toBeUndefined();
    await until(async () => house.sandbox.channel('google').contents().size >= shirts);
    expect(JSON.stringify(house.sandbox.channel('google').contents().get('SHIRT-7'))).toContain('Navy');
    expect(faults).toEqual([]);
  }, 240_000);

  it('mends an item by the keyboard alone, and takes it back', async () => {
    const { page } = owner;
    await begin(page, '/home');
    const { keyboard } = page;
    await keyboard.press('g');
    await keyboard.press('i');
    await page.getByRole('button', { name: /Description is missing/ }).waitFor(patience);
    await keyboard.press('j');
    await keyboard.press('Enter');
    await page.getByLabel('Description of MUG-0').waitFor(patience);
    await keyboard.press('j');
    await keyboard.press('e');
    await keyboard.type('A mug of stoneware.');
    await keyboard.press('Enter');
    await page.getByText('1 fixed, pushing now').waitFor(patience);
    expect((await groupOf('description_missing'))?.items).toBe(2);
    await keyboard.press('u');
    await page.getByText('1 taken back').waitFor(patience);
    expect((await groupOf('description_missing'))?.items).toBe(3);
  }, 240_000);

  it('sets a field of the items chosen in the table, sees each change first, and takes it back', async () => {
    const { page } = owner;
    const brands = async (): Promise<(string | undefined)[]> => {
      const { cards } = await house.client.get<{ cards: { brand?: string }[] }>(`${api}/cards?q=mug`);
      return cards.map(({ brand }) => brand);
    };
    await begin(page, '/products?q=mug');
    await page.getByLabel('Select MUG-0').check(patience);
    await page.getByLabel('Select MUG-2').check();
    await page.getByText('2 selected').waitFor();
    await page.getByRole('button', { name: 'Set a field' }).click();
    const dialog = page.getByRole('dialog', { name: 'Set a field' });
    await dialog.getByLabel('Field').fill('Brand');
    await page.getByRole('option', { name: 'Brand', exact: true }).click();
    await dialog.getByLabel('Value', { exact: true }).fill('Studio');
    await dialog.getByRole('row', { name: /MUG-2.*Tonwerk.*Studio/ }).waitFor(patience);
    expect(await brands()).toEqual(['Tonwerk', 'Tonwerk', 'Tonwerk']);
    await dialog.getByRole('button', { name: 'Set for 2 items' }).click();
    await page.getByText('2 fixed, pushing now').waitFor(patience);
    expect(await brands()).toEqual(['Studio', 'Tonwerk', 'Studio']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('2 taken back').waitFor(patience);
    expect(await brands()).toEqual(['Tonwerk', 'Tonwerk', 'Tonwerk']);
  }, 240_000);

  it('who is second at an item sees what the first did, and nothing is lost', async () => {
    const email = await addPerson(house, 'merchandiser', 'Mia');
    const mia = await signIn(house, email);
    await begin(mia.page, '/products/MUG-1');
    await mia.page.getByRole('button', { name: 'Edit Title' }).click(patience);
    await mia.page.getByLabel('Title', { exact: true }).fill('Mug of Mia');
    await house.client.send('POST', `${api}/fixes`, {
      fixes: [{ offerId: 'MUG-1', field: 'title', value: 'Mug of Olga' }],
    });
    await mia.page.getByLabel('Title', { exact: true }).press('Enter');
    const dialog = mia.page.getByRole('dialog', { name: 'Somebody was faster' });
    await dialog.getByText(/Mug of Olga.*Mug of Mia/).waitFor(patience);
    const title = async (): Promise<string> =>
      (await house.client.get<{ item: { title: string } }>(`${api}/items/MUG-1`)).item.title;
    expect(await title()).toBe('Mug of Olga');
    await dialog.getByRole('button', { name: 'Use mine' }).click();
    await until(async () => (await title()) === 'Mug of Mia');
    await mia.context.close();
  }, 240_000);

  it('loses no stroke in the search, however slow the hand or the machine', async () => {
    const { page } = owner;
    await begin(page, '/products');
    const box = page.getByLabel('Search by title, SKU, GTIN or offer id');
    // each stroke is told to the address, the answers come between the next ones
    await box.pressSequentially('linen shirt 77', { delay: 200 });
    await page.waitForURL((url) => url.searchParams.get('q')?.includes('linen shirt 77') === true, patience);
    await page.getByRole('link', { name: 'Linen shirt 77 navy' }).waitFor(patience);
    expect(await box.inputValue()).toBe('linen shirt 77');
  }, 240_000);

  it.each([['light', false], ['dark', true]] as const)('finds no serious violation on the pages of issues, products and an item, nor in their dialogs, in %s', async (_name, dark) => {
    const { page } = owner;
    const found: string[] = [];
    const look = async (where: string): Promise<void> => {
      found.push(...(await findViolations(page)).map((line) => `${where}: ${line}`));
    };
    const lookAtDialog = async (opener: string): Promise<void> => {
      await page.getByRole('button', { name: opener, exact: true }).first().click();
      await page.getByRole('dialog').waitFor(patience);
      await loaded(page);
      await look(opener);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await begin(page, '/issues?code=description_missing&field=description');
    await page.getByLabel('Description of MUG-0').waitFor(patience);
    await look('issues');
    for (const opener of ['Why this rule?', 'Put aside', 'One value for all', 'History']) await lookAtDialog(opener);
    await begin(page, '/products');
    await page.getByRole('link', { name: 'Mug 0' }).waitFor(patience);
    await look('products');
    await page.getByLabel('Select MUG-0').check();
    await lookAtDialog('Set a field');
    await begin(page, '/products/SHIRT-3');
    await page.getByRole('tab', { name: 'Pin' }).waitFor(patience);
    await look('item');
    expect(found).toEqual([]);
  }, 240_000); // prettier-ignore
});
