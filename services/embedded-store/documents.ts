import { changedFields, decode, type Doc } from './bson-bytes.ts';
import { saveCollection } from './collections.ts';
import { checkUnique, duplicateKey, entryKey, putEntry } from './entries.ts';
import { idKey, prefixed, toEntries, type Entry, type Index } from './index-keys.ts';
import type { Collection, Storage } from './records.ts';
import { pickPaths } from './pick-paths.ts';
import { get } from './storage.ts';

/** Documents and their index entries, written together. */
export function getDoc(storage: Storage, collection: Collection, id: Buffer): Buffer | undefined {
  return get(storage, prefixed(collection.id, id));
}

/** The fields of a stored document that its collection's indexes are made of. */
function indexedPart({ indexedFields: fields }: Collection, raw: Buffer): Doc {
  return fields === undefined ? decode(raw) : pickPaths(raw, fields);
}

type Change = { index: Index; gone: Entry[]; added: Entry[] };

/** The indexes whose entries may be others after a change: those that read a field that is not the same bytes. */
function findTouched(
  { indexes, indexedFields: fields }: Collection,
  before: Buffer,
  after: Buffer,
): readonly Index[] {
  if (fields === undefined) return indexes;
  const changed = changedFields(before, after, fields);
  return indexes.filter(
    ({ paths, partial }) =>
      paths.some(([first = '']) => changed.has(first)) ||
      [...(partial?.fields ?? [])].some((field) => changed.has(field)),
  );
}

function toChanges(indexes: readonly Index[], before: Doc | undefined, after: Doc | undefined): Change[] {
  const changes: Change[] = [];
  let isGrown = false;
  for (const index of indexes) {
    if (index.isPrimary) continue;
    const gone = before === undefined ? [] : toEntries(index, before);
    const added = after === undefined ? [] : toEntries(index, after);
    isGrown ||= index.saved.isMultikey !== index.isMultikey || index.saved.isCut !== index.isCut;
    const isOneSided = gone.length === 0 || added.length === 0;
    changes.push({ index, ...(isOneSided ? { gone, added } : toDifference(gone, added)) });
  }
  grown = isGrown;
  return changes;
}
function toDifference(before: readonly Entry[], after: readonly Entry[]): Omit<Change, 'index'> {
  const kept = new Set(before.map(({ key }) => key.toString('latin1')));
  const wanted = new Set(after.map(({ key }) => key.toString('latin1')));
  return {
    gone: before.filter(({ key }) => !wanted.has(key.toString('latin1'))),
    added: after.filter(({ key }) => !kept.has(key.toString('latin1'))),
  };
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
    const changes = toChanges(collection.indexes, undefined, indexedPart(collection, raw));
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
  const touched = collection.indexes.length > 1 ? findTouched(collection, before, after) : [];
  if (touched.length > 0) {
    const changes = toChanges(touched, indexedPart(collection, before), indexedPart(collection, after));
    for (const { index, added } of changes)
      for (const entry of added) checkUnique(storage, collection, index, entry, own);
    applyChanges(storage, collection, changes, own);
  }
  void storage.db.put(prefixed(collection.id, own), after);
  resize(storage, collection, 0, after.length - before.length);
}

export function removeDoc(storage: Storage, collection: Collection, own: Buffer, before: Buffer): void {
  const changes = toChanges(collection.indexes, indexedPart(collection, before), undefined);
  applyChanges(storage, collection, changes, own);
  void storage.db.remove(prefixed(collection.id, own));
  resize(storage, collection, -1, -before.length);
}

function resize(storage: Storage, collection: Collection, count: number, bytes: number): void {
  storage.written += 1;
  collection.count += count;
  collection.bytes += bytes;
  storage.dirty.add(collection);
}
