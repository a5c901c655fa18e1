/**
 * `npm run bench -- calls`: from a changed price in a sandbox shop to the sandbox channel, by the shop's call and, when
 * that was lost, by the next pass; then a burst of 1,000 calls, doubled and shuffled, and calls that are not the shop's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { isOpen, type Run } from '../catalog/run.ts';
import { createClient, type Client } from '../services/cli/client.ts';
import { createRandom } from '../services/sandbox/misbehave.ts';
import { startShops, type Shops } from '../services/sandbox/shops/start.ts';
import { startSandbox, type Sandbox } from '../services/sandbox/start.ts';
import { end, serve } from './house.ts';
import { atMost, median, plain, seconds, type BenchResult } from './result.ts';

const products = 60;
const rounds = 15;
const burst = 1_000;
const token = 'bench-token-of-at-least-32-characters-00';
const at = '/api/v1/catalogs/bench';

/** One kind of shop, as the bench changes and calls it. */
interface Shop {
  id: 'shopify' | 'woocommerce';
  connect: Record<string, unknown>;
  /** Each product with its items' SKUs. */
  list(): { id: number; skus: string[] }[];
  setPrice(id: number, price: string, quiet: boolean): Promise<void>;
  /** A call about the product, as it would be sent; doubled it has the same id. */
  sign(id: number): { headers: Record<string, string>; body: string };
  signature: string;
}

export default async function bench(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const toShop of [toShopify, toWooCommerce]) results.push(...(await measure(toShop)));
  return results;
}

async function measure(toShop: (shops: Shops) => Shop): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-calls-'));
  const shops = await startShops({
    shopify: { products, variantsPerProduct: 3, bulkMs: 50 },
    woocommerce: { products, variationsPerProduct: 3 },
  });
  const sandbox = await startSandbox({ processingMs: 20, fetchImages: false });
  // a process of its own, as it is in life: who calls and who answers do not wait for each other's turns
  const { child, url } = await serve(folder, {
    DATA_DIR: folder, API_TOKEN: token, ALLOW_PRIVATE_HOSTS: '127.0.0.1', CHECK_EVERY_MS: '500',
  }); // prettier-ignore
  try {
    const shop = toShop(shops);
    const client = createClient(url, token);
    await connect(client, sandbox, shop);
    await importNow(client);
    const walk = { client, sandbox, shop, url };
    return [...(await measureCalls(walk)), ...(await measureBurst(walk)), ...(await measureForged(walk))];
  } finally {
    await end(child);
    await sandbox.stop();
    await shops.stop();
    await rm(folder, { recursive: true });
  }
}

interface Walk {
  client: Client;
  sandbox: Sandbox;
  shop: Shop;
  url: string;
}

async function connect(client: Client, sandbox: Sandbox, { id, connect: options }: Shop): Promise<void> {
  await client.send('PUT', at, {
    name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', defaultBrand: 'Bench',
  }); // prettier-ignore
  await client.send('PUT', `${at}/channels/meta`, sandbox.channel('meta').connect);
  await client.send('PUT', `${at}/source`, { source: id, options });
}

async function importNow(client: Client): Promise<void> {
  const { id } = await client.send<Run>('POST', `${at}/source/imports`);
  await until(async () => !isOpen(await client.get<Run>(`/api/v1/runs/${encodeURIComponent(id)}`)));
}

async function until(claim: () => Promise<boolean> | boolean): Promise<void> {
  for (let round = 0; round < 6_000; round++) {
    if (await claim()) return;
    await sleep(20);
  }
  throw new Error('did not come true within two minutes');
}

const hasPrice = ({ sandbox }: Walk, skus: readonly string[], price: string): boolean =>
  skus.every((sku) => String(sandbox.channel('meta').contents().get(sku)?.['price']).startsWith(price));

async function measureCalls(walk: Walk): Promise<BenchResult[]> {
  const { shop, client } = walk;
  const list = shop.list();
  const called: number[] = [];
  const arrive = async (place: number, price: string, quiet: boolean): Promise<number> => {
    const { id, skus } = list[place % list.length] ?? { id: 0, skus: [] };
    return seconds(async () => {
      await shop.setPrice(id, price, quiet);
      if (quiet) await importNow(client);
      await until(() => hasPrice(walk, skus, price));
    });
  };
  for (let round = 0; round < rounds; round++) called.push(await arrive(round, `${100 + round}.50`, false));
  const lost = await arrive(rounds, '99.50', true);
  return [
    plain(`${shop.id}: price to channel by a call, median`, median(called), 's'),
    atMost(`${shop.id}: price to channel by a call, worst of ${rounds}`, Math.max(...called), 's', 5),
    plain(`${shop.id}: price to channel by the next pass, call lost`, lost, 's'),
  ];
}

/**
 * A call that gets no answer is repeated, as shops do: a kept connection may be closed just when it is used again. By
 * `request`, since a thousand times `fetch` keep the caller busy for longer than the answers take.
 */
async function call(url: string, headers: Record<string, string>, body: string): Promise<number> {
  for (let attempt = 0; ; attempt++)
    try {
      const reply = await request(url, { method: 'POST', headers, body });
      await reply.body.dump();
      return reply.statusCode;
    } catch (error) {
      if (attempt === 3) throw error;
      await sleep(100);
    }
}

async function measureBurst(walk: Walk): Promise<BenchResult[]> {
  const { shop, sandbox, client } = walk;
  const changed = shop.list().slice(0, 40);
  const skus = new Set(changed.flatMap((one) => one.skus));
  const sent = (): string[] =>
    sandbox.channel('meta').requests().flatMap(({ ids }) => ids.filter((id) => skus.has(id))); // prettier-ignore
  const before = sent().length;
  for (const { id } of changed) await shop.setPrice(id, '55.25', true);
  const { calls } = await client.get<{ calls: string }>(`${at}/source`);
  const signed = Array.from({ length: burst / 2 }, (_, n) => shop.sign(changed[n % changed.length]?.id ?? 0));
  const random = createRandom(6);
  const shuffled = [...signed, ...signed]
    .map((one) => ({ whole: one, order: random() }))
    .sort((a, b) => a.order - b.order);
  const answers: number[] = [];
  let refused = 0;
  const took = await seconds(async () => {
    await Promise.all(
      shuffled.map(async ({ whole: { headers, body } }) => {
        const answered = await seconds(async () => {
          if ((await call(calls, headers, body)) !== 200) refused += 1;
        });
        answers.push(answered);
      }),
    );
    await until(() => hasPrice(walk, [...skus], '55.25'));
  });
  await until(async () => {
    const { channels } = await client.get<{ channels: Record<string, Record<string, number>> }>(
      `${at}/status`,
    );
    return channels['meta']?.['pending'] === 0 && channels['meta']['sent'] === 0;
  });
  return [
    plain(`${shop.id}: burst of ${burst} calls to the right state`, took, 's'),
    plain(`${shop.id}: burst, median answer of 1,000 at once`, median(answers), 's'),
    atMost(`${shop.id}: burst, slowest answer of 1,000 at once`, Math.max(...answers), 's', 1),
    atMost(`${shop.id}: burst, calls not taken`, refused, 'calls', 0),
    atMost(
      `${shop.id}: burst, items sent more often than needed`,
      sent().length - before - skus.size,
      'items',
      0,
    ),
  ];
}

async function measureForged({ shop, client, url }: Walk): Promise<BenchResult[]> {
  const { calls } = await client.get<{ calls: string }>(`${at}/source`);
  const [first] = shop.list();
  const { headers, body } = shop.sign(first?.id ?? 0);
  const post = (h: Record<string, string>, b: string): Promise<number> => call(calls, h, b);
  const count = async (result: string): Promise<number> => {
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    const line = `shelfcast_source_calls_total{source="${shop.id}",result="${result}"} `;
    return Number((await metrics.text()).split('\n').find((one) => one.startsWith(line))?.slice(line.length) ?? 0); // prettier-ignore
  };
  const before = { forged: await count('forged'), repeated: await count('repeated') };
  await post(headers, body);
  for (let n = 0; n < 10; n++) {
    await post({ ...headers, [shop.signature]: Buffer.alloc(32, n).toString('base64') }, body);
    await post(headers, body.replace('{', `{"n":${n},`));
    await post(headers, body);
  }
  const forged = (await count('forged')) - before.forged;
  const repeated = (await count('repeated')) - before.repeated;
  return [
    atMost(`${shop.id}: of 20 forged or altered calls not counted`, 20 - forged, 'calls', 0),
    atMost(`${shop.id}: of 10 replayed calls not counted`, 10 - repeated, 'calls', 0),
  ];
}

function toShopify({ shopify }: Shops): Shop {
  return {
    id: 'shopify',
    connect: shopify.connect,
    list: () =>
      [...shopify.stock.all()].map(({ id, variants }) => ({
        id,
        skus: variants.map(({ sku }) => sku ?? ''),
      })),
    setPrice: (id, price, quiet) =>
      shopify.change(
        id,
        (now) => ({ ...now, variants: now.variants.map((one) => ({ ...one, price, compareAtPrice: null })) }),
        quiet,
      ),
    sign: (id) => shopify.sign('products/update', { id }),
    signature: 'x-shopify-hmac-sha256',
  };
}

function toWooCommerce({ woocommerce: shop }: Shops): Shop {
  return {
    id: 'woocommerce',
    connect: shop.connect,
    list: () =>
      [...shop.stock.all()].map(({ product, variations }) => ({
        id: product.id,
        skus: (variations.length > 0 ? variations : [product]).map(({ sku }) => sku),
      })),
    setPrice: (id, price, quiet) =>
      shop.change(
        id,
        ({ product, variations }) => {
          const priced = { regular_price: price, sale_price: '' };
          return {
            product: product.type === 'variable' ? product : { ...product, ...priced },
            variations: variations.map((one) => ({ ...one, ...priced })),
          };
        },
        quiet,
      ),
    sign(id) {
      // a shop tells the state with its time: each call of a burst about one product is another word
      const product = { ...shop.stock.find(id)?.product, menu_order: Math.floor(Math.random() * 1e9) };
      const [signed] = shop.sign('product.updated', product);
      if (!signed) throw new Error('nobody subscribed');
      return signed;
    },
    signature: 'x-wc-webhook-signature',
  };
}
