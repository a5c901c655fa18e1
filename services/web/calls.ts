/** Calls from shops. They are judged by their signature before anything else, kept, and answered at once; the work comes later. */
import express, { Router, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import type { JobContext } from '../../jobs/job.ts';
import { readChanges } from '../../jobs/read-changes.ts';

const MINUTE = 60_000;
/** A product with 2,048 variants takes a few megabytes. */
const mostBytes = '8mb';
/** Forged calls from one address that are still answered in a minute; genuine ones do not count. */
const mostForged = 60;

/** Where the shop of a catalog calls. */
export const callAddress = (publicUrl: string, catalogId: string): string =>
  `${publicUrl}/calls/${catalogId}`;

export type CallResult = 'change' | 'repeated' | 'uninstalled' | 'nothing' | 'forged';

export function callRoutes(ctx: JobContext, count: (source: string, result: CallResult) => void): Router {
  const router = Router();
  const limit = rateLimit({
    windowMs: MINUTE,
    limit: mostForged,
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

function receive(ctx: JobContext, count: (source: string, result: CallResult) => void): RequestHandler {
  const { catalogs, sourceCalls } = ctx.stores;
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
    if (isNew && verdict.kind === 'change')
      await ctx.queue.add(readChanges, { catalogId }, { priority: 'fix' });
    if (isNew && verdict.kind === 'uninstalled') {
      const message = 'The app was removed from the shop.';
      await catalogs.pauseSource(catalogId, { code: 'source_uninstalled', message, at: ctx.now() });
      ctx.log.error('the app was removed from the shop: it is not read until it is connected again', {
        catalogId,
      });
    }
    res.status(200).end();
  };
}
