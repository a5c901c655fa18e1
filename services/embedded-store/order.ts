import { createHash } from 'node:crypto';
import type { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, Double, ObjectId, Timestamp } from 'bson';

/**
 * MongoDB's order of values, across types and within one
 * (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/), twice: as a comparison of
 * decoded values, and as bytes whose order under memcmp is the same, which is what LMDB sorts keys by.
 */
const RANK = {
  minKey: 0x08,
  emptyArray: 0x0c, // an empty array is indexed as BSON's `undefined`, which comes before null
  null: 0x10,
  number: 0x18,
  string: 0x20,
  object: 0x28,
  array: 0x30,
  binary: 0x38,
  objectId: 0x40,
  boolean: 0x48,
  date: 0x50,
  timestamp: 0x58,
  regex: 0x60,
  code: 0x68,
  maxKey: 0x70,
} as const;

const RANK_OF_BSON_TYPE: { [type: string]: number } = {
  MinKey: RANK.minKey,
  Double: RANK.number,
  Int32: RANK.number,
  Long: RANK.number,
  Decimal128: RANK.number,
  BSONSymbol: RANK.string,
  Binary: RANK.binary,
  ObjectId: RANK.objectId,
  Timestamp: RANK.timestamp,
  BSONRegExp: RANK.regex,
  Code: RANK.code,
  MaxKey: RANK.maxKey,
};

/** Stands in a key for an empty array; never a value of a document. */
export const EMPTY_ARRAY = Symbol('empty array');

/** The BSON class name of a value, undefined for what JavaScript itself has. */
export const bsonType = (value: unknown) => (value as { _bsontype?: string } | null)?._bsontype;

/** The place of a value's type in the order; types of one place are compared with one another. */
export function rankOf(value: unknown): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return RANK.number;
    case 'string':
      return RANK.string;
    case 'boolean':
      return RANK.boolean;
    case 'symbol':
      return RANK.emptyArray;
    case 'undefined':
    case 'function':
      return RANK.null;
    case 'object':
  }
  if (value === null) return RANK.null;
  if (Array.isArray(value)) return RANK.array;
  if (value instanceof Date) return RANK.date;
  if (value instanceof RegExp) return RANK.regex;
  return RANK_OF_BSON_TYPE[bsonType(value) ?? ''] ?? RANK.object;
}

export const isNumeric = (value: unknown) => rankOf(value) === RANK.number;
export const isPlainObject = (value: unknown): value is { [field: string]: unknown } =>
  typeof value === 'object' && rankOf(value) === RANK.object;

export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  const rank = rankOf(a);
  const other = rankOf(b);
  if (rank !== other) return rank - other;
  switch (rank) {
    case RANK.number:
      return compareNumbers(a, b);
    case RANK.string:
      return compareText(String(a), String(b));
    case RANK.boolean:
      return Number(a) - Number(b);
    case RANK.date:
      return Number(a) - Number(b);
    case RANK.array:
      return compareArrays(a as unknown[], b as unknown[]);
    case RANK.object:
      return compareObjects(a as object, b as object);
    case RANK.minKey:
    case RANK.maxKey:
    case RANK.null:
    case RANK.emptyArray:
      return 0;
    default:
      return Buffer.compare(encodeKey([a]), encodeKey([b]));
  }
}

export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b || compareValues(a, b) === 0;
  return compareValues(a, b) === 0;
}

/** By code point, as UTF-8 bytes compare, where JavaScript's own `<` compares UTF-16 units. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y);
  }
  return a.length - b.length;
}
const surrogatesLast = (unit: number) =>
  unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;

function compareNumbers(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (a < b) return -1;
    if (a > b) return 1;
    return a === b ? 0 : Number(Number.isNaN(b)) - Number(Number.isNaN(a)); // NaN before all numbers
  }
  const [high, low] = numberParts(a);
  const [otherHigh, otherLow] = numberParts(b);
  return compareNumbers(high, otherHigh) || compareNumbers(low, otherLow);
}

/** A number as the nearest double and what is left of it, which orders Long and Decimal128 exactly enough. */
function numberParts(value: unknown): [number, number] {
  if (typeof value === 'number') return [value, 0];
  if (typeof value === 'bigint') {
    const high = Number(value);
    return [high, Number(value - BigInt(high))];
  }
  const type = bsonType(value);
  if (type === 'Double' || type === 'Int32') return [Number((value as Double).value), 0];
  if (type === 'Long') return numberParts(BigInt(String(value)));
  return decimalParts(String(value as Decimal128));
}

function decimalParts(text: string): [number, number] {
  const high = Number(text);
  if (!Number.isFinite(high)) return [high, 0];
  // both as integers over one power of ten: |exponent| of a double is at most 1074
  const exact = scaled(text, 1100);
  const nearest = scaled(high.toExponential(20), 1100) ?? 0n;
  const rest = (exact ?? nearest) - nearest;
  return [high, rest === 0n ? 0 : Number(`${rest}e-1100`)];
}

/** text * 10^places as an integer; undefined where that is out of sight of any double. */
function scaled(text: string, places: number): bigint | undefined {
  const match = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  const power = places - fraction.length + Number(match[4] ?? 0);
  const digits = BigInt(`${match[1]}${match[2]}${fraction}` || '0');
  return power >= 0 ? digits * 10n ** BigInt(power) : digits / 10n ** BigInt(Math.min(-power, 6500));
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Field by field in their order: type, then name, then value. */
function compareObjects(a: object, b: object): number {
  const fields = Object.entries(a);
  const others = Object.entries(b);
  for (let i = 0; i < fields.length && i < others.length; i++) {
    const [name, value] = fields[i] as [string, unknown];
    const [otherName, otherValue] = others[i] as [string, unknown];
    const order =
      rankOf(value) - rankOf(otherValue) || compareText(name, otherName) || compareValues(value, otherValue);
    if (order !== 0) return order;
  }
  return fields.length - others.length;
}

let key = Buffer.alloc(4096);
let length = 0;

/** Values as one key; a descending field's bytes are turned round. */
export function encodeKey(values: readonly unknown[], directions?: readonly number[]): Buffer {
  length = 0;
  for (let i = 0; i < values.length; i++) {
    const from = length;
    writeValue(values[i]);
    if (directions?.[i] === -1) for (let at = from; at < length; at++) key[at] = ~(key[at] as number) & 0xff;
  }
  return Buffer.from(key.subarray(0, length));
}

/** Cuts a key that LMDB could not hold, and keeps it distinct by its hash; its order is then only of its begin. */
export function boundKey(full: Buffer, limit: number): Buffer {
  if (full.length <= limit) return full;
  const hash = createHash('sha256').update(full).digest().subarray(0, 16);
  return Buffer.concat([full.subarray(0, limit - 16), hash]);
}

/** A value as text that is equal for equal values: for maps and sets. */
export const keyText = (value: unknown) => encodeKey([value]).toString('latin1');

function reserve(bytes: number): void {
  if (length + bytes <= key.length) return;
  const larger = Buffer.alloc((length + bytes) * 2);
  larger.set(key.subarray(0, length));
  key = larger;
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  key.set(bytes, length);
  length += bytes.length;
}

function writeByte(byte: number): void {
  reserve(1);
  key[length++] = byte;
}

/** Text ends with 0x00; a 0x00 within it is followed by 0xff, so that a prefix still comes first. */
function writeText(text: string): void {
  reserve(text.length * 3 + 2);
  const end = length + key.write(text, length, 'utf8');
  if (key.subarray(length, end).includes(0)) {
    const escaped = Buffer.from(text, 'utf8').toString('latin1').replaceAll('\0', '\0\xff');
    writeBytes(Buffer.from(escaped, 'latin1'));
  } else length = end;
  writeByte(0);
}

function writeDouble(value: number): void {
  reserve(8);
  key.writeDoubleBE(value, length);
  // negative: all bits turned; positive: the sign bit only. Then doubles order as unsigned bytes.
  if ((key[length] as number) & 0x80)
    for (let i = 0; i < 8; i++) key[length + i] = ~(key[length + i] as number);
  else key[length] = (key[length] as number) | 0x80;
  length += 8;
}

function writeNumber(value: unknown): void {
  const [high, low] = typeof value === 'number' ? [value, 0] : numberParts(value);
  if (Number.isNaN(high)) return writeBytes(new Uint8Array(9));
  writeDouble(high === 0 ? 0 : high); // -0 equals 0
  if (low === 0) return writeByte(0x80);
  writeByte(low < 0 ? 0x40 : 0xc0);
  writeDouble(low);
}

function writeValue(value: unknown): void {
  const rank = rankOf(value);
  writeByte(rank);
  writeContent(rank, value);
}

function writeContent(rank: number, value: unknown): void {
  switch (rank) {
    case RANK.number:
      return writeNumber(value);
    case RANK.string:
      return writeText(typeof value === 'string' ? value : (value as BSONSymbol).value);
    case RANK.boolean:
      return writeByte(value === true ? 1 : 0);
    case RANK.objectId:
      return writeBytes((value as ObjectId).id);
    case RANK.date: {
      const time = (value as Date).getTime();
      reserve(8);
      key.writeBigUInt64BE(BigInt.asUintN(64, BigInt(Number.isNaN(time) ? 0 : time)) ^ (1n << 63n), length);
      length += 8;
      return undefined;
    }
    case RANK.array:
      for (const element of value as unknown[]) writeValue(element);
      return writeByte(0);
    case RANK.object:
      for (const [name, field] of Object.entries(value as object)) {
        if (field === undefined) continue; // an expression's missing field, which will not be written
        const fieldRank = rankOf(field);
        writeByte(fieldRank);
        writeText(name);
        writeContent(fieldRank, field);
      }
      return writeByte(0);
    case RANK.binary: {
      const { position, sub_type: subType, buffer } = value as Binary;
      reserve(4);
      length = key.writeUInt32BE(position, length);
      writeByte(subType);
      return writeBytes(buffer.subarray(0, position));
    }
    case RANK.timestamp: {
      reserve(8);
      length = key.writeBigUInt64BE(BigInt.asUintN(64, (value as Timestamp).toBigInt()), length);
      return undefined;
    }
    case RANK.regex: {
      const { pattern, options } =
        value instanceof RegExp ? { pattern: value.source, options: value.flags } : (value as BSONRegExp);
      writeText(pattern);
      return writeText(options);
    }
    case RANK.code:
      return writeText(String((value as Code).code));
    default:
      return undefined;
  }
}
