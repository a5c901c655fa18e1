import { badValue } from './errors.ts';
import { bsonType } from './order.ts';

/** https://www.mongodb.com/docs/manual/reference/bson-types/ */
const TYPE_NUMBERS: { [number: string]: string } = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  13: 'javascript',
  14: 'symbol',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  '-1': 'minKey',
  127: 'maxKey',
};
const TYPE_NAMES = new Set([...Object.values(TYPE_NUMBERS), 'number', 'undefined']);

export function toTypeAlias(operand: unknown): string {
  const name = typeof operand === 'string' ? operand : TYPE_NUMBERS[String(Number(operand))];
  if (name === undefined || !TYPE_NAMES.has(name))
    throw badValue(`Unknown type name alias: ${String(operand)}`);
  return name;
}

const ALIAS_OF_BSON_TYPE: { [type: string]: string } = {
  Double: 'double',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  Timestamp: 'timestamp',
  BSONSymbol: 'symbol',
  Code: 'javascript',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** A value's type by the name that `$type` gives it. */
export function typeAlias(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'number') return (value | 0) === value && !Object.is(value, -0) ? 'int' : 'double';
  if (typeof value === 'bigint') return 'long';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof RegExp) return 'regex';
  return ALIAS_OF_BSON_TYPE[bsonType(value) ?? ''] ?? (typeof value === 'string' ? 'string' : 'object');
}
