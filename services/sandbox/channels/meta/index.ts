/**
 * Meta's Graph API as far as Shelfcast uses it: items_batch and localized_items_batch with their follow-up, products, feeds
 * with their uploads, and the catalog node; with tokens, usage headers, throttling, and a review that knows what only the
 * channel can know.
 * https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/product-catalog/items_batch
 */
import { randomBytes } from 'node:crypto';
import express, { Router, type Request, type Response } from 'express';
import type { ChannelSandbox, ChannelSandboxOptions } from '../../channel-sandbox.ts';
import { createBehaviour, takeThrottle, tellRetryAfter } from '../../misbehave.ts';
import { createBatches } from './batches.ts';
import { createFeeds, type On } from './feeds.ts';
import { createHoldings } from './holdings.ts';
import { createSets } from './sets.ts';

const MB = 1024 * 1024;
/** Documented on the items_batch page. */
const mostBytes = 28 * MB;
/** "Batch calls = 200 + 200 * log2(unique users)" an hour; a cold catalog has 200. Far more here, so that tests need not wait. */
const defaultCallsPerHour = 20_000;
const HOUR = 3_600_000;

export function createMetaSandbox(options: ChannelSandboxOptions = {}): ChannelSandbox {
  const { processingMs = 300, callsPerHour = defaultCallsPerHour } = options;
  const catalogId = '104858600000001';
  const token = `sandbox-${randomBytes(18).toString('base64url')}`;
  const behaviour = createBehaviour();
  const holdings = createHoldings(options);
  const timers = new Set<NodeJS.Timeout>();
  let calls: number[] = [];
  const batches = createBatches(holdings, behaviour, later, processingMs, fail);
  const feeds = createFeeds(holdings, later, processingMs, fail);

  function fail(
    res: Response,
    status: number,
    code: number,
    message: string,
    more: Record<string, unknown> = {},
  ): void {
    const type = code === 190 ? 'OAuthException' : 'GraphMethodException';
    const trace = randomBytes(8).toString('base64url');
    res.status(status).json({
      error: { message, type, code, is_transient: code < 10, fbtrace_id: trace, ...more },
    });
  }

  function later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  }

  function tellUsage(res: Response): void {
    const from = Date.now() - HOUR;
    calls = calls.filter((at) => at > from);
    const share = Math.min(100, Math.round((calls.length / callsPerHour) * 100));
    const usage = {
      type: 'catalog_batch',
      call_count: share,
      total_cputime: 0,
      total_time: 0,
      estimated_time_to_regain_access: 0,
    };
    res.setHeader('x-business-use-case-usage', JSON.stringify({ '1789': [usage] }));
    res.setHeader('x-app-usage', JSON.stringify({ call_count: share, total_time: 0, total_cputime: 0 }));
  }

  /** Answers true when the caller may go on. */
  function isLetIn(req: Request, res: Response): boolean {
    const { authorization } = req.headers;
    const body = req.body as { access_token?: unknown } | undefined;
    const given = authorization?.startsWith('Bearer ')
      ? authorization.slice(7)
      : (req.query['access_token'] ?? body?.access_token);
    if (behaviour.now.tokenExpired || given !== token) {
      fail(res, 401, 190, 'Error validating access token: Session has expired.', { error_subcode: 463 });
      return false;
    }
    if (takeThrottle(behaviour)) {
      const usage = {
        type: 'catalog_batch',
        call_count: 100,
        total_cputime: 100,
        total_time: 100,
        // minutes; how long to wait is in Retry-After here, so that tests need not wait for one
        estimated_time_to_regain_access: 0,
      };
      res.setHeader('x-business-use-case-usage', JSON.stringify({ '1789': [usage] }));
      tellRetryAfter(behaviour, res, 1);
      fail(res, 429, 80_014, 'There have been too many calls for the batch uploads to this catalog account.');
      return false;
    }
    calls.push(Date.now());
    tellUsage(res);
    return true;
  }

  const router = Router();
  router.use(behaviour.middleware);
  router.use(express.json({ limit: mostBytes }), express.urlencoded({ extended: false, limit: mostBytes }));
  const at = (path: string): string => `/:version/${catalogId}${path}`;
  const on: On = (work) => (req, res) => {
    if (isLetIn(req, res)) work(req, res);
  };
  router.post(
    at('/items_batch'),
    on((req, res) => batches.accept(req, res, false)),
  );
  router.post(
    at('/localized_items_batch'),
    on((req, res) => batches.accept(req, res, true)),
  );
  router.get(at('/check_batch_request_status'), on(batches.tell));
  router.get(at('/products'), on(holdings.list));
  router.get(
    at(''),
    on(
      (_req, res) =>
        void res.json({ id: catalogId, name: 'Sandbox catalog', product_count: holdings.held.size }),
    ),
  );
  createSets(fail).addTo(router, on, catalogId);
  feeds.addTo(router, on, catalogId);
  router.use(
    on((req, res) => {
      const object = req.path.split('/')[2] ?? '';
      fail(res, 400, 100, `Unsupported request. Object with ID '${object}' does not exist.`, {
        error_subcode: 33,
      });
    }),
  );
  router.use((error: unknown, _req: Request, res: Response, next: (error: unknown) => void) => {
    if ((error as { type?: string }).type !== 'entity.too.large') return next(error);
    fail(res, 500, 1, 'Please reduce the amount of data you are asking for, then retry your request');
  });

  return {
    router,
    stop: () => timers.forEach((timer) => clearTimeout(timer)),
    describe: (url) => ({ connect: { baseUrl: `${url}/meta`, catalogId, accessToken: token } }),
    contents: () =>
      new Map(
        [...holdings.held].map(([id, { item, local }]) => [
          id,
          local.size > 0 ? { ...item, overrides: Object.fromEntries(local) } : item,
        ]),
      ),
    requests: () => behaviour.requests,
    behave: (change) => behaviour.set(change),
  };
}
