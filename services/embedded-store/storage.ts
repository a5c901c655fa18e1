import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { decode, encode, pickFields, type Doc } from './bson-bytes.ts';
import { CommandError } from './errors.ts';
import { compileFilter } from './filter.ts';
import { idKey, prefixed, toEntries, type Entry, type Index } from './index-keys.ts';

/**
 * Documents and indexes in one LMDB tree. Every key begins with four bytes: 0 to 15 for the store's own records,
 * otherwise the number of a collection or index, never used again. So a drop is one small write, and what lay under
 * the number is cleared away in pieces afterwards.
 */
const FORMAT = 1;
const RECORD = { store: 0, namespace: 1, size: 2, trash: 3, lock: 4 } as const;
const FIRST_ID = 16;
const MAP_BYTES = 64 * 1024 ** 3;
/** How much of the data file may be resident. Mapping it anew takes about ten milliseconds. */
const RESIDENT_BYTES = 64 * 1024 ** 2;
const EMPTY = Buffer.alloc(0);

export type Collection = {
  ns: string;
  id: number;
  indexes: Index[];
  /** Top-level fields that some index looks at; undefined = any. */
  indexedFields: ReadonlySet<string> | undefined;
  options: Doc;
  count: number;
  bytes: number;
};

export type Storage = {
  folder: string;
  db: RootDatabase<Buffer, Buffer>;
  /** Bytes read or written since the file was mapped: about what of it is resident. */
  touched: number;
  isWriting: boolean;
  collections: Map<string, Collection>;
  nextId: number;
  dirty: Set<Collection>;
};

export const dataFile = (folder: string) => join(folder, 'store.mdb');

export function openStorage(folder: string): Storage {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const storage: Storage = {
    folder,
    db: openData(folder),
    touched: 0,
    isWriting: false,
    collections: new Map(),
    nextId: FIRST_ID,
    dirty: new Set(),
  };
  loadCatalog(storage);
  return storage;
}

/**
 * `overlappingSync: false` is LMDB's own way to commit: the data is flushed, then the page that makes it valid is
 * written and flushed, and only then the transaction returns. The map is address space, not memory; it is taken
 * large at once, because each time LMDB has to enlarge it the old one stays mapped too.
 */
function openData(folder: string): Storage['db'] {
  const options = {
    path: dataFile(folder),
    noSubdir: true,
    keyEncoding: 'binary',
    encoding: 'binary',
    overlappingSync: false,
  } as const;
  try {
    return open<Buffer, Buffer>({ ...options, mapSize: MAP_BYTES });
  } catch (error) {
    if (!(error instanceof Error) || !/memory/i.test(error.message)) throw error;
    return open<Buffer, Buffer>(options); // address space is limited here (ulimit -v): LMDB grows its map as needed
  }
}

/**
 * Maps the data file anew once much of it has become resident: its pages stay in the system's cache, but no longer
 * count as this process's memory. Not within a transaction, and only where no range of LMDB's is open.
 */
export function giveBackMemory(storage: Storage): void {
  if (storage.touched < RESIDENT_BYTES || storage.isWriting) return;
  storage.touched = 0;
  void storage.db.close(); // closes at once where no asynchronous write is under way, and here none ever is
  storage.db = openData(storage.folder);
}

export function loadCatalog(storage: Storage): void {
  const { db } = storage;
  const head = db.getBinary(prefixed(RECORD.store));
  if (head === undefined) write(storage, () => saveHead(storage));
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

const idBytes = (id: number) => prefixed(id);
const saveHead = ({ db, nextId }: Storage) =>
  void db.put(prefixed(RECORD.store), encode({ format: FORMAT, nextId }));

/** Runs changes as one transaction, on disk when it returns; if it throws, nothing of it was done. */
export function write<T>(storage: Storage, change: () => T): T {
  const { db } = storage;
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

function toCollection(ns: string, record: Doc): Collection {
  const indexes = (record['indexes'] as Doc[]).map(toIndex);
  return {
    ns,
    id: record['id'] as number,
    indexes,
    indexedFields: indexedFields(indexes),
    options: (record['options'] ?? {}) as Doc,
    count: 0,
    bytes: 0,
  };
}

function indexedFields(indexes: readonly Index[]): ReadonlySet<string> | undefined {
  const fields = new Set<string>();
  for (const { paths, partial, isPrimary } of indexes) {
    if (isPrimary) continue;
    if (partial !== undefined && partial.fields === undefined) return undefined;
    for (const [first] of paths) fields.add(first as string);
    for (const field of partial?.fields ?? []) fields.add(field);
  }
  return fields;
}

function toIndex(record: Doc): Index {
  const options = record['options'] as Doc;
  const key = options['key'] as Doc;
  const partial = options['partialFilterExpression'] as Doc | undefined;
  const isPrimary = options['name'] === '_id_';
  return {
    id: record['id'] as number,
    name: options['name'] as string,
    key,
    paths: Object.keys(key).map((path) => path.split('.')),
    directions: Object.values(key).map((direction) => (Number(direction) < 0 ? -1 : 1)),
    isUnique: options['unique'] === true || isPrimary,
    isSparse: options['sparse'] === true,
    partial: partial === undefined ? undefined : compileFilter(partial),
    options,
    isMultikey: record['isMultikey'] === true,
    isCut: record['isCut'] === true,
    isPrimary,
  };
}

const toRecord = ({ id, options, indexes }: Collection): Doc => ({
  id,
  options,
  indexes: indexes.map((index) => ({
    id: index.id,
    options: index.options,
    isMultikey: index.isMultikey,
    isCut: index.isCut,
  })),
});

export function saveCollection(storage: Storage, collection: Collection): void {
  collection.indexedFields = indexedFields(collection.indexes);
  storage.collections.set(collection.ns, collection);
  storage.dirty.add(collection);
  void storage.db.put(prefixed(RECORD.namespace, Buffer.from(collection.ns)), encode(toRecord(collection)));
  saveHead(storage);
}

export function createCollection(storage: Storage, ns: string, options: Doc = {}): Collection {
  const name = ns.slice(ns.indexOf('.') + 1);
  if (name === '' || name.includes('$') || name.startsWith('.') || Buffer.byteLength(ns) > 255)
    throw new CommandError('InvalidNamespace', `Invalid collection name: ${name}`);
  const id = storage.nextId++;
  const primary = toIndex({ id, options: { v: 2, key: { _id: 1 }, name: '_id_' } });
  const collection: Collection = {
    ns,
    id,
    indexes: [primary],
    indexedFields: new Set(),
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
  const { db } = storage;
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

/** Adds an index and fills it from the documents there are. */
export function createIndex(storage: Storage, collection: Collection, options: Doc): Index {
  const index = toIndex({ id: storage.nextId++, options });
  for (const { value } of storage.db.getRange({
    start: prefixed(collection.id),
    end: prefixed(collection.id + 1),
  })) {
    const doc = decode(value);
    const id = idKey(doc['_id']);
    const entries = toEntries(index, doc);
    for (const entry of entries) checkUnique(storage, collection, index, entry, id);
    for (const entry of entries) putEntry(storage, index, entry, id);
  }
  collection.indexes.push(index);
  saveCollection(storage, collection);
  return index;
}

const entryKey = (index: Index, { key }: Entry, id: Buffer) =>
  index.isUnique ? prefixed(index.id, key) : prefixed(index.id, key, id);
const putEntry = ({ db }: Storage, index: Index, entry: Entry, id: Buffer) =>
  void db.put(entryKey(index, entry, id), id);

function checkUnique({ db }: Storage, { ns }: Collection, index: Index, entry: Entry, id: Buffer): void {
  if (!index.isUnique) return;
  const owner = db.getBinary(entryKey(index, entry, id));
  if (owner === undefined || Buffer.compare(owner, id) === 0) return;
  const names = Object.keys(index.key);
  throw duplicateKey(
    ns,
    index,
    Object.fromEntries(names.map((name, i) => [name, toKeyValue(entry.values[i])])),
  );
}
const toKeyValue = (value: unknown) => (value === undefined || typeof value === 'symbol' ? null : value);

export function duplicateKey(
  ns: string,
  { name, key }: Pick<Index, 'name' | 'key'>,
  keyValue: Doc,
): CommandError {
  const text = Object.entries(keyValue)
    .map(([field, value]) => `${field}: ${toShell(value)}`)
    .join(', ');
  return new CommandError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${ns} index: ${name} dup key: { ${text} }`,
    { keyPattern: key, keyValue },
  );
}

function toShell(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  const type = (value as { _bsontype?: string } | null)?._bsontype;
  if (type === 'ObjectId') return `ObjectId('${String(value)}')`;
  return type === undefined ? JSON.stringify(value) : String(value);
}

const PAGE_BYTES = 4096;

export function getDoc(storage: Storage, collection: Collection, id: Buffer): Buffer | undefined {
  storage.touched += PAGE_BYTES;
  return storage.db.getBinary(prefixed(collection.id, id));
}

/** The fields of a stored document that its collection's indexes are made of. */
function indexedPart({ indexedFields: fields }: Collection, raw: Buffer): Doc {
  return fields === undefined ? decode(raw) : pickFields(raw, fields);
}

type Change = { index: Index; gone: Entry[]; added: Entry[] };

function toChanges(collection: Collection, before: Doc | undefined, after: Doc | undefined): Change[] {
  const changes: Change[] = [];
  let isGrown = false;
  for (const index of collection.indexes) {
    if (index.isPrimary) continue;
    const { isMultikey, isCut } = index;
    const gone = before === undefined ? [] : toEntries(index, before);
    const added = after === undefined ? [] : toEntries(index, after);
    isGrown ||= isMultikey !== index.isMultikey || isCut !== index.isCut;
    const kept = new Set(gone.map(({ key }) => key.toString('latin1')));
    const wanted = new Set(added.map(({ key }) => key.toString('latin1')));
    changes.push({
      index,
      gone: gone.filter(({ key }) => !wanted.has(key.toString('latin1'))),
      added: added.filter(({ key }) => !kept.has(key.toString('latin1'))),
    });
  }
  grown = isGrown;
  return changes;
}
/** Set by toChanges: an index became multikey or got a cut key, which its record has to say. */
let grown = false;

function applyChanges(
  storage: Storage,
  collection: Collection,
  changes: readonly Change[],
  id: Buffer,
): void {
  if (grown) saveCollection(storage, collection);
  for (const { index, gone, added } of changes) {
    for (const entry of gone) void storage.db.remove(entryKey(index, entry, id));
    for (const entry of added) putEntry(storage, index, entry, id);
  }
}

export function insertDoc(storage: Storage, collection: Collection, raw: Buffer, id: unknown): void {
  const own = idKey(id);
  const key = prefixed(collection.id, own);
  if (storage.db.doesExist(key))
    throw duplicateKey(collection.ns, collection.indexes[0] as Index, { _id: id });
  if (collection.indexes.length > 1) {
    const changes = toChanges(collection, undefined, indexedPart(collection, raw));
    for (const { index, added } of changes)
      for (const entry of added) checkUnique(storage, collection, index, entry, own);
    applyChanges(storage, collection, changes, own);
  }
  void storage.db.put(key, raw);
  resize(storage, collection, 1, raw.length);
}

export function replaceDoc(
  storage: Storage,
  collection: Collection,
  own: Buffer,
  before: Buffer,
  after: Buffer,
): void {
  if (collection.indexes.length > 1) {
    const changes = toChanges(collection, indexedPart(collection, before), indexedPart(collection, after));
    for (const { index, added } of changes)
      for (const entry of added) checkUnique(storage, collection, index, entry, own);
    applyChanges(storage, collection, changes, own);
  }
  void storage.db.put(prefixed(collection.id, own), after);
  resize(storage, collection, 0, after.length - before.length);
}

export function removeDoc(storage: Storage, collection: Collection, own: Buffer, before: Buffer): void {
  applyChanges(storage, collection, toChanges(collection, indexedPart(collection, before), undefined), own);
  void storage.db.remove(prefixed(collection.id, own));
  resize(storage, collection, -1, -before.length);
}

function resize(storage: Storage, collection: Collection, count: number, bytes: number): void {
  storage.touched += PAGE_BYTES;
  collection.count += count;
  collection.bytes += bytes;
  storage.dirty.add(collection);
}
