import { z } from 'zod';
import { addToRun, defineJob } from './job.ts';
import { refreshListings } from './refresh-listings.ts';

/** Carries out the removals of a held run after a person approved them. */
export const removeHeld = defineJob({
  name: 'remove-held',
  payload: z.object({ catalogId: z.string(), runId: z.string() }),
  attempts: 5,
  key: (p) => p.runId,
  async run({ catalogId, runId }, ctx) {
    const { products, runs } = ctx.stores;
    const { products: counts } = await runs.find(runId);
    let removed = 0;
    for await (const sourceIds of runs.eachHeldRemoval(runId))
      removed += await products.markRemoved(catalogId, sourceIds, ctx.now());
    await runs.update(runId, { products: { ...counts, removed: counts.removed + removed } }, ctx.now());
    await runs.clearHeldRemovals(runId);
    await addToRun(ctx, refreshListings, { catalogId, runId });
  },
});
