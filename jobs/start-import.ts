import type { Run } from '../catalog/store/runs.ts';
import { NotFoundError } from '../catalog/errors.ts';
import { importCatalog } from './import-catalog.ts';
import { startRun, type JobContext } from './job.ts';

export interface ImportRequest {
  catalogId: string;
  source: string;
  /** Of an upload; absent for the source that the catalog is connected to. */
  options?: Record<string, unknown>;
  /** The file's name or address, shown to people. */
  name: string;
  startedBy: string;
  /** Of the run, when a tick of the schedule starts it. */
  id?: string;
  tick?: Date;
}

/** Opens a run and queues its import; a second one of the same catalog meanwhile is a ConflictError. */
export async function startImport(request: ImportRequest, ctx: JobContext): Promise<Run> {
  const { source, options, name, ...start } = request;
  const { catalogId } = start;
  await ctx.stores.catalogs.find(catalogId);
  if (!ctx.sources.has(source)) throw new NotFoundError('source_unknown', `There is no source "${source}".`);
  return startRun(ctx, { ...start, kind: 'import', source: { name } }, importCatalog, (runId) => ({
    catalogId,
    runId,
    source,
    ...(options ? { options } : {}),
  }));
}
