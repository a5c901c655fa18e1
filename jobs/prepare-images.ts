import { z } from 'zod';
import type { PreparedImage } from '../catalog/prepared-image.ts';
import type { StoredProduct } from '../catalog/product.ts';
import { strictest } from '../catalog/images.ts';
import { addToRun, defineJob, type JobContext } from './job.ts';
import { refreshListings } from './refresh-listings.ts';

const pageSize = 100;

/** Prepares the images of every product that waits for it, at the strictest rule of the catalog's channels. */
export const prepareImages = defineJob({
  name: 'prepare-images',
  payload: z.object({
    catalogId: z.string(),
    runId: z.string().optional(),
  }),
  attempts: 5,
  key: (p) => p.catalogId,
  async run({ catalogId, runId }, ctx) {
    const { catalogs, products, runs } = ctx.stores;
    const catalog = await catalogs.find(catalogId);
    const localFolder = await catalogs.imageFolder(catalogId);
    const rules = catalog.channels.flatMap((id) => ctx.channels.get(id)?.spec.image ?? []);
    const counts = { in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 };
    if (runId) await runs.startPhase(runId, 'images', 'images', ctx.now());
    if (rules.length > 0) {
      const rule = strictest(rules);
      const prepare = (url: string, before: PreparedImage | undefined): Promise<PreparedImage> =>
        ctx.images.prepare({ url, ...(localFolder === undefined ? {} : { localFolder }) }, rule, before);
      for (;;) {
        const page = await products.takeNeeding(catalogId, 'images', pageSize);
        if (page.length === 0) break;
        const saved = await Promise.all(
          page.map(async (product) => ({
            id: product.id,
            revision: product.revision,
            prepared: await prepareAll(product, prepare, counts),
          })),
        );
        await products.savePrepared(saved);
        ctx.signal?.throwIfAborted();
        if (runId) await runs.savePhase(runId, 'images', counts, ctx.now());
      }
    } else await skipImages(catalogId, ctx);
    if (runId) await runs.savePhase(runId, 'images', counts, ctx.now(), true);
    await addToRun(ctx, refreshListings, { catalogId, runId });
  },
});

async function prepareAll(
  product: StoredProduct,
  prepare: (url: string, before: PreparedImage | undefined) => Promise<PreparedImage>,
  counts: { in: number; done: number; failed: number; skipped: number },
): Promise<PreparedImage[]> {
  const urls = new Set([
    ...product.images.map((image) => image.url),
    ...product.variants.flatMap((variant) => variant.imageUrl ?? []),
  ]);
  return Promise.all(
    [...urls].map(async (url) => {
      const before = product.prepared[url];
      const image = await prepare(url, before);
      counts.in += 1;
      if (image.key === undefined) counts.failed += 1;
      else if (before?.key === image.key) counts.skipped += 1;
      else counts.done += 1;
      return image;
    }),
  );
}

/** No channel is on: nobody wants renditions yet. */
async function skipImages(catalogId: string, ctx: JobContext): Promise<void> {
  const { products } = ctx.stores;
  for (;;) {
    const page = await products.takeNeeding(catalogId, 'images', 1_000);
    if (page.length === 0) return;
    await products.savePrepared(
      page.map(({ id, revision, prepared }) => ({ id, revision, prepared: Object.values(prepared) })),
    );
  }
}
