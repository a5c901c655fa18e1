import { mkdirSync } from 'node:fs';
import { decode, encode } from './bson-bytes.ts';
import { openData, residentFileBytes } from './data-file.ts';
import { prefixed } from './index-keys.ts';
import { idBytes, RECORD, toCollection, type Storage } from './records.ts';

const FORMAT = 1;
const FIRST_ID = 16;
export const PAGE_BYTES = 4096;
/** How much of the data file may be resident. Mapping it anew takes about ten milliseconds. */
const RESIDENT_BYTES = 96 * 1024 ** 2;
/** After how much reading and writing to look; a page that is touched brings its neighbours with it. */
const CHECK_BYTES = 4 * 1024 ** 2;

export function openStorage(folder: string): Storage {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const storage: Storage = {
    folder,
    db: openData(folder),
    touched: 0,
    residentAtOpen: residentFileBytes(),
    isWriting: false,
    collections: new Map(),
    nextId: FIRST_ID,
    dirty: new Set(),
  };
  loadCatalog(storage);
  return storage;
}

/**
 * Maps the data file anew once much of it has become resident: its pages stay in the system's cache, but no longer
 * count as this process's memory. Not within a transaction, and only where no range of LMDB's is open.
 */
export function giveBackMemory(storage: Storage): void {
  if (storage.touched < CHECK_BYTES || storage.isWriting) return;
  storage.touched = 0;
  if (residentFileBytes() - storage.residentAtOpen < RESIDENT_BYTES) return;
  void storage.db.close(); // closes at once where no asynchronous write is under way, and here none ever is
  storage.db = openData(storage.folder);
  storage.residentAtOpen = residentFileBytes();
}

export function loadCatalog(storage: Storage): void {
  const { db } = storage;
  const head = db.getBinary(prefixed(RECORD.store));
  if (head === undefined)
    write(storage, () => void (db.doesExist(prefixed(RECORD.store)) || saveHead(storage)));
  else {
    const { format, nextId } = decode(head);
    if (typeof format !== 'number' || format > FORMAT)
      throw new Error(
        `the data was written by a newer version (format ${String(format)}, this one reads up to ${FORMAT}); update Shelfcast, or restore a backup made with this version`,
      );
    storage.nextId = nextId as number;
  }
  storage.collections.clear();
  for (const { key, value } of db.getRange({
    start: prefixed(RECORD.namespace),
    end: prefixed(RECORD.namespace + 1),
  })) {
    const collection = toCollection(key.toString('utf8', 4), decode(value));
    const size = db.getBinary(prefixed(RECORD.size, idBytes(collection.id)));
    if (size !== undefined)
      [collection.count, collection.bytes] = [size.readDoubleLE(0), size.readDoubleLE(8)];
    storage.collections.set(collection.ns, collection);
  }
}

/** Who serves; read before the socket is tried, and changed only if it is still the same then. */
export const readLock = ({ db }: Storage): string =>
  db.getBinary(prefixed(RECORD.lock))?.toString('latin1') ?? '';

/** Enters a new server, with `take` done under LMDB's write lock; false if another was quicker. */
export function claimLock(storage: Storage, before: string, own: string, take: () => void): boolean {
  return storage.db.transactionSync(() => {
    if (readLock(storage) !== before) return false;
    void storage.db.put(prefixed(RECORD.lock), Buffer.from(own));
    take();
    return true;
  });
}

export const saveHead = ({ db, nextId }: Storage) =>
  void db.put(prefixed(RECORD.store), encode({ format: FORMAT, nextId }));

/** Runs changes as one transaction, on disk when it returns; if it throws, nothing of it was done. */
export function write<T>(storage: Storage, change: () => T): T {
  const { db } = storage;
  if (storage.isWriting) return change(); // part of the transaction that is under way
  storage.isWriting = true;
  try {
    return db.transactionSync(() => {
      const result = change();
      for (const { id, count, bytes } of storage.dirty) {
        const size = Buffer.alloc(16);
        size.writeDoubleLE(count, 0);
        size.writeDoubleLE(bytes, 8);
        void db.put(prefixed(RECORD.size, idBytes(id)), size);
      }
      storage.dirty.clear();
      return result;
    });
  } catch (error) {
    storage.dirty.clear();
    db.resetReadTxn();
    loadCatalog(storage);
    throw error;
  } finally {
    storage.isWriting = false;
  }
}
