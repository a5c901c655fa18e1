import { z } from 'zod';
import { saveSetAside } from '../catalog/save-set-aside.ts';
import { addToRun, defineJob } from './job.ts';
import { prepareImages } from './prepare-images.ts';

/** Saves the products whose prices moved far, after a person approved them. What changed again meanwhile stays. */
export const applyHeld = defineJob({
  name: 'apply-held',
  payload: z.object({ catalogId: z.string(), runId: z.string() }),
  attempts: 5,
  key: (p) => p.runId,
  async run({ catalogId, runId }, ctx) {
    const { products, runs } = ctx.stores;
    const { products: counts } = await runs.find(runId);
    const { saved } = await saveSetAside(catalogId, runs.eachSetAside(runId), products, ctx.now());
    await runs.update(runId, { products: { ...counts, changed: counts.changed + saved } }, ctx.now());
    await runs.clearSetAside(runId);
    await addToRun(ctx, prepareImages, { catalogId, runId });
  },
});
