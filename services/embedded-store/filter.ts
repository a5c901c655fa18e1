import { BSONRegExp } from 'bson';
import { evalExpr } from 'mingo/core';
import type { Doc } from './bson-bytes.ts';
import { badValue, CommandError } from './errors.ts';
import { mingoOptions } from './mingo-context.ts';
import { bsonType, compareValues, isNumeric, isPlainObject, isSame, keyText, rankOf } from './order.ts';
import { compileType } from './type-names.ts';

/**
 * Filters, compiled once per command. They are compiled here, because mingo compares BSON types, arrays, key order and
 * missing fields in its own way; only `$expr` is mingo's. Operators that nobody here sends are refused as unknown.
 * Rules: https://www.mongodb.com/docs/manual/reference/operator/query/
 */
export type Test = (value: unknown) => boolean;
export type Filter = {
  test: (doc: Doc) => boolean;
  /** The top-level fields the filter looks at; undefined = it may look at any. */
  fields: ReadonlySet<string> | undefined;
};

export function compileFilter(filter: Doc, variables: Doc = {}): Filter {
  const fields = new Set<string>();
  const isBounded = collectFields(filter, fields);
  return { test: compileDoc(filter, variables), fields: isBounded ? fields : undefined };
}

function collectFields(filter: Doc, into: Set<string>): boolean {
  let isBounded = true;
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and' || name === '$or' || name === '$nor') {
      if (!Array.isArray(condition)) throw badValue(`${name} must be an array`);
      for (const part of condition) isBounded = collectFields(part as Doc, into) && isBounded;
    } else if (name === '$comment') continue;
    else if (name.startsWith('$')) isBounded = false;
    else into.add(name.split('.', 1)[0] as string);
  }
  return isBounded;
}

function compileDoc(filter: Doc, variables: Doc): (doc: Doc) => boolean {
  const tests: ((doc: Doc) => boolean)[] = [];
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and' || name === '$or' || name === '$nor')
      tests.push(compileLogic(name, condition, variables));
    else if (name === '$comment') continue;
    else if (name === '$expr')
      tests.push((doc) =>
        isTruthy(evalExpr(doc as never, condition as never, mingoOptions(variables) as never)),
      );
    else if (name.startsWith('$')) throw badValue(`unknown top level operator: ${name}`);
    else tests.push(compileField(name, condition, variables));
  }
  if (tests.length === 1) return tests[0] as (doc: Doc) => boolean;
  return (doc) => tests.every((test) => test(doc));
}

function compileLogic(name: string, condition: unknown, variables: Doc): (doc: Doc) => boolean {
  if (!Array.isArray(condition) || condition.length === 0) throw badValue(`${name} must be a nonempty array`);
  const parts = condition.map((part) => {
    if (!isPlainObject(part)) throw badValue(`${name} argument's entries must be objects`);
    return compileDoc(part, variables);
  });
  if (name === '$and') return (doc) => parts.every((test) => test(doc));
  if (name === '$or') return (doc) => parts.some((test) => test(doc));
  return (doc) => !parts.some((test) => test(doc));
}

export const isOperatorObject = (value: unknown): value is Doc =>
  isPlainObject(value) &&
  Object.keys(value)[0]?.startsWith('$') === true &&
  !('$ref' in value) &&
  !('$id' in value);

function compileField(path: string, condition: unknown, variables: Doc): (doc: Doc) => boolean {
  if (!isOperatorObject(condition)) return compileOperator(path, '$eq', condition, {}, variables);
  const tests = Object.keys(condition)
    .filter((operator) => operator !== '$options')
    .map((operator) => compileOperator(path, operator, condition[operator], condition, variables));
  if (tests.length === 1) return tests[0] as (doc: Doc) => boolean;
  return (doc) => tests.every((test) => test(doc));
}

const NEGATIONS: { [operator: string]: string } = { $ne: '$eq', $nin: '$in' };
/** Tests that look at an array as a whole, not at its elements. */
const WHOLE = new Set(['$size', '$exists', '$elemMatch']);

function compileOperator(path: string, operator: string, operand: unknown, all: Doc, variables: Doc) {
  const parts = path.split('.');
  const negated = NEGATIONS[operator];
  if (negated !== undefined) {
    const test = makeTest(negated, operand, all);
    return (doc: Doc) => !anyValue(doc, parts, 0, test, true);
  }
  if (operator === '$not') {
    if (!isOperatorObject(operand) && !toRegExp(operand)) throw badValue('$not needs a regex or a document');
    const inner = compileField(path, operand, variables);
    return (doc: Doc) => !inner(doc);
  }
  if (operator === '$exists') {
    const wanted = isTruthy(operand);
    return (doc: Doc) => anyValue(doc, parts, 0, (value) => value !== undefined, false) === wanted;
  }
  const test =
    operator === '$elemMatch' ? compileElemMatch(operand, variables) : makeTest(operator, operand, all);
  const isDeep = !WHOLE.has(operator);
  const [first] = parts as [string];
  if (parts.length > 1) return (doc: Doc) => anyValue(doc, parts, 0, test, isDeep);
  return (doc: Doc) => {
    const value = doc[first];
    return test(value) || (isDeep && Array.isArray(value) && value.some(test));
  };
}

export const isTruthy = (value: unknown) =>
  value !== undefined && value !== null && value !== false && !(isNumeric(value) && isSame(value, 0));

/** Whether any value that a path leads to passes; arrays on the way are entered as MongoDB enters them. */
export function anyValue(
  value: unknown,
  parts: readonly string[],
  at: number,
  test: Test,
  isDeep: boolean,
): boolean {
  if (at === parts.length) return test(value) || (isDeep && Array.isArray(value) && value.some(test));
  const part = parts[at] as string;
  if (Array.isArray(value)) {
    if (/^\d+$/.test(part) && Number(part) < value.length)
      if (anyValue(value[Number(part)], parts, at + 1, test, isDeep)) return true;
    return value.some((element) => isPlainObject(element) && anyValue(element, parts, at, test, isDeep));
  }
  const next = isPlainObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return anyValue(next, parts, at + 1, test, isDeep);
}

function compileElemMatch(operand: unknown, variables: Doc): Test {
  if (!isPlainObject(operand)) throw badValue('$elemMatch needs an Object');
  const first = Object.keys(operand)[0] ?? '';
  const isLogic = first === '$and' || first === '$or' || first === '$nor' || first === '$expr';
  if (first.startsWith('$') && !isLogic) {
    const test = compileField('v', operand, variables);
    return (value) => Array.isArray(value) && value.some((v) => test({ v }));
  }
  const test = compileDoc(operand, variables);
  return (value) => Array.isArray(value) && value.some((element) => isPlainObject(element) && test(element));
}

function makeTest(operator: string, operand: unknown, all: Doc): Test {
  switch (operator) {
    case '$eq': {
      const regex = toRegExp(operand);
      if (regex)
        return (value) =>
          matchesRegExp(value, regex) || (rankOf(value) === rankOf(operand) && isSame(value, operand));
      return equalTo(operand);
    }
    case '$in':
      return oneOf(operand);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return comparedTo(operator, operand);
    case '$regex': {
      const regex = toRegExp(operand, all['$options']);
      if (!regex) throw badValue('$regex has to be a string');
      return (value) => matchesRegExp(value, regex);
    }
    case '$size':
      if (!isNumeric(operand)) throw badValue('$size needs a number');
      return (value) => Array.isArray(value) && value.length === Number(operand);
    case '$type':
      return compileType(operand);
    default:
      throw badValue(`unknown operator: ${operator}`);
  }
}

function equalTo(operand: unknown): Test {
  if (operand === null || operand === undefined) return (value) => value === null || value === undefined;
  if (typeof operand === 'string' || typeof operand === 'boolean')
    return (value) =>
      value === operand ||
      (typeof value === 'object' &&
        value !== null &&
        rankOf(value) === rankOf(operand) &&
        isSame(value, operand));
  if (typeof operand === 'number' && !Number.isNaN(operand))
    return (value) =>
      value === operand || (typeof value !== 'number' && isNumeric(value) && isSame(value, operand));
  if (bsonType(operand) === 'ObjectId') {
    const { id } = operand as { id: Uint8Array };
    return (value) =>
      bsonType(value) === 'ObjectId' && Buffer.compare((value as { id: Uint8Array }).id, id) === 0;
  }
  const rank = rankOf(operand);
  return (value) => value !== undefined && rankOf(value) === rank && isSame(value, operand);
}

function oneOf(operand: unknown): Test {
  if (!Array.isArray(operand)) throw badValue('$in needs an array');
  const regexes = operand.map((each) => toRegExp(each)).filter((regex) => regex !== undefined);
  const keys = new Set(operand.map(keyText));
  const strings = new Set(operand.filter((each) => typeof each === 'string'));
  const hasNull = operand.includes(null);
  return (value) => {
    if (typeof value === 'string') return strings.has(value) || regexes.some((regex) => regex.test(value));
    if (value === undefined) return hasNull;
    return keys.has(keyText(value));
  };
}

function comparedTo(operator: string, operand: unknown): Test {
  const rank = rankOf(operand);
  const type = bsonType(operand);
  const isAnyType = type === 'MinKey' || type === 'MaxKey';
  const passes = {
    $gt: (order: number) => order > 0,
    $gte: (order: number) => order >= 0,
    $lt: (order: number) => order < 0,
    $lte: (order: number) => order <= 0,
  }[operator] as (order: number) => boolean;
  if (operand === null || operand === undefined)
    return (value) => (value === null || value === undefined) && passes(0);
  const isNan = isNumeric(operand) && Number.isNaN(Number(operand));
  return (value) => {
    if (value === undefined) return false;
    if (isAnyType) return passes(compareValues(value, operand));
    if (rankOf(value) !== rank) return false;
    if (rank === rankOf(0) && Number.isNaN(Number(value)) !== isNan) return false; // NaN compares with NaN only
    return passes(compareValues(value, operand));
  };
}

const matchesRegExp = (value: unknown, regex: RegExp) => typeof value === 'string' && regex.test(value);

/** PCRE as far as JavaScript has it: the options i, m, s, u, and leading inline options. */
export function toRegExp(value: unknown, options?: unknown): RegExp | undefined {
  let pattern: string;
  let flags: string;
  if (value instanceof RegExp) [pattern, flags] = [value.source, value.flags];
  else if (value instanceof BSONRegExp) [pattern, flags] = [value.pattern, value.options];
  else if (typeof value === 'string' && options !== undefined) [pattern, flags] = [value, String(options)];
  else if (typeof value === 'string' && arguments.length > 1) [pattern, flags] = [value, ''];
  else return undefined;
  if (options !== undefined) flags = String(options);
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  if (inline) [pattern, flags] = [pattern.slice(inline[0].length), flags + inline[1]];
  try {
    return new RegExp(pattern, [...new Set(flags.replace(/[gxl]/g, ''))].join(''));
  } catch (cause) {
    throw new CommandError('BadValue', `Regular expression is invalid: ${String(cause)}`);
  }
}
