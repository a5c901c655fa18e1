/**
 * A Shopify shop as far as Shelfcast uses it: the Admin API's GraphQL with its budget, bulk operations and webhooks.
 * https://shopify.dev/docs/api/admin-graphql
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import express, { Router, type Request, type Response } from 'express';
import pRetry from 'p-retry';
import { Kind, parse, validate, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { createBehaviour, takeThrottle, type Misbehaviour, type ReceivedRequest } from '../../misbehave.ts';
import { drawImage } from '../draw-image.ts';
import { eachLine, toStream, type BulkOperation } from './bulk.ts';
import type { ShopProduct } from './generate.ts';
import { addInstallRoutes, type SandboxApp } from './install.ts';
import { select, toPage, type Args, type Node } from './select.ts';
import { createStock, toInventoryNode, toProductNode, type Stock } from './shop.ts';

export interface ShopifySandboxOptions {
  /** Products in the shop. Default 30. */
  products?: number;
  variantsPerProduct?: number;
  seed?: number;
  /** Milliseconds that a bulk operation takes. Default 200. */
  bulkMs?: number;
  /** Every document is checked against it; without it only against GraphQL's grammar. */
  schema?: GraphQLSchema;
  imageUrl?: (product: number, image: number) => string;
  /** Points in the bucket, and how many come back in a second. */
  budget?: { size: number; perSecond: number };
}

/** A webhook as it is sent: `topic` in the header's form. */
export interface SentCall {
  topic: string;
  body: string;
  headers: Record<string, string>;
}

export interface ShopifySandbox {
  router: Router;
  shop: string;
  accessToken: string;
  apiSecret: string;
  /** The app that can be installed; its secret signs its shops' calls too. */
  app: SandboxApp;
  stock: Stock;
  /** Documents received, for the test that holds them against the official schema. */
  documents: ReadonlySet<string>;
  requests(): readonly ReceivedRequest[];
  behave(change: Misbehaviour & ShopMisbehaviour): void;
  /** Changes a product as somebody in the shop would; calls the subscribers unless `quiet`. */
  change(id: number, change: (product: ShopProduct) => ShopProduct, quiet?: boolean): Promise<void>;
  remove(id: number, quiet?: boolean): Promise<void>;
  setStock(inventoryItemId: number, quantity: number, quiet?: boolean): Promise<void>;
  /** The calls for a change, signed, without sending them. */
  sign(topic: string, payload: unknown, webhookId?: string): SentCall;
  call(call: SentCall): Promise<number[]>;
  /** Times, in milliseconds, that subscribers took to answer. */
  answerTimes: readonly number[];
}

export interface ShopMisbehaviour {
  /** The next bulk operation fails after so many products, with a partial result. */
  breakBulkAfter?: number;
  /** Results of bulk operations are no longer to be had. */
  loseResults?: boolean;
  /** This line (from 1) of every result is no JSON. 0: all are. */
  garbleLine?: number;
}

export function createShopifySandbox(options: ShopifySandboxOptions = {}): ShopifySandbox {
  const { products = 30, variantsPerProduct = 4, seed = 1, bulkMs = 200, schema } = options;
  const budget = options.budget ?? { size: 20_000, perSecond: 1_000 };
  const shop = 'shelfcast-sandbox.myshopify.com';
  const accessToken = `shpat_${randomBytes(16).toString('hex')}`;
  const apiSecret = `shpss_${randomBytes(16).toString('hex')}`;
  const { imageUrl = (product: number, image: number) => `https://cdn.example/${product}/${image}.jpg` } =
    options;
  const stock = createStock(products, {
    seed,
    variantsPerProduct,
    imageUrl,
    start: new Date('2026-01-05T08:00:00Z'),
  });
  const behaviour = createBehaviour();
  let wrong: ShopMisbehaviour = {};
  let garbleAt = 0;
  const operations = new Map<string, BulkOperation & { base: string }>();
  const subscriptions: { id: string; topic: string; url: string }[] = [];
  const documents = new Set<string>();
  const answerTimes: number[] = [];
  let points = budget.size;
  let refilledAt = Date.now();
  const toNode = (product: ShopProduct): Node => toProductNode(product, 'shop.example');

  /** https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits */
  function spend(cost: number): { ok: boolean; throttleStatus: object } {
    const now = Date.now();
    points = Math.min(budget.size, points + ((now - refilledAt) / 1_000) * budget.perSecond);
    refilledAt = now;
    const ok = points >= cost && !takeThrottle(behaviour);
    if (ok) points -= cost;
    return {
      ok,
      throttleStatus: {
        maximumAvailable: budget.size,
        currentlyAvailable: Math.floor(points),
        restoreRate: budget.perSecond,
      },
    };
  }

  function answer(req: Request, res: Response): void {
    if (req.headers['x-shopify-access-token'] !== accessToken || behaviour.now.tokenExpired)
      return void res
        .status(401)
        .json({ errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' });
    const { query, variables = {} } = req.body as { query: string; variables?: Args };
    documents.add(query);
    const requestedQueryCost = 10;
    const { ok, throttleStatus } = spend(requestedQueryCost);
    const extensions = {
      cost: { requestedQueryCost, actualQueryCost: ok ? requestedQueryCost : null, throttleStatus },
    };
    const refuse = (message: string, code: string): void =>
      void res.json({ errors: [{ message, extensions: { code } }], extensions });
    if (!ok) return refuse('Throttled', 'THROTTLED');
    const document = parse(query);
    const [problem] = schema ? validate(schema, document) : [];
    if (problem) return refuse(problem.message, 'undefinedField');
    const operation = document.definitions.find(
      (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
    );
    if (!operation) return refuse('No operation', 'missingOperation');
    const root = createRoot(`${req.protocol}://${req.get('host')}${req.baseUrl}`);
    res.json({
      data: select(root, operation.selectionSet, { document, variables, connection: toPage }),
      extensions,
    });
  }

  const toOperation = (operation: BulkOperation & { base: string }): Node => {
    const { id, status, base, cut } = operation;
    const url = `${base}/bulk/${id.slice(id.lastIndexOf('/') + 1)}.jsonl`;
    return {
      ...operation,
      __typename: 'BulkOperation',
      fileSize: null,
      url: status === 'COMPLETED' ? url : null,
      partialDataUrl: status === 'FAILED' && cut !== undefined ? url : null,
    };
  };

  function createRoot(base: string): Node {
    return {
      shop: { name: 'Shelfcast sandbox', myshopifyDomain: shop, currencyCode: 'EUR' },
      currentAppInstallation: {
        accessScopes: ['read_products', 'read_inventory', 'read_markets', 'read_translations'].map(
          (handle) => ({ handle }),
        ),
      },
      node: ({ id }: Args) => findNode(String(id)),
      nodes: ({ ids }: Args) => (ids as string[]).map(findNode),
      currentBulkOperation: () => {
        const last = [...operations.values()].at(-1);
        return last ? toOperation(last) : null;
      },
      bulkOperationRunQuery: ({ query }: Args) => startBulk(String(query), base),
      webhookSubscriptions: ({ callbackUrl, topics }: Args) => ({
        edges: subscriptions
          .filter(({ topic, url }) => url === callbackUrl && (topics as string[]).includes(topic))
          .map(({ id, topic }) => ({ node: { id, topic } })),
      }),
      webhookSubscriptionCreate: ({ topic, webhookSubscription }: Args) => {
        const id = `gid://shopify/WebhookSubscription/${subscriptions.length + 1}`;
        subscriptions.push({
          id,
          topic: String(topic),
          url: String((webhookSubscription as Args)['callbackUrl']),
        });
        return { webhookSubscription: { id }, userErrors: [] };
      },
    };
  }

  function findNode(gid: string): Node | null {
    const id = Number(gid.slice(gid.lastIndexOf('/') + 1));
    if (gid.includes('/BulkOperation/')) {
      const operation = operations.get(gid);
      return operation ? toOperation(operation) : null;
    }
    if (gid.includes('/InventoryItem/')) {
      const found = stock.findByInventoryItem(id);
      return found ? toInventoryNode(found, 'shop.example') : null;
    }
    const product = stock.find(id);
    return product ? toNode(product) : null;
  }

  /** One at a time per shop and app is what every version allows; it holds the shop as it was at its start. */
  function startBulk(query: string, base: string): Node {
    if ([...operations.values()].some(({ status }) => status === 'RUNNING'))
      return {
        bulkOperation: null,
        userErrors: [
          {
            field: null,
            message: 'A bulk query operation for this app and shop is already in progress',
            code: 'OPERATION_IN_PROGRESS',
          },
        ],
      };
    const since = /updated_at:>='([^']+)'/.exec(query)?.[1];
    const held = { [Symbol.iterator]: () => filtered(since) };
    const cut = wrong.breakBulkAfter;
    const operation: BulkOperation & { base: string } = {
      id: `gid://shopify/BulkOperation/${operations.size + 1}`,
      status: 'RUNNING',
      errorCode: null,
      createdAt: new Date().toISOString(),
      completedAt: null,
      objectCount: '0',
      query,
      products: held,
      base,
      ...(cut === undefined ? {} : { cut }),
    };
    operations.set(operation.id, operation);
    wrong = wrong.loseResults ? { loseResults: true } : {};
    setTimeout(() => {
      operation.status = cut === undefined ? 'COMPLETED' : 'FAILED';
      operation.errorCode = cut === undefined ? null : 'INTERNAL_SERVER_ERROR';
      operation.completedAt = new Date().toISOString();
    }, bulkMs).unref();
    return { bulkOperation: toOperation(operation), userErrors: [] };
  }

  function* garbled(lines: Iterable<string>): Generator<string> {
    let at = 0;
    for (const line of lines) yield ++at === garbleAt ? `${line.slice(0, 20)}\n` : line;
  }

  function* filtered(since: string | undefined): Generator<ShopProduct> {
    for (const product of stock.all()) if (since === undefined || product.updatedAt >= since) yield product;
  }

  const app = { id: randomBytes(16).toString('hex'), secret: apiSecret };
  const router = Router();
  router.use(behaviour.middleware);
  addInstallRoutes(router, { app, shop, accessToken });
  router.get('/bulk/:name', (req, res) => {
    const operation = operations.get(`gid://shopify/BulkOperation/${req.params.name.replace('.jsonl', '')}`);
    if (!operation || wrong.loseResults) return void res.status(404).end();
    res.type('application/jsonl');
    toStream(garbled(eachLine(operation, toNode))).pipe(res);
  });
  router.get('/images/:product/:image', drawImage);
  router.post('/admin/api/:version/graphql.json', express.json({ limit: '1mb' }), answer);

  /** Header and body as Shopify sends them. https://shopify.dev/docs/apps/build/webhooks/subscribe/https */
  function sign(topic: string, payload: unknown, webhookId: string = randomUUID()): SentCall {
    const body = JSON.stringify(payload);
    return {
      topic,
      body,
      headers: {
        'content-type': 'application/json',
        'x-shopify-topic': topic,
        'x-shopify-shop-domain': shop,
        'x-shopify-api-version': '2026-10',
        'x-shopify-webhook-id': webhookId,
        'x-shopify-triggered-at': new Date().toISOString(),
        'x-shopify-hmac-sha256': createHmac('sha256', apiSecret).update(body, 'utf8').digest('base64'),
      },
    };
  }

  async function call({ topic, body, headers }: SentCall): Promise<number[]> {
    const wanted = topic.toUpperCase().replace('/', '_');
    const statuses: number[] = [];
    for (const { url } of subscriptions.filter((one) => one.topic === wanted)) {
      const from = performance.now();
      // a call that does not get through is made again: https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks
      const reply = await pRetry(async () => fetch(url, { method: 'POST', headers, body }), { retries: 8, minTimeout: 100 }); // prettier-ignore
      await reply.body?.cancel();
      answerTimes.push(performance.now() - from);
      statuses.push(reply.status);
    }
    return statuses;
  }

  return {
    router,
    shop,
    accessToken,
    apiSecret,
    app,
    stock,
    documents,
    answerTimes,
    requests: () => behaviour.requests,
    behave({ breakBulkAfter, loseResults, garbleLine = garbleAt, ...rest }) {
      behaviour.set(rest);
      garbleAt = garbleLine;
      wrong = {
        ...wrong,
        ...(breakBulkAfter === undefined ? {} : { breakBulkAfter }),
        ...(loseResults === undefined ? {} : { loseResults }),
      };
    },
    async change(id, change, quiet = false) {
      const before = stock.find(id);
      if (!before) throw new Error(`the shop has no product ${id}`);
      const after = { ...change(before), updatedAt: new Date().toISOString() };
      stock.put(after);
      if (!quiet) await call(sign('products/update', { id, updated_at: after.updatedAt }));
    },
    async remove(id, quiet = false) {
      stock.remove(id);
      if (!quiet) await call(sign('products/delete', { id }));
    },
    async setStock(inventoryItemId, quantity, quiet = false) {
      const found = stock.findByInventoryItem(inventoryItemId);
      if (!found) throw new Error(`the shop has no stock record ${inventoryItemId}`);
      const variants = found.product.variants.map((one) =>
        one === found.variant ? { ...one, quantity } : one,
      );
      // a change of stock counts as a change of the product: https://shopify.dev/docs/api/admin-graphql/latest/objects/Product
      stock.put({ ...found.product, variants, updatedAt: new Date().toISOString() });
      if (!quiet)
        await call(
          sign('inventory_levels/update', {
            inventory_item_id: inventoryItemId,
            location_id: 1,
            available: quantity,
          }),
        );
    },
    sign,
    call,
  };
}
