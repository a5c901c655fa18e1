import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { CategoryReport } from '../../../catalog/categories.ts';
import type { Item } from '../../../catalog/item.ts';
import { connectShop, drawImage, importText, startTestShop, type TestShop } from '../../support/service.ts';

const at = '/api/v1/catalogs/shop';
const csv = `id,title,description,price,link,image_link,brand,gtin,product_type,availability
A,Linen shirt,A shirt.,20 EUR,https://shop.example/a,images/a.jpg,Nordhem,4006381333931,Men > Shirts,in stock
B,Mug,A mug.,9 EUR,https://shop.example/b,images/a.jpg,Nordhem,96385074,Mugs,in stock
`;

let shop: TestShop;
beforeAll(async () => {
  shop = await startTestShop();
  await connectShop(shop);
  await shop.client.send('PUT', `${at}/channels/google`, shop.sandbox.channel('google').connect);
  await drawImage(shop.folder, 'a.jpg', 600, '#336699');
  await importText(shop, csv);
});
afterAll(async () => shop.stop());

const report = () => shop.client.get<CategoryReport>(`${at}/categories`);
const itemOf = async (offerId: string): Promise<Item | undefined> => {
  const { items } = await shop.client.get<{ items: Item[] }>(`${at}/items`);
  return items.find((item) => item.offerId === offerId);
};

it('lists the shop’s categories with suggestions, and what is covered', async () => {
  const { items, coverage, taxonomy } = await report();
  expect(items.map(({ path, items: count }) => [path, count])).toEqual([['Men > Shirts', 1], ['Mugs', 1]]); // prettier-ignore
  expect(items[0]?.suggestions[0]).toMatchObject({ id: '212', confidence: expect.any(Number) });
  expect(coverage).toEqual({ items: 2, withCategory: 0, percent: 0 });
  expect(taxonomy.languages).toContain('en-US');
});

it('maps a category once for all its items, and checks them again at once', async () => {
  const answer = await shop.client.send<{ products: number }>('PUT', `${at}/categories`, {
    items: [{ path: 'men > SHIRTS', category: 'Apparel & Accessories > Clothing > Shirts & Tops' }],
  });
  expect(answer).toEqual({
    mapped: [{ path: 'men > SHIRTS', id: '212', category: 'Apparel & Accessories > Clothing > Shirts & Tops' }],
    products: 1,
  }); // prettier-ignore
  expect((await itemOf('A'))?.attributes.google_product_category).toBe('212');
  expect((await itemOf('B'))?.attributes.google_product_category).toBeUndefined();
  expect((await report()).coverage.percent).toBe(50);
  // clothes need size and colour at Google in Germany: found by the check that follows
  for (let round = 0; ; round++) {
    const { items } = await shop.client.get<{ items: { code: string }[] }>(`${at}/issues`);
    if (items.some(({ code }) => code.endsWith('_missing_for_apparel'))) break;
    if (round > 200) throw new Error('the item was not checked again');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

it('remembers it over an import and a change of settings, and replaces it', async () => {
  const before = await shop.client.get<Record<string, unknown>>(at);
  expect(before).not.toHaveProperty('categories');
  const { id: _, channels: _channels, ...settings } = before;
  await shop.client.send('PUT', at, { ...settings, name: 'Another name' });
  await importText(shop, csv.replace('Linen shirt', 'Linen shirt, blue'));
  expect((await itemOf('A'))?.attributes.google_product_category).toBe('212');
  await shop.client.send('PUT', `${at}/categories`, { items: [{ path: 'Men > Shirts', category: '5388' }] }); // prettier-ignore
  expect((await itemOf('A'))?.attributes.google_product_category).toBe('5388');
});

it('refuses a category that Google does not have, and says which is near', async () => {
  const refused = shop.client.send('PUT', `${at}/categories`, {
    items: [{ path: 'Mugs', category: '2169' }, { path: 'Men > Shirts', category: 'Shirts & Tops' }],
  }); // prettier-ignore
  await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('212') });
  expect((await report()).items.find(({ path }) => path === 'Mugs')?.mapped).toBeUndefined();
});

it('forgets a mapping', async () => {
  await shop.client.send('PUT', `${at}/categories`, { items: [{ path: 'Men > Shirts', category: null }] });
  expect((await itemOf('A'))?.attributes.google_product_category).toBeUndefined();
  expect((await report()).coverage.percent).toBe(0);
});

it('searches the taxonomy', async () => {
  const { items, version } = await shop.client.get<{
    items: { id: string; path: string }[];
    version: string;
  }>('/api/v1/taxonomy?search=trousers&language=en-GB');
  expect(version).toBe('2019-07-10');
  expect(items[0]).toEqual({ id: '204', path: 'Clothing & Accessories > Clothing > Trousers & Jeans' });
  expect(await shop.client.get('/api/v1/taxonomy/204')).toMatchObject({ parent: '1604' });
});
