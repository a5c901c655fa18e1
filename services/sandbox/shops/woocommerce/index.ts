/**
 * A WooCommerce shop as far as Shelfcast uses it: the REST API v3 with its sign-in, lists page by page, and webhooks.
 * https://woocommerce.github.io/woocommerce-rest-api-docs/
 */
import { randomBytes } from 'node:crypto';
import express, { Router, type Request, type Response } from 'express';
import { createBehaviour, takeThrottle, tellRetryAfter, type Misbehaviour, type ReceivedRequest } from '../../misbehave.ts'; // prettier-ignore
import { drawImage } from '../draw-image.ts';
import { toGmt, type WooProduct, type WooRecord } from './generate.ts';
import { answerList } from './lists.ts';
import { createWooStock, type WooStock } from './stock.ts';
import { createWebhooks, type WooCall } from './webhooks.ts';

export interface WooCommerceSandboxOptions {
  /** Products in the shop. Default 30. */
  products?: number;
  variationsPerProduct?: number;
  seed?: number;
  imageUrl?: (product: number, image: number) => string;
}

export interface WooMisbehaviour {
  /** Lists leave the last record of each page out, while they count it. */
  shortLists?: boolean;
  /** Variations of these products are given without it. */
  shortVariations?: readonly number[];
  /** Records of these ids are given in a form that nobody can read. */
  badRecords?: readonly number[];
}

export interface WooCommerceSandbox {
  router: Router;
  shop: string;
  consumerKey: string;
  consumerSecret: string;
  stock: WooStock;
  requests(): readonly ReceivedRequest[];
  behave(change: Misbehaviour & WooMisbehaviour): void;
  /** Changes a product as somebody in the shop would; calls the subscribers unless `quiet`. */
  change(id: number, change: (product: WooProduct) => WooProduct, quiet?: boolean): Promise<void>;
  remove(id: number, quiet?: boolean): Promise<void>;
  /** The calls for a change, signed, without sending them. */
  sign(topic: string, payload: object): WooCall[];
  call(call: WooCall): Promise<number>;
}

export function createWooCommerceSandbox(options: WooCommerceSandboxOptions = {}): WooCommerceSandbox {
  const { products = 30, variationsPerProduct = 5, seed = 1 } = options;
  const { imageUrl = (product: number, image: number) => `https://cdn.example/${product}/${image}.jpg` } =
    options;
  const shop = 'https://shop.example';
  const consumerKey = `ck_${randomBytes(20).toString('hex')}`;
  const consumerSecret = `cs_${randomBytes(20).toString('hex')}`;
  const stock = createWooStock(products, {
    seed,
    variationsPerProduct,
    imageUrl,
    start: new Date('2026-01-05T08:00:00Z'),
  });
  const behaviour = createBehaviour();
  let wrong: WooMisbehaviour = {};
  const webhooks = createWebhooks(shop);

  function refuse(res: Response, status: number, code: string, message: string): void {
    res.status(status).json({ code, message, data: { status } });
  }
  const refuseId = (res: Response): void =>
    refuse(res, 404, 'woocommerce_rest_product_invalid_id', 'Invalid ID.');

  /** Basic authentication over https; http only serves the tests. */
  function signIn(req: Request, res: Response, next: () => void): void {
    const expected = `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}`;
    if (req.headers.authorization !== expected || behaviour.now.tokenExpired)
      return refuse(res, 401, 'woocommerce_rest_authentication_error', 'Consumer key is invalid.');
    if (takeThrottle(behaviour)) {
      tellRetryAfter(behaviour, res, 1);
      return refuse(res, 429, 'too_many_requests', 'Too many requests.');
    }
    next();
  }

  const shown = (record: WooRecord): object =>
    wrong.badRecords?.includes(record.id) ? { ...record, name: null, status: 7 } : record;
  const list = (req: Request, res: Response, records: Iterable<object>, short: boolean): void => {
    const problem = answerList(req, res, records, short);
    if (problem !== undefined) refuse(res, 400, 'rest_invalid_param', problem);
  };
  function* allProducts(): Generator<object> {
    for (const { product } of stock.all()) yield shown(product);
  }

  const router = Router();
  router.use(behaviour.middleware);
  router.get('/images/:product/:image', drawImage);
  const api = Router();
  api.use(signIn, express.json({ limit: '1mb' }));
  api.get('/products', (req, res) => list(req, res, allProducts(), wrong.shortLists === true));
  api.get('/products/:id', (req, res) => {
    const found = stock.find(Number(req.params.id));
    if (found) res.json(shown(found.product));
    else refuseId(res);
  });
  api.get('/products/:id/variations', (req, res) => {
    const id = Number(req.params.id);
    const found = stock.find(id);
    if (!found) return refuseId(res);
    list(req, res, found.variations.map(shown), wrong.shortVariations?.includes(id) === true);
  });
  api.get('/settings/general/woocommerce_currency', (_req, res) =>
    res.json({ id: 'woocommerce_currency', value: 'EUR' }),
  );
  api.get('/settings/products/woocommerce_weight_unit', (_req, res) =>
    res.json({ id: 'woocommerce_weight_unit', value: 'kg' }),
  );
  webhooks.addRoutes(api, list);
  router.use('/wp-json/wc/v3', api);
  router.use('/wp-json', (_req, res) =>
    refuse(res, 404, 'rest_no_route', 'No route was found matching the URL and request method.'),
  );

  async function tell(topic: string, payload: object): Promise<void> {
    for (const call of webhooks.sign(topic, payload)) await webhooks.call(call);
  }

  return {
    router,
    shop,
    consumerKey,
    consumerSecret,
    stock,
    requests: () => behaviour.requests,
    behave({ shortLists, shortVariations, badRecords, ...rest }) {
      behaviour.set(rest);
      wrong = {
        ...wrong,
        ...(shortLists === undefined ? {} : { shortLists }),
        ...(shortVariations === undefined ? {} : { shortVariations }),
        ...(badRecords === undefined ? {} : { badRecords }),
      };
    },
    async change(id, change, quiet = false) {
      const before = stock.find(id);
      if (!before) throw new Error(`the shop has no product ${id}`);
      const { product, variations } = change(before);
      // saving a variation saves its product too
      const after = { product: { ...product, date_modified_gmt: toGmt(new Date()) }, variations };
      stock.put(after);
      if (!quiet) await tell('product.updated', after.product);
    },
    async remove(id, quiet = false) {
      stock.remove(id);
      if (!quiet) await tell('product.deleted', { id });
    },
    sign: webhooks.sign,
    call: webhooks.call,
  };
}
