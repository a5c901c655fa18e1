import { z } from 'zod';
import { SourceRefusedError } from '../catalog/errors.ts';
import { defineJob } from './job.ts';

/**
 * A shop that has left asks to be forgotten. Its credentials go, unless it lets us in: then it has come back since, or the
 * call was an old one. The products stay, they are the owner's.
 */
export const forgetSource = defineJob({
  name: 'forget-source',
  payload: z.object({
    catalogId: z.string(),
    source: z.string(),
    shop: z.string(),
    runId: z.string().optional(),
  }),
  attempts: 5,
  key: (p) => `${p.catalogId}:${p.source}:${p.shop}`,
  async run({ catalogId, source: sourceId, shop }, ctx) {
    const open = await ctx.openSource(catalogId);
    if (open?.source.id !== sourceId || !open.source.install?.isOf(open.options, shop)) return;
    try {
      await open.source.test?.(open.options, ctx);
    } catch (error) {
      if (!(error instanceof SourceRefusedError)) throw error;
      await ctx.stores.catalogs.disconnectSource(catalogId);
      ctx.log.info('forgot a shop that has left', { catalogId, source: sourceId });
    }
  },
});
