import { Decimal128, Double } from 'bson';
import { bsonType } from './order.ts';

/**
 * Sums and products that keep MongoDB's number types: the widest of both wins (int, long, double, decimal), an int
 * that overflows becomes a long, and a long that overflows a double
 * (https://www.mongodb.com/docs/manual/reference/operator/aggregation/add/).
 */
const isInt = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value && !Object.is(value, -0);

/** A double result, kept apart from the Int32 that it would otherwise be written as. */
export const toDouble = (value: number) => (isInt(value) ? new Double(value) : value);

const fromInteger = (value: bigint, isLong: boolean): unknown => {
  if (BigInt.asIntN(64, value) !== value) return toDouble(Number(value));
  return !isLong && BigInt.asIntN(32, value) === value ? Number(value) : value;
};

type Operation = {
  integers: (a: bigint, b: bigint) => bigint;
  doubles: (a: number, b: number) => number;
  decimals: (a: Decimal, b: Decimal) => Decimal;
};

function combine(a: unknown, b: unknown, { integers, doubles, decimals }: Operation): unknown {
  if (isInt(a) && isInt(b)) {
    const result = doubles(a, b);
    return isInt(result) ? result : fromInteger(integers(BigInt(a), BigInt(b)), false);
  }
  if (bsonType(a) === 'Decimal128' || bsonType(b) === 'Decimal128') {
    const [left, right] = [parseDecimal(String(a)), parseDecimal(String(b))];
    if (left === undefined || right === undefined)
      return new Decimal128(String(doubles(Number(a), Number(b))));
    const [digits, exponent] = decimals(left, right);
    return Decimal128.fromStringWithRounding(`${digits}E${exponent}`);
  }
  const isInteger = (value: unknown) => isInt(value) || typeof value === 'bigint';
  if (isInteger(a) && isInteger(b))
    return fromInteger(integers(BigInt(a as bigint), BigInt(b as bigint)), true);
  return toDouble(doubles(Number(a), Number(b)));
}

/** Digits and the power of ten they stand for. */
type Decimal = [digits: bigint, exponent: number];

function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) return undefined; // NaN, Infinity
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  return [BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`), Number(power) - fraction.length];
}

const ADD: Operation = {
  integers: (a, b) => a + b,
  doubles: (a, b) => a + b,
  decimals: ([a, x], [b, y]) => {
    const exponent = Math.min(x, y);
    return [a * 10n ** BigInt(x - exponent) + b * 10n ** BigInt(y - exponent), exponent];
  },
};
const MULTIPLY: Operation = {
  integers: (a, b) => a * b,
  doubles: (a, b) => a * b,
  decimals: ([a, x], [b, y]) => [a * b, x + y],
};

export const addNumbers = (a: unknown, b: unknown) => combine(a, b, ADD);
export const multiplyNumbers = (a: unknown, b: unknown) => combine(a, b, MULTIPLY);
