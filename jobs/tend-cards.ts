/** Cards that a dead process left behind, or that an older version never made, are made anew from what they show. */
import { inChunks } from '../catalog/store/model.ts';
import { catalogsAtOnce, type JobContext } from './job.ts';

export async function tendCards(catalogIds: readonly string[], ctx: JobContext): Promise<void> {
  const { products, cards } = ctx.stores;
  const behind = new Set<string>();
  for (const some of inChunks(catalogIds, catalogsAtOnce)) await cards.endMutes(some, ctx.now());
  for (const id of await cards.listAbandoned(ctx.now())) {
    await cards.recount(id);
    behind.add(id);
  }
  for (const id of catalogIds)
    if (!(await cards.any(id)) && (await products.countLive(id)) > 0) behind.add(id);
  for (const id of behind) await products.needAll(id, 'listings');
}
