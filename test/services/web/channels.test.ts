import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connectShop, startTestShop, type TestShop } from '../../support/service.ts';
import type { FormField } from '../../../services/web/channels.ts';

let shop: TestShop;
beforeAll(async () => {
  shop = await startTestShop();
  await connectShop(shop);
});
afterAll(async () => shop.stop());

it('describes the form of every channel from the schema that checks it', async () => {
  const { items } = await shop.client.get<{ items: { id: string; fields: FormField[] }[] }>(
    '/api/v1/channels',
  );
  const meta = items.find(({ id }) => id === 'meta')?.fields;
  expect(meta).toContainEqual(expect.objectContaining({ name: 'accessToken', required: true, secret: true }));
  expect(meta).toContainEqual(
    expect.objectContaining({
      name: 'apiVersion',
      required: false,
      secret: false,
      default: expect.any(String),
    }),
  );
  for (const { id, fields } of items)
    for (const { name, description } of fields)
      expect({ id, name, described: description !== name }).toEqual({ id, name, described: true });
});

it('tells what a catalog is connected to, but none of its secrets', async () => {
  const answer = await shop.client.get<{ items: { id: string; settings: object }[] }>(
    '/api/v1/catalogs/shop/channels',
  );
  const { catalogId, accessToken } = shop.sandbox.channel('meta').connect;
  expect(answer.items).toMatchObject([{ id: 'meta', connected: true, settings: { catalogId } }]);
  expect(JSON.stringify(answer)).not.toContain(accessToken);
});

it('forgets the credentials of a channel that is disconnected', async () => {
  await shop.client.send('DELETE', '/api/v1/catalogs/shop/channels/meta');
  expect((await shop.client.get<{ items: unknown[] }>('/api/v1/catalogs/shop/channels')).items).toEqual([]);
});
