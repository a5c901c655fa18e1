/** A channel in a folder of one's own needs no edit anywhere. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Listing } from '../../feeds/listing.ts';
import type { FormField } from '../../services/web/channels.ts';
import { drawImage, importText, startTestShop, type TestShop } from '../support/service.ts';

const root = join(import.meta.dirname, '../..');
const source = `
import { z } from 'zod';
import { required } from '${root}/feeds/rules/text.ts';
import { imageRequired } from '${root}/feeds/rules/image.ts';
import { toRow } from '${root}/feeds/build-feed.ts';
import { ChannelError } from '${root}/catalog/errors.ts';
import { formatAmount } from '${root}/catalog/money.ts';

const rules = { link: 'https://toy.example/rules' };
const feed = {
  formats: ['csv'],
  columns: [
    { name: 'sku', value: (item) => item.offerId },
    { name: 'name', value: (item) => item.title },
    { name: 'cost', value: (item) => item.price && formatAmount(item.price) },
  ],
};
export const channel = {
  id: 'toy',
  title: 'Toy town',
  options: z.object({
    key: z.string().describe('Key: Toy town, Settings').meta({ secret: true }),
    baseUrl: z.url().describe('Address of the API'),
  }),
  spec: {
    image: { minWidth: 10, minHeight: 10, maxWidth: 2000, maxHeight: 2000, maxBytes: 8e6, formats: ['jpeg'] },
    rules: [required('title', rules), required('brand', rules), imageRequired(rules)],
  },
  feed,
  limits: { itemsPerBatch: 10, bytesPerBatch: 1e6, requestsPerSecond: 10 },
  connect(options, http) {
    const call = async (method, path, body) => {
      const response = await http.fetch(options.baseUrl + path, { method, body: JSON.stringify(body), headers: { key: options.key } });
      if (response.status === 403) throw new ChannelError('toy_refused', 'Toy town does not know the key.');
      return response.json();
    };
    return {
      test: async () => ({ name: (await call('GET', '/')).name }),
      async send({ upserts, deletes }) {
        const refused = await call('POST', '/items', { rows: upserts.map((item) => toRow(item, feed.columns)), deletes });
        const offerIds = [...upserts.map((item) => item.offerId), ...deletes];
        return {
          outcomes: offerIds.map((offerId) => ({
            offerId,
            verdict: refused[offerId] ? 'rejected' : 'accepted',
            issues: refused[offerId] ? [{ code: 'no_fun', severity: 'error', message: refused[offerId], from: 'channel' }] : [],
          })),
        };
      },
    };
  },
};
`;

let shop: TestShop;
let town: Server;
const shelf = new Map<string, Record<string, string>>();

beforeAll(async () => {
  town = createServer(async (req, res) => {
    if (req.headers['key'] !== 'toy-key') return void res.writeHead(403).end('{}');
    let text = '';
    for await (const piece of req) text += String(piece);
    if (req.method === 'GET') return void res.end(JSON.stringify({ name: 'Toy town, main square' }));
    const { rows, deletes } = JSON.parse(text) as { rows: Record<string, string>[]; deletes: string[] };
    const dull = rows.filter(({ name }) => name?.includes('tax'));
    for (const one of rows) if (!dull.includes(one)) shelf.set(one['sku'] ?? '', one);
    for (const id of deletes) shelf.delete(id);
    res.end(JSON.stringify(Object.fromEntries(dull.map(({ sku }) => [sku, 'Nobody can play with this.']))));
  }).listen(0, '127.0.0.1');
  await once(town, 'listening');
  shop = await startTestShop(async (folder) => {
    await mkdir(join(folder, 'channels/toy'), { recursive: true });
    // as a package of the shop's own would have it
    await symlink(join(root, 'node_modules'), join(folder, 'channels/node_modules'));
    await writeFile(join(folder, 'channels/toy/index.ts'), source);
    return { channelFolders: [join(folder, 'channels')] };
  });
  await drawImage(shop.folder, 'bear.jpg', 300, '#8d5524');
  await shop.client.send('PUT', '/api/v1/catalogs/shop', {
    name: 'Toys', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
  }); // prettier-ignore
});
afterAll(async () => {
  await shop.stop();
  town.closeAllConnections();
  town.close();
});

const connect = async (key: string): Promise<{ name: string }> =>
  shop.client.send('PUT', '/api/v1/catalogs/shop/channels/toy', {
    key,
    baseUrl: `http://127.0.0.1:${(town.address() as AddressInfo).port}`,
  });

it('stands in the API with its form', async () => {
  const { items } = await shop.client.get<{ items: { id: string; title: string; fields: FormField[] }[] }>('/api/v1/channels');
  const toy = items.find(({ id }) => id === 'toy');
  expect(toy).toMatchObject({ title: 'Toy town', fields: [{ name: 'key', secret: true, required: true }, { name: 'baseUrl' }] });
}); // prettier-ignore

it('is connected, and refused with a wrong key', async () => {
  await expect(connect('wrong')).rejects.toThrow(/does not know the key/);
  expect(await connect('toy-key')).toEqual({ name: 'Toy town, main square' });
});

it('is checked for, pushed to, and has its statuses and its feed', async () => {
  const header = 'id,title,description,price,availability,link,image_link,brand';
  const row = (id: string, title: string, brand: string): string =>
    `${id},${title},Something to play with.,9.50 EUR,in stock,https://shop.example/p/${id},images/bear.jpg,${brand}`;
  const run = await importText(shop, [header, row('BEAR', 'Bear', 'Fur'), row('TAX', 'Book of tax', 'Law'), row('BALL', 'Ball', '')].join('\n')); // prettier-ignore
  expect(run.phases.map(({ name }) => name)).toContain('push to toy');
  const { items } = await shop.client.get<{ items: Listing[] }>('/api/v1/catalogs/shop/listings?channel=toy');
  expect(Object.fromEntries(items.map(({ offerId, status }) => [offerId, status]))).toEqual({
    BEAR: 'accepted', TAX: 'rejected', BALL: 'blocked',
  }); // prettier-ignore
  expect(items.find(({ offerId }) => offerId === 'BALL')?.issues).toContainEqual(
    expect.objectContaining({ code: 'brand_missing', link: 'https://toy.example/rules' }),
  );
  expect(items.find(({ offerId }) => offerId === 'TAX')?.issues).toMatchObject([
    { message: 'Nobody can play with this.' },
  ]);
  expect([...shelf.values()]).toEqual([{ sku: 'BEAR', name: 'Bear', cost: '9.50' }]);
  const feeds = await shop.client.get<{ items: { channel: string; url: string }[] }>(
    '/api/v1/catalogs/shop/feeds',
  );
  const text = await (await fetch(feeds.items[0]?.url ?? '')).text();
  expect(text.split(/\r?\n/).slice(0, 3)).toEqual([
    'sku,name,cost',
    'BEAR,Bear,9.50',
    'TAX,Book of tax,9.50',
  ]);
  const { channels } = await shop.client.get<{ channels: object }>('/api/v1/catalogs/shop/status');
  expect(channels).toMatchObject({ toy: { accepted: 1, rejected: 1, blocked: 1 } });
});
