import type { Doc } from './bson-bytes.ts';
import { CommandError } from './errors.ts';
import type { Filter } from './filter.ts';
import { boundKey, EMPTY_ARRAY, encodeKey, isPlainObject } from './order.ts';

/** An index of a collection. The one on `_id` is the collection itself: documents lie in the order of their `_id`. */
export type Index = {
  id: number;
  name: string;
  key: Doc;
  paths: string[][];
  directions: number[];
  isUnique: boolean;
  isSparse: boolean;
  partial: Filter | undefined;
  /** As given to createIndexes, for listIndexes. */
  options: Doc;
  /** Some document has several keys: bounds of one path cannot be intersected, and scans may meet it twice. */
  isMultikey: boolean;
  /** Some key was too long for LMDB and was cut: the index finds it, but cannot sort by it. */
  isCut: boolean;
  isPrimary: boolean;
  /** What its record on disk says of both. */
  saved: { isMultikey: boolean; isCut: boolean };
};

/** LMDB's longest key is 1,978 bytes with 4 kB pages: 4 for the index, then the values, then the `_id`. */
const VALUES_LIMIT = 1200;
const ID_LIMIT = 700;

export const boundId = (key: Buffer) => boundKey(key, ID_LIMIT);
export const idKey = (id: unknown) => boundId(encodeKey([id]));
export const boundValues = (key: Buffer) => boundKey(key, VALUES_LIMIT);
/** The begin of a bound that is longer than a key can be. */
export const cutBound = (key: Buffer) =>
  key.length > VALUES_LIMIT ? key.subarray(0, VALUES_LIMIT - 16) : key;

export function prefixed(id: number, ...parts: Uint8Array[]): Buffer {
  let length = 4;
  for (const part of parts) length += part.length;
  const key = Buffer.allocUnsafe(length);
  let at = key.writeUInt32BE(id, 0);
  for (const part of parts) {
    key.set(part, at);
    at += part.length;
  }
  return key;
}

export type Entry = { values: unknown[]; key: Buffer };

/** The entries of a document in an index: none, one, or one for each element of an array. */
export function toEntries(index: Index, doc: Doc): Entry[] {
  if (index.partial !== undefined && !index.partial.test(doc)) return [];
  const tuples =
    index.paths.length === 1
      ? expandOne(doc, index)
      : (expandFlat(doc, index) ??
        expand(
          index.paths.map((rest) => ({ value: doc, rest, at: '' })),
          index,
        ));
  const seen = new Set<string>();
  const entries: Entry[] = [];
  for (const tuple of tuples) {
    if (index.isSparse && tuple.every((value) => value === undefined)) continue;
    const full = encodeKey(tuple, index.directions);
    if (full.length > VALUES_LIMIT) index.isCut = true;
    if (tuples.length > 1) {
      const text = full.toString('latin1');
      if (seen.has(text)) continue;
      seen.add(text);
    }
    entries.push({ values: tuple, key: boundValues(full) });
  }
  return entries;
}

/** The common case without its general machinery: one path, no array on the way. */
function expandOne(doc: Doc, index: Index): unknown[][] {
  const path = index.paths[0] as string[];
  let value: unknown = doc;
  for (const part of path) {
    if (Array.isArray(value)) return expand([{ value: doc, rest: path, at: '' }], index);
    value = isPlainObject(value) ? value[part] : undefined;
  }
  return Array.isArray(value) ? expand([{ value: doc, rest: path, at: '' }], index) : [[value]];
}

/** The next common case: fields of the document itself, and beside them fields of the documents in one array. */
function expandFlat(doc: Doc, index: Index): unknown[][] | undefined {
  const { paths } = index;
  const fields: unknown[] = [];
  let elements: unknown[] | undefined;
  for (const path of paths) {
    const field = own(doc, path[0] as string);
    if (!Array.isArray(field)) {
      if (path.length > 1) return undefined;
    } else {
      if (path.length !== 2 || /^\d*$/.test(path[1] as string)) return undefined;
      if (elements !== undefined && elements !== field) return undefined;
      elements = field;
    }
    fields.push(field);
  }
  if (elements === undefined) return [fields];
  if (elements.length === 0) return undefined;
  const tuples: unknown[][] = [];
  for (const element of elements) {
    if (!isPlainObject(element)) return undefined;
    const tuple: unknown[] = [];
    for (let i = 0; i < fields.length; i++) {
      const value = fields[i] === elements ? own(element, paths[i]?.[1] as string) : fields[i];
      if (Array.isArray(value)) return undefined;
      tuple.push(value);
    }
    tuples.push(tuple);
  }
  index.isMultikey = true;
  return tuples;
}

const own = (doc: Doc, field: string): unknown => (Object.hasOwn(doc, field) ? doc[field] : undefined);

type Cursor = { value: unknown; rest: string[]; at: string };

/** All paths of an index walked together: those that pass through one array take its elements in step. */
function expand(cursors: Cursor[], index: Index): unknown[][] {
  const stopped = cursors.map(walkToArray);
  const arrays = stopped.filter(({ value, rest }) => Array.isArray(value) && rest[0] !== '');
  const [first] = arrays;
  if (first === undefined) return [stopped.map(({ value }) => value)];
  index.isMultikey = true;
  if (arrays.some(({ at }) => at !== first.at))
    throw new CommandError(
      'CannotIndexParallelArrays',
      `cannot index parallel arrays [${first.at}] [${arrays.find(({ at }) => at !== first.at)?.at}]`,
    );
  const elements = first.value as unknown[];
  if (elements.length === 0)
    return expand(
      stopped.map((cursor) =>
        cursor.at === first.at && Array.isArray(cursor.value)
          ? settled(cursor.rest.length === 0 ? EMPTY_ARRAY : undefined)
          : cursor,
      ),
      index,
    );
  return elements.flatMap((element) =>
    expand(
      stopped.map((cursor) => {
        if (!Array.isArray(cursor.value) || cursor.at !== first.at || cursor.rest[0] === '') return cursor;
        if (cursor.rest.length === 0) return settled(element);
        return {
          value: isPlainObject(element) ? element : undefined,
          rest: cursor.rest,
          at: `${cursor.at}.`,
        };
      }),
      index,
    ),
  );
}

/** A cursor at its end; the empty part says that an array here is a value, not one to enter. */
const settled = (value: unknown): Cursor => ({ value, rest: [''], at: '' });

function walkToArray({ value, rest, at }: Cursor): Cursor {
  let current = value;
  let i = 0;
  let place = at;
  for (; i < rest.length; i++) {
    const part = rest[i] as string;
    if (part === '') break;
    if (Array.isArray(current)) {
      if (!/^\d+$/.test(part) || Number(part) >= current.length) break;
      current = current[Number(part)];
    } else current = isPlainObject(current) && Object.hasOwn(current, part) ? current[part] : undefined;
    place = place === '' ? part : `${place}.${part}`;
  }
  return { value: current, rest: rest.slice(i), at: place };
}
