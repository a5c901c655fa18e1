import type { Doc } from './bson-bytes.ts';
import { compileFilter, isOperatorObject, toRegExp } from './filter.ts';
import { boundId, cutBound, type Index } from './index-keys.ts';
import { bsonType, encodeKey, isNumeric, isPlainObject, isSame, rankOf } from './order.ts';
import type { Collection } from './records.ts';

/**
 * Which index serves a filter and a sort, and which stretches of it: the longest run of leading paths held by
 * equality, then one range, then the sort if it follows in the index's order
 * (https://www.mongodb.com/docs/manual/tutorial/equality-sort-range-guideline/).
 * Whatever is read is tested against the whole filter again, so bounds may be too wide but never too narrow.
 */
export type Plan = {
  index: Index;
  /** Stretches of encoded values, in order, each from `start` to before `end`. */
  ranges: Range[];
  isReverse: boolean;
  isSorted: boolean;
  /** The bounds say all that the filter says: counting needs no documents. */
  isExact: boolean;
  /** How much the index narrows the search; 0 = it reads all of it. */
  score: number;
};
export type Range = { start: Buffer; end: Buffer };

/** What a filter asks of one path: a set of single values, or a stretch of values of one type. */
type Interval = { low: Buffer; high: Buffer; isLowOpen: boolean; isHighOpen: boolean };
type Condition = {
  points?: { key: Buffer; value: unknown }[];
  interval?: Interval;
  hasNull: boolean;
  isNested: boolean;
};
export type Conditions = Map<string, Condition[]>;

const LAST = Buffer.from([0xff]);
const AFTER_NAN = Buffer.concat([encodeKey([NaN]), LAST]);

export function choosePlan(collection: Collection, filter: Doc, sort: Doc | undefined, hint?: Index): Plan {
  const { conditions, isComplete: isSimple } = toConditions(filter);
  const candidates = hint === undefined ? collection.indexes : [hint];
  let best: Plan | undefined;
  for (const index of candidates) {
    if (hint === undefined && !isServed(index, conditions, filter)) continue;
    const plan = planIndex(index, conditions, sort, isSimple);
    if (best === undefined || isBetter(plan, best)) best = plan;
  }
  return best ?? planIndex(collection.indexes[0] as Index, new Map(), sort, false);
}

/** Of two that narrow the search alike, the one whose keys can be counted, that holds fewer, or meets each document once. */
function isBetter(plan: Plan, than: Plan): boolean {
  if (plan.score !== than.score) return plan.score > than.score;
  if (plan.isExact !== than.isExact) return plan.isExact;
  const isPartial = plan.index.partial !== undefined;
  if (isPartial !== (than.index.partial !== undefined)) return isPartial;
  return plan.score > 0 && than.index.isMultikey && !plan.index.isMultikey;
}

/** What a filter asks of its paths, and whether that is all it asks. */
export function toConditions(filter: Doc): { conditions: Conditions; isComplete: boolean } {
  const conditions: Conditions = new Map();
  return { isComplete: collectConditions(filter, '', conditions, false), conditions };
}

/** Gathers what an index could answer; false when the filter says more than was gathered. */
function collectConditions(filter: Doc, prefix: string, into: Conditions, isNested: boolean): boolean {
  let isComplete = true;
  const add = (path: string, condition: Condition) => into.set(path, [...(into.get(path) ?? []), condition]);
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and') {
      for (const part of condition as Doc[])
        isComplete = collectConditions(part, prefix, into, isNested) && isComplete;
    } else if (name.startsWith('$')) isComplete = false;
    else if (isOperatorObject(condition)) {
      for (const [operator, operand] of Object.entries(condition)) {
        if (operator === '$elemMatch' && isPlainObject(operand) && !isOperatorObject(operand)) {
          collectConditions(operand, `${prefix}${name}.`, into, true);
          isComplete = false;
          continue;
        }
        const found = toCondition(operator, operand);
        if (found === undefined) isComplete = false;
        else add(prefix + name, { ...found, isNested });
        if (found?.hasNull || found?.interval) isComplete &&= found.interval !== undefined && !found.hasNull;
      }
    } else {
      const found = toCondition('$eq', condition);
      if (found === undefined || found.hasNull) isComplete = false;
      if (found !== undefined) add(prefix + name, { ...found, isNested });
    }
  }
  return isComplete;
}

function toCondition(operator: string, operand: unknown): Omit<Condition, 'isNested'> | undefined {
  switch (operator) {
    case '$eq':
      return toPoints([operand]);
    case '$in':
      return Array.isArray(operand) ? toPoints(operand) : undefined;
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return toInterval(operator, operand);
    case '$regex':
      return toPrefix(operand);
    default:
      return undefined;
  }
}

function toPoints(values: readonly unknown[]): Omit<Condition, 'isNested'> | undefined {
  if (values.length === 1 && toRegExp(values[0])) return toPrefix(values[0]);
  const points = new Map<string, { key: Buffer; value: unknown }>();
  for (const value of values) {
    if (Array.isArray(value) || toRegExp(value)) return undefined;
    const key = encodeKey([value]);
    points.set(key.toString('latin1'), { key, value });
  }
  const sorted = [...points.values()].sort((a, b) => Buffer.compare(a.key, b.key));
  return { points: sorted, hasNull: sorted.some(({ value }) => value === null || value === undefined) };
}

/** All values of the operand's type on one side of it. */
function toInterval(operator: string, operand: unknown): Omit<Condition, 'isNested'> | undefined {
  const type = bsonType(operand);
  if (
    operand === null ||
    operand === undefined ||
    type === 'MinKey' ||
    type === 'MaxKey' ||
    Array.isArray(operand)
  )
    return undefined;
  const key = encodeKey([operand]);
  const rank = rankOf(operand);
  const isLower = operator === '$gt' || operator === '$gte';
  const isNumber = isNumeric(operand);
  if (isNumber && Number.isNaN(Number(operand))) return undefined;
  // NaN, whose key is all zeros, lies below all numbers and is no match
  const edge = isLower ? Buffer.from([rank + 1]) : isNumber ? AFTER_NAN : Buffer.from([rank]);
  return {
    hasNull: false,
    interval: isLower
      ? { low: key, isLowOpen: operator === '$gt', high: edge, isHighOpen: true }
      : { low: edge, isLowOpen: false, high: key, isHighOpen: operator === '$lt' },
  };
}

/** A regex that begins with fixed text reads only the strings that begin so. */
function toPrefix(operand: unknown): Omit<Condition, 'isNested'> | undefined {
  const regex = toRegExp(operand, undefined);
  const prefix = regex?.flags === '' ? /^\^([\w -]+)(?![*?+{|])/.exec(regex.source)?.[1] : undefined;
  if (prefix === undefined || regex?.source.includes('|')) return undefined;
  const safe = /[*?{]/.test(regex?.source[prefix.length + 1] ?? '') ? prefix.slice(0, -1) : prefix;
  if (safe === '') return undefined;
  const low = encodeKey([safe]).subarray(0, -1);
  return {
    hasNull: true,
    interval: { low, isLowOpen: false, high: Buffer.concat([low, LAST]), isHighOpen: false },
  };
}

/** A sparse or partial index may serve only a filter that asks for nothing it left out. */
export function isServed(index: Index, conditions: Conditions, filter: Doc): boolean {
  if (
    index.isSparse &&
    !Object.keys(index.key).some((path) =>
      conditions.get(path)?.some(({ hasNull, points }) => !hasNull || points === undefined),
    )
  )
    return false;
  const partial = index.options['partialFilterExpression'] as Doc | undefined;
  return (
    partial === undefined ||
    Object.entries(partial).every(([path, wanted]) => isImplied(path, wanted, conditions, filter))
  );
}

function isImplied(path: string, wanted: unknown, conditions: Conditions, filter: Doc): boolean {
  if (path in filter && isSame(filter[path], wanted)) return true;
  if (path === '$and')
    return (wanted as Doc[]).every((part) =>
      Object.entries(part).every(([name, value]) => isImplied(name, value, conditions, filter)),
    );
  const { test } = compileFilter({ v: wanted });
  return (conditions.get(path) ?? []).some(({ points, hasNull }) => {
    if (points !== undefined) return points.every(({ value }) => test({ v: value }));
    return (
      !hasNull && isOperatorObject(wanted) && Object.keys(wanted).length === 1 && wanted['$exists'] === true
    );
  });
}

export function planIndex(
  index: Index,
  conditions: Conditions,
  sort: Doc | undefined,
  isSimple: boolean,
): Plan {
  const fields = Object.keys(index.key).map((path, i) => ({
    path,
    direction: index.directions[i] as number,
  }));
  // entries with equal values lie in the order of `_id`, as if it were a last field
  if (!index.isUnique && !index.isMultikey && !index.isCut && !('_id' in index.key))
    fields.push({ path: '_id', direction: 1 });
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  let score = 0;
  let used = 0;
  let ranges: Range[] | undefined;
  const fixed = new Set<string>();
  const bounded = new Set<string>();
  for (const { path, direction } of fields) {
    const [root] = path.split('.') as [string];
    if (index.isMultikey && bounded.has(root)) break;
    const options = (conditions.get(path) ?? []).map((each) => (path === '_id' ? withIdKeys(each) : each));
    const points = options.find((each) => each.points !== undefined)?.points;
    if (points !== undefined && prefixes.length * points.length <= 2000) {
      const ordered = direction < 0 ? points.toReversed() : points;
      prefixes = prefixes.flatMap((prefix) =>
        ordered.map(({ key }) => Buffer.concat([prefix, directed(key, direction)])),
      );
      if (points.length === 1 && !index.isMultikey) fixed.add(path);
      score += points.length === 1 ? 10 : 9;
      used += 1;
      bounded.add(root);
      continue;
    }
    const intervals = options.flatMap(({ interval }) => interval ?? []);
    const interval = index.isMultikey ? intervals[0] : intersect(intervals);
    if (interval !== undefined) {
      ranges = prefixes.map((prefix) => toRange(prefix, interval, direction));
      score += 5;
      used += index.isMultikey ? 1 : intervals.length;
    }
    break;
  }
  const total = [...conditions.values()].reduce((sum, each) => sum + each.length, 0);
  const order = sortOrder(index, fields, fixed, prefixes.length, sort);
  if (order !== 0 && sort !== undefined) score += 4;
  if (index.isUnique && fixed.size === index.paths.length) score += 20;
  return {
    index,
    ranges:
      ranges ??
      prefixes.map((prefix) => ({ start: cutBound(prefix), end: Buffer.concat([cutBound(prefix), LAST]) })),
    isReverse: order < 0,
    isSorted: sort === undefined || order !== 0,
    isExact: isSimple && used === total && !index.isMultikey && !index.isCut && index.partial === undefined,
    score,
  };
}

/** A long `_id` is kept by the begin and the hash of its key: it can be found, but bounds no stretch. */
function withIdKeys(condition: Condition): Condition {
  const { points, interval, ...rest } = condition;
  if (points !== undefined)
    return { ...rest, points: points.map(({ key, value }) => ({ key: boundId(key), value })) };
  const isLong = interval !== undefined && [interval.low, interval.high].some((key) => boundId(key) !== key);
  return interval === undefined || isLong ? rest : { ...rest, interval };
}

const directed = (key: Buffer, direction: number) =>
  (direction < 0 ? key.map((byte) => ~byte & 0xff) : key) as Buffer;

function intersect(intervals: readonly Interval[]): Interval | undefined {
  return intervals.reduce<Interval | undefined>((whole, each) => {
    if (whole === undefined) return each;
    const low = Buffer.compare(each.low, whole.low);
    const high = Buffer.compare(each.high, whole.high);
    return {
      low: low > 0 ? each.low : whole.low,
      isLowOpen: low === 0 ? each.isLowOpen || whole.isLowOpen : low > 0 ? each.isLowOpen : whole.isLowOpen,
      high: high < 0 ? each.high : whole.high,
      isHighOpen:
        high === 0 ? each.isHighOpen || whole.isHighOpen : high < 0 ? each.isHighOpen : whole.isHighOpen,
    };
  }, undefined);
}

function toRange(prefix: Buffer, { low, high, isLowOpen, isHighOpen }: Interval, direction: number): Range {
  const [from, to] = direction < 0 ? [directed(high, -1), directed(low, -1)] : [low, high];
  const [isFromOpen, isToOpen] = direction < 0 ? [isHighOpen, isLowOpen] : [isLowOpen, isHighOpen];
  const join = (key: Buffer, isAfter: boolean) => {
    const bound = cutBound(Buffer.concat([prefix, key]));
    const isCut = bound.length < prefix.length + key.length;
    return { bound, isAfter, isCut };
  };
  const start = join(from, isFromOpen);
  const end = join(to, !isToOpen);
  return {
    start: start.isAfter && !start.isCut ? Buffer.concat([start.bound, LAST]) : start.bound,
    end: end.isAfter || end.isCut ? Buffer.concat([end.bound, LAST]) : end.bound,
  };
}

/** 1 or -1 when reading the index forwards or backwards gives the sort's order, otherwise 0. */
function sortOrder(
  index: Index,
  fields: { path: string; direction: number }[],
  fixed: ReadonlySet<string>,
  prefixes: number,
  sort: Doc | undefined,
): number {
  if (sort === undefined) return 1;
  if (index.isMultikey || index.isCut) return 0;
  const wanted = Object.entries(sort).filter(([path]) => !fixed.has(path));
  if (wanted.length === 0) return 1;
  const left = fields.filter(({ path }) => !fixed.has(path));
  let order = 0;
  for (const [i, [path, direction]] of wanted.entries()) {
    const field = left[i];
    if (field === undefined || field.path !== path || !['number', 'object'].includes(typeof direction))
      return 0;
    const each = Math.sign(Number(direction)) * field.direction;
    if (order !== 0 && each !== order) return 0;
    order = each;
    if (path === '_id') break; // nothing is equal beyond it
  }
  // several stretches of one path come in its order only if that path is the sort's first
  if (prefixes > 1 && !isFirstPath(left[0]?.path, wanted[0]?.[0])) return 0;
  return order;
}
const isFirstPath = (path: string | undefined, wanted: string | undefined) =>
  path !== undefined && path === wanted;
