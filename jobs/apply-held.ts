import { z } from 'zod';
import { eachFree, saveSetAside } from '../catalog/set-aside.ts';
import { addToRun, defineJob } from './job.ts';
import { prepareImages } from './prepare-images.ts';

/** Saves what was set aside, after a person approved it, but for what waits for another word. What changed again meanwhile stays. */
export const applyHeld = defineJob({
  name: 'apply-held',
  payload: z.object({ catalogId: z.string(), runId: z.string() }),
  attempts: 5,
  key: (p) => p.runId,
  async run({ catalogId, runId }, ctx) {
    const { products, runs } = ctx.stores;
    const { products: counts, holds } = await runs.find(runId);
    const held = new Set(holds.map(({ reason }) => reason));
    const free = eachFree(runs.eachSetAside(runId), held);
    const { saved } = await saveSetAside(catalogId, free, products, ctx.now());
    await runs.update(runId, { products: { ...counts, changed: counts.changed + saved } }, ctx.now());
    await runs.clearSetAside(runId, [...held]);
    await addToRun(ctx, prepareImages, { catalogId, runId });
  },
});
