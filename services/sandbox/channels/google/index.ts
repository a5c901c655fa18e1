/**
 * Google's Merchant API v1 as far as Shelfcast uses it: sign-in, data sources, product inputs, processed products with
 * their statuses, quotas. https://developers.google.com/merchant/api/overview
 */
import express, { Router, type Request, type Response } from 'express';
import type { ChannelSandbox, ChannelSandboxOptions } from '../../channel-sandbox.ts';
import { createTimers } from '../../clock.ts';
import { createBehaviour, takeThrottle, tellRetryAfter, type ReceivedRequest } from '../../misbehave.ts';
import { fail } from './answers.ts';
import { findViolations, readMask } from './judge.ts';
import { createProducts, type ProductInput } from './products.ts';
import { createTokens, toKeyFile } from './sign-in.ts';
import { createSources } from './sources.ts';

const account = '5551234567';
const MINUTE = 60_000;

export function createGoogleSandbox(options: ChannelSandboxOptions = {}): ChannelSandbox {
  const {
    processingMs = 300, reviewMs = 200, fetchImages = true, policyWords = ['replica', 'weapon', 'cbd oil'],
    callsPerMinute = 600_000,
  } = options; // prettier-ignore
  const behaviour = createBehaviour();
  const tokens = createTokens();
  const timers = createTimers();
  const products = createProducts({
    account,
    processingMs,
    reviewMs,
    fetchImages,
    policyWords,
    later: timers.later,
  });
  const sources = createSources({
    account,
    processingMs,
    later: timers.later,
    takeIn(source, offerId, productAttributes) {
      const { contentLanguage = '', feedLabel = '' } = source.primaryProductDataSource;
      const input = { offerId, contentLanguage, feedLabel, productAttributes: { ...productAttributes } };
      if (findViolations({ ...input, productAttributes: {} }).length > 0) return undefined;
      return products.insert(input, source.name);
    },
  });

  /** Writes of the current minute, and of the day so far. */
  const used = { minute: 0, count: 0, today: 0 };

  /** Answers true when the caller may go on. */
  function isLetIn(req: Request, res: Response): boolean {
    if (behaviour.now.tokenExpired) tokens.revokeAll();
    if (!tokens.isValid(req.headers.authorization)) {
      fail(res, 401, 'Request had invalid authentication credentials.', 'access_token_expired');
      return false;
    }
    if (req.params['account'] !== account) {
      fail(res, 403, 'The caller does not have access to the accounts.', 'authorization_denied');
      return false;
    }
    if (takeThrottle(behaviour)) {
      tellRetryAfter(behaviour, res, 1);
      fail(res, 429, 'Quota exceeded for requests per minute.', 'quota/request_rate_too_high');
      return false;
    }
    return true;
  }

  /** Writes count against the quota of their group. */
  function isWithinQuota(res: Response): boolean {
    const minute = Math.floor(Date.now() / MINUTE);
    if (used.minute !== minute) Object.assign(used, { minute, count: 0 });
    used.count += 1;
    used.today += 1;
    if (used.count <= callsPerMinute) return true;
    res.setHeader('retry-after', String(Math.ceil(((minute + 1) * MINUTE - Date.now()) / 1000)));
    fail(res, 429, 'Quota exceeded for requests per minute.', 'quota/request_rate_too_high');
    return false;
  }

  /** The data source of a write, or undefined when the answer is given. */
  function sourceOf(req: Request, res: Response): string | undefined {
    const source = sources.byName(String(req.query['dataSource']));
    if (!source) fail(res, 404, 'Data source not found.', 'data_source_not_found');
    else if (source.input !== 'API')
      fail(res, 400, 'Only API data sources are supported.', 'invalid_argument');
    else return source.name;
    return undefined;
  }

  const note = (res: Response, offerId: string): void => {
    (res.locals['received'] as ReceivedRequest).ids = [offerId];
  };
  const isForbidden = (res: Response, offerId: string): boolean => {
    if (!behaviour.now.forbidItems?.includes(offerId)) return false;
    fail(res, 403, `The caller may not change the product ${offerId}.`, 'product_access_denied');
    return true;
  };

  function insert(req: Request, res: Response): void {
    const body = req.body as Record<string, unknown>;
    const offerId = String(body['offerId'] ?? '');
    note(res, offerId);
    const source = sourceOf(req, res);
    if (source === undefined || !isWithinQuota(res) || isForbidden(res, offerId)) return;
    const violations = findViolations(body);
    if (violations.length > 0)
      return fail(res, 400, violations[0]?.description ?? '', 'invalid_argument', violations);
    const input = body as unknown as ProductInput;
    products.insert(input, source);
    res.json({
      ...input,
      name: products.nameOf(input, 'productInputs'),
      product: products.nameOf(input, 'products'),
    });
  }

  /** What the mask names is set, or deleted where the body lacks it; all else stays. */
  function patch(req: Request, res: Response): void {
    const key = products.readSegment(String(req.params['product']));
    const offerId = key.split('~').at(-1) ?? '';
    note(res, offerId);
    const source = sourceOf(req, res);
    if (source === undefined || !isWithinQuota(res) || isForbidden(res, offerId)) return;
    const body = req.body as Record<string, unknown>;
    const { names, strange } = readMask(String(req.query['updateMask'] ?? ''), body);
    const violations = strange.length > 0 ? strange : findViolations(body);
    if (violations.length > 0)
      return fail(res, 400, violations[0]?.description ?? '', 'invalid_argument', violations);
    const input = products.patch(key, source, names, body as unknown as ProductInput);
    if (!input) return fail(res, 404, 'Product input not found.', 'product_input_not_found');
    res.json({
      ...input,
      name: products.nameOf(input, 'productInputs'),
      product: products.nameOf(input, 'products'),
    });
  }

  function remove(req: Request, res: Response): void {
    const key = products.readSegment(String(req.params['product']));
    const offerId = key.split('~').at(-1) ?? '';
    note(res, offerId);
    if (sourceOf(req, res) === undefined || !isWithinQuota(res) || isForbidden(res, offerId)) return;
    if (!products.remove(key)) return fail(res, 404, 'Product input not found.', 'product_input_not_found');
    res.json({});
  }

  const quotas = (_req: Request, res: Response): void => {
    const methodDetails = ['insert', 'update', 'delete'].map((method) => ({
      method: `productinputs.${method}`, version: 'v1', subapi: 'products', path: `products/v1/productInputs.${method}`,
    })); // prettier-ignore
    const quotaGroups = [
      { name: `accounts/${account}/quotas/products`, quotaUsage: String(used.today), quotaLimit: String(callsPerMinute * 1_440), quotaMinuteLimit: String(callsPerMinute), methodDetails },
    ]; // prettier-ignore
    res.json({ quotaGroups });
  };

  const router = Router();
  router.use(behaviour.middleware);
  router.use(express.json({ limit: '10mb' }), express.urlencoded({ extended: false }));
  router.post('/token', (req, res) => tokens.answer(req, res, behaviour.now.tokenExpired === true));
  const on = (work: (req: Request, res: Response) => void) => (req: Request, res: Response) => {
    if (isLetIn(req, res)) work(req, res);
  };
  const at = (api: string, path: string): string => `/${api}/v1/accounts/:account/${path}`;
  router.get(at('datasources', 'dataSources'), on(sources.list));
  router.post(at('datasources', 'dataSources'), on(sources.create));
  router.get(at('datasources', 'dataSources/:source'), on(sources.get));
  router.patch(at('datasources', 'dataSources/:source'), on(sources.patch));
  router.post(at('datasources', 'dataSources/:source\\:fetch'), on(sources.fetchNow));
  router.get(at('datasources', 'dataSources/:source/fileUploads/latest'), on(sources.lastUpload));
  router.post(at('products', 'productInputs\\:insert'), on(insert));
  router.patch(at('products', 'productInputs/:product'), on(patch));
  router.delete(at('products', 'productInputs/:product'), on(remove));
  router.get(at('products', 'products'), on(products.list));
  router.get(at('products', 'products/:product'), on(products.get));
  router.post(at('reports', 'reports\\:search'), on(products.search));
  router.get(at('quota', 'quotas'), on(quotas));

  return {
    router,
    stop: timers.stop,
    describe: (url) => ({
      connect: {
        merchantId: account,
        serviceAccountKey: toKeyFile(`${url}/google/token`),
        baseUrl: `${url}/google`,
      },
    }),
    contents: () => products.contents(),
    requests: () => behaviour.requests,
    behave: (change) => behaviour.set(change),
  };
}
