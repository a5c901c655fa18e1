import type { Run } from '../catalog/store/runs.ts';
import { NotFoundError } from '../catalog/errors.ts';
import { importCatalog } from './import-catalog.ts';
import { addToRun, type JobContext } from './job.ts';

export interface ImportRequest {
  catalogId: string;
  source: string;
  options: Record<string, unknown>;
  /** The file's name or address, shown to people. */
  name: string;
  startedBy: string;
}

/** Opens a run and queues its import; a second one of the same catalog meanwhile is a ConflictError. */
export async function startImport(request: ImportRequest, ctx: JobContext): Promise<Run> {
  const { catalogId, source, options, name, startedBy } = request;
  await ctx.stores.catalogs.find(catalogId);
  if (!ctx.sources.has(source)) throw new NotFoundError('source_unknown', `There is no source "${source}".`);
  const run = await ctx.stores.runs.start(
    { catalogId, kind: 'import', startedBy, source: { name } },
    ctx.now(),
  );
  await addToRun(ctx, importCatalog, { catalogId, runId: run.id, source, options });
  return run;
}
