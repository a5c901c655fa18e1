import { decode, pickFields, type Doc } from './bson-bytes.ts';
import { badValue } from './errors.ts';
import { compileFilter, type Filter } from './filter.ts';
import { idKey, prefixed, type Index } from './index-keys.ts';
import { isPlainObject, isSame } from './order.ts';
import { choosePlan, type Plan } from './planner.ts';
import { getDoc } from './documents.ts';
import type { Collection, Storage } from './records.ts';
import { countKeys, eachEntry } from './storage.ts';
import { compareBy } from './sort.ts';

export type Query = {
  filter: Doc;
  sort?: Doc | undefined;
  skip?: number;
  limit?: number;
  hint?: unknown;
  variables?: Doc;
};
export type Counters = { keys: number; docs: number };
/** A stored document and its key in the collection. */
export type Found = { id: Buffer; raw: Buffer };

/** The documents that a query finds, in its order, as they are stored. */
export function* eachFound(
  storage: Storage,
  collection: Collection,
  query: Query,
  counters: Counters = { keys: 0, docs: 0 },
): Generator<Found> {
  const filter =
    Object.keys(query.filter).length === 0 ? undefined : compileFilter(query.filter, query.variables);
  const sort = query.sort !== undefined && Object.keys(query.sort).length > 0 ? query.sort : undefined;
  const plans = toPlans(collection, query, sort);
  const isSorted = plans.every((plan) => plan.isSorted);
  let found: Iterable<Found> = readPlans(
    storage,
    collection,
    plans,
    isExactOf(plans) ? undefined : filter,
    counters,
  );
  if (sort !== undefined && !isSorted)
    found = sortFound(found, sort, (query.skip ?? 0) + (query.limit || Infinity));
  let skip = query.skip ?? 0;
  let left = query.limit || Infinity;
  for (const each of found) {
    if (skip-- > 0) continue;
    yield each;
    if (--left <= 0) return;
  }
}

const isExactOf = (plans: readonly Plan[]) => plans.length === 1 && plans[0]?.isExact === true;

/** One plan, or, where no index serves the whole filter, one for each branch of its `$or` if all are served. */
export function toPlans(collection: Collection, { filter, hint }: Query, sort: Doc | undefined): Plan[] {
  const hinted = hint === undefined ? undefined : findHint(collection, hint);
  const plan = choosePlan(collection, filter, sort, hinted);
  const branches = filter['$or'];
  if (hinted !== undefined || plan.score >= 9 || !Array.isArray(branches)) return [plan];
  const { $or: _, ...rest } = filter;
  const plans = branches.map((branch) => choosePlan(collection, { $and: [branch as Doc, rest] }, undefined));
  if (plans.some(({ score }) => score === 0)) return [plan];
  return plans.map((each) => ({ ...each, isExact: false, isSorted: sort === undefined }));
}

export function findHint(collection: Collection, hint: unknown): Index | undefined {
  if (typeof hint === 'object' && hint !== null && '$natural' in hint) return collection.indexes[0];
  if (typeof hint === 'object' && hint !== null && Object.keys(hint).length === 0) return undefined;
  const index = collection.indexes.find((each) =>
    typeof hint === 'string' ? each.name === hint : isSame(each.key, hint),
  );
  if (index === undefined)
    throw badValue(
      'error processing query: planner returned error: hint provided does not correspond to an existing index',
    );
  return index;
}

function* readPlans(
  storage: Storage,
  collection: Collection,
  plans: readonly Plan[],
  filter: Filter | undefined,
  counters: Counters,
): Generator<Found> {
  const seen =
    plans.length > 1 || plans.some(({ index, ranges }) => index.isMultikey || ranges.length > 2000)
      ? new Set<string>()
      : undefined;
  const test = filter === undefined ? undefined : toRawTest(filter);
  for (const plan of plans) {
    for (const found of readPlan(storage, collection, plan, counters)) {
      if (seen !== undefined) {
        const text = found.id.toString('latin1');
        if (seen.has(text)) continue;
        seen.add(text);
      }
      if (test === undefined || test(found.raw)) yield found;
    }
  }
}

/** Tests a stored document, decoding no more of it than the filter looks at. */
export function toRawTest({ fields, test }: Filter): (raw: Buffer) => boolean {
  return fields === undefined ? (raw) => test(decode(raw)) : (raw) => test(pickFields(raw, fields));
}

function* readPlan(
  storage: Storage,
  collection: Collection,
  plan: Plan,
  counters: Counters,
): Generator<Found> {
  const { index, isReverse } = plan;
  for (const range of isReverse ? plan.ranges.toReversed() : plan.ranges) {
    for (const { key, value } of eachEntry(
      storage,
      prefixed(index.id, range.start),
      prefixed(index.id, range.end),
      isReverse,
    )) {
      counters.keys += index.isPrimary ? 0 : 1;
      if (index.isPrimary) {
        counters.docs += 1;
        yield { id: key.subarray(4), raw: value };
        continue;
      }
      const raw = getDoc(storage, collection, value);
      if (raw === undefined) continue; // deleted since this piece of the index was read
      counters.docs += 1;
      yield { id: value, raw };
    }
  }
}

/** Sorts by the values alone, which are decoded once; with a limit, no more than twice that many are kept. */
function sortFound(found: Iterable<Found>, sort: Doc, limit: number): Found[] {
  const fields = new Set(Object.keys(sort).map((path) => path.split('.', 1)[0] as string));
  const compare = compareBy(sort);
  let rows: { found: Found; values: Doc }[] = [];
  const order = () => (rows = rows.sort((a, b) => compare(a.values, b.values)).slice(0, limit));
  for (const each of found) {
    rows.push({ found: each, values: pickFields(each.raw, fields) });
    if (rows.length >= limit * 2 + 1000) order();
  }
  return order().map((row) => row.found);
}

/** How many documents match, from the bounds alone where they say it all. */
export function countFound(storage: Storage, collection: Collection, query: Query): number {
  if (Object.keys(query.filter).length === 0) return bounded(collection.count, query);
  const plans = toPlans(collection, query, undefined);
  const [plan] = plans as [Plan];
  if (isExactOf(plans)) {
    let count = 0;
    for (const { start, end } of plan.ranges)
      count += countKeys(storage, prefixed(plan.index.id, start), prefixed(plan.index.id, end));
    return bounded(count, query);
  }
  let count = 0;
  for (const _ of eachFound(storage, collection, { ...query, sort: undefined })) count++;
  return count;
}

const bounded = (count: number, { skip = 0, limit = 0 }: Query) =>
  Math.min(Math.max(0, count - skip), limit === 0 ? Infinity : limit);

/** The values of a filter that is nothing but `{_id: {$in: [values]}}`, in order; undefined for all others. */
export function idsOnly(filter: Doc): Buffer[] | undefined {
  const condition = filter['_id'];
  const isList =
    Object.keys(filter).length === 1 && isPlainObject(condition) && Object.keys(condition).length === 1;
  const values = isList ? condition['$in'] : undefined;
  if (!Array.isArray(values)) return undefined;
  const ids = new Map<string, Buffer>();
  for (const value of values) {
    const id = idAmong({ _id: value as unknown });
    if (id === undefined) return undefined;
    ids.set(id.toString('latin1'), id);
  }
  return [...ids.values()].sort(Buffer.compare);
}

/** The value of a filter that is nothing but `{_id: value}`; undefined for all others. */
export const idOnly = (filter: Doc): Buffer | undefined =>
  Object.keys(filter).length === 1 ? idAmong(filter) : undefined;

/** The value that a filter asks of `_id`, whatever it asks of other fields; undefined when it names none. */
export function idAmong(filter: Doc): Buffer | undefined {
  const id = filter['_id'];
  const isValue =
    typeof id === 'string' ||
    typeof id === 'number' ||
    (id as { _bsontype?: string } | null)?._bsontype === 'ObjectId';
  return isValue ? idKey(id) : undefined;
}
