import {
  Binary,
  BSON,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson';

/**
 * Reading BSON in place (https://bsonspec.org/spec.html), so that a document is decoded only as far as a
 * question needs it and travels from disk to socket as the bytes it was stored as.
 *
 * Decoded values keep their type through a round trip: Int32 and Double become numbers, except a Double that
 * would come back as Int32 (1.0), which stays a Double; Long becomes bigint; the rest are the classes of `bson`.
 */
export type Doc = { [field: string]: unknown };

/** One element of a BSON document: where it begins (its type byte), its value, and its end. */
export type Element = { type: number; name: string; start: number; value: number; end: number };

const NAME_SLOTS = 4096;
const knownNames: ({ bytes: Buffer; text: string } | undefined)[] = Array.from({ length: NAME_SLOTS });
/** Set by readName: the offset of the byte after the name's terminator. A field instead of a tuple: hot path. */
export let afterName = 0;

/** The field name at an offset; the same few hundred names come by all day, so they are kept by hash. */
export function readName(bytes: Buffer, at: number): string {
  let hash = 0;
  let end = at;
  let byte = bytes[end] as number;
  while (byte > 0) {
    hash = (Math.imul(hash, 31) + byte) | 0;
    byte = bytes[++end] as number;
  }
  afterName = end + 1;
  const slot = hash & (NAME_SLOTS - 1);
  const known = knownNames[slot];
  if (known !== undefined && isSameName(known.bytes, bytes, at, end)) return known.text;
  const own = Buffer.from(bytes.subarray(at, end));
  const text = own.toString('utf8');
  knownNames[slot] = { bytes: own, text };
  return text;
}

function isSameName(known: Buffer, bytes: Buffer, at: number, end: number): boolean {
  if (known.length !== end - at) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[at + i]) return false;
  return true;
}

function cstringEnd(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(0, at);
  if (end < 0) throw new RangeError('BSON: unterminated string');
  return end;
}

/** The offset after a value of the given type. */
export function skipValue(type: number, bytes: Buffer, at: number): number {
  switch (type) {
    case 0x10:
      return at + 4;
    case 0x01:
    case 0x09:
    case 0x11:
    case 0x12:
      return at + 8;
    case 0x02:
    case 0x0d:
    case 0x0e:
      return at + 4 + bytes.readInt32LE(at);
    case 0x03:
    case 0x04:
    case 0x0f:
      return at + bytes.readInt32LE(at);
    case 0x05:
      return at + 5 + bytes.readInt32LE(at);
    case 0x06:
    case 0x0a:
    case 0xff:
    case 0x7f:
      return at;
    case 0x07:
      return at + 12;
    case 0x08:
      return at + 1;
    case 0x0b:
      return cstringEnd(bytes, cstringEnd(bytes, at) + 1) + 1;
    case 0x0c:
      return at + 16 + bytes.readInt32LE(at);
    case 0x13:
      return at + 16;
    default:
      throw new RangeError(`BSON: unknown type 0x${type.toString(16)}`);
  }
}

/** The elements of the document that begins at `at`, in their order. */
export function* eachElement(bytes: Buffer, at = 0): Generator<Element> {
  const end = at + bytes.readInt32LE(at) - 1;
  for (let start = at + 4; start < end;) {
    const type = bytes[start] as number;
    const name = readName(bytes, start + 1);
    const value = afterName;
    const next = skipValue(type, bytes, value);
    yield { type, name, start, value, end: next };
    start = next;
  }
}

export function findElement(bytes: Buffer, name: string): Element | undefined {
  for (const element of eachElement(bytes)) if (element.name === name) return element;
  return undefined;
}

/** Whether documents and arrays lie within one another more than so many levels deep, the outermost being one. */
export function isDeeper(bytes: Buffer, levels: number, at = 0): boolean {
  if (levels === 0) return true;
  const end = at + bytes.readInt32LE(at) - 1;
  for (let start = at + 4; start < end;) {
    const type = bytes[start] as number;
    let value = start + 2;
    while (bytes[value - 1] !== 0) value++;
    if ((type === 0x03 || type === 0x04) && isDeeper(bytes, levels - 1, value)) return true;
    start = skipValue(type, bytes, value);
  }
  return false;
}

/** Which of these top-level fields are not the same bytes in both documents. */
export function changedFields(
  before: Buffer,
  after: Buffer,
  names: Pick<ReadonlySet<string>, 'has'>,
): Set<string> {
  const left = new Map<string, Element>();
  for (const element of eachElement(before)) if (names.has(element.name)) left.set(element.name, element);
  const changed = new Set<string>();
  for (const { name, start, end } of eachElement(after)) {
    if (!names.has(name)) continue;
    const was = left.get(name);
    if (was === undefined || before.compare(after, start, end, was.start, was.end) !== 0) changed.add(name);
    left.delete(name);
  }
  for (const name of left.keys()) changed.add(name);
  return changed;
}

/** Decodes only the named top-level fields. */
export function pickFields(bytes: Buffer, names: ReadonlySet<string>): Doc {
  const doc: Doc = {};
  let missing = names.size;
  const end = bytes.readInt32LE(0) - 1;
  for (let start = 4; start < end && missing > 0;) {
    const type = bytes[start] as number;
    const name = readName(bytes, start + 1);
    const value = afterName;
    if (names.has(name)) {
      setField(doc, name, decodeValue(type, bytes, value));
      missing--;
    }
    start = skipValue(type, bytes, value);
  }
  return doc;
}

/** The bytes of the named top-level fields (or of all others) as a document of their own. */
export function sliceFields(bytes: Buffer, names: ReadonlySet<string>, keep: 'named' | 'others'): Buffer {
  const parts: Buffer[] = [];
  const end = bytes.readInt32LE(0) - 1;
  let from = -1; // begin of the run of elements that is being kept
  let start = 4;
  while (start < end) {
    const type = bytes[start] as number;
    const isKept = names.has(readName(bytes, start + 1)) === (keep === 'named');
    if (isKept && from < 0) from = start;
    if (!isKept && from >= 0) {
      parts.push(bytes.subarray(from, start));
      from = -1;
    }
    start = skipValue(type, bytes, afterName);
  }
  if (from >= 0) parts.push(bytes.subarray(from, end));
  return joinElements(parts);
}

/** A document made of the bytes of elements. */
export function joinElements(parts: readonly Buffer[]): Buffer {
  const doc = Buffer.concat([FRAME, ...parts, FRAME.subarray(0, 1)]);
  doc.writeInt32LE(doc.length, 0);
  return doc;
}
const FRAME = Buffer.alloc(4);

export function decode(bytes: Buffer, at = 0): Doc {
  const doc: Doc = {};
  const end = at + bytes.readInt32LE(at) - 1;
  for (let start = at + 4; start < end;) {
    const type = bytes[start] as number;
    const name = readName(bytes, start + 1);
    const value = afterName;
    setField(doc, name, decodeValue(type, bytes, value));
    start = skipValue(type, bytes, value);
  }
  return doc;
}

/** Sets a field as data, also where its name is `__proto__`. */
export function setField(doc: Doc, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(doc, name, { value, writable: true, enumerable: true, configurable: true });
  } else doc[name] = value;
}

function decodeArray(bytes: Buffer, at: number): unknown[] {
  const values: unknown[] = [];
  const end = at + bytes.readInt32LE(at) - 1;
  for (let start = at + 4; start < end;) {
    const type = bytes[start] as number;
    let value = start + 2; // an array's names are its indexes: at least one digit
    while (bytes[value - 1] !== 0) value++;
    values.push(decodeValue(type, bytes, value));
    start = skipValue(type, bytes, value);
  }
  return values;
}

const readText = (bytes: Buffer, at: number) =>
  bytes.toString('utf8', at + 4, at + 3 + bytes.readInt32LE(at));

export function decodeValue(type: number, bytes: Buffer, at: number): unknown {
  switch (type) {
    case 0x01: {
      const number = bytes.readDoubleLE(at);
      return (number | 0) === number && !Object.is(number, -0) ? new Double(number) : number;
    }
    case 0x02:
      return readText(bytes, at);
    case 0x03:
      return decode(bytes, at);
    case 0x04:
      return decodeArray(bytes, at);
    case 0x05: {
      const length = bytes.readInt32LE(at);
      return new Binary(Buffer.from(bytes.subarray(at + 5, at + 5 + length)), bytes[at + 4]);
    }
    case 0x07:
      return new ObjectId(Buffer.from(bytes.subarray(at, at + 12)));
    case 0x08:
      return bytes[at] === 1;
    case 0x09:
      return new Date(Number(bytes.readBigInt64LE(at)));
    case 0x06: // undefined, deprecated: MongoDB's own clients read it as null
    case 0x0a:
      return null;
    case 0x0b: {
      const middle = cstringEnd(bytes, at);
      const pattern = bytes.toString('utf8', at, middle);
      return new BSONRegExp(pattern, bytes.toString('utf8', middle + 1, cstringEnd(bytes, middle + 1)));
    }
    case 0x0d:
      return new Code(readText(bytes, at));
    case 0x0e:
      return new BSONSymbol(readText(bytes, at));
    case 0x0f: {
      const scopeAt = at + 8 + bytes.readInt32LE(at + 4);
      return new Code(readText(bytes, at + 4), decode(bytes, scopeAt));
    }
    case 0x10:
      return bytes.readInt32LE(at);
    case 0x11:
      return new Timestamp(bytes.readBigUInt64LE(at));
    case 0x12:
      return bytes.readBigInt64LE(at);
    case 0x13:
      return new Decimal128(Buffer.from(bytes.subarray(at, at + 16)));
    case 0xff:
      return new MinKey();
    case 0x7f:
      return new MaxKey();
    default:
      throw new RangeError(`BSON: unknown type 0x${type.toString(16)}`);
  }
}

export function encode(doc: Doc): Buffer {
  return Buffer.from(BSON.serialize(doc, { ignoreUndefined: true }));
}
