/** Records of the shop made into products, with their variations read beside each other. */
import PQueue from 'p-queue';
import { SyncError } from '../../errors.ts';
import type { ProductInput } from '../../product.ts';
import type { Read } from '../../source.ts';
import type { WooCommerceClient } from './client.ts';
import { eachPage, idOf } from './pages.ts';
import { productSchema, variationSchema, type ProductRecord, type VariationRecord } from './records.ts';
import { toInput, type ShopUnits } from './to-input.ts';

/** Requests at a time: what a small shop's server bears beside its customers. */
const requestsAtOnce = 4;

/** Cuts what is quoted in an issue. */
const quoted = (record: unknown): string => JSON.stringify(record).slice(0, 200);

export interface Reading {
  client: WooCommerceClient;
  units: ShopUnits;
}

export interface RecordsRead {
  reads: Read[];
  /** False when a product was left for the next read: what the shop gave of it was not all that it says to have. */
  whole: boolean;
}

/** In the order of the records; a bad one becomes an issue and the others go on. */
export async function readRecords(
  { client, units }: Reading,
  records: readonly unknown[],
  asOf: Date,
): Promise<RecordsRead> {
  const queue = new PQueue({ concurrency: requestsAtOnce });
  const reading = records.map((record) => queue.add(() => readRecord(client, units, record, asOf)));
  try {
    const all = await Promise.all(reading);
    return { reads: all.flatMap(({ reads }) => reads), whole: all.every(({ whole }) => whole) };
  } finally {
    queue.clear();
  }
}

async function readRecord(
  client: WooCommerceClient,
  units: ShopUnits,
  record: unknown,
  asOf: Date,
): Promise<RecordsRead> {
  const done = (...reads: Read[]): RecordsRead => ({ reads, whole: true });
  const { data: product, error } = productSchema.safeParse(record);
  if (!product) return done(...toBad(record, error.issues[0]?.path.join('.'), idOf(record)));
  if (product.type === 'grouped')
    return done(
      { kind: 'skip', reason: 'a grouped product only lists other products', records: 1 },
      toPresent(product.id),
    );
  if (product.type !== 'variable') return done(toRead(toInput(product, [], units), asOf));
  const { variations, bad, whole } = await readVariations(client, product);
  if (!whole) return { reads: [toShort(product, variations.length), toPresent(product.id)], whole };
  // saved without one of its variations, the product would take that one's items down
  if (bad.length > 0) return done(...bad, toPresent(product.id));
  const input = toInput(product, variations, units);
  const isSold = variations.some(({ status }) => status === 'publish');
  return done(...(isSold ? [] : [toUnsold(product)]), toRead(input, asOf));
}

const toRead = (input: ProductInput, asOf: Date): Read => ({
  kind: 'product',
  input,
  records: input.variants.length,
  asOf,
});

/** The list of one product that cannot be read by itself, while the shop as a whole answers. */
const listFaults = new Set(['woocommerce_list_unreadable', 'woocommerce_list_endless', 'woocommerce_request_refused']); // prettier-ignore

async function readVariations(
  client: WooCommerceClient,
  { id: productId }: ProductRecord,
): Promise<{ variations: VariationRecord[]; bad: Read[]; whole: boolean }> {
  const variations: VariationRecord[] = [];
  const bad: Read[] = [];
  let whole = false;
  try {
    for await (const page of eachPage(client, `products/${productId}/variations`, {})) {
      whole = page.complete;
      for (const record of page.records) {
        const { data, error } = variationSchema.safeParse(record);
        if (data) variations.push(data);
        else bad.push(...toBad(record, error.issues[0]?.path.join('.'), undefined));
      }
      if (!whole) break;
    }
  } catch (error) {
    if (!(error instanceof SyncError && listFaults.has(error.code))) throw error;
    whole = false;
  }
  return { variations, bad, whole };
}

const toPresent = (id: number): Read => ({ kind: 'present', sourceId: String(id) });

/** What cannot be read is still there, so it is not removed. */
function toBad(record: unknown, field: string | undefined, id: number | undefined): Read[] {
  const issue: Read = {
    kind: 'issue',
    records: 1,
    record: quoted(record),
    issue: {
      code: 'record_unreadable',
      severity: 'error',
      ...(field ? { field } : {}),
      value: quoted(record),
      message: `The shop’s record ${idOf(record) ?? 'without an id'} is no product that could be read.`,
      hint: 'Open and save it in the shop, and look whether a plugin changes it.',
      from: 'source',
    },
  };
  return id === undefined ? [issue] : [issue, toPresent(id)];
}

const toUnsold = ({ id, name }: ProductRecord): Read => ({
  kind: 'issue',
  records: 0,
  issue: {
    code: 'no_variations',
    severity: 'error',
    field: 'variations',
    value: name.slice(0, 200),
    message: `The variable product ${id} has no variation that could be sold.`,
    hint: 'Add a variation, or make it a simple product.',
    from: 'source',
  },
});

const toShort = ({ id, name }: ProductRecord, came: number): Read => ({
  kind: 'issue',
  records: 1,
  issue: {
    code: 'variations_incomplete',
    severity: 'error',
    field: 'variations',
    value: name.slice(0, 200),
    message: `Of the variations of product ${id} the shop gave ${came}, and not all that it has.`,
    hint: 'The product stays as it was; the next import asks again. If it stays so, look whether a cache or plugin changes the REST API.',
    from: 'source',
  },
});
