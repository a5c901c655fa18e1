/** What an owner sets on the page: policies of a channel, where alerts go, backups. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { fromPage, invite, makeOwner, type Person } from '../../support/people.ts';
import {
  connectShop,
  drawImage,
  importText,
  startTestShop,
  waitFor,
  type TestShop,
} from '../../support/service.ts';

const head = 'Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Inventory Qty,Variant Inventory Tracker,Variant Price,Image Src'; // prettier-ignore
const row = (n: number, stock: number): string =>
  `lamp-${n},Lamp ${n},A warm lamp.,Lux,LAMP-${n},${stock},shopify,${10 + n}.00,images/a.jpg`;
const policies = '/api/v1/catalogs/shop/channels/meta/policy';

describe('an owner', () => {
  let shop: TestShop;
  let owner: Person;
  let merchandiser: Person;
  const held = (): ReadonlyMap<string, unknown> => shop.sandbox.channel('meta').contents();
  beforeAll(async () => {
    // backups are made of the embedded store; a MongoDB has its own
    shop = await startTestShop(async () => ({ mongodbUri: undefined }));
    owner = await makeOwner(shop.service);
    merchandiser = await invite(shop.service, owner, 'merchandiser', 'Mia');
    await drawImage(shop.folder, 'a.jpg', 800, '#264653');
    await connectShop(shop);
    // one of three is a large share: it would be held
    await shop.client.send('PUT', '/api/v1/catalogs/shop', {
      name: 'Test shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', removalGuard: 1,
    }); // prettier-ignore
    await importText(shop, [head, row(1, 5), row(2, 0), row(3, 4)].join('\n'));
    await waitFor(async () => held().size === 3);
  });
  afterAll(() => shop?.stop());

  it('has sold-out items taken down, and brought back by the stock', async () => {
    await merchandiser.call('put', policies).send({ outOfStock: 'remove', gone: 'remove' }).expect(403);
    await owner.call('put', policies).send({ outOfStock: 'remove', gone: 'mark' }).expect(200);
    await waitFor(async () => !held().has('LAMP-2'));
    expect([...held().keys()].sort()).toEqual(['LAMP-1', 'LAMP-3']);
    const { body } = await owner.call('get', '/api/v1/catalogs/shop/channels').expect(200);
    expect(body).toMatchObject({ items: [{ policy: { outOfStock: 'remove', gone: 'mark' } }] });
    await importText(shop, [head, row(1, 5), row(2, 7), row(3, 4)].join('\n'));
    await waitFor(async () => held().has('LAMP-2'));
  });

  it('keeps what left the shop at the channel as sold out, in the feed as well, until the policy changes', async () => {
    await owner.call('put', policies).send({ outOfStock: 'mark', gone: 'mark' }).expect(200);
    await importText(shop, [head, row(1, 5), row(2, 7)].join('\n'));
    await waitFor(async () => JSON.stringify(held().get('LAMP-3')).includes('out of stock'));
    const feed = async (): Promise<string> => {
      const { body } = await owner.call('get', '/api/v1/catalogs/shop/feeds').expect(200);
      const { url } = (body as { items: { url: string; format: string }[] }).items.find(({ format }) => format === 'csv') ?? { url: '' }; // prettier-ignore
      return (await request(shop.service.url).get(new URL(url).pathname).expect(200)).text;
    };
    await waitFor(async () => /LAMP-3.*out of stock/.test(await feed()));
    await owner.call('put', policies).send({ outOfStock: 'mark', gone: 'remove' }).expect(200);
    await waitFor(async () => !held().has('LAMP-3'));
  });

  it('keeps the secrets of an alert target that are not given again', async () => {
    const settings = '/api/v1/alert-settings';
    const email = { from: 'sync@shop.example', to: ['olga@shop.example'] };
    await owner.call('put', settings).send({ email }).expect(422);
    await owner.call('put', settings).send({ email: { ...email, smtpUrl: 'smtps://a:b@mail.example' } }).expect(200); // prettier-ignore
    const { body } = await owner.call('put', settings).send({ email: { ...email, from: 'shop@shop.example' } }).expect(200); // prettier-ignore
    expect(body).toEqual({ email: { from: 'shop@shop.example', to: email.to, set: true } });
    await owner.call('put', settings).send({}).expect(200);
    await owner.call('put', settings).send({ email }).expect(422);
  });

  it('finds no secret of an alert target in the audit log, and where alerts go', async () => {
    const slack = { url: 'https://hooks.chat.example/services/very-hidden' };
    const email = { from: 'sync@shop.example', to: ['olga@shop.example'], smtpUrl: 'smtps://a:very-hidden@mail.example' }; // prettier-ignore
    await owner.call('put', '/api/v1/alert-settings').send({ email, slack }).expect(200);
    // one that is refused is in the log as well
    await owner.call('put', '/api/v1/alert-settings').send({ email: { ...email, to: 7 }, slack }).expect(422); // prettier-ignore
    const { text } = await owner.call('get', '/api/v1/audit').expect(200);
    expect(text).toContain('hooks.chat.example');
    expect(text).not.toContain('very-hidden');
    await owner.call('put', '/api/v1/alert-settings').send({}).expect(200);
  });

  it('makes a backup, fetches it and deletes it; nobody else may', async () => {
    await merchandiser.call('post', '/api/v1/backups').expect(403);
    const { body: token } = await owner.call('post', '/api/v1/tokens').send({ name: 'Reader', scopes: ['read'] }).expect(201); // prettier-ignore
    const { body: made } = await owner.call('post', '/api/v1/backups').expect(201);
    const [backup] = (made as { items: { name: string; bytes: number }[] }).items;
    const path = `/api/v1/backups/${backup?.name}`;
    const bearer = `Bearer ${(token as { secret: string }).secret}`;
    await request(shop.service.url).get(path).set(fromPage).set('authorization', bearer).expect(403);
    const file = await fetch(shop.service.url + path, { headers: { ...fromPage, cookie: owner.cookie } });
    expect((await file.arrayBuffer()).byteLength).toBe(backup?.bytes);
    await owner.call('get', '/api/v1/backups/..%2Fstore.mdb').expect(422);
    await owner.call('delete', path).expect(200, { items: [] });
    await owner.call('get', path).expect(404);
  });
});
