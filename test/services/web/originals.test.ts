/** The pictures as they are at the source: for those who may read the catalog, and no other address by them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { fromPage, invite, makeOwner, type Person } from '../../support/people.ts';
import { connectShop, drawImage, importText, startTestShop, type TestShop } from '../../support/service.ts';

const head = 'Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Price,Image Src';
const original = '/api/v1/catalogs/shop/items/LAMP-1/originals/0';

describe('the original of a picture', () => {
  let shop: TestShop;
  let viewer: Person;
  const tokenFor = async (scopes: string[]): Promise<string> =>
    (await shop.client.send<{ secret: string }>('POST', '/api/v1/tokens', { name: scopes.join(), scopes }))
      .secret;
  beforeAll(async () => {
    shop = await startTestShop();
    const owner = await makeOwner(shop.service);
    viewer = await invite(shop.service, owner, 'viewer', 'Vera');
    await drawImage(shop.folder, 'a.jpg', 800, '#264653');
    await connectShop(shop);
    await importText(shop, [head, 'lamp-1,Lamp,A warm lamp.,Lux,LAMP-1,10.00,images/a.jpg'].join('\n'));
  });
  afterAll(() => shop?.stop());

  it('is shown small to whoever may read the catalog: a viewer, a token with the scope', async () => {
    const { body, headers } = await viewer.call('get', original).expect(200);
    expect(headers).toMatchObject({ 'content-type': 'image/webp', 'cache-control': 'private, max-age=300' });
    expect((body as Buffer).subarray(8, 12).toString()).toBe('WEBP');
    const bearer = `Bearer ${await tokenFor(['read'])}`;
    await request(shop.service.url).get(original).set('authorization', bearer).expect(200);
  });

  it('is not shown to anybody else', async () => {
    const { url } = shop.service;
    await request(url).get(original).expect(401);
    await request(url).get(original).set(fromPage).set('cookie', 'shelfcast=s%3Aforged.forged').expect(401);
    await request(url).get(original).set('authorization', 'Bearer wrong').expect(401);
    const bearer = `Bearer ${await tokenFor(['imports'])}`;
    await request(url).get(original).set('authorization', bearer).expect(403);
  });

  it('is found by its place only', async () => {
    await viewer.call('get', original.replace(/0$/, '1')).expect(404);
    await viewer.call('get', original.replace('LAMP-1', 'LAMP-2')).expect(404);
    await viewer.call('get', original.replace(/0$/, encodeURIComponent('http://127.0.0.1/'))).expect(422);
  });
});
