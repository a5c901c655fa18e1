/** Calls from shops. They are judged by their signature before anything else, kept, and answered at once; the work comes later. */
import express, { Router, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import type { WebhookCall } from '../../catalog/source.ts';
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

/** How many calls are judged and kept together; it bounds how long the others' answers wait behind them. */
const mostTogether = 200;
/** What is called within this time after a first call is read together with it. */
const burstMs = 250;

/**
 * What comes while earlier items of the same key are under way is done together after them: of a burst of calls the
 * database and the queue hear a few times, not a thousand, and each is answered only once it is kept.
 */
export function gather<T, R>(
  work: (key: string, items: T[]) => Promise<R[]>,
): (key: string, item: T) => Promise<R> {
  interface Waiting {
    item: T;
    settle: (answer: Promise<R>) => void;
  }
  const lines = new Map<string, Waiting[]>();

  async function run(key: string, line: Waiting[]): Promise<void> {
    while (line.length > 0) {
      const taken = line.splice(0, mostTogether);
      const answers = work(key, taken.map(({ item }) => item)); // prettier-ignore
      for (const [at, { settle }] of taken.entries()) settle(answers.then((all) => all[at] as R));
      await answers.catch(() => undefined);
    }
    lines.delete(key);
  }

  return (key, item) =>
    new Promise<R>((settle) => {
      const line = lines.get(key);
      if (line) return void line.push({ item, settle });
      const begun = [{ item, settle }];
      lines.set(key, begun);
      void run(key, begun);
    });
}

type Answer = { source: string; result: CallResult };

/** Keeps what is genuine; undefined for all when the catalog has no source that is called. */
function keepCalls(ctx: JobContext) {
  return async (catalogId: string, calls: WebhookCall[]): Promise<(Answer | undefined)[]> => {
    const open = await ctx.openSource(catalogId).catch(() => undefined);
    if (!open?.source.receive) return calls.map(() => undefined);
    const { source, options } = open;
    const verdicts = await Promise.all(calls.map(async (call) => source.receive?.(options, call)));
    const genuine = verdicts.flatMap((one) => (one && one.kind !== 'forged' ? [one] : []));
    const isNew = await ctx.stores.sourceCalls.add(
      catalogId,
      genuine.map((one) => ({ id: one.id, hint: one.kind === 'change' ? one.hint : '' })),
      ctx.now(),
    );
    const results = new Map(genuine.map((one, at) => [one, isNew[at] ? one.kind : 'repeated'] as const));
    // what kind of call it is stands in a header that nobody signs: that our access is gone, too, only the shop can say
    if ([...results.values()].some((result) => result === 'change' || result === 'uninstalled'))
      await ctx.queue.add(readChanges, { catalogId }, { priority: 'fix', delayMs: burstMs });
    return verdicts.map((one) => {
      const reason = one?.kind === 'forged' ? one.reason : undefined;
      if (reason) ctx.log.warn('a call that is not the shop’s was refused', { catalogId, reason });
      const result = one && one.kind !== 'forged' ? results.get(one) : undefined;
      return { source: source.id, result: result ?? 'forged' };
    });
  };
}

function receive(ctx: JobContext, count: (source: string, result: CallResult) => void): RequestHandler {
  const keep = gather(keepCalls(ctx));
  return async (req, res) => {
    const catalogId = catalogIdSchema.safeParse(req.params['catalogId']).data;
    const body = typeof req.body === 'string' ? req.body : '';
    const answer = catalogId && (await keep(catalogId, { headers: req.headers, body }));
    if (!answer) {
      count('unknown', 'forged');
      return void res.status(404).end();
    }
    count(answer.source, answer.result);
    res.status(answer.result === 'forged' ? 401 : 200).end();
  };
}
