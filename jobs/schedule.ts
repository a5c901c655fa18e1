/** Every job, and what starts by itself: the clock's refresh, and whatever lags after a crash. */
import cron from 'node-cron';
import { SyncError } from '../catalog/errors.ts';
import { isOpen, type Run } from '../catalog/run.ts';
import { checkBatch } from './check-batch.ts';
import { checkFeed } from './check-feed.ts';
import { confirmExpiring } from './confirm-expiring.ts';
import { fetchFeed } from './fetch-feed.ts';
import { importCatalog } from './import-catalog.ts';
import { addToRun, type Job, type JobContext } from './job.ts';
import { prepareImages } from './prepare-images.ts';
import { publishFeed } from './publish-feed.ts';
import { pushBatch } from './push-batch.ts';
import { refreshListings } from './refresh-listings.ts';
import { removeHeld } from './remove-held.ts';
import { queueWork, reviveRuns, toTable } from './revive-runs.ts';
import { startImport } from './start-import.ts';
import { tendCards } from './tend-cards.ts';

export const allJobs = [
  importCatalog, prepareImages, refreshListings, publishFeed, fetchFeed, checkFeed, pushBatch, checkBatch, removeHeld,
] as unknown as readonly Job<never>[]; // prettier-ignore

export interface ScheduleOptions {
  /** Cron line of the refresh of every catalog whose source can be read again. */
  refreshCron: string;
  timeZone: string;
}

/** Starts the clock; the answer stops it. */
export function startSchedule(options: ScheduleOptions, ctx: JobContext): () => Promise<void> {
  const tasks = [
    cron.schedule(options.refreshCron, () => void tick('refresh', () => refreshAll(ctx), ctx), {
      timezone: options.timeZone,
      noOverlap: true,
    }),
    cron.schedule('41 */6 * * *', () => void tick('expiry', () => confirmExpiring(ctx), ctx), {
      noOverlap: true,
    }),
    cron.schedule('* * * * *', () => void tick('lagging', () => addLagging(ctx), ctx), { noOverlap: true }),
  ];
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}

async function tick(name: string, work: () => Promise<void>, ctx: JobContext): Promise<void> {
  try {
    await work();
  } catch (error) {
    ctx.log.error(`the ${name} tick failed`, { error });
  }
}

/** Reads every catalog again where it has a source for that, else looks whether its images changed. The tick only enqueues. */
export async function refreshAll(ctx: JobContext): Promise<void> {
  for (const catalog of await ctx.stores.catalogs.list()) {
    const source = await ctx.stores.catalogs.source(catalog.id);
    try {
      if (!source) await startRefresh(catalog.id, ctx);
      else
        await startImport(
          {
            catalogId: catalog.id,
            source: source.id,
            options: source.options,
            name: source.id,
            startedBy: 'schedule',
          },
          ctx,
        );
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      ctx.log.warn(`no refresh of ${catalog.id} now`, { error });
    }
  }
}

async function startRefresh(catalogId: string, ctx: JobContext): Promise<void> {
  const run = await ctx.stores.runs.start({ catalogId, kind: 'refresh', startedBy: 'schedule' }, ctx.now());
  await ctx.stores.products.needAll(catalogId, 'images');
  await addToRun(ctx, prepareImages, { catalogId, runId: run.id });
}

/**
 * The status in the database is the truth, the queue only a hint: whatever waits for a step is added again.
 * Adding is harmless, since the same work never waits twice.
 */
export async function addLagging(ctx: JobContext): Promise<void> {
  const { catalogs, products, listings } = ctx.stores;
  await tendCards(ctx);
  for (const catalog of await catalogs.list()) {
    const catalogId = catalog.id;
    // a half-read import comes first: until it has ended its products may be incomplete; what a person stopped stays so
    const [last] = await ctx.stores.runs.list(catalogId, 1);
    if (last && (isOpen(last) || last.status === 'stopped')) continue;
    if ((await products.countNeeding(catalogId, 'images')) > 0)
      await ctx.queue.add(prepareImages, { catalogId });
    else if ((await products.countNeeding(catalogId, 'listings')) > 0)
      await ctx.queue.add(refreshListings, { catalogId });
    for (const channel of catalog.channels)
      if ((await listings.count(catalogId, channel, 'pending')) > 0)
        await ctx.queue.add(pushBatch, { catalogId, channel });
  }
  await reviveRuns(allJobs, ctx);
  for await (const { catalogId, channel, handle, feed, stage } of listings.eachBatch())
    if (feed !== undefined && stage === 'sent')
      await ctx.queue.add(checkFeed, { catalogId, channel, handle: feed });
    else await ctx.queue.add(checkBatch, { catalogId, channel, handle });
}

/** A paused run goes on: what it waited for is queued again. */
export async function resumeRun(runId: string, ctx: JobContext): Promise<Run> {
  const run = await ctx.stores.runs.resume(runId, ctx.now());
  await queueWork(runId, await ctx.stores.runs.listWork(runId), toTable(allJobs), ctx);
  return run;
}
