import type { JobContext } from './job.ts';

const HOUR = 3_600_000;

/** Counts each catalog's listings about once an hour, so that every day of the trend has its last count. */
export async function countDays(ctx: JobContext): Promise<void> {
  const { catalogs, days, listings } = ctx.stores;
  for (const { id } of await catalogs.list()) {
    const last = await days.lastAt(id);
    if (last && ctx.now().getTime() - last.getTime() < HOUR) continue;
    await days.save(id, await listings.countByStatus(id), ctx.now());
  }
}
