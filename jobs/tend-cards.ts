/** Cards that a dead process left behind, or that an older version never made, are made anew from what they show. */
import type { JobContext } from './job.ts';

export async function tendCards(ctx: JobContext): Promise<void> {
  const { catalogs, products, cards } = ctx.stores;
  const ids = (await catalogs.list()).map(({ id }) => id);
  const behind = new Set(await cards.tend(ids, ctx.now()));
  for (const id of ids)
    if (behind.has(id)) await cards.recount(id);
    else if (!(await cards.any(id)) && (await products.countLive(id)) > 0) behind.add(id);
  for (const id of behind) await products.needAll(id, 'listings');
}
