/** Second sources by key: what they say is in the item, shows its origin, and survives every import. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Item } from '../../catalog/item.ts';
import type { Supplement } from '../../catalog/store/supplements.ts';
import type { QueuedJob } from '../../jobs/job.ts';
import { loadFromAddress } from '../../jobs/load-supplement.ts';
import type { ItemField } from '../../jobs/read-item.ts';
import {
  connectShop,
  importText,
  onEngine,
  startTestShop,
  waitFor,
  type TestShop,
} from '../support/service.ts';

const at = '/api/v1/catalogs/shop';
const header = 'id,title,description,availability,condition,price,link,image_link,brand,gtin\n';
const row = (id: string, title = `Tea ${id}`, gtin = ''): string =>
  `${id},${title},Green tea,in stock,new,4.50 EUR,https://shop.example/${id},https://shop.example/${id}.jpg,Kobo,${gtin}\n`;
const shop = `${header}${row('A')}${row('B', 'Tea B', '0012345678905')}${row('C')}`;

describe('a second source', () => {
  let test: TestShop;
  let server: Server;
  /** `silence`: none at all. */
  let answer: { status: number; body: string; cutAt?: number } | 'silence';
  let asked = 0;

  const send = (name: string, csv: string): Promise<Supplement> =>
    test.client.upload(
      `${at}/supplements/${name}/file`,
      new Blob([csv]).stream() as ReadableStream<Uint8Array>,
      'text/csv',
    );
  const order = (...names: string[]) => test.client.send('PUT', `${at}/source-order`, { order: names });
  const item = async (id: string): Promise<{ item: Item; fields: ItemField[]; stock?: ItemField }> =>
    test.client.get(`${at}/items/${id}`);
  const fieldOf = async (id: string, field: string): Promise<ItemField | undefined> =>
    (await item(id)).fields.find((one) => one.field === field);

  const workOf = async (id: string): Promise<QueuedJob[]> => {
    let found: QueuedJob[] = [];
    await onEngine(test, async ({ queue }) => void (found = await queue.list(100)));
    return found.filter(({ key, state }) => key === `load-supplement:shop:${id}` && state !== 'failed');
  };

  beforeAll(async () => {
    test = await startTestShop();
    await connectShop(test);
    await importText(test, shop);
    server = createServer((_req, res) => {
      asked += 1;
      if (answer === 'silence') return;
      const { status, body, cutAt } = answer;
      res.writeHead(status, { 'content-length': String(Buffer.byteLength(body)) });
      if (cutAt === undefined) res.end(body);
      else res.write(body.slice(0, cutAt), () => res.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }, 60_000);
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await test.stop();
  });

  it('replaces fields by id, GTIN or SKU, and each shows where it is from and what the products say', async () => {
    const found = await send('prices', 'id;GTIN;Price;Stock;custom_label_0\nA;;3,90 EUR;0;summer\n;12345678905;7.00 EUR;;\nX;;1.00;;\n'); // prettier-ignore
    expect(found).toMatchObject({ rows: 3, matched: 2, issues: [] });
    const { item: a, stock } = await item('A');
    expect(a).toMatchObject({ price: { minor: 390 }, quantity: 0, availability: 'out_of_stock', attributes: { custom_label_0: 'summer' } }); // prettier-ignore
    expect(stock).toMatchObject({ value: '0', origin: { from: 'supplement', by: 'prices' } });
    expect(await fieldOf('A', 'price')).toEqual({
      field: 'price',
      value: '3.90 EUR',
      origin: { from: 'supplement', by: 'prices', source: '4.50 EUR' },
    });
    expect(await fieldOf('B', 'price')).toMatchObject({ value: '7.00 EUR' });
    expect(await fieldOf('C', 'price')).toMatchObject({ value: '4.50 EUR', origin: { from: 'variant' } });
  }, 60_000);

  it('survives an import, and knows products that come later', async () => {
    await importText(test, `${shop.replace('Tea A', 'Tea anew')}${row('X')}`);
    expect(await fieldOf('A', 'title')).toMatchObject({ value: 'Tea anew' });
    expect(await fieldOf('A', 'price')).toMatchObject({ value: '3.90 EUR' });
    expect(await fieldOf('X', 'price')).toMatchObject({
      value: '1.00 EUR',
      origin: { from: 'supplement', by: 'prices' },
    });
  }, 60_000);

  it('gives way to another by the order that the owner sets, and to a person always', async () => {
    await send('texts', 'sku,price,title,size\nA,2.00 EUR,Thé A,M\n');
    expect(await fieldOf('A', 'price')).toMatchObject({ value: '2.00 EUR', origin: { by: 'texts' } });
    await order('prices', 'texts', 'main');
    expect(await fieldOf('A', 'price')).toMatchObject({ value: '3.90 EUR', origin: { by: 'prices' } });
    expect(await fieldOf('A', 'title')).toMatchObject({ value: 'Thé A', origin: { by: 'texts' } });
    // behind the products it only fills what they leave empty
    await order('prices', 'main', 'texts');
    expect(await fieldOf('A', 'title')).toMatchObject({ value: 'Tea anew', origin: { from: 'product' } });
    expect(await fieldOf('A', 'size')).toMatchObject({ value: 'M', origin: { by: 'texts' } });
    await test.client.send('PUT', `${at}/items/A/overrides/price`, { value: '9.99 EUR' });
    expect(await fieldOf('A', 'price')).toMatchObject({
      value: '9.99 EUR',
      origin: { from: 'override', source: '3.90 EUR' },
    });
    await test.client.send('DELETE', `${at}/items/A/overrides/price`);
    await expect(order('prices', 'main')).rejects.toThrow(/every source once/);
  }, 60_000);

  it('tells what it cannot use, with the line, and uses the rest', async () => {
    const found = await send('labels', 'id,custom_label_1,stock,colour of box\nA,first,many,red\n,second,1,blue\nA,third,2,blue\n'); // prettier-ignore
    expect(found.issues.map(({ code, line }) => [code, line])).toEqual([
      ['supplement_column_unknown', 1],
      ['supplement_value_unusable', 2],
      ['supplement_key_missing', 3],
      ['supplement_key_doubled', 4],
    ]);
    expect(await fieldOf('A', 'custom_label_1')).toMatchObject({ value: 'third' });
    await expect(send('labels', 'name of tea,remark\nA,B\n')).rejects.toThrow(/column that names the item/);
    expect(await fieldOf('A', 'custom_label_1')).toMatchObject({ value: 'third' });
  }, 60_000);

  it('sends its values to the channels', async () => {
    const { channels } = await test.client.get<{ channels: { channel: string; row?: Record<string, string> }[] }>(`${at}/items/B`); // prettier-ignore
    expect(channels.find(({ channel }) => channel === 'meta')?.row?.['price']).toBe('7.00 EUR');
  });

  it('is loaded from an address with each import; what breaks off, shrinks or is refused takes nothing away', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/more.csv`;
    const body = 'id,material\nA,bamboo\nB,steel\nC,glass\n';
    answer = { status: 200, body };
    const connected = await test.client.send<Supplement>('PUT', `${at}/supplements/more`, { url, token: 'secret' }); // prettier-ignore
    expect(connected).toMatchObject({ rows: 3, matched: 3 });
    expect(JSON.stringify(await test.client.get(`${at}/supplements`))).not.toContain('secret');
    const problem = async (): Promise<string | undefined> =>
      (await test.client.get<{ items: Supplement[] }>(`${at}/supplements`)).items.find(({ id }) => id === 'more')?.problem?.code; // prettier-ignore
    answer = { status: 200, body: body.replace('bamboo', 'wood') };
    await importText(test, shop);
    await waitFor(async () => (await fieldOf('A', 'material'))?.value === 'wood');
    expect(await fieldOf('A', 'material')).toMatchObject({ origin: { by: 'more' } });
    answer = { status: 200, body, cutAt: 20 };
    await importText(test, shop);
    await waitFor(async () => (await problem()) === 'address_cut_off');
    answer = { status: 200, body: 'id,material\nA,wood\n' };
    await importText(test, shop);
    await waitFor(async () => (await problem()) === 'supplement_shrunken');
    expect(await fieldOf('C', 'material')).toMatchObject({ value: 'glass' });
    answer = { status: 401, body: '' };
    await importText(test, shop);
    await waitFor(async () => (await problem()) === 'address_refused');
    const before = asked;
    await importText(test, shop);
    await waitFor(async () => (await workOf('more')).length === 0);
    expect(asked).toBe(before);
  }, 120_000);

  it('holds no import up when its address does not answer, and is given up after a while with a problem to read', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slow.csv`;
    answer = { status: 200, body: 'id,material\nA,bamboo\n' };
    await test.client.send('PUT', `${at}/supplements/slow`, { url });
    answer = 'silence';
    const before = asked;
    const run = await importText(test, shop.replace('Tea C', 'Tea of C'));
    expect(run.products.changed).toBe(1);
    await waitFor(async () => asked > before);
    expect(await workOf('slow')).toMatchObject([{ state: 'running' }]);
    await onEngine(test, async ({ ctx }) => {
      await expect(loadFromAddress('shop', 'slow', ctx, 100)).rejects.toThrow(/within 0.1 seconds/);
    });
    const { items } = await test.client.get<{ items: Supplement[] }>(`${at}/supplements`);
    expect(items.find(({ id }) => id === 'slow')).toMatchObject({
      rows: 1,
      problem: { code: 'address_no_answer' },
    });
    expect(await fieldOf('A', 'material')).toMatchObject({ value: 'bamboo', origin: { by: 'slow' } });
    answer = { status: 200, body: 'id,material\nA,oak\n' };
    server.closeAllConnections();
    await waitFor(async () => (await fieldOf('A', 'material'))?.value === 'oak');
  }, 120_000);

  it('leaves no trace when it is taken away', async () => {
    for (const name of ['prices', 'texts', 'labels', 'more', 'slow'])
      await test.client.send('DELETE', `${at}/supplements/${name}`);
    expect(await test.client.get(`${at}/supplements`)).toEqual({ order: ['main'], items: [] });
    expect(await fieldOf('A', 'price')).toMatchObject({ value: '4.50 EUR', origin: { from: 'variant' } });
    await waitFor(async () => (await item('A')).item.supplied === undefined);
  }, 60_000);
});
