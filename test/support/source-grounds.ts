/** For each source the outside it reads, as a test can bend it: a sandbox shop, or a server with a file. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startShops } from '../../services/sandbox/shops/start.ts';

/** What the battery asks of the outside. Ids are those of products. */
export interface Ground {
  options: Record<string, unknown>;
  ids(): string[];
  rename(id: string, title: string): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** From now on one record cannot be read; answers how to mend it. */
  spoil(): () => void;
  /** The next whole read ends before its end. */
  cutShort(): void;
  refuse(isRefused: boolean): void;
  /** The next calls are throttled. */
  throttle(calls: number): void;
  /** Milliseconds that a throttled caller is told to wait. */
  waitMs: number;
  /** When each request came, and whether it was throttled. */
  requests(): { at: number; throttled: boolean }[];
  stop(): Promise<void>;
}

export const grounds: Record<string, (products: number) => Promise<Ground>> = {
  shopify: groundShopify,
  woocommerce: groundWooCommerce,
  address: groundAddress,
};

async function groundShopify(products: number): Promise<Ground> {
  const shops = await startShops({ shopify: { products, variantsPerProduct: 2, bulkMs: 10 } });
  const { shopify } = shops;
  return {
    options: shopify.connect,
    ids: () => [...shopify.stock.all()].map(({ id }) => String(id)),
    rename: (id, title) => shopify.change(Number(id), (now) => ({ ...now, title }), true),
    async remove(ids) {
      for (const id of ids) await shopify.remove(Number(id), true);
    },
    spoil() {
      shopify.behave({ garbleLine: 2 });
      return () => shopify.behave({ garbleLine: 0 });
    },
    cutShort: () => shopify.behave({ breakBulkAfter: 2 }),
    refuse: (isRefused) => shopify.behave({ tokenExpired: isRefused }),
    throttle: (calls) => shopify.behave({ throttleNext: calls }),
    // the bucket of the sandbox is never empty by then: the least wait there is
    waitMs: 100,
    requests: () => shopify.requests().map(({ at }) => ({ at: at.getTime(), throttled: false })),
    stop: () => shops.stop(),
  };
}

async function groundWooCommerce(products: number): Promise<Ground> {
  const shops = await startShops({ woocommerce: { products, variationsPerProduct: 2 } });
  const { woocommerce: shop } = shops;
  const first = (): number => [...shop.stock.all()][0]?.product.id ?? 0;
  return {
    options: shop.connect,
    ids: () => [...shop.stock.all()].map(({ product }) => String(product.id)),
    rename: (id, name) =>
      shop.change(Number(id), (now) => ({ ...now, product: { ...now.product, name } }), true),
    async remove(ids) {
      for (const id of ids) await shop.remove(Number(id), true);
    },
    spoil() {
      shop.behave({ badRecords: [first()] });
      return () => shop.behave({ badRecords: [] });
    },
    cutShort: () => shop.behave({ shortLists: true }),
    refuse: (isRefused) => shop.behave({ tokenExpired: isRefused }),
    throttle: (calls) => shop.behave({ throttleNext: calls }),
    waitMs: 1_000,
    requests: () =>
      shop.requests().map(({ at, status }) => ({ at: at.getTime(), throttled: status === 429 })),
    stop: () => shops.stop(),
  };
}

async function groundAddress(products: number): Promise<Ground> {
  const titles = new Map(Array.from({ length: products }, (_, n) => [`P${n + 1}`, `Cup ${n + 1}`]));
  const requests: { at: number; throttled: boolean }[] = [];
  let version = 1;
  let throttled = 0;
  let isRefused = false;
  let isSpoilt = false;
  let isCut = false;
  const toFile = (): string => {
    const rows = [...titles].map(([id, title]) => `${id},${title},9.00 EUR,https://s.example/${id}.jpg`);
    if (isSpoilt) rows[0] = 'P1,too short';
    return `id,title,price,image_link\n${rows.join('\n')}\n`;
  };
  const server = createServer((req, res) => {
    const isThrottled = throttled > 0;
    requests.push({ at: Date.now(), throttled: isThrottled });
    if (isThrottled) {
      throttled -= 1;
      return void res.writeHead(429, { 'retry-after': '1' }).end();
    }
    if (isRefused) return void res.writeHead(401).end();
    const etag = `"${version}"`;
    if (req.headers['if-none-match'] === etag) return void res.writeHead(304).end();
    const body = toFile();
    res.writeHead(200, { 'content-length': String(Buffer.byteLength(body)), etag });
    if (isCut) res.write(body.slice(0, body.length / 2), () => res.destroy());
    else res.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const changed = (): void => void (version += 1);
  return {
    options: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/products.csv` },
    ids: () => [...titles.keys()],
    async rename(id, title) {
      titles.set(id, title);
      changed();
    },
    async remove(ids) {
      for (const id of ids) titles.delete(id);
      changed();
    },
    spoil() {
      isSpoilt = true;
      changed();
      return () => {
        isSpoilt = false;
        changed();
      };
    },
    cutShort() {
      isCut = true;
      changed();
    },
    refuse: (refused) => void (isRefused = refused),
    throttle: (calls) => void (throttled = calls),
    waitMs: 1_000,
    requests: () => requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
