/** An upload in steps: the file is kept, looked at, compared with the catalog, and only then imported. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { NotFoundError } from '../../catalog/errors.ts';
import { previewImport } from '../../catalog/preview-import.ts';
import { fieldNames, inspectCsv } from '../../catalog/tables/read-table.ts';
import { startImport } from '../../jobs/start-import.ts';
import type { JobContext } from '../../jobs/job.ts';
import { idOfUpload, type Uploads } from '../uploads.ts';
import { callerOf } from './auth.ts';
import type { Api } from './endpoint.ts';

const params = z.object({ catalogId: catalogIdSchema });
const uploadParams = params.extend({ uploadId: z.string().max(64) });
const mapping = z
  .record(z.string().max(200), z.string().max(200))
  .optional()
  .describe(
    'Column → field, for a table whose header is not known; kept with the catalog when it is imported',
  );

export function addUploadRoutes(api: Api, uploads: Uploads, ctx: JobContext): void {
  const { catalogs, products } = ctx.stores;

  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/uploads',
    summary:
      'Keep a CSV or TSV file for an import: answers its id, its columns, first rows and a guessed mapping',
    scope: 'imports',
    params,
    streams: 'text/csv',
    async run({ params: { catalogId } }, req, res) {
      await catalogs.find(catalogId);
      const path = await uploads.save(catalogId, req);
      res.status(201);
      return { id: idOfUpload(path), ...(await inspectCsv(path)), fields: fieldNames };
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/uploads/{uploadId}/preview',
    summary:
      'What importing the file would do: new, changed with fields, removed, bad rows; nothing is written',
    role: 'merchandiser',
    writes: false,
    params: uploadParams,
    body: z.object({ mapping }),
    async run({ params: { catalogId, uploadId }, body }) {
      const catalog = await catalogs.find(catalogId);
      const source = ctx.sources.get('csv');
      if (!source) throw new NotFoundError('source_unknown', 'There is no source "csv".');
      const path = await uploads.find(catalogId, uploadId);
      const options = source.options.parse({ path, ...(body.mapping ? { mapping: body.mapping } : {}) });
      return previewImport({ catalog, source, options }, products, ctx);
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/uploads/{uploadId}/import',
    summary: 'Import the file; answers the run',
    scope: 'imports',
    params: uploadParams,
    body: z.object({ mapping, name: z.string().max(200).default('upload.csv') }),
    async run({ params: { catalogId, uploadId }, body }, _req, res) {
      const path = await uploads.find(catalogId, uploadId);
      if (body.mapping) await catalogs.save({ ...(await catalogs.find(catalogId)), mapping: body.mapping });
      const startedBy = callerOf(res).name;
      res.status(202);
      return startImport({ catalogId, source: 'csv', options: { path }, name: body.name, startedBy }, ctx);
    },
  });
}
