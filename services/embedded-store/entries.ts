import type { Doc } from './bson-bytes.ts';
import { CommandError } from './errors.ts';
import { prefixed, type Entry, type Index } from './index-keys.ts';
import { bsonType } from './order.ts';
import type { Collection, Storage } from './records.ts';

/** Entries of indexes in LMDB: a unique one by its values alone, others by their values and the `_id`. */
export const entryKey = (index: Index, { key }: Entry, id: Buffer) =>
  index.isUnique ? prefixed(index.id, key) : prefixed(index.id, key, id);
export function putEntry(storage: Storage, index: Index, entry: Entry, id: Buffer): void {
  storage.written += 1;
  void storage.db.put(entryKey(index, entry, id), id);
}

export function checkUnique(
  { db }: Storage,
  { ns }: Collection,
  index: Index,
  entry: Entry,
  id: Buffer,
): void {
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
  const type = bsonType(value);
  if (type === 'ObjectId') return `ObjectId('${String(value)}')`;
  return type === undefined ? JSON.stringify(value) : String(value);
}
