/** Products with their variants inside: one document each, written only when something changed. */
import type { Fingerprint } from '../known-products.ts';
import type { CategoryUse } from '../categories.ts';
import { InputError, NotFoundError } from '../errors.ts';
import type { Issue } from '../issue.ts';
import type { PreparedImage } from '../prepared-image.ts';
import {
  productSchema,
  type Override,
  type Product,
  type ScannedProduct,
  type StoredProduct,
  type SupplementValue,
  type Variant,
} from '../product.ts';
import { leaveIndexOfAll, otherSkusOf } from './other-skus.ts';
import { createProductNeeds } from './product-needs.ts';
import { createSupplementStore } from './supplements.ts';
import {
  Binary,
  defineCollection,
  idOf,
  inCatalog,
  readAhead,
  writeBulk,
  type AnyBulkWriteOperation,
  type Connection,
} from './model.ts';

export interface ProductDocument extends Omit<StoredProduct, 'id' | 'prepared'> {
  _id: string;
  /** A list, because image addresses hold dots and dollars, which field names may not. */
  prepared: PreparedImage[];
  /** By what its rows are known again, see catalog/known-products.ts. */
  fingerprint?: Binary;
  /** A variant is blocked by another product's SKU; looked at again when products change. */
  hasDuplicates?: true;
  /** SKUs of its variants that are not their offer ids as well, see `findHolder`. */
  otherSkus?: string[];
  /** Which worker has it in hand, when several share a step. */
  claim?: { by: string; until: Date };
}

export interface ProductToSave {
  product: Product;
  hash: string;
  fingerprint?: Fingerprint;
  /** Since when the source has said so; a younger word in the store is not overwritten. */
  asOf?: Date;
}
/** What is known of a stored product before it is read again. A removed one has no hash, so that it counts as changed. */
export interface KnownHash {
  hash: string;
  fingerprint: Uint8Array | undefined;
  /** Since when its source has said so. */
  asOf?: Date;
}
export type Saved = 'new' | 'changed';
export interface SaveResult {
  sourceId: string;
  saved: Saved;
  /** Variants (by `sourceId`) blocked by another's SKU. */
  duplicates: number;
}

export type ProductStore = ReturnType<typeof createProductStore>;

const toStored = ({
  _id,
  prepared,
  hasDuplicates: _,
  claim: __,
  fingerprint: ___,
  otherSkus: ____,
  ...rest
}: ProductDocument): StoredProduct =>
  // Into the copy that `rest` is: another one would cost a feed a twentieth of its time.
  Object.assign(rest, {
    id: _id,
    prepared: Object.fromEntries(prepared.map((image) => [image.url, image])),
  });

/**
 * For a scan of all products, where copying each would take a quarter of the time of reading them. What is the
 * store's own stays on the object, so it is for those who take the fields they need.
 */
const toScannedInPlace = (document: ProductDocument): ScannedProduct => {
  const prepared: ScannedProduct['prepared'] = {};
  for (const image of document.prepared) prepared[image.url] = image;
  const scanned = document as unknown as ScannedProduct;
  scanned.id = document._id;
  scanned.prepared = prepared;
  return scanned;
};

/** Fields that a scan leaves in the store: each costs its share of the time to read a product. */
const withoutUpkeep = {
  hash: 0, fingerprint: 0, revision: 0, asOf: 0, hasDuplicates: 0, otherSkus: 0, claim: 0, createdAt: 0, updatedAt: 0,
  'prepared.original': 0, 'prepared.sourceHash': 0, 'prepared.etag': 0, 'prepared.lastModified': 0,
  'prepared.ruleKey': 0, 'prepared.checkedAt': 0,
} as const; // prettier-ignore

export function createProductStore(connection: Connection) {
  const { collection, sync } = defineCollection<ProductDocument>(connection, 'products', [
    { keys: { catalogId: 1, 'variants.offerId': 1 }, unique: true },
    { keys: { catalogId: 1, otherSkus: 1 }, partialFilterExpression: { otherSkus: { $exists: true } } },
    {
      keys: { catalogId: 1, hasDuplicates: 1 },
      partialFilterExpression: { hasDuplicates: { $exists: true } },
    },
    { keys: { catalogId: 1, needs: 1, _id: 1 } },
    { keys: { catalogId: 1, removedAt: 1 }, partialFilterExpression: { removedAt: { $exists: true } } },
  ]);

  /**
   * Which other product has this SKU. Nearly every SKU is its item's offer id too, so an index of all SKUs would double
   * what an import writes: only those that are no offer id have one.
   */
  async function findHolder(catalogId: string, sku: string, not: string): Promise<string | undefined> {
    const others = { catalogId, _id: { $ne: not }, removedAt: { $exists: false } };
    const options = { projection: { title: 1, sourceId: 1 } };
    const holder =
      (await collection.findOne({ ...others, variants: { $elemMatch: { offerId: sku, sku } } }, options)) ??
      (await collection.findOne({ ...others, otherSkus: sku }, options));
    return holder ? `"${holder.title}" (${holder.sourceId})` : undefined;
  }

  const duplicateIssue = (variant: Variant, holder: string): Issue => ({
    code: 'duplicate_sku',
    severity: 'error',
    field: 'sku',
    value: variant.sku ?? '',
    message: `The SKU ${variant.sku} is already used by ${holder}.`,
    hint: 'Give each variant a SKU of its own, or leave this one blank.',
    from: 'source',
    variant: variant.sourceId,
  });

  /** The offer id was taken: decide per variant whether that is a duplicate SKU, and fall back to the source's identity. */
  async function resolveOfferIds(catalogId: string, product: Product): Promise<Product> {
    const id = idOf(catalogId, product.sourceId);
    const issues = [...product.issues];
    const variants: Variant[] = [];
    const own = new Set<string>();
    for (const variant of product.variants) {
      const taken =
        own.has(variant.offerId) ||
        (await collection.findOne(
          { catalogId, 'variants.offerId': variant.offerId, _id: { $ne: id } },
          { projection: { _id: 1 } },
        )) !== null;
      const holder = variant.sku ? await findHolder(catalogId, variant.sku, id) : undefined;
      if (
        holder &&
        taken &&
        !issues.some((i) => i.code === 'duplicate_sku' && i.variant === variant.sourceId)
      )
        issues.push(duplicateIssue(variant, holder));
      const offerId = taken ? `${product.sourceId}/${variant.sourceId}`.slice(-100) : variant.offerId;
      own.add(offerId);
      variants.push({ ...variant, offerId });
    }
    return { ...product, variants, issues };
  }

  const isDuplicated = ({ issues }: { issues: readonly Issue[] }): boolean =>
    issues.some((i) => i.code === 'duplicate_sku');

  const supplements = createSupplementStore(connection);
  type ToWrite = ProductToSave & { supplements?: SupplementValue[] };

  function toDocument(
    catalogId: string,
    { product, hash, fingerprint, asOf, supplements: supplied = [] }: ToWrite,
    now: Date,
  ): ProductDocument {
    const others = otherSkusOf(product);
    return {
      _id: idOf(catalogId, product.sourceId),
      catalogId,
      ...product,
      hash,
      ...(fingerprint ? { fingerprint: new Binary(fingerprint) } : {}),
      ...(asOf ? { asOf } : {}),
      overrides: [],
      ...(supplied.length > 0 ? { supplements: supplied } : {}),
      prepared: [],
      needs: 'images',
      revision: 1,
      ...(isDuplicated(product) ? { hasDuplicates: true as const } : {}),
      ...(others.length > 0 ? { otherSkus: others } : {}),
      createdAt: now,
      updatedAt: now,
    };
  }

  /** A variant keeps the offer id of its first sight, whatever its SKU says now. */
  function keepOfferIds(product: Product, before: readonly Variant[]): Product {
    const known = new Map(before.map((variant) => [variant.sourceId, variant.offerId]));
    return {
      ...product,
      variants: product.variants.map((v) => ({ ...v, offerId: known.get(v.sourceId) ?? v.offerId })),
    };
  }

  function toUpdate(
    catalogId: string,
    { product, hash, fingerprint, asOf, supplements: supplied = [] }: ToWrite,
    now: Date,
  ): AnyBulkWriteOperation<ProductDocument> {
    const fields: Record<string, unknown> = { ...product, hash, needs: 'images', updatedAt: now };
    const gone: Record<string, ''> = { removedAt: '' };
    for (const key of Object.keys(productSchema.shape)) if (fields[key] === undefined) gone[key] = '';
    if (fingerprint) fields['fingerprint'] = new Binary(fingerprint);
    else gone['fingerprint'] = '';
    if (supplied.length > 0) fields['supplements'] = supplied;
    else gone['supplements'] = '';
    if (isDuplicated(product)) fields['hasDuplicates'] = true;
    else gone['hasDuplicates'] = '';
    const others = otherSkusOf(product);
    if (others.length > 0) fields['otherSkus'] = others;
    else gone['otherSkus'] = '';
    for (const key of Object.keys(gone)) delete fields[key];
    if (asOf) fields['asOf'] = asOf;
    return {
      updateOne: {
        filter: {
          _id: idOf(catalogId, product.sourceId),
          ...(asOf ? { asOf: { $not: { $gt: asOf } } } : {}),
        },
        update: { $set: fields, $unset: gone, $inc: { revision: 1 } },
      } as AnyBulkWriteOperation<ProductDocument> extends { updateOne: infer U } ? U : never,
    } as AnyBulkWriteOperation<ProductDocument>;
  }

  return {
    async sync() {
      await sync();
      await leaveIndexOfAll(collection);
    },

    /** The hashes of these products as stored. */
    async findHashes(catalogId: string, sourceIds: readonly string[]): Promise<Map<string, KnownHash>> {
      const found = new Map<string, KnownHash>();
      const cursor = collection.find(
        { _id: { $in: sourceIds.map((id) => idOf(catalogId, id)) } },
        {
          projection: { sourceId: 1, hash: 1, removedAt: 1, fingerprint: 1, asOf: 1 },
          batchSize: sourceIds.length + 1,
        },
      );
      for await (const { sourceId, hash, removedAt, fingerprint, asOf } of cursor)
        found.set(sourceId, {
          hash: removedAt ? '' : hash,
          fingerprint: fingerprint?.value(),
          ...(asOf ? { asOf } : {}),
        });
      return found;
    },

    /** Not even a removed product is there. */
    async isEmpty(catalogId: string): Promise<boolean> {
      return (await collection.findOne({ _id: inCatalog(catalogId) }, { projection: { _id: 1 } })) === null;
    },

    /** The variants of these products as stored. */
    async findVariants(catalogId: string, sourceIds: readonly string[]): Promise<Map<string, Variant[]>> {
      const ids = sourceIds.map((id) => idOf(catalogId, id));
      const found = new Map<string, Variant[]>();
      for await (const one of collection.find(
        { _id: { $in: ids } },
        { projection: { sourceId: 1, variants: 1 } },
      ))
        found.set(one.sourceId, one.variants);
      return found;
    },

    /** Products that are not removed, with what their rows are known by. */
    async *eachFingerprint(
      catalogId: string,
    ): AsyncGenerator<{ sourceId: string; fingerprint: Uint8Array | undefined }> {
      const cursor = collection
        .find(
          { _id: inCatalog(catalogId), removedAt: { $exists: false } },
          { projection: { _id: 0, sourceId: 1, fingerprint: 1 } },
        )
        .batchSize(5_000);
      for await (const { sourceId, fingerprint } of cursor)
        yield { sourceId, fingerprint: fingerprint?.value() };
    },

    /** Other bytes, same content: the product itself stays as it is. */
    async saveFingerprints(
      catalogId: string,
      entries: readonly { sourceId: string; hash: string; fingerprint: Fingerprint }[],
    ): Promise<void> {
      if (entries.length === 0) return;
      await collection.bulkWrite(
        entries.map(({ sourceId, hash, fingerprint }) => ({
          updateOne: {
            filter: { _id: idOf(catalogId, sourceId), hash },
            update: { $set: { fingerprint: new Binary(fingerprint) } },
          },
        })),
        { ordered: false },
      );
    },

    /**
     * Saves products whose hash is new or changed; `known` tells which of them the store has already.
     * A SKU or offer id that another product holds becomes a `duplicate_sku` issue on the variant here.
     */
    async save(
      catalogId: string,
      entries: readonly ProductToSave[],
      known: ReadonlyMap<string, KnownHash>,
      now: Date,
    ): Promise<SaveResult[]> {
      const fresh = entries.filter((e) => !known.has(e.product.sourceId));
      const changed = entries.filter((e) => known.has(e.product.sourceId));
      const before = new Map<string, Variant[]>();
      if (changed.length > 0) {
        const ids = changed.map((e) => idOf(catalogId, e.product.sourceId));
        for await (const document of collection.find(
          { _id: { $in: ids } },
          { projection: { sourceId: 1, variants: 1 } },
        ))
          before.set(document.sourceId, document.variants);
      }
      let pending: (ProductToSave & { saved: Saved })[] = [
        ...fresh.map((e) => ({ ...e, saved: 'new' as const })),
        ...changed.map((e) => ({
          ...e,
          product: keepOfferIds(e.product, before.get(e.product.sourceId) ?? []),
          saved: 'changed' as const,
        })),
      ];
      const results: SaveResult[] = [];
      for (let round = 0; pending.length > 0; round++) {
        const supplied = await supplements.valuesOf(
          catalogId,
          pending.map(({ product }) => product),
        );
        const withSupplied = pending.map((entry) => {
          const values = supplied.get(entry.product.sourceId);
          return values ? { ...entry, supplements: values } : entry;
        });
        if (round > pending.length + 5)
          throw new InputError('offer_ids_unresolved', 'Offer ids of a batch could not be told apart.');
        const { taken } = await writeBulk(
          collection,
          withSupplied.map((entry) =>
            entry.saved === 'new'
              ? ({
                  insertOne: { document: toDocument(catalogId, entry, now) },
                } as AnyBulkWriteOperation<ProductDocument>)
              : toUpdate(catalogId, entry, now),
          ),
        );
        const failed = new Set(taken);
        const again: typeof pending = [];
        for (const [at, entry] of pending.entries()) {
          if (!failed.has(at)) {
            const duplicates = entry.product.issues.filter((i) => i.code === 'duplicate_sku').length;
            results.push({ sourceId: entry.product.sourceId, saved: entry.saved, duplicates });
            continue;
          }
          const stored = await collection.findOne({ _id: idOf(catalogId, entry.product.sourceId) });
          const kept = stored ? keepOfferIds(entry.product, stored.variants) : entry.product;
          again.push({
            ...entry,
            product: await resolveOfferIds(catalogId, kept),
            saved: stored ? 'changed' : 'new',
          });
        }
        pending = again;
      }
      return results;
    },

    async find(catalogId: string, sourceId: string): Promise<StoredProduct> {
      const document = await collection.findOne({ _id: idOf(catalogId, sourceId) });
      if (!document)
        throw new NotFoundError(
          'product_unknown',
          `There is no product "${sourceId}" in catalog "${catalogId}".`,
        );
      return toStored(document);
    },

    async findByOfferId(catalogId: string, offerId: string): Promise<StoredProduct> {
      const document = await collection.findOne({ catalogId, 'variants.offerId': offerId });
      if (!document)
        throw new NotFoundError('item_unknown', `There is no item "${offerId}" in catalog "${catalogId}".`);
      return toStored(document);
    },

    async findMany(ids: readonly string[]): Promise<Map<string, StoredProduct>> {
      const found = new Map<string, StoredProduct>();
      for await (const document of collection.find({ _id: { $in: [...ids] } }))
        found.set(document._id, toStored(document));
      return found;
    },

    /** All products in the order of their ids, from `after` on, some at a time: one by one takes longer. */
    async *eachSome(catalogId: string, after?: string): AsyncGenerator<ScannedProduct[]> {
      const range = after === undefined ? inCatalog(catalogId) : { $gt: after, $lt: `${catalogId};` };
      const cursor = collection
        .find({ _id: range }, { projection: withoutUpkeep })
        .sort({ _id: 1 })
        .batchSize(200);
      for await (const documents of readAhead(cursor)) yield documents.map(toScannedInPlace);
    },

    /** What a scan tells of these products, in the order of their ids. */
    async findScanned(ids: readonly string[]): Promise<ScannedProduct[]> {
      const options = { projection: withoutUpkeep, batchSize: ids.length };
      const found = await collection.find({ _id: { $in: [...ids] } }, options).toArray();
      return found.map(toScannedInPlace);
    },

    async page(catalogId: string, limit: number, after?: string): Promise<StoredProduct[]> {
      const range = after === undefined ? inCatalog(catalogId) : { $gt: after, $lt: `${catalogId};` };
      return (await collection.find({ _id: range }).sort({ _id: 1 }).limit(limit).toArray()).map(toStored);
    },

    /** `sourceId` of each product that is not removed. */
    async *eachLiveId(catalogId: string): AsyncGenerator<string> {
      const cursor = collection
        .find({ _id: inCatalog(catalogId) }, { projection: { sourceId: 1, removedAt: 1 } })
        .batchSize(5_000);
      for await (const document of cursor) if (!document.removedAt) yield document.sourceId;
    },

    /** Both counts come from indexes: asking each product for what it lacks takes seconds where there are a million. */
    async countLive(catalogId: string): Promise<number> {
      const [all, removed] = await Promise.all([
        collection.countDocuments({ catalogId }),
        collection.countDocuments({ catalogId, removedAt: { $exists: true } }),
      ]);
      return all - removed;
    },

    /** Marks products removed; their listings follow with the next refresh. Answers how many were live before. */
    async markRemoved(catalogId: string, sourceIds: readonly string[], now: Date): Promise<number> {
      const { modifiedCount } = await collection.updateMany(
        { _id: { $in: sourceIds.map((id) => idOf(catalogId, id)) }, removedAt: { $exists: false } },
        { $set: { removedAt: now, needs: 'listings', updatedAt: now }, $inc: { revision: 1 } },
      );
      return modifiedCount;
    },

    ...createProductNeeds(collection, toStored),

    /** What each live product says of its category, and no more of it. */
    async *eachCategoryUse(catalogId: string): AsyncGenerator<CategoryUse> {
      const cursor = collection
        .find(
          { _id: inCatalog(catalogId), removedAt: { $exists: false } },
          {
            projection: {
              title: 1, 'attributes.product_type': 1, 'attributes.google_product_category': 1, 'variants.sourceId': 1,
              'variants.attributes.product_type': 1, 'variants.attributes.google_product_category': 1, overrides: 1,
            },
          },
        )
        .batchSize(2_000); // prettier-ignore
      for await (const { _id: id, title, attributes, variants, overrides } of cursor)
        yield { id, title, attributes: attributes ?? {}, variants, overrides };
    },

    /** The products that hold these offers, in no order. */
    async findByOfferIds(catalogId: string, offerIds: readonly string[]): Promise<StoredProduct[]> {
      const found = collection.find({ catalogId, 'variants.offerId': { $in: [...offerIds] } });
      return (await found.toArray()).map(toStored);
    },

    /**
     * Writes people's values, each only over the revision it was decided on; the ids of products that changed meanwhile
     * come back. An import that waits for its images still does.
     */
    async saveOverrides(
      entries: readonly { product: StoredProduct; overrides: Override[] }[],
      now: Date,
    ): Promise<Set<string>> {
      if (entries.length === 0) return new Set();
      const { matchedCount } = await collection.bulkWrite(
        entries.map(({ product: { id, revision, needs }, overrides }) => ({
          updateOne: {
            filter: { _id: id, revision },
            update: {
              $set: { overrides, updatedAt: now, needs: needs ?? 'listings' },
              $inc: { revision: 1 },
            },
          },
        })),
        { ordered: false },
      );
      if (matchedCount === entries.length) return new Set();
      const stored = await this.findMany(entries.map(({ product }) => product.id));
      return new Set(
        entries.flatMap(({ product: { id, revision } }) => {
          const after = stored.get(id);
          const isOurs = after?.revision === revision + 1 && after.updatedAt.getTime() === now.getTime();
          return isOurs ? [] : id;
        }),
      );
    },

    /** Products blocked by another's SKU are judged again: the other may be gone. Answers how many were freed. */
    async recheckDuplicates(catalogId: string): Promise<number> {
      let freed = 0;
      for await (const document of collection.find({ catalogId, hasDuplicates: true })) {
        const issues: Issue[] = [];
        for (const issue of document.issues) {
          const sku = issue.code === 'duplicate_sku' ? issue.value : undefined;
          const inside = document.variants.filter((v) => v.sku === sku).length > 1;
          if (sku === undefined || inside || (await findHolder(catalogId, sku, document._id)))
            issues.push(issue);
        }
        if (issues.length === document.issues.length) continue;
        freed += 1;
        await collection.updateOne(
          { _id: document._id, revision: document.revision },
          {
            $set: { issues, needs: 'listings' },
            ...(isDuplicated({ issues }) ? {} : { $unset: { hasDuplicates: '' } }),
            $inc: { revision: 1 },
          },
        );
      }
      return freed;
    },
  };
}
