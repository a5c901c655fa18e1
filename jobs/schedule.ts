/** Every job, and what starts by itself: the clock's refresh, and whatever lags after a crash. */
import cron from 'node-cron';
import type { Catalog } from '../catalog/catalog.ts';
import { isOpen, type Run } from '../catalog/run.ts';
import { inChunks } from '../catalog/store/model.ts';
import { reviewAlerts } from './alerts.ts';
import { applyHeld } from './apply-held.ts';
import { beginRefresh } from './begin-refresh.ts';
import { checkBatch } from './check-batch.ts';
import { checkFeed } from './check-feed.ts';
import { confirmExpiring } from './confirm-expiring.ts';
import { fetchFeed } from './fetch-feed.ts';
import { settleSchedules, tickSchedules } from './clock.ts';
import { countDays } from './count-days.ts';
import { importCatalog } from './import-catalog.ts';
import { catalogsAtOnce, type Job, type JobContext } from './job.ts';
import { loadSupplement } from './load-supplement.ts';
import { prepareImages } from './prepare-images.ts';
import { publishFeed } from './publish-feed.ts';
import { pushBatch, pushLater } from './push-batch.ts';
import { reconcile } from './reconcile.ts';
import { refreshListings } from './refresh-listings.ts';
import { removeHeld } from './remove-held.ts';
import { forgetSource } from './forget-source.ts';
import { returnFeed } from './return-feed.ts';
import { tendPins } from './feed-versions.ts';
import { readChanges } from './read-changes.ts';
import { queueWork, reviveRuns, toTable } from './revive-runs.ts';
import { tendCards } from './tend-cards.ts';
import { sendNotice } from './send-notice.ts';
import { startScheduled } from './start-scheduled.ts';

export const allJobs = [
  importCatalog, prepareImages, refreshListings, publishFeed, fetchFeed, checkFeed, pushBatch, pushLater, checkBatch, reconcile, removeHeld,
  beginRefresh, startScheduled, readChanges, forgetSource, applyHeld, sendNotice, returnFeed, loadSupplement,
] as unknown as readonly Job<never>[]; // prettier-ignore

export interface ScheduleOptions {
  /** Cron line of the refresh of catalogs that have no schedule of their own. */
  refreshCron: string;
  timeZone: string;
  /** Runs that ended longer ago are removed. */
  runDays: number;
}

const DAY = 86_400_000;
/** The newest of a catalog stay however old they are. */
const runsKept = 20;
/** A batch of this age is not left to whoever sent it any more. */
const justSentMs = 60_000;

/** Starts the clock; the answer stops it. Any number of processes may run one. */
export async function startSchedule(options: ScheduleOptions, ctx: JobContext): Promise<() => Promise<void>> {
  const looks: [name: string, line: string, work: () => Promise<void>][] = [
    ['schedules', '* * * * * *', () => tickSchedules(ctx)],
    ['runs', '*/10 * * * * *', () => reviveRuns(allJobs, ctx)],
    ['defaults', '*/15 * * * * *', () => settleSchedules(options, ctx)],
    ['lagging', '* * * * *', () => addLagging(ctx)],
    ['expiry', '41 */6 * * *', () => confirmExpiring(ctx)],
    ['alerts', '30 * * * * *', () => reviewAlerts(ctx)],
    ['pruning', '17 4 * * *', () => prune(options.runDays, ctx)],
  ];
  await settleSchedules(options, ctx);
  await reviveRuns(allJobs, ctx);
  await addLagging(ctx);
  // a look that takes longer than its pause is not begun a second time; the library would warn of that each time
  const looking = new Set<string>();
  const tasks = looks.map(([name, line, work]) =>
    cron.schedule(line, async () => {
      if (looking.has(name)) return;
      looking.add(name);
      await tick(name, work, ctx).finally(() => looking.delete(name));
    }),
  );
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}

async function tick(name: string, work: () => Promise<void>, ctx: JobContext): Promise<void> {
  try {
    await work();
  } catch (error) {
    ctx.log.error(`the look at ${name} failed`, { error });
  }
}

/** Old runs and given-up jobs go. */
export async function prune(runDays: number, ctx: JobContext): Promise<void> {
  const before = new Date(ctx.now().getTime() - runDays * DAY);
  for (const { id } of await ctx.stores.catalogs.list()) await ctx.stores.runs.prune(id, before, runsKept);
  await ctx.stores.alerts.prune(before);
  await ctx.queue.prune(before);
}

/**
 * The status in the database is the truth, the queue only a hint: whatever waits for a step is added again.
 * Adding is harmless, since the same work never waits twice.
 */
export async function addLagging(ctx: JobContext): Promise<void> {
  const { catalogs, listings } = ctx.stores;
  const all = await catalogs.list();
  const ids = all.map(({ id }) => id);
  await tendCards(ids, ctx);
  await countDays(ids, ctx);
  await tendPins(ctx);
  for (const some of inChunks(all, catalogsAtOnce)) await addLaggingOf(some, ctx);
  for await (const { catalogId, channel, handle, feed, stage, sentAt } of listings.eachBatch()) {
    // whoever sent it is about to ask for its verdicts as a part of a run, which would miss them
    if (Math.abs(ctx.now().getTime() - sentAt.getTime()) < justSentMs) continue;
    if (feed !== undefined && stage === 'sent')
      await ctx.queue.add(checkFeed, { catalogId, channel, handle: feed });
    else await ctx.queue.add(checkBatch, { catalogId, channel, handle });
  }
}

async function addLaggingOf(some: readonly Catalog[], ctx: JobContext): Promise<void> {
  const { products, listings, runs, sourceCalls } = ctx.stores;
  const ids = some.map(({ id }) => id);
  for (const catalogId of await sourceCalls.catalogsWithUnread(ids))
    await ctx.queue.add(readChanges, { catalogId });
  const images = new Set(await products.catalogsNeeding(ids, 'images'));
  const checks = new Set(await products.catalogsNeeding(ids, 'listings'));
  const pending = new Map<string, ReadonlySet<string>>();
  for (const channel of new Set(some.flatMap(({ channels }) => channels)))
    pending.set(channel, new Set(await listings.catalogsWith(ids, channel, 'pending')));
  for (const { id: catalogId, channels } of some) {
    const waiting = channels.filter((channel) => pending.get(channel)?.has(catalogId));
    if (waiting.length === 0 && !images.has(catalogId) && !checks.has(catalogId)) continue;
    // a half-read import comes first: until it has ended its products may be incomplete; what a person stopped stays so
    const [last] = await runs.list(catalogId, 1);
    if (last && (isOpen(last) || last.status === 'stopped')) continue;
    if (images.has(catalogId)) await ctx.queue.add(prepareImages, { catalogId });
    else if (checks.has(catalogId)) await ctx.queue.add(refreshListings, { catalogId });
    for (const channel of waiting) await ctx.queue.add(pushBatch, { catalogId, channel });
  }
}

/** A paused run goes on: what it waited for is queued again. */
export async function resumeRun(runId: string, ctx: JobContext): Promise<Run> {
  const run = await ctx.stores.runs.resume(runId, ctx.now());
  await queueWork(runId, await ctx.stores.runs.listWork(runId), toTable(allJobs), ctx);
  return run;
}
