/** What the catalog at Meta holds, for the reconcile report. */
import { z } from 'zod';
import type { HeldItem } from '../../channel.ts';
import { readAs } from './answers.ts';
import type { Graph } from './graph.ts';
import { productsSchema } from './verdicts.ts';

/** Meta gives at most 1,000 at a time; with these fields a page of 500 comes in good time. */
const pageSize = 500;
const fields = 'retailer_id,name,price,currency,availability,url';

const productSchema = z.object({
  retailer_id: z.coerce.string(),
  name: z.string().nullish(),
  /** "€49.90", and the currency beside it. */
  price: z.coerce.string().nullish(),
  currency: z.string().nullish(),
  availability: z.string().nullish(),
  url: z.string().nullish(),
});
const pageSchema = z.object({ data: z.array(productSchema), paging: productsSchema.shape.paging });

/** Meta does not tell who brought an item, so nothing is said to be ours. */
export async function* listHeld({ ask }: Graph): AsyncGenerator<HeldItem> {
  let after: string | undefined;
  do {
    const query = { fields, limit: String(pageSize) };
    const answer = await ask('/products', after === undefined ? query : { ...query, after });
    const { data, paging } = readAs(pageSchema, answer);
    for (const product of data) yield toHeld(product);
    after = paging?.next === undefined ? undefined : paging.cursors?.after;
  } while (after !== undefined);
}

function toHeld(product: z.infer<typeof productSchema>): HeldItem {
  const held: HeldItem = { offerId: product.retailer_id };
  if (product.name) held.title = product.name;
  if (product.price) held.price = product.price;
  if (product.availability) held.availability = product.availability;
  if (product.url) held.link = product.url;
  return held;
}
