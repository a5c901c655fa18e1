import { computeValue, evalExpr } from 'mingo/core';
import { decode, encode, sliceFields, type Doc } from './bson-bytes.ts';
import { CommandError } from './errors.ts';
import { compileFilter } from './filter.ts';
import { mingoOptions } from './mingo-context.ts';
import { isNumeric, isPlainObject } from './order.ts';
import { isTruthy } from './filter.ts';
import { matchesAt } from './update.ts';

/** Projections of find and findAndModify (https://www.mongodb.com/docs/manual/tutorial/project-fields-from-query-results/). */
export type Projection = (raw: Buffer) => Buffer;

type Tree = { [field: string]: Tree | true };
type Computed = { path: string[]; compute: (doc: Doc) => unknown };

export function compileProjection(
  spec: Doc | undefined,
  filter: Doc,
  variables: Doc = {},
): Projection | undefined {
  if (spec === undefined || Object.keys(spec).length === 0) return undefined;
  const { flags, computed } = readSpec(flatten(spec), filter, variables);
  const others = flags.filter(([path]) => path !== '_id');
  const isInclusion =
    others.some(([, keep]) => keep) ||
    (others.length === 0 && (flags.some(([, keep]) => keep) || computed.some((each) => each.isInclusion)));
  const mixed = others.find(([, keep]) => keep !== isInclusion);
  if (mixed !== undefined)
    throw new CommandError(
      'Location31253',
      `Cannot do ${isInclusion ? 'exclusion' : 'inclusion'} on field ${mixed[0]} in ${isInclusion ? 'inclusion' : 'exclusion'} projection`,
    );
  const keepsId = flags.find(([path]) => path === '_id')?.[1] ?? true;
  const names = others.map(([path]) => path);
  if (computed.length === 0 && names.every((name) => !name.includes('.'))) {
    const set = new Set(names);
    if (keepsId === isInclusion) set.add('_id');
    return (raw) => sliceFields(raw, set, isInclusion ? 'named' : 'others');
  }
  if (isInclusion && keepsId) names.push('_id');
  if (!isInclusion && !keepsId) names.push('_id');
  const tree = toTree(
    isInclusion
      ? [...names, ...computed.filter((each) => each.isPart).map(({ path }) => path.join('.'))]
      : names,
  );
  return (raw) => {
    const doc = decode(raw);
    const values = computed.map(({ compute }) => compute(doc));
    const projected = (isInclusion ? include(doc, tree) : exclude(doc, tree)) as Doc;
    for (const [i, { path }] of computed.entries()) setDeep(projected, path, values[i]);
    return encode(projected);
  };
}

/** `{a: {b: 1}}` says the same as `{'a.b': 1}`. */
function flatten(spec: Doc, prefix = ''): [string, unknown][] {
  return Object.entries(spec).flatMap(([name, value]): [string, unknown][] => {
    const isNested =
      isPlainObject(value) && !Object.keys(value)[0]?.startsWith('$') && Object.keys(value).length > 0;
    return isNested ? flatten(value, `${prefix}${name}.`) : [[prefix + name, value]];
  });
}

function readSpec(entries: readonly [string, unknown][], filter: Doc, variables: Doc) {
  const flags: [string, boolean][] = [];
  const computed: (Computed & { isInclusion: boolean; isPart: boolean })[] = [];
  for (const [path, value] of entries) {
    if (path.endsWith('.$')) {
      const array = path.slice(0, -2);
      flags.push([array, true]);
      computed.push({
        path: array.split('.'),
        isInclusion: true,
        isPart: true,
        compute: (doc) => positional(doc, array, filter),
      });
    } else if (typeof value === 'boolean' || isNumeric(value)) flags.push([path, isTruthy(value)]);
    else if (isPlainObject(value) && '$slice' in value && isSliceOfFind(value['$slice']))
      computed.push({
        path: path.split('.'),
        isInclusion: false,
        isPart: true,
        compute: (doc) => slice(valueAt(doc, path), value['$slice']),
      });
    else if (isPlainObject(value) && '$elemMatch' in value) {
      const { test } = compileFilter({ v: { $elemMatch: value['$elemMatch'] } });
      computed.push({
        path: path.split('.'),
        isInclusion: true,
        isPart: false,
        compute: (doc) => firstOf(valueAt(doc, path), test),
      });
    } else {
      const options = mingoOptions(variables) as never;
      const compute = (doc: Doc) =>
        isPlainObject(value) && Object.keys(value).length === 1
          ? computeValue(doc, Object.values(value)[0], Object.keys(value)[0] as never, options)
          : evalExpr(doc, value as never, options);
      computed.push({ path: path.split('.'), isInclusion: true, isPart: false, compute });
    }
  }
  return { flags, computed };
}

const isSliceOfFind = (value: unknown) =>
  isNumeric(value) || (Array.isArray(value) && value.every(isNumeric));
const valueAt = (doc: Doc, path: string) =>
  path.split('.').reduce<unknown>((value, part) => (isPlainObject(value) ? value[part] : undefined), doc);

function slice(value: unknown, spec: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [skip, limit] = Array.isArray(spec)
    ? spec.map(Number)
    : Number(spec) < 0
      ? [Number(spec), Infinity]
      : [0, Number(spec)];
  const start = (skip as number) < 0 ? Math.max(0, value.length + (skip as number)) : (skip as number);
  return value.slice(start, start + (limit as number));
}

function firstOf(value: unknown, test: (doc: Doc) => boolean): unknown {
  if (!Array.isArray(value)) return undefined;
  const found = value.find((element) => test({ v: [element] }));
  return found === undefined ? undefined : [found];
}

function positional(doc: Doc, path: string, filter: Doc): unknown {
  const array = valueAt(doc, path);
  if (!Array.isArray(array)) return array;
  const found = array.find((element) => matchesAt(filter, path, element, doc));
  return found === undefined ? array.slice(0, 1) : [found];
}

export function toTree(paths: readonly string[]): Tree {
  const tree: Tree = {};
  for (const path of paths) {
    const parts = path.split('.');
    let node = tree;
    for (const part of parts.slice(0, -1)) {
      const next = node[part];
      if (next === true) break;
      node = node[part] = next ?? {};
    }
    node[parts.at(-1) as string] ??= true;
  }
  return tree;
}

export function include(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value))
    return value
      .filter((each) => typeof each === 'object' && each !== null)
      .map((each) => include(each, tree));
  if (!isPlainObject(value)) return undefined;
  const kept: Doc = {};
  for (const [name, field] of Object.entries(value)) {
    const node = tree[name];
    if (node === undefined) continue;
    const part = node === true ? field : include(field, node);
    if (part !== undefined) kept[name] = part;
  }
  return kept;
}

export function exclude(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((each) => exclude(each, tree));
  if (!isPlainObject(value)) return value;
  const kept: Doc = {};
  for (const [name, field] of Object.entries(value)) {
    const node = tree[name];
    if (node !== true) kept[name] = node === undefined ? field : exclude(field, node);
  }
  return kept;
}

function setDeep(doc: Doc, path: readonly string[], value: unknown): void {
  if (value === undefined) return;
  let node = doc;
  for (const part of path.slice(0, -1))
    node = (isPlainObject(node[part]) ? node[part] : (node[part] = {})) as Doc;
  node[path.at(-1) as string] = value;
}
