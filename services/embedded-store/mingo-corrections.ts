import { Double } from 'bson';
import { evalExpr } from 'mingo/core';
import * as expressions from 'mingo/operators/expression';
import { CommandError } from './errors.ts';
import { addNumbers, multiplyNumbers, toDouble } from './numbers.ts';
import { bsonType, compareValues, isNumeric } from './order.ts';
import { typeAlias } from './type-names.ts';

/**
 * Where mingo and MongoDB differ, MongoDB's way, in this one place: comparison and order across BSON types,
 * and arithmetic that keeps number types. (Stages: stages.ts.) Each has its test in test/services/embedded-store.
 */
type Options = Parameters<typeof evalExpr>[2];
type Expression = (value: unknown, expr: unknown, options: Options) => unknown;

const evaluate = (value: unknown, expr: unknown, options: Options): unknown =>
  evalExpr(value as never, expr as never, options);

/** In expressions, unlike in filters, a missing field comes before null. */
const compareAll = (a: unknown, b: unknown) =>
  Number(b === undefined) - Number(a === undefined) || compareValues(a, b);
const compared =
  (decide: (order: number) => unknown): Expression =>
  (value, expr, options) => {
    const [a, b] = evaluate(value, expr, options) as unknown[];
    return decide(compareAll(a, b));
  };

const isNil = (value: unknown) => value === null || value === undefined;

function folded(name: string, combine: (a: unknown, b: unknown) => unknown, start: number): Expression {
  return (value, expr, options) => {
    const args = evaluate(value, Array.isArray(expr) ? expr : [expr], options) as unknown[];
    if (args.some(isNil)) return null;
    if (args.some((each) => each instanceof Date)) return callMingo(name, value, args, options);
    const wrong = args.find((each) => !isNumeric(each));
    if (wrong !== undefined)
      throw new CommandError(
        'TypeMismatch',
        `${name} only supports numeric or date types, not ${typeAlias(wrong)}`,
      );
    return args.reduce(combine, start);
  };
}

/** mingo's own operator on plain numbers; the arguments are literals by now. */
function callMingo(name: string, value: unknown, args: readonly unknown[], options: Options): unknown {
  const operator = (expressions as unknown as { [name: string]: Expression })[name] as Expression;
  const plain = args.map((each) => ({ $literal: isNumeric(each) ? Number(each) : each }));
  return operator(value, plain.length === 1 ? plain[0] : plain, options);
}

/** Arithmetic whose result is a double, or of its argument's type. */
function numeric(name: string, keeps: 'type' | 'double'): Expression {
  return (value, expr, options) => {
    const args = evaluate(value, Array.isArray(expr) ? expr : [expr], options) as unknown[];
    if (isNil(args[0])) return null;
    const result = callMingo(name, value, args, options);
    if (typeof result !== 'number') return result;
    if (keeps === 'double') return toDouble(result);
    if (
      args.some(
        (each) => bsonType(each) === 'Double' || (typeof each === 'number' && !Number.isInteger(each)),
      )
    )
      return toDouble(result);
    return typeof args[0] === 'bigint' ? BigInt(result) : result;
  };
}

const named = (names: readonly string[], keeps: 'type' | 'double') =>
  Object.fromEntries(names.map((name) => [name, numeric(name, keeps)]));

const subtract: Expression = (value, expr, options) => {
  const [a, b] = evaluate(value, expr, options) as unknown[];
  if (isNil(a) || isNil(b)) return null;
  if (a instanceof Date)
    return b instanceof Date ? BigInt(a.getTime() - b.getTime()) : new Date(a.getTime() - Number(b));
  if (!isNumeric(a) || !isNumeric(b))
    throw new CommandError('TypeMismatch', `can't $subtract ${typeAlias(b)} from ${typeAlias(a)}`);
  return addNumbers(a, multiplyNumbers(b, -1));
};

export const expressionCorrections = {
  $eq: compared((order) => order === 0),
  $ne: compared((order) => order !== 0),
  $gt: compared((order) => order > 0),
  $gte: compared((order) => order >= 0),
  $lt: compared((order) => order < 0),
  $lte: compared((order) => order <= 0),
  $cmp: compared(Math.sign),
  $add: folded('$add', addNumbers, 0),
  $multiply: folded('$multiply', multiplyNumbers, 1),
  $subtract: subtract,
  ...named(['$abs', '$ceil', '$floor', '$round', '$trunc', '$mod'], 'type'),
  ...named(['$divide', '$exp', '$ln', '$log', '$log10', '$sqrt'], 'double'),
  $type: ((value, expr, options) => typeAlias(evaluate(value, expr, options))) as Expression,
  $isNumber: ((value, expr, options) => isNumeric(evaluate(value, expr, options))) as Expression,
  $toDouble: ((value, expr, options) => {
    const number = evaluate(value, expr, options);
    return isNil(number) ? null : new Double(Number(number));
  }) as Expression,
};
