/**
 * 100,000 items to the feed of every channel folder there is, from the store to the finished, read-back file, beside the bare
 * scan of the same products plus the bare writing of the same texts; and Google's XML beside an npm package that
 * makes it from items in memory.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { FeedBuilder } from '@xcommerceweb/google-merchant-feed';
import type { Catalog } from '../catalog/catalog.ts';
import { toItems, type Item } from '../catalog/item.ts';
import { listSeparator, type Channel } from '../feeds/channel.ts';
import { escapeXml } from '../feeds/formats/xml.ts';
import { atLeast, atMost, median, plain, seconds, type BenchResult } from './result.ts';
import { openBenchShop, type BenchShop, type FeedFormat } from './shop.ts';

const variants = Number(process.env['BENCH_VARIANTS'] ?? 100_000);
const fewer = variants / 4;
const rounds = 3;
/** `BENCH_CHANNELS=google,meta` measures only these. */
const only = process.env['BENCH_CHANNELS']?.split(',');
/** The package holds the whole document in memory, so it gets a part of the items. */
const packageItems = Math.min(variants, 20_000);

export default async function bench(): Promise<BenchResult[]> {
  const shop = await openBenchShop({ few: fewer, many: variants });
  try {
    const results: BenchResult[] = [];
    for (const channel of shop.channels.values()) {
      if (only && !only.includes(channel.id)) continue;
      for (const format of channel.feed.formats) results.push(...(await compare(shop, channel, format)));
      if (channel.id === 'google') results.push(...(await compareWithPackage(shop, channel)));
    }
    return results;
  } finally {
    await shop.stop();
  }
}

async function compare(shop: BenchShop, channel: Channel, format: FeedFormat): Promise<BenchResult[]> {
  const catalog = await shop.catalogs.find('many');
  const peakOfFew = await findPeak(shop, 'few', channel, format);
  const peak = await findPeak(shop, 'many', channel, format);
  const [mine, floor]: [number[], number[]] = [[], []];
  let items = 0;
  for (let round = 0; round < rounds; round++) {
    mine.push(await seconds(async () => (items = await shop.publish('many', channel, format))));
    floor.push(await scanAndWrite(shop, catalog, channel, format));
  }
  const name = `${channel.id} ${format}`;
  return [
    plain(`${name}: feed of ${items} items`, items / median(mine), 'items/s'),
    plain(`${name}: bare scan and bare writing`, items / median(floor), 'items/s'),
    atMost(`${name}: feed / bare scan and bare writing`, median(mine) / median(floor), 'x', 1.5),
    plain(`${name}: peak memory of a process that makes it`, peak, 'MB'),
    atMost(`${name}: peak memory, ${variants} items / ${fewer} items`, peak / peakOfFew, 'x', 1.3),
  ];
}

/** Peak memory (MB) of a process that does nothing but publish this feed; the store is served by this one. */
async function findPeak(
  { folder }: BenchShop,
  catalogId: string,
  channel: Channel,
  format: FeedFormat,
): Promise<number> {
  const script = join(import.meta.dirname, 'feed-peak.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    folder,
    catalogId,
    channel.id,
    format,
  ]);
  return Number(/PEAK ([\d.]+)/.exec(stdout)?.[1]);
}

/**
 * The floor: seconds of a bare scan of the products, and of writing the columns' texts the plain way. The texts are made
 * before the clock starts, some products at a time.
 */
async function scanAndWrite(
  shop: BenchShop,
  catalog: Catalog,
  { feed: { columns } }: Channel,
  format: FeedFormat,
): Promise<number> {
  const range = { _id: { $gte: `${catalog.id}:`, $lt: `${catalog.id};` } };
  let total = await seconds(async () => {
    for await (const _ of shop.bare.find(range).sort({ _id: 1 }).batchSize(500));
  });
  const file = createWriteStream(join(shop.folder, `bare.${format}`));
  let rows: (string | undefined)[][] = [];
  const write = async (): Promise<void> => {
    const lines = rows.map((row) =>
      format === 'xml' ? toElements(row, columns) : toLine(row, format === 'csv' ? ',' : '\t'),
    );
    rows = [];
    total += await seconds(async () => {
      for (let at = 0; at < lines.length; at += 50)
        if (!file.write(lines.slice(at, at + 50).map((line) => line()).join(''))) await once(file, 'drain'); // prettier-ignore
    });
  };
  for await (const products of shop.products.eachSome(catalog.id)) {
    for (const item of products.flatMap((product) => toItems(product, catalog, shop.fileUrl)))
      rows.push(columns.map(({ value }) => value(item)));
    if (rows.length >= 2_000) await write();
  }
  await write();
  return total + (await seconds(() => finished(file.end())));
}

const toLine = (row: readonly (string | undefined)[], delimiter: string) => (): string =>
  `${row.map((text = '') => (/["\t\r\n,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(delimiter)}\r\n`;

const toElements =
  (row: readonly (string | undefined)[], columns: Channel['feed']['columns']) => (): string =>
    `<item>\n${row
      .map((text, at) => (text === undefined ? '' : `<g:${columns[at]?.name}>${escapeXml(text)}</g:${columns[at]?.name}>\n`))
      .join('')}</item>\n`; // prettier-ignore

async function compareWithPackage(shop: BenchShop, channel: Channel): Promise<BenchResult[]> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    ours.push(variants / (await seconds(() => shop.publish('many', channel, 'xml'))));
    // loaded for each round and let go after it: they would only burden our memory
    const items = await loadItems(shop);
    theirs.push(items.length / (await seconds(async () => void makeWithPackage(items, channel))));
  }
  return [
    plain(
      `google xml: @xcommerceweb/google-merchant-feed, ${packageItems} items in memory`,
      median(theirs),
      'items/s',
    ),
    atLeast(
      'google xml: our feed from the store / that package, median of three pairs',
      median(ours.map((mine, round) => mine / (theirs[round] ?? 1))),
      'x',
      5,
    ),
  ];
}

async function loadItems(shop: BenchShop): Promise<Item[]> {
  const catalog = await shop.catalogs.find('many');
  const items: Item[] = [];
  for await (const products of shop.products.eachSome('many')) {
    items.push(...products.flatMap((product) => toItems(product, catalog, shop.fileUrl)));
    if (items.length >= packageItems) break;
  }
  return items.slice(0, packageItems);
}

/** The same texts under the same names as far as the package has them. */
function makeWithPackage(items: readonly Item[], { feed: { columns } }: Channel): string {
  const builder = new FeedBuilder()
    .withTitle('Bench')
    .withLink('https://shop.example')
    .withDescription('Bench');
  const find = (name: string) => columns.find((column) => column.name === name)?.value ?? (() => undefined);
  const [title, description, link, image] = ['title', 'description', 'link', 'image_link'].map(find);
  const further = find('additional_image_link');
  for (const item of items) {
    const { price, salePrice } = item;
    builder.withProduct({
      id: item.offerId,
      title: title?.(item) ?? '',
      description: description?.(item) ?? '',
      link: link?.(item) ?? '',
      imageLink: image?.(item) ?? '',
      additionalImageLinks: further(item)?.split(listSeparator) ?? [],
      availability: item.availability === 'in_stock' ? 'in_stock' : 'out_of_stock',
      price: { currency: item.currency, value: (price?.minor ?? 0) / 100 },
      ...(salePrice ? { salePrice: { currency: item.currency, value: salePrice.minor / 100 } } : {}),
      ...(item.attributes.color === undefined ? {} : { color: item.attributes.color }),
      ...(item.attributes.product_type === undefined ? {} : { productType: item.attributes.product_type }),
      ...(item.brand === undefined ? {} : { brand: item.brand }),
      ...(item.itemGroupId === undefined ? {} : { itemGroupId: item.itemGroupId }),
    });
  }
  return builder.buildXml();
}
