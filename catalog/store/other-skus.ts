/** SKUs that are not the offer ids of their items as well: those of duplicates, too long ones, and ones that changed since. */
import type { Variant } from '../product.ts';
import { writeBulk, type AnyBulkWriteOperation, type Collection, type StoredDocument } from './model.ts';

type Skus = Pick<Variant, 'sku' | 'offerId'>;

export const otherSkusOf = ({ variants }: { variants: readonly Skus[] }): string[] => [
  ...new Set(variants.flatMap(({ sku, offerId }) => (sku === undefined || sku === offerId ? [] : [sku]))),
];

/** What earlier versions had in its place. */
const indexOfAll = 'catalogId_1_variants.sku_1';
const batch = 500;
/** Another process has dropped it. https://www.mongodb.com/docs/manual/reference/error-codes/ */
const INDEX_NOT_FOUND = 27;

/** Gives products stored by an earlier version their `otherSkus`, and drops its index of all SKUs. */
export async function leaveIndexOfAll<T extends StoredDocument & { variants: Skus[]; otherSkus?: string[] }>(
  collection: Collection<T>,
): Promise<void> {
  const indexes = await collection.indexes();
  if (!indexes.some(({ name }) => name === indexOfAll)) return;
  const all = collection.find({}, { projection: { 'variants.sku': 1, 'variants.offerId': 1 } });
  let found: AnyBulkWriteOperation<T>[] = [];
  for await (const { _id, variants } of all.batchSize(batch)) {
    const otherSkus = otherSkusOf({ variants: variants as Skus[] });
    if (otherSkus.length === 0) continue;
    found.push({
      updateOne: { filter: { _id }, update: { $set: { otherSkus } } },
    } as AnyBulkWriteOperation<T>);
    if (found.length < batch) continue;
    await writeBulk(collection, found);
    found = [];
  }
  await writeBulk(collection, found);
  try {
    await collection.dropIndex(indexOfAll);
  } catch (error) {
    if ((error as { code?: number }).code !== INDEX_NOT_FOUND) throw error;
  }
}
