/**
 * Meta's Graph API as far as Shelfcast uses it: items_batch, check_batch_request_status, products and the catalog node,
 * with tokens, asynchronous handles, usage headers, throttling and a review that knows what only the channel can know.
 * https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/product-catalog/items_batch
 */
import { randomBytes } from 'node:crypto';
import express, { Router, type Request, type Response } from 'express';
import type { ChannelSandbox, ChannelSandboxOptions } from '../../channel-sandbox.ts';
import { createBehaviour, takeThrottle, tellRetryAfter, type ReceivedRequest } from '../../misbehave.ts';
import { judgeItem, type MetaItem, type Verdict } from './items.ts';

const MB = 1024 * 1024;
/** Documented on the items_batch page. */
const mostRequests = 5_000;
const mostBytes = 28 * MB;
/** "Batch calls = 200 + 200 * log2(unique users)" an hour; a cold catalog has 200. Far more here, so that tests need not wait. */
const defaultCallsPerHour = 20_000;
const HOUR = 3_600_000;

interface Held {
  item: MetaItem;
  reviewAt: number;
  imageStatus: 'FETCHED' | 'FETCH_FAILED' | 'NO_STATUS';
}
interface BatchState {
  status: 'started' | 'in_progress' | 'finished';
  errors: { line: number; id: string; message: string }[];
  warnings: { line: number; id: string; message: string }[];
}
interface ItemRequest {
  method?: string;
  data?: MetaItem;
}

export function createMetaSandbox(options: ChannelSandboxOptions = {}): ChannelSandbox {
  const {
    processingMs = 300, reviewMs = 200, fetchImages = true,
    policyWords = ['replica', 'weapon', 'cbd oil'], callsPerHour = defaultCallsPerHour,
  } = options; // prettier-ignore
  const catalogId = '104858600000001';
  const token = `sandbox-${randomBytes(18).toString('base64url')}`;
  const behaviour = createBehaviour();
  const held = new Map<string, Held>();
  const batches = new Map<string, BatchState>();
  const timers = new Set<NodeJS.Timeout>();
  let calls: number[] = [];

  const fail = (
    res: Response,
    status: number,
    code: number,
    message: string,
    more: Record<string, unknown> = {},
  ): void => {
    const type = code === 190 ? 'OAuthException' : 'GraphMethodException';
    res.status(status).json({
      error: {
        message,
        type,
        code,
        is_transient: code < 10,
        fbtrace_id: randomBytes(8).toString('base64url'),
        ...more,
      },
    });
  };
  const later = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  };

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
    if (req.params['catalog'] !== catalogId) {
      fail(
        res,
        400,
        100,
        `Unsupported request. Object with ID '${String(req.params['catalog'])}' does not exist.`,
        { error_subcode: 33 },
      );
      return false;
    }
    if (takeThrottle(behaviour)) {
      const usage = {
        type: 'catalog_batch',
        call_count: 100,
        total_cputime: 100,
        total_time: 100,
        estimated_time_to_regain_access: 1,
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

  function acceptBatch(req: Request, res: Response): void {
    const body = req.body as { item_type?: unknown; allow_upsert?: unknown; requests?: unknown };
    const requests = (
      typeof body.requests === 'string' ? JSON.parse(body.requests) : body.requests
    ) as unknown;
    if (body.item_type !== 'PRODUCT_ITEM')
      return fail(res, 400, 100, '(#100) The parameter item_type is required');
    if (!Array.isArray(requests)) return fail(res, 400, 100, '(#100) The parameter requests is required');
    if (requests.length > mostRequests)
      return fail(res, 400, 100, `(#100) At most ${mostRequests} requests are allowed in one call`);
    const list = requests as ItemRequest[];
    const received = res.locals['received'] as ReceivedRequest;
    received.ids = list.map(({ data }) => String(data?.['id'] ?? ''));
    const upserts = body.allow_upsert !== false && body.allow_upsert !== 'false';
    const validation: {
      retailer_id: string;
      errors: { message: string }[];
      warnings: { message: string }[];
    }[] = [];
    const good: { line: number; request: ItemRequest; verdict: Verdict }[] = [];
    const ids = new Set<string>();
    for (const [line, request] of list.entries()) {
      const verdict = judgeRequest(request, upserts, ids);
      const id = String(request.data?.['id'] ?? '');
      ids.add(id);
      if (verdict.errors.length + verdict.warnings.length > 0)
        validation.push({
          retailer_id: id,
          errors: verdict.errors.map((message) => ({ message })),
          warnings: verdict.warnings.map((message) => ({ message })),
        });
      if (verdict.errors.length === 0) good.push({ line, request, verdict });
    }
    // "empty handles = nothing taken in": one bad request stops its batch
    if (good.length < list.length) return void res.json({ handles: [], validation_status: validation });
    const handle = `Ac${randomBytes(24).toString('base64url')}`;
    const batch: BatchState = { status: 'started', errors: [], warnings: [] };
    batches.set(handle, batch);
    later(processingMs / 2, () => (batch.status = 'in_progress'));
    later(processingMs, () => {
      for (const one of good) apply(one.line, one.request, one.verdict, batch);
      batch.status = 'finished';
    });
    res.json({ handles: [handle], validation_status: validation });
  }

  function judgeRequest({ method, data }: ItemRequest, upserts: boolean, ids: ReadonlySet<string>): Verdict {
    const id = data?.['id'];
    if (typeof id !== 'string' || id === '')
      return { errors: ['A required field is missing: id.'], warnings: [] };
    if (behaviour.now.forbidItems?.includes(id))
      return { errors: ['(#200) You do not have permission to change this item.'], warnings: [] };
    if (ids.has(id)) return { errors: [`The id ${id} stands more than once in this call.`], warnings: [] };
    if (method === 'DELETE') return { errors: [], warnings: [] };
    if (method !== 'CREATE' && method !== 'UPDATE')
      return { errors: [`Unknown method ${String(method)}.`], warnings: [] };
    const before = held.get(id)?.item;
    if (method === 'UPDATE' && !before && !upserts)
      return { errors: [`There is no item ${id}.`], warnings: [] };
    return judgeItem({ ...before, ...data }, data);
  }

  function apply(
    line: number,
    { method, data = {} }: ItemRequest,
    verdict: Verdict,
    batch: BatchState,
  ): void {
    const id = String(data['id']);
    for (const message of verdict.warnings) batch.warnings.push({ line, id, message });
    if (method === 'DELETE') {
      held.delete(id);
      return;
    }
    const item = { ...held.get(id)?.item, ...data };
    const entry: Held = { item, reviewAt: Date.now() + reviewMs, imageStatus: 'NO_STATUS' };
    held.set(id, entry);
    const url = imageOf(item);
    if (fetchImages && url && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname))
      void fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5_000) }).then(
        (response) => (entry.imageStatus = response.ok ? 'FETCHED' : 'FETCH_FAILED'),
        () => (entry.imageStatus = 'FETCH_FAILED'),
      );
  }

  function imageOf(item: MetaItem): string | undefined {
    const [first] = (item['image'] as { url?: string }[] | undefined) ?? [];
    const url = first?.url ?? item['image_link'];
    return typeof url === 'string' && URL.canParse(url) ? url : undefined;
  }

  function tellProduct(id: string, { item, reviewAt, imageStatus }: Held) {
    const text = `${String(item['title'])} ${String(item['description'])}`.toLowerCase();
    const word = policyWords.find((one) => text.includes(one));
    const status = Date.now() < reviewAt ? 'pending' : word ? 'rejected' : 'approved';
    const capability = status.toUpperCase();
    const failed = imageStatus === 'FETCH_FAILED';
    return {
      id: `9${[...id].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1e12, 7)}`,
      retailer_id: id,
      name: item['title'],
      price: item['price'],
      availability: item['availability'],
      visibility: 'published',
      review_status: status,
      review_rejection_reasons:
        status === 'rejected'
          ? ['This item may go against the commerce policy on counterfeit or restricted goods.']
          : [],
      capability_to_review_status: ['shops', 'ig_product_tagging', 'da', 'whatsapp'].map((key) => ({
        key,
        value: capability,
      })),
      image_fetch_status: imageStatus,
      errors: failed
        ? [
            {
              error_type: 'IMAGE_FETCH_FAILED',
              error_priority: 'HIGH',
              title: 'Image could not be fetched',
              description: 'The address of the image does not answer.',
            },
          ]
        : [],
    };
  }

  function listProducts(req: Request, res: Response): void {
    const filter = JSON.parse(String(req.query['filter'] ?? '{}')) as { retailer_id?: { is_any?: string[] } };
    const limit = Math.min(Number(req.query['limit'] ?? 25), 1_000);
    const from = Number(Buffer.from(String(req.query['after'] ?? ''), 'base64url').toString() || 0);
    const ids = filter.retailer_id?.is_any ?? [...held.keys()];
    const page = ids.slice(from, from + limit);
    const cursor = (at: number): string => Buffer.from(String(at)).toString('base64url');
    const more = from + limit < ids.length;
    res.json({
      data: page.flatMap((id) => {
        const entry = held.get(id);
        return entry ? [tellProduct(id, entry)] : [];
      }),
      paging: {
        cursors: { before: cursor(from), after: cursor(from + page.length) },
        ...(more
          ? { next: `${req.protocol}://${req.headers.host}${req.path}?after=${cursor(from + limit)}` }
          : {}),
      },
    });
  }

  const router = Router();
  router.use(behaviour.middleware);
  router.use(express.json({ limit: mostBytes }), express.urlencoded({ extended: false, limit: mostBytes }));
  const at = (path: string): string => `/:version/:catalog${path}`;
  const on = (work: (req: Request, res: Response) => void) => (req: Request, res: Response) => {
    if (isLetIn(req, res)) work(req, res);
  };
  router.post(at('/items_batch'), on(acceptBatch));
  router.get(
    at('/check_batch_request_status'),
    on((req, res) => {
      const handle = String(req.query['handle']);
      const batch = batches.get(handle);
      if (!batch) return fail(res, 400, 100, '(#100) Invalid handle');
      const invalid =
        req.query['load_ids_of_invalid_requests'] === 'true' ? batch.errors.map(({ id }) => id) : [];
      res.json({
        data: [
          {
            handle, status: batch.status, errors_total_count: batch.errors.length, warnings_total_count: batch.warnings.length,
            errors: batch.errors, warnings: batch.warnings, ids_of_invalid_requests: invalid,
          },
        ],
      }); // prettier-ignore
    }),
  );
  router.get(at('/products'), on(listProducts));
  router.get(
    at(''),
    on((_req, res) => void res.json({ id: catalogId, name: 'Sandbox catalog', product_count: held.size })),
  );
  router.use((error: unknown, _req: Request, res: Response, next: (error: unknown) => void) => {
    if ((error as { type?: string }).type !== 'entity.too.large') return next(error);
    fail(res, 500, 1, 'Please reduce the amount of data you are asking for, then retry your request');
  });

  return {
    router,
    stop: () => timers.forEach((timer) => clearTimeout(timer)),
    describe: (url) => ({ connect: { baseUrl: `${url}/meta`, catalogId, accessToken: token } }),
    contents: () => new Map([...held].map(([id, { item }]) => [id, item])),
    requests: () => behaviour.requests,
    behave: (change) => behaviour.set(change),
  };
}
