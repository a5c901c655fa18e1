/** Calls from shops. They are judged by their signature before anything else, kept, and answered at once; the work comes later. */
import express, { Router, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import type { JobContext } from '../../jobs/job.ts';
import { readChanges } from '../../jobs/read-changes.ts';

const MINUTE = 60_000;
/** A product with 2,048 variants takes a few megabytes. */
const mostBytes = '8mb';
/**
 * Calls from one address in a minute. Answered ones are taken off again, so this bounds what is forged and what is under
 * way at once: a shop in which 1,000 products are changed calls 1,000 times in a burst.
 */
const mostCalls = 2_000;

/** Where the shop of a catalog calls. */
export const callAddress = (publicUrl: string, catalogId: string): string =>
  `${publicUrl}/calls/${catalogId}`;

export type CallResult = 'change' | 'repeated' | 'uninstalled' | 'nothing' | 'forged';

export function callRoutes(ctx: JobContext, count: (source: string, result: CallResult) => void): Router {
  const router = Router();
  const limit = rateLimit({
    windowMs: MINUTE,
    limit: mostCalls,
    skipSuccessfulRequests: true,
    legacyHeaders: false,
  });
  router.post(
    '/:catalogId',
    limit,
    express.text({ type: () => true, limit: mostBytes }),
    receive(ctx, count),
  );
  return router;
}

/**
 * Of those who ask for the same work while it is being done, all share one more doing after it: in a burst of calls the
 * queue is told a few times, not a thousand, and each is answered only when it was told after the call was kept.
 */
export function shareWork(work: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();
  function run(key: string): Promise<void> {
    const done = work(key).finally(() => {
      if (running.get(key) === done) running.delete(key);
    });
    running.set(key, done);
    return done;
  }
  return (key) => {
    const before = running.get(key);
    if (!before) return run(key);
    const known = waiting.get(key);
    if (known) return known;
    const next = before
      .catch(() => undefined)
      .then(() => {
        waiting.delete(key);
        return run(key);
      });
    waiting.set(key, next);
    return next;
  };
}

function receive(ctx: JobContext, count: (source: string, result: CallResult) => void): RequestHandler {
  const { sourceCalls } = ctx.stores;
  const tellQueue = shareWork((catalogId) => ctx.queue.add(readChanges, { catalogId }, { priority: 'fix' }));
  return async (req, res) => {
    const catalogId = catalogIdSchema.safeParse(req.params['catalogId']).data;
    const open = catalogId === undefined ? undefined : await ctx.openSource(catalogId).catch(() => undefined);
    if (catalogId === undefined || !open?.source.receive) {
      count('unknown', 'forged');
      return void res.status(404).end();
    }
    const { source, options } = open;
    const body = typeof req.body === 'string' ? req.body : '';
    const verdict = await source.receive?.(options, { headers: req.headers, body });
    if (!verdict || verdict.kind === 'forged') {
      count(source.id, 'forged');
      ctx.log.warn('a call that is not the shop’s was refused', { catalogId, reason: verdict?.reason });
      return void res.status(401).end();
    }
    const hint = verdict.kind === 'change' ? verdict.hint : '';
    const isNew = await sourceCalls.add(catalogId, { id: verdict.id, hint }, ctx.now());
    count(source.id, isNew ? verdict.kind : 'repeated');
    // what kind of call it is stands in a header that nobody signs: that our access is gone, too, only the shop can say
    if (isNew && verdict.kind !== 'nothing') await tellQueue(catalogId);
    res.status(200).end();
  };
}
