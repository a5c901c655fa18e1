/**
 * Snapchat's Marketing API (v1) as far as Shelfcast uses it: tokens that end soon, catalogs, product feeds with a fetch
 * address, feed uploads and the product search. Items come by the feed only. Statuses of uploads and the form of their
 * summary are not published; those here are this sandbox's own.
 * https://developers.snap.com/api/marketing-api/Ads-API/dynamic-product-ads https://developers.snap.com/api/marketing-api/Ads-API/api-patterns
 */
import { randomBytes, randomUUID } from 'node:crypto';
import express, { Router, type Request, type Response } from 'express';
import { lookAtImage } from '../../look-at-image.ts';
import type { ChannelSandbox, ChannelSandboxOptions } from '../../channel-sandbox.ts';
import { createTimers, createWindow } from '../../clock.ts';
import { createBehaviour, takeThrottle, tellRetryAfter } from '../../misbehave.ts';
import { fetchFeed, type FeedRow } from '../../read-feed.ts';
import { judge, type Fault } from './items.ts';

const minute = 60_000;
/** "10 requests per second per access token"; far more here, so that tests need not wait. */
const defaultCallsPerMinute = 1_000_000;
/** How many items an issue of the summary names. */
const named = 50;

export interface SnapchatSandboxOptions extends ChannelSandboxOptions {
  /** How long an access token lives. Default 30 minutes. */
  accessTokenMs?: number;
}

interface Upload {
  id: string;
  feedId: string;
  url: string;
  status: 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  created: Date;
  updated: Date;
  read: number;
  accepted: number;
  faults: (Fault & { id: string })[];
}

const newToken = (): string => `sandbox-${randomBytes(24).toString('base64url')}`;

export function createSnapchatSandbox(options: SnapchatSandboxOptions = {}): ChannelSandbox {
  const {
    processingMs = 300, fetchImages = true, policyWords = ['replica', 'weapon', 'cbd oil'],
    callsPerMinute = defaultCallsPerMinute, accessTokenMs = 30 * minute,
  } = options; // prettier-ignore
  const app = { clientId: randomUUID(), clientSecret: newToken(), refreshToken: newToken() };
  const catalogId = randomUUID();
  const accessTokens = new Map<string, number>();
  const behaviour = createBehaviour();
  const timers = createTimers();
  const window = createWindow(callsPerMinute, minute);
  const held = new Map<string, Record<string, unknown>>();
  const feeds = new Map<string, Record<string, unknown> & { id: string }>();
  const uploads: Upload[] = [];

  const requestId = (): string => randomBytes(20).toString('hex');
  const refuse = (res: Response, status: number, code: string, message: string): void =>
    void res.status(status).json({
      request_status: 'ERROR', request_id: requestId(), debug_message: message, display_message: message, error_code: code,
    }); // prettier-ignore
  const answer = (res: Response, key: string, entities: readonly object[], more: object = {}): void =>
    void res.json({
      request_status: 'SUCCESS', request_id: requestId(), ...more,
      [key]: entities.map((one) => ({ sub_request_status: 'SUCCESS', [key.slice(0, -1)]: one })),
    }); // prettier-ignore

  function giveToken(req: Request, res: Response): void {
    const body = req.body as Record<string, string>;
    const isRight =
      body['grant_type'] === 'refresh_token' && body['refresh_token'] === app.refreshToken &&
      body['client_id'] === app.clientId && body['client_secret'] === app.clientSecret; // prettier-ignore
    if (!isRight || behaviour.now.tokenExpired) return void res.status(400).json({ error: 'invalid_grant' });
    const token = newToken();
    accessTokens.set(token, Date.now() + accessTokenMs);
    res.json({
      access_token: token, refresh_token: app.refreshToken, token_type: 'Bearer', scope: 'snapchat-marketing-api',
      expires_in: Math.ceil(accessTokenMs / 1_000),
    }); // prettier-ignore
  }

  function isLetIn(req: Request, res: Response): boolean {
    const ends = accessTokens.get(req.headers.authorization?.replace(/^Bearer /, '') ?? '') ?? 0;
    if (behaviour.now.tokenExpired || ends <= Date.now()) {
      refuse(res, 401, 'E1001', 'The access token is invalid or has expired.');
      return false;
    }
    if (takeThrottle(behaviour) || !window.take()) {
      tellRetryAfter(behaviour, res, 1);
      refuse(res, 429, 'E1029', 'Too many requests.');
      return false;
    }
    return true;
  }

  function saveFeed(req: Request, res: Response): void {
    const [feed] = (req.body as { product_feeds?: Record<string, unknown>[] }).product_feeds ?? [];
    if (!feed?.['name'] || feed['catalog_id'] !== catalogId)
      return refuse(res, 400, 'E2002', 'name and catalog_id are required.');
    const id = req.method === 'PUT' ? String(feed['id']) : randomUUID();
    if (req.method === 'PUT' && !feeds.has(id)) return refuse(res, 404, 'E2404', 'The feed does not exist.');
    feeds.set(id, { ...feed, id });
    answer(res, 'product_feeds', [{ ...feed, id }]);
  }

  function startUpload(req: Request, res: Response): void {
    const [asked] = (req.body as { feed_uploads?: Record<string, unknown>[] }).feed_uploads ?? [];
    const feed = feeds.get(String(req.params['feed']));
    if (!feed) return refuse(res, 404, 'E2404', 'The feed does not exist.');
    if (typeof asked?.['url'] !== 'string' || asked['update_type'] !== 'REPLACE')
      return refuse(res, 400, 'E2002', 'url and update_type are required.');
    const upload: Upload = {
      id: randomUUID(), feedId: feed.id, url: asked['url'], status: 'PENDING', created: new Date(), updated: new Date(),
      read: 0, accepted: 0, faults: [],
    }; // prettier-ignore
    uploads.push(upload);
    timers.later(processingMs, async () => {
      upload.status = 'IN_PROGRESS';
      await work(upload);
      upload.updated = new Date();
    });
    answer(res, 'feed_uploads', [tell(upload)]);
  }

  async function work(upload: Upload): Promise<void> {
    const rows = await fetchFeed(upload.url).catch(() => undefined);
    if (rows === undefined) {
      upload.status = 'FAILED';
      return;
    }
    const good = new Map<string, FeedRow>();
    for (const row of rows) {
      const id = row['id']?.[0] ?? '';
      const faults = [...judge(row), ...(await judgePolicy(id, row))];
      if (good.has(id))
        faults.push({
          code: 'duplicate_id',
          field: 'id',
          severity: 'ERROR',
          message: 'The id stands twice.',
        });
      upload.faults.push(...faults.map((fault) => ({ ...fault, id })));
      if (!faults.some(({ severity }) => severity === 'ERROR')) good.set(id, row);
    }
    upload.read = rows.length;
    upload.accepted = good.size;
    held.clear();
    for (const [id, row] of good)
      held.set(id, Object.fromEntries(Object.entries(row).map(([name, values]) => [name, values.join(',')])));
    upload.status = 'COMPLETED';
  }

  /** What only Snapchat can know: policies, owners, and whether an image can be fetched. */
  async function judgePolicy(id: string, row: FeedRow): Promise<Fault[]> {
    const text = `${row['title']?.join() ?? ''} ${row['description']?.join() ?? ''}`.toLowerCase();
    const error = (code: string, field: string, message: string): Fault[] => [{ code, field, severity: 'ERROR', message }];
    if (behaviour.now.forbidItems?.includes(id)) return error('forbidden', 'id', 'This item may not be written.');
    if (policyWords.some((word) => text.includes(word))) return error('policy_violation', 'title', 'The product breaks the advertising policies.');
    const image = row['image_link']?.[0] ?? '';
    const isThere = fetchImages ? await lookAtImage(image) : undefined;
    return isThere !== false ? [] : error('image_fetch_failed', 'image_link', 'The image cannot be fetched.');
  } // prettier-ignore

  function tell(upload: Upload): object {
    const { id, feedId, url, status, created, updated, read, accepted, faults } = upload;
    const groups = new Map<string, { fault: Fault; ids: string[] }>();
    for (const { id: item, ...fault } of faults) {
      const key = JSON.stringify(fault);
      const group = groups.get(key) ?? { fault, ids: [] };
      group.ids.push(item);
      groups.set(key, group);
    }
    const issues = [...groups.values()].map(({ fault, ids }) => ({
      ...fault,
      count: ids.length,
      item_ids: ids.slice(0, named),
    }));
    if (status === 'FAILED')
      issues.push({
        code: 'feed_fetch_failed', field: 'url', severity: 'ERROR', message: 'The feed file cannot be fetched.', count: 0,
        item_ids: [],
      }); // prettier-ignore
    return {
      id, feed_id: feedId, url, update_type: 'REPLACE', status, created_at: created.toISOString(),
      updated_at: updated.toISOString(),
      summary: {
        total_products: read, accepted_products: accepted, rejected_products: read - accepted,
        issues_summary: { issues },
      },
    }; // prettier-ignore
  }

  function search(req: Request, res: Response): void {
    const limit = Math.min(Number(req.query['limit'] ?? 50), 1_000);
    const from = Number(req.query['cursor'] ?? 0);
    const { filter } = req.body as { filter?: { OR?: { AVAILABILITY?: { EQ?: string } }[] } };
    const wanted = (filter?.OR ?? []).map((one) => one.AVAILABILITY?.EQ);
    const all = [...held].filter(([, item]) =>
      wanted.includes(String(item['availability']).toUpperCase().replaceAll(' ', '_')),
    );
    const products = all.slice(from, from + limit).map(([id, item]) => {
      const [value, currency] = String(item['price']).split(' ');
      return {
        id: randomUUID(), external_id: id, catalog_id: catalogId, name: item['title'], link: item['link'],
        availability: item['availability'], price: { value: Number(value), currency },
      }; // prettier-ignore
    });
    const next = `${req.protocol}://${req.headers.host}${req.baseUrl}${req.path}?limit=${limit}&cursor=${from + limit}`;
    answer(res, 'products', products, from + limit < all.length ? { paging: { next_link: next } } : {});
  }

  const router = Router();
  router.use(behaviour.middleware);
  router.use(express.json({ limit: '8mb' }), express.urlencoded({ extended: false }));
  router.post('/login/oauth2/access_token', giveToken);
  router.use((req, res, next) => (isLetIn(req, res) ? next() : undefined));
  router.get('/catalogs/:catalog', (req, res) => {
    if (req.params.catalog !== catalogId) return refuse(res, 404, 'E2404', 'The catalog does not exist.');
    answer(res, 'catalogs', [
      { id: catalogId, name: 'Sandbox catalog', vertical: 'COMMERCE', source: 'FEED' },
    ]);
  });
  router
    .route('/catalogs/:catalog/product_feeds')
    .get((_req, res) => answer(res, 'product_feeds', [...feeds.values()]))
    .post(saveFeed)
    .put(saveFeed);
  router.get('/product_feeds/:feed', (req, res) => {
    const feed = feeds.get(req.params.feed);
    if (feed) answer(res, 'product_feeds', [feed]);
    else refuse(res, 404, 'E2404', 'The feed does not exist.');
  });
  router
    .route('/product_feeds/:feed/feed_uploads')
    .get((req, res) => {
      if (!feeds.has(req.params.feed)) return refuse(res, 404, 'E2404', 'The feed does not exist.');
      answer(res, 'feed_uploads', uploads.filter(({ feedId }) => feedId === req.params.feed).map(tell)); // prettier-ignore
    })
    .post(startUpload);
  router.post('/catalogs/:catalog/product_search', search);

  return {
    router,
    stop: timers.stop,
    describe: (url) => ({
      connect: {
        catalogId,
        ...app,
        baseUrl: `${url}/snapchat`,
        signInUrl: `${url}/snapchat/login/oauth2/access_token`,
      },
    }),
    contents: () => new Map(held),
    requests: () => behaviour.requests,
    behave: (change) => behaviour.set(change),
  };
}
