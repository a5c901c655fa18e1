/**
 * What the admin page's three main views ask of the API, with 100,000 items and 500,000 listings in the embedded store: each
 * question asked over HTTP as the page asks it, the median and the 95th percentile of its answers; then the pages themselves
 * in Chromium.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogSchema, type Catalog } from '../catalog/catalog.ts';
import type { Product } from '../catalog/product.ts';
import type { Channel } from '../feeds/channel.ts';
import type { JobContext } from '../jobs/job.ts';
import { recheckProducts } from '../jobs/refresh-listings.ts';
import { loadConfig, type Config } from '../services/config.ts';
import { openDatabase } from '../services/database.ts';
import { createEngine } from '../services/engine.ts';
import { createLog } from '../services/log.ts';
import { startService } from '../services/main.ts';
import { measureInBrowser } from './admin-browser.ts';
import { atMost, plain, type BenchResult } from './result.ts';

const [productCount, variantsEach, channelCount] = [20_000, 5, 5];
const rounds = 21;
const goalMs = 150;

const colors = ['Navy', 'Sand', 'Olive', 'Black', 'White'];
const kinds = [
  'Linen shirt',
  'Wool jumper',
  'Cotton dress',
  'Leather bag',
  'Ceramic mug',
  'Oak chair',
  'Silk scarf',
];
const types = ['Clothing > Shirts', 'Clothing > Knitwear', 'Clothing > Dresses', 'Bags', 'Home > Kitchen', 'Home > Furniture', 'Accessories']; // prettier-ignore
const brands = Array.from({ length: 40 }, (_, n) => `Brand ${n}`);

/** One product in nine has no description, one in seven a long title, one in five no colour: faults of every kind. */
function toProduct(n: number): Product {
  const kind = kinds[n % kinds.length] ?? '';
  const words =
    n % 7 === 0 ? ' with a soft collar, buttons of mother of pearl and a small pocket, made by hand' : '';
  return {
    sourceId: `product-${n}`,
    slug: `product-${n}`,
    title: `${kind} ${n}${words}`,
    description: n % 9 === 0 ? '' : `A ${kind.toLowerCase()} for every day, number ${n}.`,
    brand: brands[n % brands.length] ?? '',
    tags: [],
    status: 'active',
    images: [{ url: `https://shop.example/${n}.jpg` }],
    attributes: { product_type: types[n % types.length] ?? '', condition: 'new' },
    variants: colors.slice(0, variantsEach).map((color, at) => ({
      sourceId: color,
      offerId: `SKU-${n}-${at}`,
      sku: `SKU-${n}-${at}`,
      options: [{ name: 'Style', value: String(at) }],
      price: { minor: 900 + ((n * 37 + at * 100) % 20_000), currency: 'EUR' },
      availability: 'in_stock' as const,
      quantity: n % 50,
      attributes: n % 5 === 0 ? {} : { color },
    })),
    issues: [],
  };
}

const benchCatalog = (channels: string[]): Catalog =>
  catalogSchema.parse({
    id: 'bench', name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', channels,
  }); // prettier-ignore

/** The channels there are; where they are fewer than five, some stand under a second name. */
function fiveChannels(known: ReadonlyMap<string, Channel>): Map<string, Channel> {
  const all = [...known.values()];
  return new Map(
    Array.from({ length: channelCount }, (_, at): [string, Channel] => {
      const channel = all[at % all.length];
      if (!channel) throw new Error('there is no channel');
      const id = at < all.length ? channel.id : `${channel.id}-${at}`;
      return [id, { ...channel, id }];
    }),
  );
}

async function fill(config: Config): Promise<number> {
  const log = createLog(config);
  const database = await openDatabase(config.mongodbUri, config.dataDir);
  try {
    const { ctx: outer } = await createEngine(config, database, log, 'http://127.0.0.1');
    const channels = fiveChannels(outer.channels);
    const ctx: JobContext = { ...outer, channels };
    const catalog = benchCatalog([...channels.keys()]);
    const { catalogs, products, cards } = ctx.stores;
    await catalogs.save(catalog);
    const from = performance.now();
    for (let at = 0; at < productCount; at += 500) {
      const some = Array.from({ length: 500 }, (_, n) => toProduct(at + n));
      await products.save(catalog.id, some.map((product) => ({ product, hash: product.sourceId })), new Map(), new Date()); // prettier-ignore
      const waiting = await products.takeNeeding(catalog.id, 'images', 500);
      await products.savePrepared(waiting.map(({ id, revision, images }) => ({ id, revision, prepared: images.map(toPrepared) }))); // prettier-ignore
      await recheckProducts(catalog, waiting.map(({ id }) => id), ctx); // prettier-ignore
    }
    await cards.stop();
    return (performance.now() - from) / 1_000;
  } finally {
    await database.stop();
  }
}

const toPrepared = ({ url }: { url: string }) => ({
  url, key: `images/${url.length}/x.jpg`, width: 1200, height: 1200, bytes: 180_000, format: 'jpeg' as const, ruleKey: 'bench',
  checkedAt: new Date(),
}); // prettier-ignore

const at = '/api/v1/catalogs/bench';
/** Name → path; several paths are asked in turn, as typing or paging does. */
const questions: Record<string, (first: string) => string[]> = {
  'issues page: all groups': () => [`${at}/problems`],
  'issues page: groups of one channel and category': () => [`${at}/problems?channel=meta&category=Clothing`],
  'issues page: a group opened': () => [
    `${at}/problems/description_missing/items?field=description&limit=50`,
  ],
  'issues page: a group whose values are learned from others': () => [
    `${at}/problems/color_missing_for_apparel/items?field=color&limit=50`,
  ],
  'items: first page, no filter': () => [`${at}/cards?limit=50`],
  'items: blocked at one channel': () => [`${at}/cards?limit=50&channel=meta&status=blocked`],
  'items: category and status, by price': () => [`${at}/cards?limit=50&category=Clothing&status=pending&sort=price&order=down`], // prettier-ignore
  'items: brand, changed since, by title': () => [
    `${at}/cards?limit=50&brand=Brand%207&changedSince=2020-01-01&sort=title`,
  ],
  'items: a price range': () => [`${at}/cards?limit=50&priceFrom=1000&priceTo=1010`],
  'items: one problem, next page': (cursor) => [
    `${at}/cards?limit=50&status=blocked&sort=title&cursor=${cursor}`,
  ],
  'search as it is typed': () => ['s', 'sk', 'sku', 'sku-12', 'sku-123', 'sku-1234-2', 'lin', 'linen shi', 'brand 7 dress'].map((q) => `${at}/search?q=${encodeURIComponent(q)}`), // prettier-ignore
  'item page': () => Array.from({ length: 9 }, (_, n) => `${at}/items/SKU-${n * 1_999}-3`),
};

export default async function bench(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-admin-'));
  const config = loadConfig({ DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'error' });
  try {
    const filled = await fill(config);
    const service = await startService({ ...config, roles: ['web'] });
    try {
      const ask = async (path: string): Promise<unknown> => {
        const response = await fetch(service.url + path, {
          headers: { authorization: `Bearer ${config.apiToken}` },
        });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return response.json();
      };
      const first = (await ask(`${at}/cards?limit=50&status=blocked&sort=title`)) as { next: string };
      const results = [plain('items and listings written, with their cards', filled, 's')];
      for (const [name, paths] of Object.entries(questions)) {
        const times = await measure(paths(encodeURIComponent(first.next)), ask);
        results.push(atMost(`${name}: median`, times[times.length >> 1] ?? 0, 'ms', goalMs));
        results.push(plain(`${name}: 95th percentile`, times[Math.floor(times.length * 0.95)] ?? 0, 'ms'));
      }
      results.push(...(await measureInBrowser(service, '/c/bench')));
      return results;
    } finally {
      await service.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of each answer, sorted; the first round warms up and is not counted. */
async function measure(paths: readonly string[], ask: (path: string) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++)
    for (const path of paths) {
      const from = performance.now();
      await ask(path);
      if (round > 0) times.push(performance.now() - from);
    }
  return times.sort((a, b) => a - b);
}
