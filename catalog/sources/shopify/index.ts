/** A Shopify shop: read whole by bulk operations, and change by change when the shop calls. */
import type { Catalog } from '../../catalog.ts';
import type { Context } from '../../context.ts';
import { BusyError, SourceError } from '../../errors.ts';
import type { KnownProducts } from '../../known-products.ts';
import type { Bookmark, Read, Source } from '../../source.ts';
import { waitForBulk, type BulkResult } from './bulk.ts';
import { createClient, type ShopifyClient } from './client.ts';
import { idsBulkQuery, productsBulkQuery, shopDocument } from './documents.ts';
import { install } from './install.ts';
import { newline, readFile, ResultGoneError, toRecords, type FileRead } from './jsonl.ts';
import { optionsSchema, scopes, type ShopifyOptions } from './options.ts';
import { findProductsOfStock, readProducts } from './products.ts';
import { toInput } from './to-input.ts';
import { readHints, receive, subscribe } from './webhooks.ts';

/** Products between two places from which a killed import may go on. */
const productsPerBookmark = 2_000;
/** Products whose parts came out of order and are asked for one by one; more of them, and the file is not what was asked for. */
const mostOrphans = 10_000;

export const source: Source<ShopifyOptions> = {
  id: 'shopify',
  title: 'Shopify shop',
  options: optionsSchema,
  read,
  async test(options, ctx) {
    const shop = await askShop(createClient(options, ctx));
    const missing = scopes.slice(0, 1).filter((scope) => !shop.scopes.includes(scope));
    if (missing.length > 0)
      throw new SourceError('shopify_scope_missing', `The app lacks the scope ${missing.join(', ')}.`, {
        hint: `Give it these: ${scopes.join(', ')}.`,
      });
    return { name: shop.name };
  },
  install,
  subscribe: (options, url, ctx) => subscribe(createClient(options, ctx), url, ctx),
  receive,
  async *readChanges(options, _catalog, hints, ctx) {
    const client = createClient(options, ctx);
    const { currency } = await askShop(client);
    const { products, stock } = readHints(hints);
    const ofStock = await findProductsOfStock(client, stock);
    yield* readProducts(client, [...new Set([...products, ...ofStock])], options, currency, ctx);
  },
};

async function askShop(client: ShopifyClient): Promise<{ name: string; currency: string; scopes: string[] }> {
  const { shop, currentAppInstallation } = await client.query<{
    shop: { name: string; currencyCode: string };
    currentAppInstallation: { accessScopes: { handle: string }[] };
  }>(shopDocument);
  return {
    name: shop.name,
    currency: shop.currencyCode,
    scopes: currentAppInstallation.accessScopes.map(({ handle }) => handle),
  };
}

/** `since`: the last complete read saw all up to then. The others: a read that was killed goes on there. */
interface ShopifyBookmark {
  since?: string;
  operation?: string;
  lines?: number;
}

/**
 * Without a bookmark everything is read. With one, what changed since then is read whole, and all ids are listed beside
 * it, so that products whose calls were lost are noticed, and those that are gone too.
 */
async function* read(
  options: ShopifyOptions,
  _catalog: Catalog,
  from: Bookmark | undefined,
  ctx: Context,
  findKnown?: () => Promise<KnownProducts>,
): AsyncGenerator<Read, void> {
  const client = createClient(options, ctx);
  const { name, currency } = await askShop(client);
  yield { kind: 'found', format: 'shopify-api', title: `Shopify shop ${name}`, details: { currency } };
  const { since, ...resume } = (from ?? {}) as ShopifyBookmark;
  const shop = { client, options, currency, since, findKnown, ctx };
  try {
    yield* readSince(shop, resume);
  } catch (error) {
    // an operation that a killed import began is forgotten after a week: then all begins anew
    if (resume.operation === undefined || !(error instanceof ResultGoneError)) throw error;
    yield { kind: 'restart' };
    yield* readSince(shop, {});
  }
}

interface Shop {
  client: ShopifyClient;
  options: ShopifyOptions;
  currency: string;
  since: string | undefined;
  findKnown: (() => Promise<KnownProducts>) | undefined;
  ctx: Context;
}

/** Raised when the same lines give another `ProductInput`: nothing is then known by its bytes. */
export const readingVersion = 1;

/** All that a product is read with besides its lines. */
const toReading = (options: ShopifyOptions, currency: string): string =>
  JSON.stringify([readingVersion, currency, options.metafields, productsBulkQuery(options)]);

function toProduct(
  { whole, fingerprint }: Extract<FileRead, { kind: 'product' }>,
  options: ShopifyOptions,
  currency: string,
  asOf: Date,
): Read {
  const input = toInput(whole, options, currency);
  const records = toRecords(whole);
  return { kind: 'product', input, records, asOf, ...(fingerprint ? { fingerprint } : {}) };
}

async function* readSince(
  { client, options, currency, since, findKnown, ctx }: Shop,
  { operation, lines = 0 }: ShopifyBookmark,
): AsyncGenerator<Read, void> {
  const kept = since === undefined ? {} : { since };
  const result = yield* waitFor(client, productsBulkQuery(options, since), operation, kept, ctx);
  const asOf = new Date(result.operation.createdAt);
  // what has changed since the last read is not known by its bytes
  const known = since === undefined ? await findKnown?.() : undefined;
  const recogniser = known?.recogniser(toReading(options, currency), newline);
  const orphans = new Set<string>();
  if (result.url !== undefined) {
    let products = 0;
    const file = { skip: lines, partial: result.partial, recogniser };
    for await (const batch of readFile(result.url, file, ctx))
      for (const found of batch) {
        if (found.kind === 'bad') yield toIssue(found.line, found.text);
        else if (found.kind === 'orphan') addOrphan(orphans, found.productId);
        else {
          yield found.kind === 'same' ? found : toProduct(found, options, currency, asOf);
          if (++products % productsPerBookmark === 0)
            yield {
              kind: 'bookmark',
              bookmark: { ...kept, operation: result.operation.id, lines: found.lines },
            };
        }
      }
  }
  yield* readProducts(client, [...orphans], options, currency, ctx);
  if (result.partial)
    ctx.log.warn('the shop stopped before the end: what came is kept, and nothing is removed');
  const complete = !result.partial && (since === undefined || (yield* listPresent(client, ctx)));
  yield {
    kind: 'end',
    complete,
    ...(complete ? { bookmark: { since: asOf.toISOString() } } : {}),
  };
}

/** Waits, and tells each time how a killed import may go on. */
async function* waitFor(
  client: ShopifyClient,
  query: string,
  known: string | undefined,
  kept: ShopifyBookmark,
  ctx: Context,
): AsyncGenerator<Read, BulkResult> {
  const waiting = waitForBulk(client, query, known, ctx);
  for (;;) {
    const { done, value } = await waiting.next();
    if (done) return value;
    if (value.id !== known) yield { kind: 'bookmark', bookmark: { ...kept, operation: value.id } };
  }
}

/** All that the shop has, by id. False when the list is not whole, so that nothing may be taken for gone. */
async function* listPresent(client: ShopifyClient, ctx: Context): AsyncGenerator<Read, boolean> {
  const waiting = waitForBulk(client, idsBulkQuery, undefined, ctx);
  let step = await waiting.next();
  while (!step.done) step = await waiting.next();
  const { url, partial } = step.value;
  if (url !== undefined)
    for await (const batch of readFile(url, { skip: 0, partial }, ctx))
      for (const found of batch)
        if (found.kind === 'product')
          yield { kind: 'present', sourceId: found.whole.product.legacyResourceId };
        else if (found.kind === 'bad') return false;
  return !partial;
}

function addOrphan(orphans: Set<string>, productId: string): void {
  orphans.add(productId);
  if (orphans.size > mostOrphans)
    throw new BusyError('shopify_result_scattered', 'The parts of the shop’s products came out of order.', {
      hint: 'It is asked again; if that repeats, please report it.',
      retryAfterMs: 60_000,
    });
}

const toIssue = (line: number, text: string): Read => ({
  kind: 'issue',
  records: 1,
  record: text,
  issue: {
    code: 'record_unreadable',
    severity: 'error',
    message: `Line ${line} of the shop’s answer is no product and no part of one.`,
    hint: 'Nothing to do in the shop; the next import asks again.',
    from: 'source',
    line,
  },
});
