/** The sample shop for pictures: imported, at the sandbox's channels, with some work done and something to see on every page. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { Readable } from 'node:stream';
import { isOpen, type Run } from '../../../catalog/run.ts';
import type { Config } from '../../../services/config.ts';
import { openDatabase } from '../../../services/database.ts';
import { createEngine } from '../../../services/engine.ts';
import { createLog } from '../../../services/log.ts';
import type { Client } from '../../../services/cli/client.ts';
import { prepareSampleShop, sampleShop } from '../../../services/sandbox/shop/shop.ts';
import { startSandbox, type RunningSandbox } from '../../../services/sandbox/start.ts';

export const catalogId = 'nordlicht';
export const api = `/api/v1/catalogs/${catalogId}`;

/**
 * A made-up month before today, since a shop of one minute has no line to draw: problems are cured day by day. Before the
 * service starts.
 */
export async function makeMonth(config: Config): Promise<void> {
  const database = await openDatabase(config.mongodbUri, config.dataDir);
  const { ctx } = await createEngine(config, database, createLog(config), 'http://127.0.0.1');
  for (let day = 29; day > 0; day--)
    for (const [place, channel] of ['google', 'meta', 'pinterest', 'snapchat', 'tiktok'].entries()) {
      const blocked = 14 + Math.round(day * (1.6 + place * 0.2)) + ((day * (place + 3)) % 4);
      const rejected = 1 + ((day * (place + 1)) % 5);
      const counts = {
        accepted: 203 - blocked - rejected,
        sent: 0,
        pending: 0,
        blocked,
        rejected,
        removed: 0,
      };
      await ctx.stores.days.save(catalogId, { [channel]: counts }, new Date(Date.now() - day * 86_400_000));
    }
  await database.stop();
}

/** The sample shop at all the sandbox's channels, after a morning's work; answers how to stop the sandbox. */
export async function openSampleShop(client: Client, folder: string): Promise<() => Promise<void>> {
  const shop = await prepareSampleShop(join(folder, 'shop'));
  const sandbox = await startSandbox({ fetchImages: false });
  const { name, currency, country, language, shopUrl } = sampleShop;
  await client.send('PUT', api, { name, currency, country, language, shopUrl });
  for (const [id, one] of sandbox.channels)
    await client
      .send('PUT', `${api}/channels/${id}`, one.connect)
      .catch((error: unknown) => stdout.write(`${id} is left out: ${String(error)}\n`));
  const query = new URLSearchParams({ name: 'products.csv', imageFolder: join(shop.imagesFolder, '..') });
  const body = Readable.toWeb(createReadStream(shop.csvPath)) as ReadableStream<Uint8Array>;
  await settle(client, await client.upload<Run>(`${api}/imports?${query}`, body, 'text/csv'));
  await addSecondSources(client);
  await cureSome(client);
  await settle(client, await client.send<Run>('POST', `${api}/feeds`));
  await drift(sandbox.channel('meta'));
  await client.send('POST', `${api}/channels/meta/reconciliations`);
  return () => sandbox.stop();
}

/** Until the run has ended. */
async function settle(client: Client, run: Run): Promise<void> {
  for (let now = run; isOpen(now);) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await client.get<Run>(`/api/v1/runs/${encodeURIComponent(run.id)}`);
  }
}

async function listOfferIds(client: Client): Promise<string[]> {
  const { cards } = await client.get<{ cards: { offerId: string }[] }>(`${api}/cards?limit=40&channel=meta&status=accepted`); // prettier-ignore
  return cards.map(({ offerId }) => offerId);
}

/** Stock from the warehouse with a cell that cannot be read, and labels from marketing. */
async function addSecondSources(client: Client): Promise<void> {
  const ids = await listOfferIds(client);
  const stock = ids.map((id, n) => `${id},${n === 7 ? 'many' : (n * 7) % 31}`);
  const labels = ids.slice(0, 12).map((id) => `${id},spring`);
  const tables = { labels: ['sku,custom_label_0', ...labels], warehouse: ['sku,stock', ...stock] };
  for (const [id, lines] of Object.entries(tables)) {
    const table = new Blob([lines.join('\n')]).stream() as ReadableStream<Uint8Array>;
    await client.upload(`${api}/supplements/${id}/file`, table, 'text/csv');
  }
}

/** A merchandiser's work of a morning: the feeds have a version after it. */
async function cureSome(client: Client): Promise<void> {
  const ids = await listOfferIds(client);
  const fixes = ids.slice(0, 6).map((offerId) => ({ offerId, field: 'custom_label_1', value: 'Window' }));
  await client.send('POST', `${api}/fixes`, { fixes });
}

/** What others do in Commerce Manager: two items gone, a price changed, one of their own. */
async function drift(meta: RunningSandbox): Promise<void> {
  const { baseUrl, catalogId: metaCatalog, accessToken } = meta.connect;
  const theirs = {
    id: 'POS-0001', title: 'Gift card of the till', description: 'From the till.', availability: 'in stock', condition: 'new',
    price: '25.00 EUR', link: 'https://other.example/p', image_link: 'https://other.example/p.jpg', brand: 'Till',
  }; // prettier-ignore
  const ids = [...meta.contents().keys()].slice(4, 8);
  const requests = [
    ...ids.slice(0, 2).map((id) => ({ method: 'DELETE', data: { id } })),
    ...ids.slice(2).map((id) => ({ method: 'UPDATE', data: { id, price: '9.00 EUR' } })),
    { method: 'UPDATE', data: theirs },
  ];
  await fetch(`${String(baseUrl)}/v25.0/${String(metaCatalog)}/items_batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(accessToken)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ item_type: 'PRODUCT_ITEM', requests }),
  });
  // the sandbox works a batch as the channel does, a moment later
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}

/** The same file a season later: some prices are lower. */
export async function readSale(): Promise<string> {
  return (await readFile(sampleShop.csvPath, 'utf8')).replaceAll(/,(\d+)9\.90,/g, ',$14.90,');
}
