/** Saved views of lists. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { viewSchema } from '../../catalog/store/views.ts';
import type { JobContext } from '../../jobs/job.ts';
import type { Api } from './endpoint.ts';
import { whoIs } from './who.ts';

const params = z.object({ catalogId: catalogIdSchema });

export function addViewRoutes(api: Api, ctx: JobContext): void {
  const { views, catalogs } = ctx.stores;
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/views',
    summary: 'Saved views of lists',
    params,
    run: async ({ params: { catalogId } }) => ({ items: await views.list(catalogId) }),
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/views',
    summary: 'Save a view; one of the same name is replaced',
    params,
    body: viewSchema,
    async run({ params: { catalogId }, body }, _req, res) {
      await catalogs.find(catalogId);
      return views.save(catalogId, body, whoIs(res), ctx.now());
    },
  });
  api.add({
    method: 'delete',
    path: '/catalogs/{catalogId}/views/{viewId}',
    summary: 'Forget a saved view',
    params: params.extend({ viewId: z.string().max(80) }),
    run: async ({ params: { catalogId, viewId } }) => views.remove(catalogId, viewId),
  });
}
