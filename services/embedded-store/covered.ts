import { decode, pickFields, type Doc } from './bson-bytes.ts';
import { getDoc } from './documents.ts';
import { compileFilter } from './filter.ts';
import { prefixed, type Index } from './index-keys.ts';
import { encodeKey, isPlainObject } from './order.ts';
import { isServed, planIndex, toConditions, type Plan } from './planner.ts';
import { countFound, toRawTest, type Counters, type Query } from './read.ts';
import type { Collection, Storage } from './records.ts';
import { countKeys, eachEntry } from './storage.ts';

/**
 * Counts by values that an index begins with: of each combination of values one document is read, for all the others
 * their index keys are counted, most of them by the page. So a `$group` that counts, or a `distinct`, over half a
 * million documents costs as much as it has different results.
 */
export type Cover = { plan: Plan; depth: number };
/** A document that stands for `count` with the same values in the index's leading paths. */
type Sample = { raw: Buffer; count: number };

/** The field that tells `$group` for how many a sample stands; no document can have it. */
const WEIGHT = '\0count';
/** After how many samples to see whether they stand for enough to be quicker than reading all documents. */
const TRIAL = 64;
const WORTH = 8;

/** An index that begins with the given paths and those of the filter, of which it can tell all that is asked. */
export function findCover(
  { indexes }: Collection,
  { filter, hint, skip, limit, sort }: Query,
  paths: readonly string[],
): Cover | undefined {
  if (hint !== undefined || skip || limit || sort !== undefined) return undefined;
  const { conditions, isComplete } = toConditions(filter);
  if (!isComplete) return undefined;
  const wanted = [...conditions.keys(), ...paths];
  let best: Cover | undefined;
  for (const index of indexes) {
    if (index.isPrimary || index.isMultikey || index.isCut || !isServed(index, conditions, filter)) continue;
    const places = wanted.map((path) => Object.keys(index.key).indexOf(path));
    const cover = { plan: planIndex(index, conditions, undefined, true), depth: 1 + Math.max(...places) };
    if (places.includes(-1)) continue;
    if (best === undefined || cover.plan.score - cover.depth > best.plan.score - best.depth) best = cover;
  }
  return best;
}

/** Samples of what a filter finds; undefined where they stand for so few that it is quicker to read all. */
export function toSamples(
  storage: Storage,
  collection: Collection,
  { filter }: Query,
  cover: Cover,
  counters: Counters = { keys: 0, docs: 0 },
): Iterable<Sample> | undefined {
  const test = cover.plan.isExact ? () => true : toRawTest(compileFilter(filter));
  const samples = eachSample(storage, collection, cover, counters);
  const trial: Sample[] = [];
  for (let next = samples.next(); next.done !== true; next = samples.next()) {
    trial.push(next.value);
    if (trial.length === TRIAL) break;
  }
  const count = trial.reduce((sum, sample) => sum + sample.count, 0);
  if (trial.length === TRIAL && count < TRIAL * WORTH) return undefined;
  return (function* () {
    for (const sample of trial) if (test(sample.raw)) yield sample;
    for (const sample of samples) if (test(sample.raw)) yield sample;
  })();
}

const AFTER = Buffer.from([0xff]);

function* eachSample(
  storage: Storage,
  collection: Collection,
  { plan: { index, ranges }, depth }: Cover,
  counters: Counters,
): Generator<Sample> {
  for (const range of ranges) {
    const end = prefixed(index.id, range.end);
    for (let from: Buffer | undefined = prefixed(index.id, range.start); from !== undefined;) {
      const [first] = eachEntry(storage, from, end);
      if (first === undefined) break;
      const raw = getDoc(storage, collection, first.value);
      if (raw === undefined) throw new Error(`index ${index.name} has an entry without its document`);
      const values = leadingValues(index, raw, depth);
      const prefix = prefixed(index.id, encodeKey(values, index.directions));
      const next = Buffer.concat([prefix, AFTER]);
      const until = Buffer.compare(next, end) < 0 ? next : end;
      const count = countKeys(storage, from, until);
      counters.keys += count;
      counters.docs += 1;
      // null and a missing field have one key, and may have to be told apart
      if (values.includes(undefined) || values.includes(null)) {
        for (const { value } of eachEntry(storage, from, until)) {
          const each = getDoc(storage, collection, value);
          if (each !== undefined) yield { raw: each, count: 1 };
        }
      } else yield { raw, count };
      from = until === end ? undefined : next;
    }
  }
}

function leadingValues({ paths }: Index, raw: Buffer, depth: number): unknown[] {
  const leading = paths.slice(0, depth);
  const doc = pickFields(raw, new Set(leading.map(([field]) => field as string)));
  return leading.map((path) =>
    path.reduce<unknown>((value, part) => (isPlainObject(value) ? value[part] : undefined), doc),
  );
}

/** A `$group` that only counts, as one over samples; undefined if it asks for more. */
export function toCounting(stage: Doc): { stage: Doc; paths: string[] } | undefined {
  const spec = stage['$group'];
  if (!isPlainObject(spec) || !('_id' in spec)) return undefined;
  const paths = toPaths(spec['_id']);
  if (paths === undefined) return undefined;
  const counting: Doc = { _id: spec['_id'] };
  for (const [name, expr] of Object.entries(spec)) {
    if (name === '_id') continue;
    if (!isPlainObject(expr) || Object.keys(expr).length !== 1) return undefined;
    if (isPlainObject(expr['$count'])) counting[name] = { $sum: `$${WEIGHT}` };
    else if (expr['$sum'] === 1) counting[name] = { $sum: `$${WEIGHT}` };
    else return undefined;
  }
  return { stage: { $group: counting }, paths };
}

/** The fields that a group's `_id` is made of, if it is made of nothing but fields. */
function toPaths(id: unknown): string[] | undefined {
  if (id === null || typeof id === 'number') return [];
  if (typeof id === 'string') return /^\$[^$]/.test(id) ? [id.slice(1)] : undefined;
  if (!isPlainObject(id) || Object.keys(id).some((name) => name.startsWith('$'))) return undefined;
  const parts = Object.values(id).map(toPaths);
  return parts.includes(undefined) ? undefined : (parts.flat() as string[]);
}

/** The documents of a counting `$group`: samples with how many they stand for; undefined if no index serves it. */
export function eachCounted(
  storage: Storage,
  collection: Collection,
  query: Query,
  paths: readonly string[],
): Iterable<Doc> | undefined {
  if (paths.length === 0) {
    const count = countFound(storage, collection, query);
    return count === 0 ? [] : [{ [WEIGHT]: count }];
  }
  const cover = findCover(collection, query, paths);
  const samples = cover && toSamples(storage, collection, query, cover);
  if (samples === undefined) return undefined;
  return (function* () {
    for (const { raw, count } of samples) yield { ...decode(raw), [WEIGHT]: count };
  })();
}
