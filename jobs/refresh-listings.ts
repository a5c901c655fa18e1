import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import { toCounts } from '../catalog/run.ts';
import { inChunks } from '../catalog/store/model.ts';
import type { Channel } from '../feeds/channel.ts';
import { planPage, savePage, type CheckCounts, type PlannedPage } from './check-page.ts';
import { addToRun, defineJob, type JobContext } from './job.ts';
import { publishFeed } from './publish-feed.ts';
import { listPinned } from './published-feed.ts';
import { pushBatch } from './push-batch.ts';

const pageSize = 300;
/** Pages that are written at a time: what comes to the store together costs one flush of its disk. */
const mostInHand = 2;

/** Checks every item of the products that changed against each channel, and decides what is to be sent or taken down. */
export const refreshListings = defineJob({
  name: 'refresh-listings',
  payload: z.object({ catalogId: z.string(), runId: z.string().optional() }),
  attempts: 5,
  key: (p) => p.catalogId,
  async run({ catalogId, runId }, ctx) {
    const { catalogs, products, runs } = ctx.stores;
    const catalog = await catalogs.find(catalogId);
    const counts = { in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 };
    // a killed check goes on with what it had counted
    if (runId) Object.assign(counts, toCounts(await runs.startPhase(runId, 'check', 'items', ctx.now())));
    /** Pages that are being written, while the next is read and judged. */
    const inHand: Promise<CheckCounts>[] = [];
    async function settleFirst(): Promise<void> {
      const saved = await inHand.shift();
      if (!saved) return;
      for (const key of ['in', 'done', 'skipped', 'blocked'] as const) counts[key] += saved[key];
      if (runId) await runs.savePhase(runId, 'check', counts, ctx.now());
    }
    try {
      for (let after: string | undefined; ;) {
        const page = await products.takeNeeding(catalogId, 'listings', pageSize, after);
        if (page.length === 0) {
          while (inHand.length > 0) await settleFirst();
          if (after === undefined) break;
          // from the beginning again: for what came to wait behind us
          after = undefined;
          continue;
        }
        after = page.at(-1)?.id;
        const planned = await planPage(catalog, page, await listFollowing(catalog, ctx), ctx);
        while (inHand.length >= mostInHand) await settleFirst();
        ctx.signal?.throwIfAborted();
        const saving = save(planned, ctx);
        // a failure is met when its turn comes; until then it must not count as unhandled
        saving.catch(() => undefined);
        inHand.push(saving);
      }
    } finally {
      // nothing goes on behind the one who hears of a failure
      await Promise.allSettled(inHand);
    }
    if (runId) await runs.savePhase(runId, 'check', counts, ctx.now(), true);
    for (const channel of catalog.channels.flatMap((id) => ctx.channels.get(id) ?? [])) {
      await addToRun(ctx, publishFeed, { catalogId, runId, channel: channel.id });
      if (channel.connect) await addToRun(ctx, pushBatch, { catalogId, runId, channel: channel.id });
    }
  },
});

async function save(planned: PlannedPage, ctx: JobContext): Promise<CheckCounts> {
  await savePage(planned, ctx);
  await ctx.stores.products.saveRefreshed(planned.page);
  return planned.counts;
}

/** The channels that follow the shop: not those that a person holds at an earlier feed. */
async function listFollowing(catalog: Catalog, ctx: JobContext): Promise<Channel[]> {
  const pinned = await listPinned(catalog.id, ctx);
  return catalog.channels.flatMap((id) => (pinned.has(id) ? [] : (ctx.channels.get(id) ?? [])));
}

/** Checks these products at once, outside of any run: a person waits for what comes of a change. */
export async function recheckProducts(
  catalog: Catalog,
  ids: readonly string[],
  ctx: JobContext,
): Promise<void> {
  const { products } = ctx.stores;
  const channels = await listFollowing(catalog, ctx);
  for (const chunk of inChunks(ids, pageSize)) {
    const page = [...(await products.findMany(chunk)).values()];
    await savePage(await planPage(catalog, page, channels, ctx), ctx);
    // one that waits for its images is looked at again after them
    await products.saveRefreshed(page.filter(({ needs }) => needs !== 'images'));
  }
}
