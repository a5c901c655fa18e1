import { Aggregator } from 'mingo/aggregator';
import type { Doc } from './bson-bytes.ts';
import { badValue, CommandError } from './errors.ts';
import { compileFilter, isOperatorObject } from './filter.ts';
import { addNumbers } from './numbers.ts';
import { compareValues, isNumeric, isPlainObject, isSame } from './order.ts';
import { compareBy } from './sort.ts';
import { pipelineOptions } from './stages.ts';

/**
 * Update documents (https://www.mongodb.com/docs/manual/reference/operator/update/), applied to a decoded document.
 * mingo's updater is not used: it knows neither the BSON number types nor MongoDB's errors. $rename, $mul, $pop,
 * $pullAll, $bit and $currentDate, which nobody here sends, are refused.
 */
export type Update = {
  /** `before` is changed in place and returned, or a new document is. */
  apply: (before: Doc, kind: 'update' | 'insert') => Doc;
  isReplacement: boolean;
};
export type UpdateContext = { filter: Doc; arrayFilters?: Doc[]; variables?: Doc };

type Step = { operator: string; path: string; parts: string[]; operand: unknown };
type Place = { parent: Doc | unknown[]; key: string | number };

export function compileUpdate(update: unknown, context: UpdateContext): Update {
  if (Array.isArray(update)) return compilePipeline(update as Doc[], context);
  if (!isPlainObject(update))
    throw new CommandError('FailedToParse', 'Update argument must be an object or an array');
  if (!isOperatorObject(update)) return { isReplacement: true, apply: () => update };
  const steps = toSteps(update);
  const matchers = toMatchers(context.arrayFilters ?? [], steps);
  return {
    isReplacement: false,
    apply(doc, kind) {
      for (const step of steps) {
        if (step.operator === '$setOnInsert' && kind === 'update') continue;
        const places: Place[] = [];
        findPlaces(
          doc,
          step.parts,
          0,
          { ...context, root: doc, matchers, creates: CREATES.has(step.operator) },
          places,
        );
        for (const place of places) applyStep(step, place, doc);
      }
      return doc;
    },
  };
}

function compilePipeline(pipeline: Doc[], { variables = {} }: UpdateContext): Update {
  const allowed = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']);
  for (const stage of pipeline) {
    const name = Object.keys(stage)[0] ?? '';
    if (!allowed.has(name))
      throw new CommandError('InvalidOptions', `${name} is not allowed to be used within an update`);
  }
  const aggregator = new Aggregator(pipeline as never, pipelineOptions(variables) as never);
  return {
    isReplacement: false,
    apply(doc) {
      const [after] = aggregator.run([doc]) as [Doc];
      return doc['_id'] === undefined || '_id' in after ? after : { _id: doc['_id'], ...after };
    },
  };
}

const CREATES = new Set(['$set', '$setOnInsert', '$inc', '$min', '$max', '$push', '$addToSet']);
const OPERATORS = new Set([...CREATES, '$unset', '$pull']);

function toSteps(update: Doc): Step[] {
  const steps: Step[] = [];
  for (const [operator, fields] of Object.entries(update)) {
    if (!OPERATORS.has(operator))
      throw new CommandError(
        'FailedToParse',
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    if (!isPlainObject(fields))
      throw new CommandError(
        'FailedToParse',
        `Modifiers operate on fields but we found type ${typeof fields} instead. For example: {$mod: {<field>: ...}}`,
      );
    for (const [path, operand] of Object.entries(fields)) steps.push(toStep(operator, path, operand));
  }
  checkConflicts(steps);
  // new fields are added in the order of their names, whatever the order in the update
  return steps.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}

function toStep(operator: string, path: string, operand: unknown): Step {
  const parts = path.split('.');
  if (parts.some((part) => part === ''))
    throw new CommandError(
      'BadValue',
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  if (parts[0]?.startsWith('$'))
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${path}' in '${path}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
    );
  if (operator === '$inc' && !isNumeric(operand))
    throw new CommandError(
      'TypeMismatch',
      `Cannot increment with non-numeric argument: {${path}: ${JSON.stringify(operand)}}`,
    );
  return { operator, path, parts, operand };
}

function checkConflicts(steps: readonly Step[]): void {
  const sorted = steps.map(({ path }) => path).toSorted();
  for (let i = 1; i < sorted.length; i++) {
    const [path, next] = [sorted[i - 1] as string, sorted[i] as string];
    if (path === next || next.startsWith(`${path}.`))
      throw new CommandError(
        'ConflictingUpdateOperators',
        `Updating the path '${next}' would create a conflict at '${path}'`,
      );
  }
}

type Matchers = ReadonlyMap<string, (element: unknown) => boolean>;

/** One test per identifier of `arrayFilters`, and no filter that no path uses, as MongoDB demands. */
function toMatchers(filters: readonly Doc[], steps: readonly Step[]): Matchers {
  const matchers = new Map<string, (element: unknown) => boolean>();
  const used = new Set(
    steps.flatMap(({ parts }) => parts.flatMap((part) => /^\$\[(.+)\]$/.exec(part)?.[1] ?? [])),
  );
  for (const filter of filters) {
    const identifier = identifierOf(filter);
    if (!used.has(identifier))
      throw new CommandError(
        'FailedToParse',
        `The array filter for identifier '${identifier}' was not used in the update`,
      );
    const { test } = compileFilter(filter);
    matchers.set(identifier, (element) => test({ [identifier]: element }));
  }
  for (const identifier of used)
    if (!matchers.has(identifier))
      throw badValue(`No array filter found for identifier '${identifier}' in path`);
  return matchers;
}

function identifierOf(filter: Doc): string {
  const [name, condition] = Object.entries(filter)[0] ?? ['', undefined];
  if (name.startsWith('$') && Array.isArray(condition)) return identifierOf(condition[0] as Doc);
  return name.split('.', 1)[0] as string;
}

type Walk = UpdateContext & { root: Doc; matchers: Matchers; creates: boolean };

/** The places that a path with positional parts ($, $[], $[id]) leads to; objects on the way are made. */
function findPlaces(
  value: Doc | unknown[],
  parts: readonly string[],
  at: number,
  walk: Walk,
  found: Place[],
): void {
  const part = parts[at] as string;
  const isLast = at === parts.length - 1;
  if (part === '$' || part.startsWith('$[')) {
    if (!Array.isArray(value))
      throw badValue(`Cannot apply array updates to non-array element at '${parts.slice(0, at).join('.')}'`);
    for (const index of positions(part, value, parts.slice(0, at).join('.'), walk)) {
      if (isLast) found.push({ parent: value, key: index });
      else descend(value, index, parts, at, walk, found);
    }
    return;
  }
  if (Array.isArray(value) && !/^\d+$/.test(part)) {
    if (!walk.creates) return;
    throw new CommandError(
      'PathNotViable',
      `Cannot create field '${part}' in element {${parts[at - 1]}: ${JSON.stringify(value)}}`,
    );
  }
  const key = Array.isArray(value) ? Number(part) : part;
  if (isLast) found.push({ parent: value, key });
  else descend(value, key, parts, at, walk, found);
}

function descend(
  parent: Doc | unknown[],
  key: string | number,
  parts: readonly string[],
  at: number,
  walk: Walk,
  found: Place[],
): void {
  let next = (parent as Doc)[key];
  if (next === undefined) {
    if (!walk.creates) return;
    next = {};
    setAt({ parent, key }, next);
  }
  if (!isPlainObject(next) && !Array.isArray(next)) {
    if (!walk.creates) return;
    throw new CommandError(
      'PathNotViable',
      `Cannot create field '${parts[at + 1]}' in element {${key}: ${JSON.stringify(next)}}`,
    );
  }
  findPlaces(next, parts, at + 1, walk, found);
}

function positions(part: string, array: unknown[], path: string, { filter, matchers, root }: Walk): number[] {
  const indexes = [...array.keys()];
  if (part === '$[]') return indexes;
  if (part !== '$') return indexes.filter((i) => matchers.get(part.slice(2, -1))?.(array[i]) === true);
  const index = indexes.find((i) => matchesAt(filter, path, array[i], root));
  if (index === undefined)
    throw badValue('The positional operator did not find the match needed from the query.');
  return [index];
}

/** Whether the filter's conditions on an array hold for one element alone: how `$` finds its place. */
function matchesAt(filter: Doc, path: string, element: unknown, root: Doc): boolean {
  const conditions = Object.entries(filter).flatMap(([name, condition]): Doc[] => {
    if (name === '$and') return condition as Doc[];
    return name === path || name.startsWith(`${path}.`) ? [{ [name]: condition }] : [];
  });
  if (conditions.length === 0) return false;
  let nested: unknown = [element];
  for (const part of path.split('.').reverse()) nested = { [part]: nested };
  return conditions.every((condition) => compileFilter(condition).test({ ...root, ...(nested as Doc) }));
}

function setAt({ parent, key }: Place, value: unknown): void {
  if (Array.isArray(parent)) {
    if ((key as number) > parent.length + 1_500_000) throw badValue('cannot pad an array that far');
    while (parent.length < (key as number)) parent.push(null);
  }
  (parent as Doc)[key] = value;
}

function removeAt({ parent, key }: Place): void {
  if (Array.isArray(parent)) {
    if ((key as number) < parent.length) parent[key as number] = null;
  } else delete parent[key];
}

function applyStep({ operator, operand, path }: Step, place: Place, doc: Doc): void {
  const before = (place.parent as Doc)[place.key];
  switch (operator) {
    case '$set':
    case '$setOnInsert':
      return setAt(place, structuredCopy(operand));
    case '$unset':
      return removeAt(place);
    case '$inc':
      if (before !== undefined && !isNumeric(before))
        throw new CommandError(
          'TypeMismatch',
          `Cannot apply ${operator} to a value of non-numeric type. {_id: ${String(doc['_id'])}} has the field '${place.key}' of non-numeric type`,
        );
      return setAt(place, before === undefined ? operand : addNumbers(before, operand));
    case '$min':
    case '$max': {
      const order = compareValues(operand, before);
      if (before === undefined || (operator === '$min' ? order < 0 : order > 0)) setAt(place, operand);
      return;
    }
    default:
      return applyToArray(operator, operand, path, place, before);
  }
}

const structuredCopy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(structuredCopy);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, structuredCopy(field)]));
};

function applyToArray(operator: string, operand: unknown, path: string, place: Place, before: unknown): void {
  if (before === undefined && !CREATES.has(operator)) return;
  if (before !== undefined && !Array.isArray(before)) {
    const name =
      operator === '$pull'
        ? `Cannot apply ${operator} to a non-array value`
        : `The field '${path}' must be an array but is of type ${typeof before}`;
    throw badValue(name);
  }
  const array: unknown[] = before ?? [];
  switch (operator) {
    case '$push':
      return setAt(place, push(array, operand));
    case '$addToSet': {
      const values =
        isPlainObject(operand) && '$each' in operand ? (operand['$each'] as unknown[]) : [operand];
      const after = array.slice();
      for (const value of values)
        if (!after.some((each) => isSame(each, value))) after.push(structuredCopy(value));
      return setAt(place, after);
    }
    default: {
      const isCondition = isPlainObject(operand) && !isOperatorObject(operand);
      const { test } = compileFilter(isCondition ? operand : { v: operand });
      const isPulled = (v: unknown) => (isCondition ? isPlainObject(v) && test(v) : test({ v }));
      return setAt(
        place,
        array.filter((each) => !isPulled(each)),
      );
    }
  }
}

function push(array: unknown[], operand: unknown): unknown[] {
  if (!isPlainObject(operand) || !('$each' in operand)) return [...array, structuredCopy(operand)];
  const { $each: values, $position: position, $slice: slice, $sort: sort } = operand;
  if (!Array.isArray(values)) throw badValue('The argument to $each in $push must be an array');
  const after = array.slice();
  after.splice(position === undefined ? after.length : Number(position), 0, ...values.map(structuredCopy));
  if (sort !== undefined)
    after.sort(isPlainObject(sort) ? compareBy(sort) : (a, b) => Number(sort) * compareValues(a, b));
  if (slice === undefined) return after;
  return Number(slice) < 0 ? after.slice(Number(slice)) : after.slice(0, Number(slice));
}

/** The document that an upsert starts from: the fields that the filter fixes by equality. */
export function fieldsOfFilter(filter: Doc): Doc {
  const doc: Doc = {};
  const collect = (part: Doc) => {
    for (const [name, condition] of Object.entries(part)) {
      if (name === '$and' || (name === '$or' && (condition as Doc[]).length === 1))
        (condition as Doc[]).forEach(collect);
      else if (name.startsWith('$')) continue;
      else if (!isOperatorObject(condition)) setPath(doc, name, condition);
      else if ('$eq' in condition) setPath(doc, name, condition['$eq']);
      else if (Array.isArray(condition['$in']) && condition['$in'].length === 1)
        setPath(doc, name, condition['$in'][0]);
    }
  };
  collect(filter);
  return doc;
}

function setPath(doc: Doc, path: string, value: unknown): void {
  const places: Place[] = [];
  findPlaces(doc, path.split('.'), 0, { filter: {}, root: doc, matchers: new Map(), creates: true }, places);
  for (const place of places) setAt(place, structuredCopy(value));
}
