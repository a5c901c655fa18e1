/**
 * Product sets: the parts of a catalog that ads and shops are made of. Those that the shop owner wrote down are made and kept
 * at Meta; others there are left alone.
 * https://developers.facebook.com/docs/marketing-api/catalog/guides/product-sets
 * https://developers.facebook.com/docs/marketing-api/reference/product-set
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { readAs } from './answers.ts';
import type { Graph } from './graph.ts';

export interface ProductSet {
  name: string;
  /** Meta's filter: `{"brand":{"eq":"Loom"}}`. */
  filter: Record<string, Record<string, string>>;
}

const fields = [
  'brand', 'product_type', 'google_product_category', 'availability', 'condition', 'gender', 'age_group', 'color', 'size',
  'material', 'pattern', 'title', 'retailer_id', 'item_group_id', 'custom_label_0', 'custom_label_1', 'custom_label_2',
  'custom_label_3', 'custom_label_4',
]; // prettier-ignore
const line = /^([^:]{1,100}):\s*([a-z0-9_]+)\s*(=|~)\s*(.{1,200})$/;

/** One set a line: `Linen: material = Linen`, or `~` for "contains". Answers the first line that is none, as a text. */
export function readSets(text: string | undefined): ProductSet[] | string {
  const sets: ProductSet[] = [];
  for (const one of (text ?? '').split(/[\n;]/).map((part) => part.trim())) {
    if (one === '') continue;
    const [, name = '', field = '', sign, value = ''] = line.exec(one) ?? [];
    if (!fields.includes(field)) return one;
    sets.push({ name: name.trim(), filter: { [field]: { [sign === '=' ? 'eq' : 'i_contains']: value.trim() } } });
  }
  return sets;
} // prettier-ignore

const setsSchema = z.object({
  data: z.array(
    z.object({
      id: z.coerce.string(),
      name: z.string().default(''),
      filter: z.string().nullish(),
      retailer_id: z.string().nullish(),
    }),
  ),
  paging: z
    .object({ next: z.string().optional(), cursors: z.object({ after: z.string().optional() }).optional() })
    .nullish(),
});
type KnownSet = z.infer<typeof setsSchema>['data'][number];

/** Marks a set as made here; Meta keeps it with the set. */
const mark = 'shelfcast-';
const idOf = ({ name }: ProductSet): string => `${mark}${hash('sha1', name.toLowerCase()).slice(0, 16)}`;

/** Makes what is missing, changes what differs, and takes away what was made here and is no longer asked for. */
export async function arrangeSets(graph: Graph, wanted: readonly ProductSet[]): Promise<void> {
  const known = new Map<string, KnownSet>();
  for await (const set of eachSet(graph))
    if (set.retailer_id?.startsWith(mark)) known.set(set.retailer_id, set);
  for (const set of wanted) {
    const id = idOf(set);
    const there = known.get(id);
    known.delete(id);
    const form = { name: set.name, filter: JSON.stringify(set.filter), retailer_id: id };
    if (there === undefined) await graph.post('/product_sets', form);
    else if (there.name !== form.name || there.filter !== form.filter) await graph.post('', form, there.id);
  }
  for (const { id } of known.values()) await graph.ask('', {}, { method: 'DELETE' }, id);
}

async function* eachSet(graph: Graph): AsyncGenerator<KnownSet> {
  let after: string | undefined;
  do {
    const query = { fields: 'id,name,filter,retailer_id', limit: '100' };
    const answer = await graph.ask('/product_sets', after === undefined ? query : { ...query, after });
    const { data, paging } = readAs(setsSchema, answer);
    yield* data;
    after = paging?.next === undefined ? undefined : paging.cursors?.after;
  } while (after !== undefined);
}
