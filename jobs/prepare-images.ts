import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { PreparedImage } from '../catalog/prepared-image.ts';
import type { StoredProduct } from '../catalog/product.ts';
import { strictest } from '../catalog/images.ts';
import type { Counts } from '../catalog/run.ts';
import { addToRun, defineJob, keyOf, type Job, type JobContext } from './job.ts';
import { refreshListings } from './refresh-listings.ts';

const pageSize = 50;
/** Below this many products one worker is quicker than the sharing out. */
const worthSharing = 4 * pageSize;
/** Helpers beside the first: as many processes as can work on one catalog's images at a time, less one. */
const helpers = 7;
/** A page that nobody has saved for so long is free for others. The same slot, begun again after a kill, has it at once. */
const claimMs = 10 * 60_000;
/** How often the first looks whether its helpers have saved their last pages. */
const lookMs = 250;

const payload = z.object({
  catalogId: z.string(),
  runId: z.string().optional(),
  /** One of the helpers; absent: the first, which calls them. */
  slot: z.number().int().min(1).max(helpers).optional(),
});
type Payload = z.infer<typeof payload>;

/**
 * Prepares the images of every product that waits for it, at the strictest rule of the catalog's channels. Of many
 * products each slot claims a page at a time, so that several processes share one catalog; the first waits for the pages that
 * its helpers have in hand, then lets the run go on.
 */
export const prepareImages: Job<Payload> = defineJob<Payload>({
  name: 'prepare-images',
  payload,
  attempts: 5,
  key: (p) => (p.slot === undefined ? p.catalogId : `${p.catalogId}:${p.slot}`),
  async run({ catalogId, runId, slot }, ctx) {
    const { catalogs, products, runs } = ctx.stores;
    const catalog = await catalogs.find(catalogId);
    const rules = catalog.channels.flatMap((id) => ctx.channels.get(id)?.spec.image ?? []);
    if (runId) await runs.startPhase(runId, 'images', 'images', ctx.now());
    const waiting = await products.countNeeding(catalogId, 'images');
    if (slot === undefined && rules.length > 0 && waiting > worthSharing)
      for (let n = 1; n <= helpers; n++) await addToRun(ctx, prepareImages, { catalogId, runId, slot: n });
    if (rules.length === 0) await skipImages(catalogId, ctx);
    else await work(catalogId, runId, `slot-${slot ?? 0}`, strictest(rules), ctx);
    if (slot !== undefined) return;
    // the first is the last to end: a run that came to wait meanwhile waits for it, not for the helpers
    while (rules.length > 0 && (await products.countNeeding(catalogId, 'images')) > 0) {
      await sleep(lookMs, undefined, ctx.signal ? { signal: ctx.signal } : {});
      await freeLostClaims(catalogId, ctx);
      await work(catalogId, runId, 'slot-0', strictest(rules), ctx);
    }
    if (runId) await runs.savePhase(runId, 'images', {}, ctx.now(), true);
    await addToRun(ctx, refreshListings, { catalogId, runId });
  },
});

/** Pages that a helper of an earlier, stopped run had claimed, when no helper is there any more to save them. */
async function freeLostClaims(catalogId: string, ctx: JobContext): Promise<void> {
  const keys = Array.from({ length: helpers }, (_, n) => keyOf(prepareImages, { catalogId, slot: n + 1 }));
  if ((await ctx.queue.has(keys)).size === 0) await ctx.stores.products.freeClaims(catalogId, 'images');
}

async function work(
  catalogId: string,
  runId: string | undefined,
  slot: string,
  rule: ReturnType<typeof strictest>,
  ctx: JobContext,
): Promise<void> {
  const { catalogs, products, runs } = ctx.stores;
  const localFolder = await catalogs.imageFolder(catalogId);
  const prepare = (url: string, before: PreparedImage | undefined): Promise<PreparedImage> => {
    ctx.signal?.throwIfAborted();
    return ctx.images.prepare({ url, ...(localFolder === undefined ? {} : { localFolder }) }, rule, before);
  };
  for (;;) {
    const page = await products.claimNeeding(catalogId, 'images', pageSize, slot, ctx.now(), claimMs);
    if (page.length === 0) return;
    const counts = { in: 0, done: 0, skipped: 0, failed: 0 };
    await products.savePrepared(await preparePage(page, prepare, counts, ctx.signal));
    if (runId) await runs.addToPhase(runId, 'images', counts, ctx.now());
    ctx.signal?.throwIfAborted();
  }
}

type Prepare = (url: string, before: PreparedImage | undefined) => Promise<PreparedImage>;

/** A stop does not wait for the images that are in work: the page is simply not saved. */
async function preparePage(
  page: readonly StoredProduct[],
  prepare: Prepare,
  counts: Required<Omit<Counts, 'blocked'>>,
  signal: AbortSignal | undefined,
): Promise<{ id: string; revision: number; prepared: PreparedImage[] }[]> {
  const { promise: halted, reject } = Promise.withResolvers<never>();
  const halt = (): void => reject(signal?.reason as Error);
  signal?.addEventListener('abort', halt, { once: true });
  const all = Promise.all(
    page.map(async (product) => ({
      id: product.id,
      revision: product.revision,
      prepared: await prepareAll(product, prepare, counts),
    })),
  );
  // when the halt wins, what still fails behind it is nobody's business any more
  all.catch(() => undefined);
  try {
    return await Promise.race([all, halted]);
  } finally {
    signal?.removeEventListener('abort', halt);
  }
}

async function prepareAll(
  product: StoredProduct,
  prepare: Prepare,
  counts: Required<Omit<Counts, 'blocked'>>,
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
