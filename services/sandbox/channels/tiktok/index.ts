/**
 * TikTok's API for Business (v1.3) as far as Shelfcast uses it: uploads and deletions as tasks with logs, products with
 * their audit, feeds and files by address. Answers have the status 200 and a code inside.
 * https://business-api.tiktok.com/portal/docs?id=1740497429681153 https://business-api.tiktok.com/portal/docs?id=1740570027173889
 */
import { randomBytes, randomInt } from 'node:crypto';
import express, { Router, type Request, type Response } from 'express';
import type { ChannelSandbox, ChannelSandboxOptions } from '../../channel-sandbox.ts';
import { createTimers, createWindow } from '../../clock.ts';
import { createBehaviour, takeThrottle, tellRetryAfter, type ReceivedRequest } from '../../misbehave.ts';
import { createCatalog } from './catalog.ts';
import { fromFile } from './file.ts';
import { findShapeFault, type Product } from './items.ts';
import { tellTask, toTable, type Task } from './tasks.ts';

const hour = 3_600_000;
/** "5,000 items per call", "1,000 ids, no duplicates". */
const [mostProducts, mostIds] = [5_000, 1_000];
/** Documented: 1,000 uploads an hour and catalog. Far more here, so that tests need not wait. */
const defaultCallsPerHour = 1_000_000;

export interface TiktokSandboxOptions extends ChannelSandboxOptions {
  /** Of the catalog; prices in another one are refused. Default EUR. */
  currency?: string;
}

const newId = (): string => `7${randomInt(1e9, 9e9)}${randomInt(1e8, 9e8)}`;

export function createTiktokSandbox(options: TiktokSandboxOptions = {}): ChannelSandbox {
  const {
    processingMs = 300, reviewMs = 200, fetchImages = true, policyWords = ['replica', 'weapon', 'cbd oil'],
    callsPerHour = defaultCallsPerHour, currency = 'EUR',
  } = options; // prettier-ignore
  const place = { bcId: newId(), catalogId: newId() };
  const token = `sandbox${randomBytes(20).toString('hex')}`;
  const behaviour = createBehaviour();
  const timers = createTimers();
  const uploads = createWindow(callsPerHour, hour);
  const catalog = createCatalog({ reviewMs, fetchImages, policyWords, currency }, behaviour);
  const tasks = new Map<string, Task>();
  const feeds = new Map<string, Record<string, unknown>>();
  const defaultFeed = newId();

  const answer = (res: Response, code: number, message: string, data: object = {}): void =>
    void res.json({ code, message, request_id: randomBytes(12).toString('hex').toUpperCase(), data });

  function isLetIn(req: Request, res: Response): boolean {
    if (behaviour.now.tokenExpired || req.headers['access-token'] !== token) {
      answer(res, 40_105, 'Access token is incorrect or has been revoked.');
      return false;
    }
    if (takeThrottle(behaviour)) {
      tellRetryAfter(behaviour, res, 1);
      answer(res, 40_100, 'Too many requests. Please try again later.');
      return false;
    }
    const given = { ...req.query, ...(req.body as Record<string, unknown> | undefined) } as Record<string, unknown>;
    if (given['bc_id'] !== place.bcId || given['catalog_id'] !== place.catalogId) {
      answer(res, 40_002, 'The catalog_id does not belong to this Business Center.');
      return false;
    }
    return true;
  } // prettier-ignore

  function start(feedId: string, mode: Task['mode'], work: (task: Task) => void | Promise<void>): Task {
    const task: Task = {
      id: newId(), feedId, mode, status: 'WAITING', added: 0, updated: 0, deleted: 0, started: new Date(), items: [],
    }; // prettier-ignore
    tasks.set(task.id, task);
    timers.later(processingMs / 2, () => {
      // two timers that are both late run in any order
      if (task.status === 'WAITING') task.status = 'PROCESSING';
    });
    timers.later(processingMs, async () => {
      await work(task);
      task.ended = new Date();
      if (task.status !== 'FAILED') task.status = 'SUCCESS';
    });
    return task;
  }

  function upload(req: Request, res: Response): void {
    const { products, feed_id: feedId } = req.body as { products?: unknown; feed_id?: string };
    if (!Array.isArray(products) || products.length === 0)
      return answer(res, 40_002, 'products: Field required');
    (res.locals['received'] as ReceivedRequest).ids = products.map((product: Product) =>
      String(product['sku_id']),
    );
    if (products.length > mostProducts)
      return answer(res, 40_002, `products: must hold at most ${mostProducts} entries`);
    const fault = products.map(findShapeFault).find((one) => one !== undefined);
    if (fault !== undefined) return answer(res, 40_002, fault);
    if (!uploads.take()) {
      tellRetryAfter(behaviour, res, Math.ceil(uploads.waitMs() / 1_000));
      return answer(res, 40_100, 'Too many requests. Please try again later.');
    }
    const task = start(feedId ?? defaultFeed, 'INCREASE', (one) =>
      catalog.upload(products as Product[], one),
    );
    answer(res, 0, 'OK', { feed_log_id: task.id });
  }

  function remove(req: Request, res: Response): void {
    const { sku_ids: ids, feed_id: feedId } = req.body as { sku_ids?: string[]; feed_id?: string };
    if (!Array.isArray(ids) || ids.length === 0 || ids.length > mostIds)
      return answer(res, 40_002, `sku_ids: must hold 1 to ${mostIds} entries`);
    if (new Set(ids).size < ids.length) return answer(res, 40_002, 'sku_ids: must not repeat');
    (res.locals['received'] as ReceivedRequest).ids = ids;
    const task = start(feedId ?? defaultFeed, 'INCREASE', (one) => catalog.remove(ids, one));
    answer(res, 0, 'OK', { feed_log_id: task.id });
  }

  function takeFile(req: Request, res: Response): void {
    const { file_url: url, feed_id: feedId = defaultFeed, update_mode: mode = 'INCREMENTAL' } = req.body as Record<string, string>;
    if (!/^(https?|s?ftp):\/\//.test(String(url))) return answer(res, 40_002, 'file_url: must be an address');
    const isBusy = [...tasks.values()].some((one) => one.feedId === feedId && (one.status === 'WAITING' || one.status === 'PROCESSING'));
    if (isBusy) return answer(res, 40_002, 'Another file of this feed is being processed.');
    const task = start(feedId, mode === 'OVERWRITE' ? 'REPLACE' : 'INCREASE', async (one) => {
      const products = await fromFile(String(url)).catch(() => undefined);
      if (products === undefined) one.status = 'FAILED';
      else catalog.upload(products, one, { replaces: one.mode === 'REPLACE' });
    });
    answer(res, 0, 'OK', { feed_log_id: task.id });
  } // prettier-ignore

  function saveFeed(req: Request, res: Response): void {
    const body = req.body as Record<string, unknown>;
    if (!['OVERWRITE', 'INCREMENTAL'].includes(String(body['update_mode'])) || !body['feed_name'])
      return answer(res, 40_002, 'feed_name, update_mode: Field required');
    const id = typeof body['feed_id'] === 'string' ? body['feed_id'] : newId();
    if (typeof body['feed_id'] === 'string' && !feeds.has(id)) return answer(res, 40_002, 'The feed does not exist.');
    feeds.set(id, { feed_id: id, feed_name: body['feed_name'], last_update_param: body['schedule_param'], status: 'ON' });
    answer(res, 0, 'OK', { feed_id: id, feed_name: body['feed_name'], status: 'ON' });
  } // prettier-ignore

  const tellRuns = (feedId: unknown): object => ({
    feed_logs: [...tasks.values()].filter((one) => one.feedId === feedId).slice(-10).map((one) => {
      const { product_feed_log: log } = tellTask(one, place.catalogId, '') as { product_feed_log: Record<string, unknown> };
      const { add_count, update_count, error_count, warn_count, process_status, start_time, end_time } = log;
      return {
        update_status: { add_count, update_count, error_count, warn_count, process_status, remove_count: one.deleted },
        update_time: { start_time, end_time },
      };
    }),
  }); // prettier-ignore

  const router = Router();
  router.use(behaviour.middleware);
  router.use(express.json({ limit: '32mb' }));
  // a public address, as of a content network: without a token
  router.get('/_tables/:task', (req, res) => {
    const task = tasks.get(req.params.task);
    if (task) res.type('text/csv').send(toTable(task));
    else res.status(404).end();
  });
  router.use((req, res, next) => (isLetIn(req, res) ? next() : undefined));
  router.get('/catalog/get/', (_req, res) => {
    answer(res, 0, 'OK', { list: [{ catalog_id: place.catalogId, catalog_name: 'Sandbox catalog' }] });
  });
  router.post('/catalog/product/upload/', upload);
  router.post('/catalog/product/delete/', remove);
  router.post('/catalog/product/file/', takeFile);
  router.get('/catalog/product/log/', (req, res) => {
    const task = tasks.get(String(req.query['feed_log_id']));
    if (!task) return answer(res, 40_002, 'The feed log does not exist.');
    const address = `${req.protocol}://${req.headers.host}${req.baseUrl}/_tables/${task.id}`;
    answer(res, 0, 'OK', tellTask(task, place.catalogId, address));
  });
  router.get('/catalog/product/get/', (req, res) => {
    const fault = catalog.findQueryFault(req.query);
    if (fault === undefined) answer(res, 0, 'OK', catalog.list(req.query));
    else answer(res, 40_002, fault);
  });
  router.get('/catalog/feed/get/', (_req, res) => answer(res, 0, 'OK', { list: [...feeds.values()] }));
  router.post('/catalog/feed/create/', saveFeed);
  router.post('/catalog/feed/update/', saveFeed);
  router.get('/catalog/feed/log/', (req, res) => answer(res, 0, 'OK', tellRuns(req.query['feed_id'])));

  return {
    router,
    stop: timers.stop,
    describe: (url) => ({ connect: { ...place, accessToken: token, baseUrl: `${url}/tiktok` } }),
    contents: catalog.contents,
    requests: () => behaviour.requests,
    behave: (change) => behaviour.set(change),
  };
}
