import { z } from 'zod';
import { importCatalog as readIntoStore, type ImportReport } from '../catalog/import.ts';
import { ConfigError } from '../catalog/errors.ts';
import { addToRun, defineJob } from './job.ts';
import { prepareImages } from './prepare-images.ts';

/** Reads the source of a run into the store, then sends what changed on its way. */
export const importCatalog = defineJob({
  name: 'import-catalog',
  payload: z.object({
    catalogId: z.string(),
    runId: z.string(),
    source: z.string(),
    options: z.record(z.string(), z.unknown()),
  }),
  attempts: 5,
  key: (p) => p.catalogId,
  async run({ catalogId, runId, source: sourceId, options }, ctx) {
    const { catalogs, products, runs } = ctx.stores;
    const source = ctx.sources.get(sourceId);
    if (!source) throw new ConfigError('source_unknown', `There is no source "${sourceId}".`);
    const catalog = await catalogs.find(catalogId);
    await runs.clearIssues(runId);
    await runs.startPhase(runId, 'import', 'rows', ctx.now());
    const tell = async (report: ImportReport): Promise<void> => {
      await runs.savePhase(runId, 'import', report.rows, ctx.now());
      await runs.update(runId, { products: report.products }, ctx.now());
    };
    const report = await readIntoStore(
      {
        catalog,
        source,
        options: source.options.parse(options),
        bookmark: await catalogs.bookmark(catalogId),
      },
      products,
      {
        progress: tell,
        issues: (entries) => runs.saveIssues(runId, entries),
        restart: () => runs.clearIssues(runId),
        holdRemovals: (part, sourceIds) => runs.holdRemovals(runId, part, sourceIds),
      },
      ctx,
    );
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
        ...(report.hold ? { hold: report.hold } : {}),
      },
      ctx.now(),
    );
    if (report.bookmark) await catalogs.saveBookmark(catalogId, report.bookmark);
    ctx.log.info('import ended', { ...report.rows, ...report.products, held: report.hold !== undefined });
    await addToRun(ctx, prepareImages, { catalogId, runId });
  },
});
