import { decode, encode, type Doc } from './bson-bytes.ts';
import { checkUnique, putEntry } from './entries.ts';
import { CommandError } from './errors.ts';
import { prefixed, toEntries, type Entry, type Index } from './index-keys.ts';
import {
  idBytes,
  indexedFields,
  RECORD,
  toIndex,
  toRecord,
  type Collection,
  type Storage,
} from './records.ts';
import { eachEntry, mapOf, saveHead, write, writeInPortions } from './storage.ts';

const EMPTY = Buffer.alloc(0);

export function saveCollection(storage: Storage, collection: Collection): void {
  collection.indexedFields = indexedFields(collection.indexes);
  for (const index of collection.indexes) index.saved = { isMultikey: index.isMultikey, isCut: index.isCut };
  storage.collections.set(collection.ns, collection);
  storage.dirty.add(collection);
  void storage.db.put(prefixed(RECORD.namespace, Buffer.from(collection.ns)), encode(toRecord(collection)));
  saveHead(storage);
}

/** 63 bytes (https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions) and the dot after them. */
const LONGEST_DATABASE = 64;

export function createCollection(storage: Storage, ns: string, options: Doc = {}): Collection {
  const name = ns.slice(ns.indexOf('.') + 1);
  if (name === '' || name.includes('$') || name.startsWith('.') || Buffer.byteLength(ns) > 255)
    throw new CommandError('InvalidNamespace', `Invalid collection name: ${name}`);
  if (Buffer.byteLength(ns) - Buffer.byteLength(name) > LONGEST_DATABASE)
    throw new CommandError('InvalidNamespace', `Invalid database name: ${ns.slice(0, -name.length - 1)}`);
  const id = storage.nextId++;
  const primary = toIndex({ id, options: { v: 2, key: { _id: 1 }, name: '_id_' } });
  const collection: Collection = {
    ns,
    id,
    indexes: [primary],
    indexedFields: new Map(),
    options,
    count: 0,
    bytes: 0,
  };
  saveCollection(storage, collection);
  return collection;
}

export function dropCollection(storage: Storage, collection: Collection): void {
  storage.collections.delete(collection.ns);
  storage.dirty.delete(collection);
  void storage.db.remove(prefixed(RECORD.namespace, Buffer.from(collection.ns)));
  void storage.db.remove(prefixed(RECORD.size, idBytes(collection.id)));
  for (const index of collection.indexes) discard(storage, index.id);
}

const discard = ({ db }: Storage, id: number) => void db.put(prefixed(RECORD.trash, idBytes(id)), EMPTY);

export function dropIndex(storage: Storage, collection: Collection, index: Index): void {
  collection.indexes = collection.indexes.filter((each) => each !== index);
  discard(storage, index.id);
  saveCollection(storage, collection);
}

/** Clears up to `limit` keys of what was dropped; false when nothing is left to clear. */
export function emptyTrash(storage: Storage, limit: number): boolean {
  const db = mapOf(storage);
  const [first] = db.getKeys({ start: prefixed(RECORD.trash), end: prefixed(RECORD.trash + 1), limit: 1 });
  if (first === undefined) return false;
  const id = first.readUInt32BE(4);
  const keys = [...db.getKeys({ start: prefixed(id), end: prefixed(id + 1), limit })];
  write(storage, () => {
    for (const key of keys) void db.remove(key);
    if (keys.length < limit) void db.remove(first);
  });
  return true;
}

/** Entries that are put in together: sorted, many of them then lie on the same pages. */
const FILL_CHUNK = 5_000;

/**
 * Adds an index and fills it from the documents there are, in pieces, so that memory stays flat. Until the last piece
 * it counts as dropped: if it cannot be, or the process ends meanwhile, what there is of it is cleared away.
 */
export function createIndex(storage: Storage, collection: Collection, options: Doc): void {
  const index = toIndex({ id: storage.nextId++, options });
  write(storage, () => {
    discard(storage, index.id);
    saveHead(storage);
  });
  let found: Found[] = [];
  const fill = () => writeInPortions(storage, eachPut(storage, collection, index, found.splice(0)));
  for (const { key, value } of eachEntry(storage, prefixed(collection.id), prefixed(collection.id + 1))) {
    const id = Buffer.from(key.subarray(4));
    for (const entry of toEntries(index, decode(value))) found.push({ entry, id });
    if (found.length >= FILL_CHUNK) fill();
  }
  fill();
  write(storage, () => {
    void storage.db.remove(prefixed(RECORD.trash, idBytes(index.id)));
    collection.indexes.push(index);
    saveCollection(storage, collection);
  });
}

type Found = { entry: Entry; id: Buffer };

function* eachPut(storage: Storage, collection: Collection, index: Index, found: Found[]): Generator<void> {
  for (const { entry, id } of found.sort((a, b) => Buffer.compare(a.entry.key, b.entry.key))) {
    checkUnique(storage, collection, index, entry, id);
    putEntry(storage, index, entry, id);
    yield;
  }
}
