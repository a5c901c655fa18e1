import { inChunks } from '../catalog/store/model.ts';
import { catalogsAtOnce, type JobContext } from './job.ts';

const HOUR = 3_600_000;

/** Counts each catalog's listings about once an hour, so that every day of the trend has its last count. */
export async function countDays(catalogIds: readonly string[], ctx: JobContext): Promise<void> {
  const { days, listings } = ctx.stores;
  for (const some of inChunks(catalogIds, catalogsAtOnce)) {
    const counted = new Set(await days.countedSince(some, new Date(ctx.now().getTime() - HOUR)));
    for (const id of some)
      if (!counted.has(id)) await days.save(id, await listings.countByStatus(id), ctx.now());
  }
}
