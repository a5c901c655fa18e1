import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import { BusyError, ChannelError, NoAnswerError } from '../catalog/errors.ts';
import type { Channel, ChannelApi } from '../feeds/channel.ts';
import { checkBatch } from './check-batch.ts';
import { recoverCutOff } from './cut-off-sends.ts';
import { fetchFeed } from './fetch-feed.ts';
import { addToRun, defineJob, type JobContext } from './job.ts';
import { openChannel } from './open-channel.ts';
import { publishFeed } from './publish-feed.ts';
import { rebuild, sendWhole, type Way } from './send-batch.ts';

/**
 * Batches and items under way at a time: enough to fill the time that the channel takes to answer. How many requests a second
 * go out is not decided here: the rate budget holds them back.
 */
const mostAtOnce = { batches: 4, items: 10_000 } as const;
/** After a failure among successes the job waits this long at most by itself; a longer wait is the queue's. */
const [shortWaitMs, longestWaitMs] = [2_000, 10_000];

/** Sends what is pending at one channel, several batches at a time, until nothing is left that may be sent now. */
export const pushBatch = defineJob({
  name: 'push-batch',
  payload: z.object({ catalogId: z.string(), channel: z.string(), runId: z.string().optional() }),
  attempts: 8,
  key: (p) => `${p.catalogId}:${p.channel}`,
  async run({ catalogId, channel: channelId, runId }, ctx) {
    const { catalogs, listings, runs } = ctx.stores;
    const channel = ctx.channels.get(channelId);
    const open = await openChannel(catalogId, channelId, ctx);
    if (!channel || !open) return;
    const { api } = open;
    if (!api.send) return pushByFeed(catalogId, channelId, runId, ctx);
    const catalog = await catalogs.find(catalogId);
    const phase = `push to ${channelId}`;
    if (runId) await runs.startPhase(runId, phase, 'items', ctx.now());
    // batches that were sent before a kill: somebody must still ask for their verdicts
    for await (const batch of listings.eachBatch(catalogId, channelId))
      await addToRun(ctx, checkBatch, { catalogId, channel: channelId, handle: batch.handle, runId });
    await recoverCutOff(catalogId, channelId, ctx);
    try {
      const way = { catalogId, channelId, runId, phase };
      while (!(await pushOnce(catalog, channel, api, way, ctx)));
      await pushRestLater(catalogId, channelId, ctx);
      await api.arrange?.();
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      await open.pause(error);
    }
    if (runId) await runs.savePhase(runId, phase, {}, ctx.now(), true);
  },
});

/** Answers whether all is sent that may be; false: some failed among others that went out, and it is time to go on. */
async function pushOnce(
  catalog: Catalog,
  channel: Channel,
  api: ChannelApi,
  way: Way,
  ctx: JobContext,
): Promise<boolean> {
  const { sent, errors } = await pushPending(catalog, channel, api, way, ctx);
  const error = errors.find((one) => one instanceof ChannelError) ?? errors[0];
  if (error === undefined) return true;
  // a failure now and then among many batches is no reason to give up the job; one after the other is
  const isPassing = error instanceof BusyError || error instanceof NoAnswerError;
  const waitMs = (error instanceof BusyError ? error.retryAfterMs : undefined) ?? shortWaitMs;
  if (sent === 0 || !isPassing || waitMs > longestWaitMs) throw error;
  ctx.log.debug('some batches did not go out, they are sent again', { error, waitMs });
  await sleep(waitMs, undefined, ctx.signal ? { signal: ctx.signal } : {});
  return false;
}

/**
 * Keeps batches under way until nothing is left or one fails; returns when none is under way any more. An item is in one batch
 * at a time: what is under way is passed over, so that its newer version goes out after the older one's answer.
 */
async function pushPending(
  catalog: Catalog,
  channel: Channel,
  api: ChannelApi,
  way: Way,
  ctx: JobContext,
): Promise<{ sent: number; errors: Error[] }> {
  const { itemsPerBatch } = channel.limits;
  const atOnce = Math.max(1, Math.min(mostAtOnce.batches, Math.floor(mostAtOnce.items / itemsPerBatch)));
  const underway = new Set<Promise<void>>();
  const inHand = new Set<string>();
  const errors: Error[] = [];
  let sent = 0;
  let from: string | undefined;
  const take = async () => {
    const found = await ctx.stores.listings.takePending(way.catalogId, way.channelId, itemsPerBatch, ctx.now(), { from });
    const free = found.filter(({ id }) => !inHand.has(id));
    const isEnd = free.length === 0 && from === undefined && underway.size === 0;
    from = free.length === 0 ? undefined : free.at(-1)?.productId;
    return { free, isEnd };
  }; // prettier-ignore
  try {
    while (errors.length === 0) {
      ctx.signal?.throwIfAborted();
      const { free, isEnd } = await take();
      if (isEnd) break;
      if (free.length > 0) {
        for (const { id } of free) inHand.add(id);
        const work = rebuild(catalog, channel, free, ctx)
          .then((ready) => sendWhole(ready, channel, api, way, ctx))
          .then(
            () => void sent++,
            (error: unknown) => void errors.push(error instanceof Error ? error : new Error(String(error))),
          )
          .finally(() => {
            underway.delete(work);
            for (const { id } of free) inHand.delete(id);
          });
        underway.add(work);
      }
      // the first goes alone: what it learns (that the token is dead, which data source is ours) is not learnt four times
      const isFull = free.length === 0 || sent === 0 || underway.size >= atOnce;
      if (isFull && underway.size > 0) await Promise.race(underway);
    }
  } finally {
    await Promise.all(underway);
  }
  return { sent, errors };
}

/**
 * Begins a push once the wait of items that failed is over. A job of its own: what is added while it runs is run right
 * afterwards, so a push cannot add itself with a delay.
 */
export const pushLater = defineJob({
  name: 'push-later',
  payload: z.object({ catalogId: z.string(), channel: z.string(), runId: z.string().optional() }),
  attempts: 8,
  key: (p) => `${p.catalogId}:${p.channel}`,
  async run({ catalogId, channel }, ctx) {
    await ctx.queue.add(pushBatch, { catalogId, channel });
  },
});

/** Single items that wait for their next turn get it when it comes, not with the next look at what lags. */
async function pushRestLater(catalogId: string, channel: string, ctx: JobContext): Promise<void> {
  const next = await ctx.stores.listings.nextWait(catalogId, channel);
  if (next === undefined) return;
  const delayMs = Math.max(0, next.getTime() - ctx.now().getTime());
  await ctx.queue.add(pushLater, { catalogId, channel }, { delayMs });
}

/** What the channel only takes as a feed goes with the next one; one that is on its way may be too old for some of it. */
async function pushByFeed(
  catalogId: string,
  channel: string,
  runId: string | undefined,
  ctx: JobContext,
): Promise<void> {
  const pending = await ctx.stores.listings.takePending(catalogId, channel, 1, ctx.now());
  const underway = await ctx.queue.has(
    [publishFeed, fetchFeed].map(({ name }) => `${name}:${catalogId}:${channel}`),
  );
  if (pending.length === 0) return;
  if (underway.size === 0) await addToRun(ctx, publishFeed, { catalogId, channel, runId });
  else await ctx.queue.add(pushLater, { catalogId, channel }, { delayMs: ctx.settings.checkEveryMs });
}
