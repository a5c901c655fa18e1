import { z } from 'zod';
import { importCatalog as readIntoStore, type ImportReport, type ResumePoint } from '../catalog/import.ts';
import { ConfigError, SourceRefusedError } from '../catalog/errors.ts';
import { addToRun, defineJob, type JobContext, type OpenSource } from './job.ts';
import { reloadSupplements } from './load-supplement.ts';
import { prepareImages } from './prepare-images.ts';

/** Reads the source of a run into the store, then sends what changed on its way. */
export const importCatalog = defineJob({
  name: 'import-catalog',
  payload: z.object({
    catalogId: z.string(),
    runId: z.string(),
    source: z.string(),
    /** Of an upload; a connected source has its own, sealed, which never go into a queue. */
    options: z.record(z.string(), z.unknown()).optional(),
  }),
  attempts: 5,
  key: (p) => p.catalogId,
  async run({ catalogId, runId, source: sourceId, options }, ctx) {
    const { catalogs, products, runs } = ctx.stores;
    const { source, options: given, sealed } = await openSource(catalogId, sourceId, options, ctx);
    const catalog = await catalogs.find(catalogId);
    const loadedBefore = await ctx.stores.supplements.lastLoad(catalogId);
    const kept = await runs.findResume(runId);
    const resumed = kept && { point: kept.point as ResumePoint, seen: kept.seen };
    if (!resumed) {
      await runs.clearIssues(runId);
      await runs.clearSetAside(runId);
    }
    const counted = { rows: await runs.startPhase(runId, 'import', 'rows', ctx.now()), products: (await runs.find(runId)).products }; // prettier-ignore
    const base = resumed ? since(counted, resumed.point.report) : counted;
    const tell = async (report: ImportReport): Promise<void> => {
      const { rows, products: all } = carryOn(base, report);
      await runs.savePhase(runId, 'import', rows, ctx.now());
      await runs.update(runId, { products: all }, ctx.now());
    };
    const reading = readIntoStore(
      {
        catalog,
        source,
        options: given,
        bookmark: await catalogs.bookmark(catalogId),
      },
      products,
      {
        progress: tell,
        resume: async () => resumed,
        commit: (point, seen) => runs.saveResume(runId, point, seen),
        issues: (entries) => runs.saveIssues(runId, entries),
        restart: async () => {
          await runs.clearIssues(runId);
          await runs.clearResume(runId);
          await runs.clearSetAside(runId);
        },
        setAside: (changes) => runs.setAside(runId, changes),
        eachAside: () => runs.eachSetAside(runId),
        clearAside: (held) => runs.clearSetAside(runId, held),
        holdRemovals: (part, sourceIds) => runs.holdRemovals(runId, part, sourceIds),
      },
      ctx,
    );
    const report = await pauseIfRefused(catalogId, sealed, reading, ctx);
    await tell(report);
    await runs.savePhase(runId, 'import', {}, ctx.now(), true);
    const before = (await runs.find(runId)).source;
    await runs.update(
      runId,
      {
        source: {
          name: before?.name ?? sourceId,
          ...(report.format ? { format: report.format.id, title: report.format.title } : {}),
        },
      },
      ctx.now(),
    );
    const asked = ['too_many_removals', 'unreadable_rows', 'prices_moved', 'variants_missing'] as const;
    await runs.supersede(catalogId, runId, asked, undefined, ctx.now());
    for (const hold of report.asideHolds ?? []) await runs.addHold(runId, hold, ctx.now());
    if (report.hold) await runs.addHold(runId, report.hold, ctx.now());
    // What waits for a person must be found again: from the new bookmark on, the next read would not see it.
    if (report.bookmark && !report.hold && !report.asideHolds?.length)
      await catalogs.saveBookmark(catalogId, report.bookmark);
    await runs.clearResume(runId);
    ctx.log.info('import ended', { ...report.rows, ...report.products, held: report.hold !== undefined });
    await reloadSupplements(catalogId, loadedBefore, ctx);
    await addToRun(ctx, prepareImages, { catalogId, runId });
  },
});

async function openSource(
  catalogId: string,
  sourceId: string,
  options: Record<string, unknown> | undefined,
  ctx: JobContext,
): Promise<Pick<OpenSource, 'source' | 'options'> & { sealed?: string }> {
  if (options !== undefined) {
    const source = ctx.sources.get(sourceId);
    const { path } = options;
    const here = typeof path === 'string' ? { path: await ctx.locateUpload(catalogId, path) } : {};
    if (source) return { source, options: source.options.parse({ ...options, ...here }) };
  } else {
    const open = await ctx.openSource(catalogId);
    if (open?.source.id === sourceId) return open;
  }
  throw new ConfigError('source_unknown', `The catalog is not connected to a source "${sourceId}".`, {
    hint: `There are: ${[...ctx.sources.keys()].join(', ')}.`,
  });
}

/** A refused token will be refused again: the source is left alone until a person connects it anew, and says so once. */
export async function pauseIfRefused<T>(
  catalogId: string,
  sealed: string | undefined,
  reading: Promise<T>,
  ctx: JobContext,
): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SourceRefusedError && sealed !== undefined) {
      const { code, message } = error;
      await ctx.stores.catalogs.pauseSource(catalogId, sealed, { code, message, at: ctx.now() });
    }
    throw error;
  }
}

type Counted = Pick<ImportReport, 'rows' | 'products'>;

/**
 * The counts of an import that goes on after a kill. It reads from the top again, and what was saved before comes as
 * unchanged: that counts as what it was then. Until it has caught up the counts stay as they were.
 */
export function carryOn(base: Counted, { rows, products }: Counted): Counted {
  if (rows.in < base.rows.in) return { rows: toRows(base.rows), products: base.products };
  const done = Math.min(base.rows.done, rows.skipped);
  const blocked = Math.min(base.rows.blocked, rows.skipped - done);
  const added = Math.min(base.products.new, products.unchanged);
  const changed = Math.min(base.products.changed, products.unchanged - added);
  return {
    rows: {
      in: rows.in,
      done: rows.done + done,
      skipped: rows.skipped - done - blocked,
      blocked: rows.blocked + blocked,
      failed: rows.failed,
    },
    products: {
      new: products.new + added,
      changed: products.changed + changed,
      unchanged: products.unchanged - added - changed,
      removed: products.removed + base.products.removed,
    },
  };
}

/** What was counted after the point at which the import goes on: only that is read a second time. */
const since = ({ rows, products }: Counted, point: Counted): Counted => ({
  rows: {
    ...rows,
    done: beyond(rows.done, point.rows.done),
    blocked: beyond(rows.blocked, point.rows.blocked),
  },
  products: {
    ...products,
    new: beyond(products.new, point.products.new),
    changed: beyond(products.changed, point.products.changed),
    removed: beyond(products.removed, point.products.removed),
  },
});
/** A kill between the point and the counts leaves these behind it. */
const beyond = (counted: number, point: number): number => Math.max(0, counted - point);

const toRows = ({ in: all, done, skipped, blocked, failed }: Counted['rows']): Counted['rows'] => ({
  in: all, done, skipped, blocked, failed,
}); // prettier-ignore
