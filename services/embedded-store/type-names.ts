import { badValue } from './errors.ts';
import { bsonType, isNumeric } from './order.ts';

/** Types by the names that `$type` gives them (https://www.mongodb.com/docs/manual/reference/bson-types/). */
const TEXT =
  'double string object array binData objectId bool date null regex javascript symbol int timestamp';
const NAMES = new Set(`${TEXT} long decimal minKey maxKey number`.split(' '));
const OTHER_NAMES: { [bsonType: string]: string } = {
  Decimal128: 'decimal',
  Binary: 'binData',
  BSONRegExp: 'regex',
  BSONSymbol: 'symbol',
  Code: 'javascript',
};

/** Whether a value is of one of the named types. */
export function compileType(operand: unknown): (value: unknown) => boolean {
  const wanted = [operand].flat();
  const unknown = wanted.find((name) => !NAMES.has(name as string));
  if (unknown !== undefined) throw badValue(`Unknown type name alias: ${String(unknown)}`);
  return (value) => wanted.includes(nameOf(value)) || (wanted.includes('number') && isNumeric(value));
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'number') return (value | 0) === value && !Object.is(value, -0) ? 'int' : 'double';
  if (typeof value === 'bigint') return 'long';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const type = bsonType(value) ?? typeof value;
  return OTHER_NAMES[type] ?? type.charAt(0).toLowerCase() + type.slice(1);
}
