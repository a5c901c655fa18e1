import { EJSON } from 'bson';
import type { Document } from 'mongodb';

/** Compares a result with what a unified test expects; the reason of a difference, or undefined. */
export function match(expected: unknown, given: unknown, at: string, isRoot: boolean): string | undefined {
  const actual = given instanceof Map ? Object.fromEntries(given) : given;
  if (isDocument(expected) && isSpecial(expected)) return matchSpecial(expected, actual, at);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${at}: an array was expected, got ${show(actual)}`;
    if (actual.length !== expected.length)
      return `${at}: ${actual.length} elements instead of ${expected.length}: ${show(actual)}`;
    return firstReason(
      expected.map((each, i) => match(each, actual[i], `${at}[${i}]`, isRoot && isDocument(each))),
    );
  }
  if (isDocument(expected)) {
    if (!isDocument(actual)) return `${at}: a document was expected, got ${show(actual)}`;
    for (const [name, value] of Object.entries(expected)) {
      const reason =
        isDocument(value) && isSpecial(value)
          ? matchSpecial(value, actual[name], `${at}.${name}`)
          : name in actual
            ? match(value, actual[name], `${at}.${name}`, false)
            : `${at}.${name} is missing`;
      if (reason !== undefined) return reason;
    }
    const extra = Object.keys(actual).find((name) => !(name in expected) && actual[name] !== undefined);
    return isRoot || extra === undefined ? undefined : `${at}.${extra} was not expected: ${show(actual)}`;
  }
  return show(expected) === show(actual) ? undefined : `${at}: ${show(actual)} instead of ${show(expected)}`;
}

const firstReason = (reasons: readonly (string | undefined)[]) =>
  reasons.find((reason) => reason !== undefined);
const show = (value: unknown) =>
  value === undefined ? 'undefined' : EJSON.stringify(value, { relaxed: true });
const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !('_bsontype' in value) &&
  !(value instanceof Date);
const isSpecial = (value: Document) =>
  Object.keys(value).length === 1 && Object.keys(value)[0]!.startsWith('$$');

function matchSpecial(expected: Document, actual: unknown, at: string): string | undefined {
  const [operator, operand] = Object.entries(expected)[0]!;
  switch (operator) {
    case '$$exists':
      return (actual !== undefined) === operand
        ? undefined
        : `${at} ${operand ? 'is missing' : 'should be missing'}`;
    case '$$unsetOrMatches':
      return actual === undefined || actual === null ? undefined : match(operand, actual, at, true);
    case '$$type': {
      const types = [operand].flat();
      const type = Array.isArray(actual)
        ? 'array'
        : isDocument(actual)
          ? 'object'
          : typeof actual === 'number'
            ? Number.isInteger(actual)
              ? 'int'
              : 'double'
            : ((actual as { _bsontype?: string } | null)?._bsontype ?? typeof actual);
      return types.some(
        (each) => each.toLowerCase() === type.toLowerCase() || (each === 'long' && type === 'int'),
      )
        ? undefined
        : `${at}: type ${type} instead of ${types.join()}`;
    }
    default:
      return `${at}: the runner has no ${operator}`;
  }
}
