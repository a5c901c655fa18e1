/**
 * Pinterest's API v5 as far as Shelfcast uses it: tokens, catalogs, items batches with their asynchronous results, items
 * read back, and data sources with their runs. https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml
 */
import { createHash, randomBytes } from 'node:crypto';
import express, { Router, type Request, type Response } from 'express';
import type { ChannelSandbox, ChannelSandboxOptions } from '../../channel-sandbox.ts';
import { createTimers, createWindow } from '../../clock.ts';
import { createBehaviour, takeThrottle, tellRetryAfter, type ReceivedRequest } from '../../misbehave.ts';
import { createCatalog, mostItems, tellEvent, type ItemRecord, type Operation } from './catalog.ts';
import { findSchemaFault } from './items.ts';
import { createSources, newId } from './sources.ts';
import { accessLifeMs, createTokens, refuse } from './tokens.ts';

const minute = 60_000;
/** "100 requests per second per user per app" is 6,000 a minute; far more here, so that tests need not wait. */
const defaultCallsPerMinute = 1_000_000;
/** How long the same batch again counts as a duplicate; the description says "recent". */
const recentMs = minute;

export interface PinterestSandboxOptions extends ChannelSandboxOptions {
  /** How long an access token lives. Default 30 days, as documented. */
  accessTokenMs?: number;
  /** Domains that the account has claimed. Default: any. */
  claimed?: readonly string[];
  /** Whether the account may ask for a fetch at once, as only some may. Default true. */
  ingestsOnDemand?: boolean;
}

interface BatchState {
  id: string;
  created: string;
  status: 'PROCESSING' | 'COMPLETED' | 'FAILED';
  items: ItemRecord[];
}

export function createPinterestSandbox(options: PinterestSandboxOptions = {}): ChannelSandbox {
  const {
    processingMs = 300, reviewMs = 200, fetchImages = true, policyWords = ['replica', 'weapon', 'cbd oil'],
    callsPerMinute = defaultCallsPerMinute, accessTokenMs = accessLifeMs, claimed = [], ingestsOnDemand = true,
  } = options; // prettier-ignore
  const catalogId = newId();
  const behaviour = createBehaviour();
  const tokens = createTokens(accessTokenMs, behaviour);
  const timers = createTimers();
  const window = createWindow(callsPerMinute, minute);
  const catalog = createCatalog({ reviewMs, fetchImages, policyWords, claimed }, behaviour);
  const batches = new Map<string, BatchState>();
  const recent = new Map<string, number>();

  /** Answers true when the caller may go on. */
  function isLetIn(req: Request, res: Response): boolean {
    if (!tokens.isSignedIn(req)) {
      refuse(res, 401, 2, 'Authentication failed.');
      return false;
    }
    if (takeThrottle(behaviour) || !window.take()) {
      tellRetryAfter(behaviour, res, Math.max(1, Math.ceil(window.waitMs() / 1_000) % 60));
      refuse(res, 429, 8, 'You have exceeded your rate limit. Try again later.');
      return false;
    }
    return true;
  }

  function acceptBatch(req: Request, res: Response): void {
    const body = req.body as Record<string, unknown> & { items?: Operation[] };
    const items = Array.isArray(body.items) ? body.items : [];
    (res.locals['received'] as ReceivedRequest).ids = items.map(({ item_id: id }) => String(id));
    const fault = findBatchFault(body, items);
    if (fault !== undefined) return refuse(res, 400, 1, `Invalid request: ${fault}`);
    const print = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    const isDuplicate = (recent.get(print) ?? 0) > Date.now() - recentMs;
    recent.set(print, Date.now());
    const batch: BatchState = {
      id: `${Date.now()}-${randomBytes(8).toString('hex')}`,
      created: new Date().toISOString().slice(0, 19),
      status: 'PROCESSING',
      items: items.map(({ item_id: id }) => ({ item_id: String(id), status: 'PROCESSING', errors: [], warnings: [] })),
    };
    if (isDuplicate) return void res.json({ catalog_type: 'RETAIL', created_time: null });
    batches.set(batch.id, batch);
    timers.later(processingMs, () => {
      for (const [at, operation] of items.entries()) catalog.work(operation, batch.items[at]);
      batch.status = 'COMPLETED';
    });
    tellBatch(batch, res);
  } // prettier-ignore

  function findBatchFault(body: Record<string, unknown>, items: readonly Operation[]): string | undefined {
    const allowed = ['catalog_id', 'catalog_type', 'country', 'language', 'items'];
    const odd = Object.keys(body).find((name) => !allowed.includes(name));
    if (odd !== undefined) return `'${odd}' is not allowed`;
    if (body['catalog_type'] !== 'RETAIL') return `'catalog_type' is not one of RETAIL`;
    if (!/^[A-Z]{2}$/.test(String(body['country']))) return `'country' is not a country`;
    if (!/^(?:[A-Z]{2}|[a-z]{2}(?:-(?:[A-Z]{2}|419))?)$/.test(String(body['language']))) return `'language' is not a language`;
    if (body['catalog_id'] !== undefined && body['catalog_id'] !== catalogId) return `there is no such catalog`;
    if (items.length === 0 || items.length > mostItems) return `'items' must hold 1 to ${mostItems} entries`;
    for (const { operation, item_id: id, attributes } of items) {
      if (typeof id !== 'string') return `'item_id' is a required property`;
      const fault = findSchemaFault(operation, attributes);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } // prettier-ignore

  const tellBatch = (batch: BatchState, res: Response): void =>
    void res.json({
      batch_id: batch.id, catalog_type: 'RETAIL', created_time: batch.created, status: batch.status,
      completed_time: batch.status === 'PROCESSING' ? null : new Date().toISOString().slice(0, 19),
      items: batch.items.map(({ item_id, status, errors, warnings }) => ({
        item_id, status, errors: errors.map(tellEvent), warnings: warnings.map(tellEvent),
      })),
    }); // prettier-ignore

  const router = Router();
  router.use(behaviour.middleware);
  router.use(express.json({ limit: '32mb' }), express.urlencoded({ extended: false }));
  router.post('/oauth/token', tokens.give);
  router.use((req, res, next) => (isLetIn(req, res) ? next() : undefined));
  router.get('/catalogs', (_req, res) => {
    res.json({ items: [{ id: catalogId, name: 'Sandbox catalog', catalog_type: 'RETAIL' }], bookmark: null });
  });
  router.post('/catalogs/items/batch', acceptBatch);
  router.get('/catalogs/items/batch/:batch', (req, res) => {
    const batch = batches.get(req.params.batch);
    if (batch) tellBatch(batch, res);
    else refuse(res, 404, 4331, 'Sorry! We could not find your batch ID.');
  });
  router.post('/catalogs/items', catalog.readItems);
  router.post('/catalogs/products/get_by_product_group_filters', catalog.listProducts);
  router.use('/catalogs', createSources(catalog, timers, { processingMs, claimed, ingestsOnDemand }));

  return {
    router,
    stop: timers.stop,
    describe: (url) => ({
      connect: { ...tokens.connect, country: 'DE', locale: 'de', catalogId, baseUrl: `${url}/pinterest` },
    }),
    contents: catalog.contents,
    requests: () => behaviour.requests,
    behave: (change) => behaviour.set(change),
  };
}
