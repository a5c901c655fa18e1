import { afterName, decodeValue, readName, setField, skipValue, type Doc } from './bson-bytes.ts';

/** Fields to decode: whole, or of the documents in them (and in their arrays) only these. */
export type Picked = ReadonlyMap<string, Picked | true>;

export function toPicked(paths: Iterable<readonly string[]>): Picked {
  const picked = new Map<string, Picked | true>();
  for (const path of paths) add(picked, path);
  return picked;
}

function add(picked: Map<string, Picked | true>, [first = '', ...rest]: readonly string[]): void {
  const known = picked.get(first);
  if (known === true) return;
  // a number may be a place in an array, whose other elements then count too
  if (rest.length === 0 || rest.some((part) => /^\d+$/.test(part))) picked.set(first, true);
  else {
    const inner = new Map(known);
    add(inner, rest);
    picked.set(first, inner);
  }
}

const [DOCUMENT, ARRAY] = [0x03, 0x04];

/** A document with only what these paths lead to, decoded. */
export function pickPaths(bytes: Buffer, picked: Picked, at = 0): Doc {
  const doc: Doc = {};
  let missing = picked.size;
  const end = at + bytes.readInt32LE(at) - 1;
  for (let start = at + 4; start < end && missing > 0;) {
    const type = bytes[start] as number;
    const name = readName(bytes, start + 1);
    const value = afterName;
    const inner = picked.get(name);
    if (inner !== undefined) {
      setField(doc, name, pickValue(type, bytes, value, inner));
      missing--;
    }
    start = skipValue(type, bytes, value);
  }
  return doc;
}

function pickValue(type: number, bytes: Buffer, at: number, picked: Picked | true): unknown {
  if (picked === true) return decodeValue(type, bytes, at);
  if (type === DOCUMENT) return pickPaths(bytes, picked, at);
  if (type !== ARRAY) return decodeValue(type, bytes, at);
  const values: unknown[] = [];
  const end = at + bytes.readInt32LE(at) - 1;
  for (let start = at + 4; start < end;) {
    const element = bytes[start] as number;
    let value = start + 2; // an array's names are its indexes: at least one digit
    while (bytes[value - 1] !== 0) value++;
    values.push(element === DOCUMENT ? pickPaths(bytes, picked, value) : decodeValue(element, bytes, value));
    start = skipValue(element, bytes, value);
  }
  return values;
}
