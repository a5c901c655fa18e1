/** Second sources: small tables that add or replace fields of items by SKU, GTIN or id, and the order of all sources. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { InputError } from '../../catalog/errors.ts';
import { optionsSchema } from '../../catalog/address/options.ts';
import type { Supplement } from '../../catalog/store/supplements.ts';
import { mainSource } from '../../catalog/supplements/apply.ts';
import { applyAll, findSupplement, loadFromAddress, loadTable } from '../../jobs/load-supplement.ts';
import { prepareImages } from '../../jobs/prepare-images.ts';
import type { Engine } from '../engine.ts';
import { noteChange, type Api } from './endpoint.ts';

const params = z.object({ catalogId: catalogIdSchema });
const oneParams = params.extend({
  supplementId: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'use 1 to 40 lower-case letters, digits and hyphens')
    .refine((id) => id !== mainSource, `"${mainSource}" is the source of the products`),
});

export function addSupplementRoutes(api: Api, { ctx, vault, uploads }: Engine): void {
  const { catalogs, products, supplements } = ctx.stores;

  /** The address is shown, what signs in is not. */
  function toShown({ sealed, version: _, ...rest }: Supplement): object {
    const url = sealed === undefined ? undefined : optionsSchema.parse(vault.open(sealed)).url;
    return { ...rest, ...(url ? { url } : {}) };
  }
  async function findOrder(catalogId: string): Promise<string[]> {
    return (await catalogs.find(catalogId)).sourceOrder ?? [mainSource];
  }
  /** A new one comes first: it is there to say something else. */
  async function addToOrder(catalogId: string, id: string): Promise<void> {
    const order = await findOrder(catalogId);
    if (!order.includes(id)) await catalogs.saveSourceOrder(catalogId, [id, ...order]);
  }

  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/supplements',
    summary: 'The second sources with what their last load found, and the order of sources, the first wins',
    params,
    run: async ({ params: { catalogId } }) => ({
      order: await findOrder(catalogId),
      items: (await supplements.list(catalogId)).map(toShown),
    }),
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/supplements/{supplementId}',
    summary: 'Connect a second source to an address, and load it; it is loaded again with every import',
    role: 'owner',
    params: oneParams,
    body: optionsSchema,
    async run({ params: { catalogId, supplementId }, body }, _req, res) {
      await catalogs.find(catalogId);
      noteChange(res, { after: { url: body.url, user: body.user } });
      await supplements.save(catalogId, supplementId, {
        sealed: vault.seal(body),
        version: undefined,
        problem: undefined,
      });
      await addToOrder(catalogId, supplementId);
      return toShown(await loadFromAddress(catalogId, supplementId, ctx));
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/supplements/{supplementId}/file',
    summary: 'Send the table of a second source: it replaces the one before',
    params: oneParams,
    streams: 'text/csv',
    async run({ params: { catalogId, supplementId } }, req) {
      await catalogs.find(catalogId);
      return uploads.lookAt(req, async (path) => {
        await supplements.save(catalogId, supplementId, {});
        await addToOrder(catalogId, supplementId);
        const loading = { catalogId, id: supplementId, isWhole: true, isByHand: true };
        return toShown(await loadTable(path, loading, ctx));
      });
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/supplements/{supplementId}/imports',
    summary: 'Load a second source from its address now',
    params: oneParams,
    run: async ({ params: { catalogId, supplementId } }) =>
      toShown(await loadFromAddress(catalogId, supplementId, ctx)),
  });
  api.add({
    method: 'delete',
    path: '/catalogs/{catalogId}/supplements/{supplementId}',
    summary: 'Take a second source away: items go back to what the others say',
    role: 'owner',
    params: oneParams,
    async run({ params: { catalogId, supplementId } }) {
      await findSupplement(catalogId, supplementId, ctx);
      await supplements.remove(catalogId, supplementId);
      const order = await findOrder(catalogId);
      await catalogs.saveSourceOrder(
        catalogId,
        order.filter((id) => id !== supplementId),
      );
      await applyAll(catalogId, ctx);
    },
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/source-order',
    summary: 'Whose value wins, the first first; `main` is the source of the products',
    role: 'owner',
    params,
    body: z.object({ order: z.array(z.string().max(40)).max(100) }),
    async run({ params: { catalogId }, body: { order } }, _req, res) {
      const all = [mainSource, ...(await supplements.list(catalogId)).map(({ id }) => id)];
      if ([...order].sort().join() !== [...all].sort().join())
        throw new InputError('source_order_invalid', 'The order must name every source once.', {
          hint: `There are: ${all.join(', ')}`,
        });
      noteChange(res, { before: { order: await findOrder(catalogId) }, after: { order } });
      await catalogs.saveSourceOrder(catalogId, order);
      await products.needAll(catalogId, 'listings');
      await ctx.queue.add(prepareImages, { catalogId }, { priority: 'person' });
      return { order };
    },
  });
}
