/** Google drops an item 30 days after it was sent: what is accepted goes again in time, and nothing goes too early. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Listing } from '../../feeds/listing.ts';
import { confirmExpiring } from '../../jobs/confirm-expiring.ts';
import { connectShop, drawImage, importText, onEngine, startTestShop, waitFor, type TestShop } from '../support/service.ts'; // prettier-ignore

const DAY = 86_400_000;
let shop: TestShop;
const rows = ['A', 'B', 'FREE'].map(
  (id) =>
    `${id},Mug ${id},A mug of stoneware for tea.,${id === 'FREE' ? '' : '10.00 EUR'},in stock,https://shop.example/p/${id},images/mug.jpg,Clay`,
);
const listings = async (): Promise<Listing[]> =>
  (await shop.client.get<{ items: Listing[] }>('/api/v1/catalogs/shop/listings?channel=google&limit=10'))
    .items;
const find = async (offerId: string) => (await listings()).find((one) => one.offerId === offerId);
const inserts = () =>
  shop.sandbox.channel('google').requests().filter(({ path }) => path.includes('productInputs:insert')).length; // prettier-ignore
/** The look that comes every six hours, so many days from now. */
const lookAfter = async (days: number): Promise<void> =>
  onEngine(shop, ({ ctx }) => confirmExpiring({ ...ctx, now: () => new Date(Date.now() + days * DAY) }));

beforeAll(async () => {
  shop = await startTestShop();
  await drawImage(shop.folder, 'mug.jpg', 800, '#2a6f97');
  await connectShop(shop);
  await shop.client.send(
    'PUT',
    '/api/v1/catalogs/shop/channels/google',
    shop.sandbox.channel('google').connect,
  );
  await importText(
    shop,
    ['id,title,description,price,availability,link,image_link,brand', ...rows].join('\n'),
  );
  await waitFor(
    async () => (await find('A'))?.status === 'accepted' && (await find('B'))?.status === 'accepted',
  );
});
afterAll(async () => shop.stop());

it('leaves alone what Google still keeps for days', async () => {
  const before = inserts();
  await lookAfter(24);
  expect([(await find('A'))?.status, (await find('B'))?.status]).toEqual(['accepted', 'accepted']);
  expect(inserts()).toBe(before);
});

it('sends accepted items again, unchanged, some days before they expire; blocked ones not', async () => {
  const before = inserts();
  await lookAfter(26);
  await waitFor(async () => inserts() === before + 2);
  await waitFor(
    async () => (await find('A'))?.status === 'accepted' && (await find('B'))?.status === 'accepted',
  );
  expect((await find('A'))?.history.map(({ note }) => note)).toContain('sent again before it expires');
  expect(await find('FREE')).toMatchObject({ status: 'blocked' });
});

it('knows the newer sending: the next look at that time sends nothing', async () => {
  // the items were confirmed just now, so they are good for 30 days from now on
  const before = inserts();
  await lookAfter(24);
  expect(inserts()).toBe(before);
  expect((await listings()).filter(({ status }) => status === 'pending')).toEqual([]);
});
