/** Second sources of a catalog, the rows they gave, and what those say of each product. */
import type { Issue } from '../issue.ts';
import type { Product, StoredProduct, SupplementValue } from '../product.ts';
import { suppliedFields, toKey } from '../supplements/fields.ts';
import type { SupplementColumns, SupplementRow } from '../supplements/read-rows.ts';
import {
  defineCollection,
  idOf,
  inCatalog,
  inChunks,
  type Connection,
  type StoredDocument,
} from './model.ts';

/** A second source as it is kept and shown. */
export interface Supplement {
  /** Chosen by the owner: `prices`. */
  id: string;
  /** Sealed options of an address; absent: its file is sent by hand. */
  sealed?: string;
  /** What the server calls the version that was loaded. */
  version?: Record<string, string>;
  loadedAt?: Date;
  /** Of the last load. */
  columns?: SupplementColumns;
  rows: number;
  /** Rows that name an item which is there. */
  matched: number;
  /** The first of the last load. */
  issues: Issue[];
  /** Why the last load failed; the rows before it stay. `refused`: it is not asked again before it is connected anew. */
  problem?: { code: string; message: string; at: Date; refused?: boolean };
}
/** `undefined` takes the field away. */
export type SupplementChange = { [K in keyof Omit<Supplement, 'id'>]?: Supplement[K] | undefined };
interface SupplementDocument extends Omit<Supplement, 'id'>, StoredDocument {
  catalogId: string;
  id: string;
}
interface RowDocument extends StoredDocument {
  catalogId: string;
  from: string;
  key: string;
  values: Record<string, string>;
  /** Which load wrote it; later ones are greater. */
  load: string;
}
type ProductPart = Pick<StoredProduct, 'revision' | 'needs' | 'supplements'> &
  StoredDocument & { catalogId: string; variants: Product['variants']; updatedAt: Date };

const pageSize = 500;
type Keyed = Pick<Product['variants'][number], 'sourceId' | 'offerId' | 'sku' | 'gtin'>;

/** Under which a row may name the variant, the surest first. */
const keysOf = ({ offerId, sku, gtin }: Keyed): string[] => [
  ...new Set(
    [toKey('id', offerId), toKey('sku', sku ?? ''), toKey('gtin', gtin ?? '')].flatMap((key) => key ?? []),
  ),
];

export type SupplementStore = ReturnType<typeof createSupplementStore>;

export function createSupplementStore(connection: Connection) {
  const settings = defineCollection<SupplementDocument>(connection, 'supplements', []);
  const rows = defineCollection<RowDocument>(connection, 'supplement_rows', [
    { keys: { catalogId: 1, from: 1, load: 1 } },
  ]);
  const products = defineCollection<ProductPart>(connection, 'products', []);

  async function listIds(catalogId: string): Promise<string[]> {
    const found = settings.collection.find({ _id: inCatalog(catalogId) }, { projection: { id: 1 } });
    return (await found.toArray()).map(({ id }) => id);
  }

  /** By key: what the second sources `from` say. Asked by ids, the quickest way there is. */
  async function findRows(
    catalogId: string,
    from: readonly string[],
    variants: readonly Keyed[],
  ): Promise<Map<string, RowDocument[]>> {
    const found = new Map<string, RowDocument[]>();
    const keys = [...new Set(variants.flatMap(keysOf))];
    const ids = from.flatMap((id) => keys.map((key) => idOf(catalogId, id, key)));
    for (const chunk of inChunks(ids, 5_000))
      for await (const row of rows.collection.find({ _id: { $in: chunk } }))
        found.set(row.key, [...(found.get(row.key) ?? []), row]);
    return found;
  }

  return {
    async sync() {
      await settings.sync();
      await rows.sync();
    },
    async list(catalogId: string): Promise<Supplement[]> {
      const found = await settings.collection
        .find({ _id: inCatalog(catalogId) })
        .sort({ _id: 1 })
        .toArray();
      return found.map(({ _id, catalogId: __, ...rest }) => rest);
    },
    /** Makes the second source or changes some of what is kept of it. */
    async save(catalogId: string, id: string, change: SupplementChange): Promise<void> {
      const gone = Object.entries(change).filter(([, value]) => value === undefined);
      const set = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      await settings.collection.updateOne(
        { _id: idOf(catalogId, id) },
        {
          $set: { catalogId, id, ...set },
          $setOnInsert: Object.fromEntries(
            Object.entries({ rows: 0, matched: 0, issues: [] }).filter(([name]) => !(name in set)),
          ),
          ...(gone.length > 0 ? { $unset: Object.fromEntries(gone.map(([name]) => [name, ''])) } : {}),
        } as object,
        { upsert: true },
      );
    },
    async remove(catalogId: string, id: string): Promise<void> {
      await settings.collection.deleteOne({ _id: idOf(catalogId, id) });
      await rows.collection.deleteMany({ catalogId, from: id });
    },
    /** Rows of a load; one with the same key replaces the earlier. */
    async saveRows(
      catalogId: string,
      from: string,
      load: string,
      found: readonly SupplementRow[],
    ): Promise<void> {
      if (found.length === 0) return;
      await rows.collection.bulkWrite(
        found.map(({ key, values }) => ({
          updateOne: {
            filter: { _id: idOf(catalogId, from, key) },
            update: { $set: { catalogId, from, key, values, load } },
            upsert: true,
          },
        })),
        { ordered: true },
      );
    },
    async countRows(catalogId: string, from: string, load: string): Promise<number> {
      return rows.collection.countDocuments({ catalogId, from, load });
    },
    /** The load is whole: what earlier ones brought and it did not is gone. */
    async endLoad(catalogId: string, from: string, load: string): Promise<void> {
      await rows.collection.deleteMany({ catalogId, from, load: { $lt: load } });
    },
    /** When anything was last loaded: an import asks whether that was while it ran. */
    async lastLoad(catalogId: string): Promise<number> {
      const times = (await this.list(catalogId)).map(({ loadedAt }) => loadedAt?.getTime() ?? 0);
      return Math.max(0, ...times);
    },
    /** What second sources say of these products, by the products' `sourceId`. Costs one question when there are none. */
    async valuesOf(
      catalogId: string,
      entries: readonly Pick<Product, 'sourceId' | 'variants'>[],
    ): Promise<Map<string, SupplementValue[]>> {
      const values = new Map<string, SupplementValue[]>();
      const from = await listIds(catalogId);
      if (from.length === 0) return values;
      const found = await findRows(
        catalogId,
        from,
        entries.flatMap(({ variants }) => variants),
      );
      for (const { sourceId, variants } of entries) values.set(sourceId, toValues(variants, found));
      return values;
    },
    /**
     * Brings every product of the catalog to what the rows say now; written is only what changes. Answers how many products
     * changed and, by source, how many rows named an item.
     */
    async applyAll(
      catalogId: string,
      now: Date,
      signal?: AbortSignal,
    ): Promise<{ changed: number; matched: Map<string, number> }> {
      let changed = 0;
      const matched = new Map<string, Set<string>>();
      const sources = await listIds(catalogId);
      let after = `${catalogId}:`;
      for (;;) {
        signal?.throwIfAborted();
        const page = await products.collection
          .find(
            { _id: { $gt: after, $lt: `${catalogId};` } },
            {
              projection: {
                revision: 1,
                needs: 1,
                supplements: 1,
                'variants.sourceId': 1,
                'variants.offerId': 1,
                'variants.sku': 1,
                'variants.gtin': 1,
              },
            },
          )
          .sort({ _id: 1 })
          .limit(pageSize)
          .toArray();
        const last = page.at(-1);
        if (!last) break;
        const found = await findRows(
          catalogId,
          sources,
          page.flatMap(({ variants }) => variants),
        );
        for (const [key, all] of found)
          for (const { from } of all) matched.set(from, (matched.get(from) ?? new Set()).add(key));
        const stale = page.flatMap((one) => {
          const values = toValues(one.variants, found);
          return JSON.stringify(values) === JSON.stringify(one.supplements ?? []) ? [] : { one, values };
        });
        if (stale.length > 0) {
          const { matchedCount } = await products.collection.bulkWrite(
            stale.map(({ one: { _id, revision, needs }, values }) => ({
              updateOne: {
                filter: { _id, revision },
                update: {
                  ...(values.length > 0
                    ? { $set: { supplements: values, updatedAt: now, needs: needs ?? ('listings' as const) } }
                    : {
                        $set: { updatedAt: now, needs: needs ?? ('listings' as const) },
                        $unset: { supplements: '' as const },
                      }),
                  $inc: { revision: 1 },
                },
              },
            })),
            { ordered: false },
          );
          changed += matchedCount;
          // some changed meanwhile: the page is looked at again
          if (matchedCount < stale.length) continue;
        }
        after = last._id;
      }
      return { changed, matched: new Map([...matched].map(([from, keys]) => [from, keys.size])) };
    },
  };
}

/** In an order of its own, so that the same is found to be the same. */
function toValues(
  variants: readonly Keyed[],
  found: ReadonlyMap<string, readonly RowDocument[]>,
): SupplementValue[] {
  const values: SupplementValue[] = [];
  for (const variant of variants) {
    // two keys of one source may name the variant: the surer one counts
    const bySource = new Map<string, Record<string, string>>();
    for (const key of keysOf(variant))
      for (const row of found.get(key) ?? [])
        bySource.set(row.from, { ...row.values, ...bySource.get(row.from) });
    for (const from of [...bySource.keys()].sort())
      for (const field of suppliedFields) {
        const value = bySource.get(from)?.[field];
        if (value !== undefined) values.push({ from, variant: variant.sourceId, field, value });
      }
  }
  return values;
}
