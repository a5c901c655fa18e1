/** One way to declare a collection: mongoose keeps keys and indexes, our zod shapes keep the rest. */
import { setImmediate } from 'node:timers/promises';
import mongoose from 'mongoose';
import type { AnyBulkWriteOperation, BulkWriteResult, Collection, FindCursor } from 'mongodb';

/** Of mongoose's own copy of the driver: another copy's class would never match. */
export const BulkWriteError = mongoose.mongo.MongoBulkWriteError;
export const { Binary } = mongoose.mongo;
export type Binary = mongoose.mongo.Binary;
export type Connection = mongoose.Connection;
export type { AnyBulkWriteOperation, Collection };

/** Documents have string ids that begin with their catalog's id. */
export interface StoredDocument {
  _id: string;
}

export interface IndexLine {
  keys: Record<string, 1 | -1>;
  unique?: boolean;
  /** Documents go so many seconds after the time in the (only) key. */
  expireAfterSeconds?: number;
  /** Only documents that this holds for have an entry. */
  partialFilterExpression?: Record<string, unknown>;
}

/**
 * The native collection behind a schemaless mongoose model: plain objects in and out, so that bulk work
 * runs at the driver's speed (mongoose documents are several times slower, see docs/decisions/0001).
 */
export function defineCollection<T extends StoredDocument>(
  connection: Connection,
  name: string,
  indexes: readonly IndexLine[],
): { collection: Collection<T>; sync(): Promise<void> } {
  const schema = new mongoose.Schema(
    { _id: String },
    { strict: false, autoIndex: false, autoCreate: false, collection: name, versionKey: false },
  );
  for (const { keys, ...options } of indexes) schema.index(keys, options);
  const model = connection.models[name] ?? connection.model(name, schema);
  return {
    collection: model.collection as unknown as Collection<T>,
    async sync() {
      await model.createIndexes();
    },
  };
}

/** What a bulk has done, and at which positions it met a document that has the `_id` or a unique key already. */
export interface BulkDone {
  inserted: number;
  matched: number;
  modified: number;
  deleted: number;
  taken: number[];
}

/** Runs the bulk in any order; a place that is taken is answered, any other error is thrown. */
export async function writeBulk<T extends StoredDocument>(
  collection: Collection<T>,
  operations: AnyBulkWriteOperation<T>[],
): Promise<BulkDone> {
  if (operations.length === 0) return { inserted: 0, matched: 0, modified: 0, deleted: 0, taken: [] };
  try {
    return toDone(await collection.bulkWrite(operations, { ordered: false }), []);
  } catch (error) {
    if (!(error instanceof BulkWriteError)) throw error;
    const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    // none at all: the server could not do what was asked of the write as a whole
    if (failures.length === 0 || failures.some((failure) => failure.code !== 11_000)) throw error;
    return toDone(error, failures.map((failure) => failure.index)); // prettier-ignore
  }
}

const toDone = (
  counts: Pick<BulkWriteResult, 'insertedCount' | 'matchedCount' | 'modifiedCount' | 'deletedCount'>,
  taken: number[],
): BulkDone => ({
  inserted: counts.insertedCount,
  matched: counts.matchedCount,
  modified: counts.modifiedCount,
  deleted: counts.deletedCount,
  taken,
});

/** Filter that keeps a scan inside one catalog: every id begins with `{catalogId}:`. */
export const inCatalog = (catalogId: string): { $gte: string; $lt: string } => ({
  $gte: `${catalogId}:`,
  $lt: `${catalogId};`,
});

/** `{catalogId}:{parts…}` */
export const idOf = (catalogId: string, ...parts: string[]): string => [catalogId, ...parts].join(':');

/**
 * A cursor's documents, some at a time. The next batch is asked for while the last is worked on, which the driver by
 * itself does not do, and is taken in between, as far as it has arrived.
 */
export async function* readAhead<T>(cursor: FindCursor<T>): AsyncGenerator<T[]> {
  try {
    let next = cursor.hasNext();
    while (await next) {
      const batch = cursor.readBufferedDocuments();
      next = cursor.hasNext();
      // a failure is met with the next batch; until then it must not count as unhandled
      next.catch(() => undefined);
      for (const some of inChunks(batch, 20)) {
        await setImmediate();
        yield some;
      }
    }
  } finally {
    await cursor.close();
  }
}

export function* inChunks<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
