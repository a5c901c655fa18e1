/** What shops have told us by their calls, until it is read. A call that is repeated is told apart by its id. */
import { BulkWriteError, defineCollection, idOf, type Connection } from './model.ts';

interface CallDocument {
  /** `{catalogId}:{the source's id of the call}` */
  _id: string;
  catalogId: string;
  hint: string;
  isRead: boolean;
  at: Date;
}

export interface SourceCall {
  id: string;
  hint: string;
}

/** A shop repeats a call for hours at most (Shopify: 4); after this its id is forgotten. */
const keepSeconds = 7 * 24 * 3_600;

export type SourceCallStore = ReturnType<typeof createSourceCallStore>;

export function createSourceCallStore(connection: Connection) {
  const { collection, sync } = defineCollection<CallDocument>(connection, 'source_calls', [
    { keys: { catalogId: 1, isRead: 1, at: 1 } },
    { keys: { at: 1 }, expireAfterSeconds: keepSeconds },
  ]);
  return {
    sync,
    /** For each whether it is new; false for one that was told before, or stands twice among these. */
    async add(catalogId: string, calls: readonly SourceCall[], now: Date): Promise<boolean[]> {
      if (calls.length === 0) return [];
      const told = new Set<number>();
      try {
        await collection.insertMany(
          calls.map(({ id, hint }) => ({
            _id: idOf(catalogId, id),
            catalogId,
            hint,
            isRead: false,
            at: now,
          })),
          { ordered: false },
        );
      } catch (error) {
        if (!(error instanceof BulkWriteError)) throw error;
        const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
        if (failures.some(({ code }) => code !== 11_000)) throw error;
        for (const { index } of failures) told.add(index);
      }
      return calls.map((_, at) => !told.has(at));
    },
    /** The oldest calls that nobody has read yet. */
    async listUnread(catalogId: string, limit: number): Promise<SourceCall[]> {
      const found = await collection
        .find({ catalogId, isRead: false })
        .sort({ catalogId: 1, isRead: 1, at: 1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id, hint }) => ({ id: _id, hint }));
    },
    async markRead(ids: readonly string[]): Promise<void> {
      await collection.updateMany({ _id: { $in: [...ids] } }, { $set: { isRead: true } });
    },
    /** Which of these catalogs have calls that nobody has read yet. */
    async catalogsWithUnread(catalogIds: readonly string[]): Promise<string[]> {
      return collection.distinct('catalogId', { catalogId: { $in: [...catalogIds] }, isRead: false });
    },
  };
}
