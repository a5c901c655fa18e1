import { mkdirSync, statfsSync } from 'node:fs';
import { decode, encode } from './bson-bytes.ts';
import { dataFile, openData, residentFileBytes } from './data-file.ts';
import { prefixed } from './index-keys.ts';
import { idBytes, RECORD, toCollection, type Storage } from './records.ts';
import { openTree, type Entry, type Piece } from './tree.ts';

const FORMAT = 1;
const FIRST_ID = 16;
/** How much of the data file writing may leave resident; mapping it anew takes some milliseconds. */
const RESIDENT_BYTES = 32 * 1024 ** 2;
/** With how much of it resident a transaction is ended before its time; each costs a flush of the disk. */
const CROWDED_BYTES = 112 * 1024 ** 2;
/** After how many documents or entries written to look; each may bring hundreds of kilobytes of the file with it. */
const LOOK_EVERY = 64;
/**
 * How many may be written in one transaction: what it changes is held in memory until it ends. A batch of an import,
 * 500 products of four variants with their entries in the indexes, is just below.
 */
const PORTION = 5120;
/** What must be free before a transaction begins: more than one is expected to add. */
const ROOM_BYTES = 64 * 1024 ** 2;

export function openStorage(folder: string): Storage {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const storage: Storage = {
    folder,
    db: openData(folder),
    tree: openTree(dataFile(folder)),
    written: 0,
    looks: 1,
    isOpen: true,
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
 * count as this process's memory. Only between transactions.
 */
function giveBackMemory(storage: Storage): void {
  if (residentBytes(storage) < RESIDENT_BYTES) return;
  void storage.db.close(); // closes at once where no asynchronous write is under way, and here none ever is
  storage.isOpen = false;
  try {
    reopen(storage);
  } catch {
    // what was written is written; the next who needs the map opens it, or hears why it cannot be opened
  }
}

function reopen(storage: Storage): void {
  storage.db = openData(storage.folder);
  storage.isOpen = true;
  storage.residentAtOpen = residentFileBytes();
}

/** LMDB's map of the file, opened again where that failed after the last write. */
export function mapOf(storage: Storage): Storage['db'] {
  if (!storage.isOpen) reopen(storage);
  return storage.db;
}

const residentBytes = ({ residentAtOpen }: Storage) => residentFileBytes() - residentAtOpen;

/**
 * Runs changes in steps, in as many transactions as keep memory flat: one for all, if they are not very many. Each is
 * on disk before the next begins. If one fails, the steps done in it are undone and the error is thrown;
 * `onWritten` is called after each that has not.
 */
export function writeInPortions(
  storage: Storage,
  steps: Iterator<unknown>,
  onWritten: () => void = () => undefined,
): void {
  if (storage.isWriting) {
    while (steps.next().done !== true);
    return;
  }
  for (let isDone = false; !isDone;) {
    [storage.written, storage.looks] = [0, 1];
    write(storage, () => {
      do isDone = steps.next().done === true;
      while (!isDone && !isFull(storage));
    });
    onWritten();
    giveBackMemory(storage);
  }
}

function isFull(storage: Storage): boolean {
  if (storage.written < LOOK_EVERY * storage.looks) return false;
  storage.looks += 1;
  return storage.written >= PORTION || residentBytes(storage) > CROWDED_BYTES;
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
  const isTaken = storage.db.transactionSync(() => {
    if (readLock(storage) !== before) return false;
    void storage.db.put(prefixed(RECORD.lock), Buffer.from(own));
    take();
    return true;
  });
  storage.tree.forget();
  return isTaken;
}

export const saveHead = ({ db, nextId }: Storage) =>
  void db.put(prefixed(RECORD.store), encode({ format: FORMAT, nextId }));

/**
 * Before LMDB meets a full disk: where a page cannot be written lmdb-js 3.5.6 writes its message over the end of its own
 * buffer (`last_error` of mdb_page_flush in mdb.c), which ends the process sooner or later.
 */
function checkRoom({ folder }: Storage): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= ROOM_BYTES) return;
  const left = Math.floor((bavail * bsize) / 1024 ** 2);
  throw new Error(
    `No space left: the disk of ${folder} has ${left} MB free, and ${ROOM_BYTES / 1024 ** 2} are needed to write safely`,
  );
}

/** Runs changes as one transaction, on disk when it returns; if it throws, nothing of it was done. */
export function write<T>(storage: Storage, change: () => T): T {
  if (storage.isWriting) return change(); // part of the transaction that is under way
  const db = mapOf(storage);
  checkRoom(storage);
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
    storage.tree.forget();
  }
}

export async function closeStorage({ db, tree, isOpen }: Storage): Promise<void> {
  if (isOpen) await db.close();
  tree.close();
}

/** A value as it is now: within a transaction with what that has changed so far. */
export function get(storage: Storage, key: Buffer): Buffer | undefined {
  return storage.isWriting ? storage.db.getBinary(key) : storage.tree.get(key);
}

/** How many keys lie from `low` to before `high`. */
export const countKeys = ({ isWriting, db, tree }: Storage, low: Buffer, high: Buffer): number =>
  isWriting ? db.getKeysCount({ start: low, end: high }) : tree.count(low, high);

/**
 * The entries from `low` to before `high`, in pieces; what is written between two pieces is seen by the next. No
 * LMDB transaction stays open, so a cursor that waits for its client holds no old pages back.
 */
export function* eachEntry(storage: Storage, low: Buffer, high: Buffer, isReverse = false): Generator<Entry> {
  for (let [from, to] = [low, high]; ;) {
    const { entries, rest } = storage.isWriting
      ? pieceOfMap(storage, from, to, isReverse)
      : storage.tree.piece(from, to, isReverse);
    const commits = storage.tree.commits();
    let bound = rest;
    for (const entry of entries) {
      yield entry;
      if (storage.tree.commits() === commits) continue;
      // the rest of the piece may point to pages that are something else by now
      bound = isReverse ? entry.key : Buffer.concat([entry.key, Buffer.alloc(1)]);
      break;
    }
    if (bound === undefined) return;
    if (isReverse) to = bound;
    else from = bound;
  }
}

const PIECE = 64;

function pieceOfMap({ db }: Storage, low: Buffer, high: Buffer, isReverse: boolean): Piece {
  // lmdb's ranges leave out their end, which in reverse is `low`
  const bounds = isReverse
    ? { start: high, exclusiveStart: true, end: low, reverse: true }
    : { start: low, end: high };
  const entries = [...db.getRange({ ...bounds, limit: PIECE })];
  const last = entries.at(-1)?.key;
  if (last !== undefined && entries.length === PIECE)
    return { entries, rest: isReverse ? last : Buffer.concat([last, Buffer.alloc(1)]) };
  const lowest = isReverse ? db.getBinary(low) : undefined;
  if (lowest !== undefined && Buffer.compare(low, high) < 0) entries.push({ key: low, value: lowest });
  return { entries, rest: undefined };
}
