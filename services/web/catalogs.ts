/** Catalogs, their channels, and everything that starts a run. */
import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import type { Response } from 'express';
import { z } from 'zod';
import { catalogIdSchema, catalogSchema, type Catalog } from '../../catalog/catalog.ts';
import { ConflictError, InputError } from '../../catalog/errors.ts';
import { inspectCsv } from '../../catalog/tables/read-table.ts';
import type { Run } from '../../catalog/store/runs.ts';
import { beginRefresh } from '../../jobs/begin-refresh.ts';
import { addToRun, startRun } from '../../jobs/job.ts';
import { publishFeed } from '../../jobs/publish-feed.ts';
import { pushBatch } from '../../jobs/push-batch.ts';
import { startImport } from '../../jobs/start-import.ts';
import type { Config } from '../config.ts';
import type { Engine } from '../engine.ts';
import { callerOf } from './auth.ts';
import { noteChange, type Api } from './endpoint.ts';
import { listFeeds } from './feeds.ts';

const DAY = 86_400_000;
const params = z.object({ catalogId: catalogIdSchema });
const channelParams = params.extend({ channel: z.string().max(40) });

/** The mapping of categories may be long, and has a resource of its own. */
const withoutCategories = ({ categories: _, ...rest }: Catalog): Omit<Catalog, 'categories'> => rest;

export function addCatalogRoutes(api: Api, config: Config, { ctx, uploads }: Engine): void {
  const { catalogs, listings, products } = ctx.stores;
  const startRefresh = (catalogId: string, res: Response): Promise<Run> =>
    ctx.stores.runs.start({ catalogId, kind: 'refresh', startedBy: callerOf(res).name }, ctx.now());

  api.add({
    method: 'get',
    path: '/catalogs',
    summary: 'All catalogs',
    run: async () => ({ items: (await catalogs.list()).map(withoutCategories) }),
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}',
    summary: 'One catalog with its settings',
    params,
    run: async ({ params: { catalogId } }) => withoutCategories(await catalogs.find(catalogId)),
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}',
    summary: 'Make a catalog, or change its settings',
    params,
    body: catalogSchema.omit({ id: true, channels: true, mapping: true, categories: true, policies: true }),
    role: 'owner',
    run: async ({ params: { catalogId }, body }, _req, res) => {
      const before = (await catalogs.list()).find((one) => one.id === catalogId);
      const after = await catalogs.save({
        ...before,
        ...body,
        id: catalogId,
        channels: before?.channels ?? [],
      });
      noteChange(res, { before, after });
      return after;
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/status',
    summary: 'Items by status at each channel, and what is paused',
    params,
    run: async ({ params: { catalogId } }) => ({
      channels: await listings.countByStatus(catalogId),
      paused: await catalogs.paused(catalogId),
      products: await products.countLive(catalogId),
    }),
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/trend',
    summary: 'Listings by status at each channel on each of the last days, as last counted that day',
    params,
    query: z.object({ days: z.coerce.number().int().min(1).max(366).default(30) }),
    run: async ({ params: { catalogId }, query: { days } }) => ({
      channels: await ctx.stores.days.list(catalogId, new Date(ctx.now().getTime() - (days - 1) * DAY)),
    }),
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/issues',
    summary: 'What is wrong, grouped by channel, code and field, the most frequent first',
    params,
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    run: async ({ params: { catalogId }, query: { limit } }) => ({
      items: await listings.groupIssues(catalogId, limit),
    }),
  });

  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/imports',
    summary: 'Import a CSV or TSV file, sent as the body; answers the run',
    params,
    query: z.object({
      name: z.string().max(200).default('upload.csv').describe('The file name, shown to people'),
      imageFolder: z
        .string()
        .max(1_000)
        .optional()
        .describe('Folder of images named without an address; must lie in IMPORT_FOLDER'),
    }),
    streams: 'text/csv',
    async run({ params: { catalogId }, query: { name, imageFolder } }, req, res) {
      await catalogs.find(catalogId);
      const folder =
        imageFolder === undefined ? undefined : await findInside(config.importFolder, imageFolder);
      const path = await uploads.save(catalogId, req);
      if (folder !== undefined) await catalogs.saveImageFolder(catalogId, folder);
      res.status(202);
      return startImport(
        { catalogId, source: 'csv', options: { path }, name, startedBy: callerOf(res).name },
        ctx,
      );
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/inspections',
    summary:
      'Look at a CSV or TSV file without importing it: what it is, its columns, first rows, a guessed mapping',
    role: 'merchandiser',
    writes: false,
    params,
    streams: 'text/csv',
    async run({ params: { catalogId } }, req) {
      await catalogs.find(catalogId);
      return uploads.lookAt(req, (path) => inspectCsv(path));
    },
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/mapping',
    summary: 'Keep which column is which field, for a table whose header is not known',
    params,
    body: z.record(z.string().max(200), z.string().max(200)),
    async run({ params: { catalogId }, body }) {
      return catalogs.save({ ...(await catalogs.find(catalogId)), mapping: body });
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/checks',
    summary: 'Look whether images changed, check every item again, then publish and push what follows',
    params,
    async run({ params: { catalogId } }, _req, res) {
      await catalogs.find(catalogId);
      const run = await startRun(
        ctx,
        { catalogId, kind: 'refresh', startedBy: callerOf(res).name },
        beginRefresh,
        (runId) => ({
          catalogId,
          runId,
        }),
      );
      res.status(202);
      return run;
    },
  });
  for (const [path, summary, job] of [
    ['/pushes', 'Send what is pending', pushBatch],
    ['/feeds', 'Build the feeds anew', publishFeed],
  ] as const)
    api.add({
      method: 'post',
      path: `/catalogs/{catalogId}${path}`,
      summary,
      params,
      async run({ params: { catalogId } }, _req, res) {
        const { channels } = await catalogs.find(catalogId);
        if (channels.length === 0)
          throw new ConflictError('no_channel', `"${catalogId}" is not connected to any channel.`, {
            hint: 'Connect one: shelfcast connect meta',
          });
        const run = await startRefresh(catalogId, res);
        for (const channel of channels) await addToRun(ctx, job, { catalogId, channel, runId: run.id });
        res.status(202);
        return run;
      },
    });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/feeds',
    summary: 'The published feeds with their secret addresses',
    params,
    run: async ({ params: { catalogId } }) => ({ items: await listFeeds(ctx, catalogId) }),
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/feeds/{channel}/rotate',
    summary: 'Give the feed a new secret; the old address stops at once',
    params: channelParams,
    async run({ params: { catalogId, channel } }) {
      await catalogs.saveFeedSecret(catalogId, channel, randomBytes(24).toString('base64url'), 'rotate');
      return { items: await listFeeds(ctx, catalogId) };
    },
  });
}

/** The folder, links followed, when it lies in the one that imports may read. */
async function findInside(root: string | undefined, asked: string): Promise<string> {
  const refused = new InputError(
    'image_folder_refused',
    'Images may only be read from inside IMPORT_FOLDER.',
    {
      hint: 'Set IMPORT_FOLDER for the service, or give the images web addresses.',
    },
  );
  if (root === undefined) throw refused;
  const [real, wanted] = await Promise.all([realpath(root), realpath(asked).catch(() => undefined)]);
  if (wanted === undefined) throw new InputError('image_folder_missing', `There is no folder "${asked}".`);
  const inside = relative(real, wanted);
  if (inside.startsWith('..') || isAbsolute(inside)) throw refused;
  return wanted;
}
