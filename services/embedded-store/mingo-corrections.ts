import { evalExpr } from 'mingo/core';
import { CommandError } from './errors.ts';
import { addNumbers, multiplyNumbers } from './numbers.ts';
import { compareValues, isNumeric, isSame } from './order.ts';

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

const wrongType = (name: string) =>
  new CommandError('TypeMismatch', `${name} only supports numeric or date types`);

function folded(name: string, combine: (a: unknown, b: unknown) => unknown, start: number): Expression {
  return (value, expr, options) => {
    const args = evaluate(value, Array.isArray(expr) ? expr : [expr], options) as unknown[];
    if (args.some(isNil)) return null;
    const dates = args.filter((each) => each instanceof Date);
    const numbers = args.filter(isNumeric);
    if (dates.length + numbers.length < args.length || dates.length > (name === '$add' ? 1 : 0))
      throw wrongType(name);
    const result = numbers.reduce(combine, start);
    return dates[0] === undefined ? result : new Date(dates[0].getTime() + Number(result));
  };
}

const subtract: Expression = (value, expr, options) => {
  const [a, b] = evaluate(value, expr, options) as unknown[];
  if (isNil(a) || isNil(b)) return null;
  if (a instanceof Date && b instanceof Date) return BigInt(a.getTime() - b.getTime());
  if (a instanceof Date && isNumeric(b)) return new Date(a.getTime() - Number(b));
  if (!isNumeric(a) || !isNumeric(b)) throw wrongType('$subtract');
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
  $size: ((value, expr, options) => {
    const [list] = evaluate(value, Array.isArray(expr) ? expr : [expr], options) as unknown[];
    if (!Array.isArray(list))
      throw new CommandError('Location17124', 'The argument to $size must be an array');
    return list.length;
  }) as Expression,
  $in: ((value, expr, options) => {
    const [wanted, list] = evaluate(value, expr, options) as [unknown, unknown];
    if (!Array.isArray(list))
      throw new CommandError('Location40081', '$in requires an array as a second argument');
    return list.some((each) => isSame(each, wanted));
  }) as Expression,
};
