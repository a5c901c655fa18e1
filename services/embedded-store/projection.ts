import { evalExpr } from 'mingo/core';
import { decode, encode, sliceFields, type Doc } from './bson-bytes.ts';
import { dropFields, type Dropped as Tree } from './drop-fields.ts';
import { CommandError } from './errors.ts';
import { isTruthy } from './filter.ts';
import { mingoOptions } from './mingo-context.ts';
import { isNumeric, isPlainObject } from './order.ts';

/**
 * Projections of find, findAndModify and the `$project` stage, in the document's order of fields, which mingo does not
 * keep (https://www.mongodb.com/docs/manual/tutorial/project-fields-from-query-results/). `$slice` and `$elemMatch` of
 * find and the positional `$`, which nobody here sends, are refused.
 */
type Spec = { names: string[]; isInclusion: boolean; keepsId: boolean; computed: [string[], unknown][] };

export function compileProjection(
  spec: Doc | undefined,
  variables: Doc = {},
): ((raw: Buffer) => Buffer) | undefined {
  if (spec === undefined || Object.keys(spec).length === 0) return undefined;
  const { names, isInclusion, keepsId, computed } = readSpec(spec);
  if (computed.length === 0 && names.every((name) => !name.includes('.'))) {
    const set = new Set(names);
    if (keepsId === isInclusion) set.add('_id');
    return (raw) => sliceFields(raw, set, isInclusion ? 'named' : 'others');
  }
  if (computed.length === 0 && !isInclusion) {
    const tree = toTree(keepsId ? names : ['_id', ...names]);
    return (raw) => dropFields(raw, tree);
  }
  const project = projectDoc(spec, variables);
  return (raw) => encode(project(decode(raw)));
}

export function projectDoc(spec: Doc, variables: Doc): (doc: Doc) => Doc {
  const { names, isInclusion, keepsId, computed } = readSpec(spec);
  const tree = toTree(keepsId === isInclusion ? ['_id', ...names] : names);
  const options = mingoOptions(variables) as never;
  return (doc) => {
    const values = computed.map(([, expr]) => evalExpr(doc, expr as never, options));
    const projected = (isInclusion ? include(doc, tree) : exclude(doc, tree)) as Doc;
    for (const [i, [path]] of computed.entries()) setDeep(projected, path, values[i]);
    return projected;
  };
}

function readSpec(spec: Doc): Spec {
  const flags: [string, boolean][] = [];
  const computed: Spec['computed'] = [];
  for (const [path, value] of flatten(spec)) {
    const refused = path.includes('$')
      ? path
      : isPlainObject(value) && ['$slice', '$elemMatch'].find((name) => isOfFind(name, value));
    if (typeof refused === 'string')
      throw new CommandError('NotImplemented', `the embedded store has no projection by ${refused}`);
    if (typeof value === 'boolean' || isNumeric(value)) flags.push([path, isTruthy(value)]);
    else computed.push([path.split('.'), value]);
  }
  const others = flags.filter(([path]) => path !== '_id');
  const id = flags.find(([path]) => path === '_id')?.[1];
  const isInclusion =
    others.some(([, keep]) => keep) || (others.length === 0 && (id === true || computed.length > 0));
  const mixed = others.find(([, keep]) => keep !== isInclusion);
  if (mixed !== undefined)
    throw new CommandError(
      'Location31253',
      `Cannot do ${isInclusion ? 'exclusion' : 'inclusion'} on field ${mixed[0]} in ${isInclusion ? 'inclusion' : 'exclusion'} projection`,
    );
  return { names: others.map(([path]) => path), isInclusion, keepsId: id ?? true, computed };
}

/** `$slice` with numbers alone is find's; with an array before them it is an expression. */
const isOfFind = (name: string, value: Doc) =>
  name in value && (name === '$elemMatch' || [value[name]].flat().every(isNumeric));

/** `{a: {b: 1}}` says the same as `{'a.b': 1}`. */
function flatten(spec: Doc, prefix = ''): [string, unknown][] {
  return Object.entries(spec).flatMap(([name, value]): [string, unknown][] => {
    const isNested =
      isPlainObject(value) && !Object.keys(value)[0]?.startsWith('$') && Object.keys(value).length > 0;
    return isNested ? flatten(value, `${prefix}${name}.`) : [[prefix + name, value]];
  });
}

function toTree(paths: readonly string[]): Tree {
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

function include(value: unknown, tree: Tree): unknown {
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

function exclude(value: unknown, tree: Tree): unknown {
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
