import { z } from 'zod';
import { addToRun, defineJob } from './job.ts';
import { reloadSupplements } from './load-supplement.ts';
import { prepareImages } from './prepare-images.ts';

/** Has every product looked at again: whether its images changed, then its check at each channel. */
export const beginRefresh = defineJob({
  name: 'begin-refresh',
  payload: z.object({ catalogId: z.string(), runId: z.string() }),
  attempts: 5,
  key: (p) => p.catalogId,
  async run({ catalogId, runId }, ctx) {
    await reloadSupplements(catalogId, await ctx.stores.supplements.lastLoad(catalogId), ctx);
    await ctx.stores.products.needAll(catalogId, 'images');
    await addToRun(ctx, prepareImages, { catalogId, runId });
  },
});
