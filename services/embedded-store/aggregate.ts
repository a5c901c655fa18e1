import { Aggregator } from 'mingo/aggregator';
import { evalExpr } from 'mingo/core';
import { decode, encode, pickFields, type Doc } from './bson-bytes.ts';
import { createCollection, dropCollection } from './collections.ts';
import type { Call } from './commands.ts';
import { eachRow, toDocument } from './commands-read.ts';
import { insertRaw, openForWrite, runUpdate } from './commands-write.ts';
import { eachCounted, toCounting } from './covered.ts';
import { openCursor, type Page } from './cursors.ts';
import { CommandError } from './errors.ts';
import { toVariables } from './mingo-context.ts';
import { isPlainObject } from './order.ts';
import { eachFound, type Query } from './read.ts';
import type { Collection } from './records.ts';
import { pipelineOptions } from './stages.ts';

export function aggregate(call: Call): Page | Generator<void, Page> {
  const { body, cursors, db } = call;
  if (!isPlainObject(body['cursor']) && body['explain'] !== true)
    throw new CommandError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  const pipeline = body['pipeline'];
  if (!Array.isArray(pipeline))
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array");
  const stages = pipeline as Doc[];
  const out = stages.findIndex((stage) => '$out' in stage || '$merge' in stage);
  if (out >= 0 && out < stages.length - 1)
    throw new CommandError(
      'BadValue',
      `${Object.keys(stages[out] as Doc)[0]} can only be the final stage in the pipeline`,
    );
  const ns = body['aggregate'] === 1 ? `${db}.$cmd.aggregate` : call.ns;
  const rows = eachResult(call, out < 0 ? stages : stages.slice(0, -1));
  if (out >= 0) return writeResult(call, ns, stages[out] as Doc, rows);
  return openCursor(cursors, ns, rows, toDocument(body['cursor'])['batchSize']);
}

/** What a pipeline begins with that the collection itself can answer, through its indexes. */
export function splitPipeline(stages: readonly Doc[]): { query: Query; rest: Doc[] } {
  const query: Query = { filter: {} };
  const rest = [...stages];
  while (rest[0] !== undefined && '$match' in rest[0]) {
    const filter = rest.shift()?.['$match'] as Doc;
    query.filter = Object.keys(query.filter).length === 0 ? filter : { $and: [query.filter, filter] };
  }
  if (rest[0] !== undefined && '$sort' in rest[0]) query.sort = rest.shift()?.['$sort'] as Doc;
  if (rest[0] !== undefined && '$skip' in rest[0]) query.skip = Number(rest.shift()?.['$skip']);
  if (rest[0] !== undefined && '$limit' in rest[0]) query.limit = Number(rest.shift()?.['$limit']);
  return { query, rest };
}

function* eachResult(call: Call, stages: readonly Doc[]): Generator<Buffer> {
  const { query, rest } = splitPipeline(stages);
  const collection = call.body['aggregate'] === 1 ? undefined : call.storage.collections.get(call.ns);
  const variables = toVariables(call.body['let']);
  const whole = { ...query, hint: call.body['hint'], variables };
  if (rest.length > 0)
    for (const doc of eachDoc(collection, whole, rest, { call, variables })) yield encode(doc);
  else if (collection !== undefined) yield* eachRow(eachFound(call.storage, collection, whole), undefined);
}

type Staging = { call: Call; variables: Doc };

/** What comes of a pipeline after its beginning, which is a query. */
function eachDoc(
  collection: Collection | undefined,
  query: Query,
  stages: readonly Doc[],
  staging: Staging,
): Iterable<Doc> {
  const { storage } = staging.call;
  if (collection === undefined) return eachStaged([], stages, staging);
  const [first, ...rest] = toGroups(stages);
  if (first !== undefined && '$facet' in first && !query.skip && !query.limit) {
    // each branch for itself, so that an index may serve it
    const facets = eachBranch(first).map(([name, branch]) => {
      const own = splitPipeline([{ $match: query.filter }, ...branch]);
      return [name, [...eachDoc(collection, { ...query, ...own.query }, own.rest, staging)]];
    });
    return eachStaged([Object.fromEntries(facets) as Doc], rest, staging);
  }
  const counting = first === undefined ? undefined : toCounting(first);
  const counted = counting && eachCounted(storage, collection, query, counting.paths);
  if (counted !== undefined) return eachStaged(counted, [counting?.stage as Doc, ...rest], staging);
  const fields = first === undefined ? undefined : fieldsOfGroup(first);
  const docs = (function* () {
    for (const { raw } of eachFound(storage, collection, query))
      yield fields === undefined ? decode(raw) : pickFields(raw, fields);
  })();
  return first === undefined ? docs : eachStaged(docs, [first, ...rest], staging);
}

const eachBranch = (stage: Doc) => Object.entries(toDocument(stage['$facet'])) as [string, Doc[]][];

/** `$count` and `$sortByCount` as the `$group` that they are short for. */
function toGroups([first, ...rest]: readonly Doc[]): Doc[] {
  if (first === undefined) return [];
  const { $count: name, $sortByCount: value } = first;
  if (typeof name === 'string' && /^[^$.]+$/.test(name))
    return [{ $group: { _id: null, [name]: { $sum: 1 } } }, { $project: { _id: 0 } }, ...rest];
  if (value !== undefined)
    return [{ $group: { _id: value, count: { $sum: 1 } } }, { $sort: { count: -1 } }, ...rest];
  return [first, ...rest];
}

/** Runs a pipeline: `$lookup` through the other collection's indexes, `$facet` branch by branch, all between by mingo. */
function eachStaged(docs: Iterable<Doc>, given: readonly Doc[], staging: Staging): Iterable<Doc> {
  const stages = given.flatMap((stage) => toGroups([stage]));
  const at = stages.findIndex((stage) => '$lookup' in stage || '$facet' in stage);
  const before = at < 0 ? stages : stages.slice(0, at);
  const options = pipelineOptions(staging.variables) as never;
  const staged =
    before.length === 0
      ? docs
      : (new Aggregator(before as never, options).stream(docs as never) as unknown as Iterable<Doc>);
  const own = stages[at];
  if (own === undefined) return staged;
  const joined =
    '$lookup' in own ? eachJoined(staged, toDocument(own['$lookup']), staging) : facet(staged, own, staging);
  return eachStaged(joined, stages.slice(at + 1), staging);
}

/** All documents to each branch, which may change its own. */
function facet(docs: Iterable<Doc>, stage: Doc, staging: Staging): Doc[] {
  const rows = Array.from(docs, encode);
  const branches = eachBranch(stage).map(([name, branch]) => [
    name,
    [
      ...eachStaged(
        rows.map((row) => decode(row)),
        branch,
        staging,
      ),
    ],
  ]);
  return [Object.fromEntries(branches) as Doc];
}

function* eachJoined(docs: Iterable<Doc>, spec: Doc, staging: Staging): Generator<Doc> {
  const { call, variables } = staging;
  const foreign = call.storage.collections.get(`${call.db}.${String(spec['from'])}`);
  const { localField, foreignField, let: given, pipeline = [] } = spec;
  for (const doc of docs) {
    const local = typeof localField === 'string' ? localValues(doc, localField.split('.')) : [];
    const filter =
      typeof foreignField === 'string'
        ? { [foreignField]: { $in: local.length === 0 ? [null] : local } }
        : {};
    const own = given === undefined ? {} : evalExpr(doc, given as never, pipelineOptions(variables) as never);
    const within = { call, variables: { ...variables, ...(own as Doc) } };
    const { query, rest } = splitPipeline([{ $match: filter }, ...(pipeline as Doc[])]);
    const found = eachDoc(foreign, { ...query, variables: within.variables }, rest, within);
    yield { ...doc, [String(spec['as'])]: [...found] };
  }
}

function localValues(value: unknown, [part, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value))
    return value.flatMap((each) => (part === undefined ? [each] : localValues(each, [part, ...rest])));
  if (part === undefined) return value === undefined ? [] : [value];
  return isPlainObject(value) ? localValues(value[part], rest) : [];
}

/** The top-level fields that a `$group` looks at; only these are decoded. */
function fieldsOfGroup(stage: Doc): Set<string> | undefined {
  const spec = stage['$group'];
  if (spec === undefined || mentionsVariable(spec)) return undefined;
  const fields = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string' && value.startsWith('$'))
      fields.add(value.slice(1).split('.', 1)[0] as string);
    else if (Array.isArray(value)) value.forEach(collect);
    else if (isPlainObject(value)) Object.values(value).forEach(collect);
  };
  collect(spec);
  return fields;
}

function mentionsVariable(value: unknown): boolean {
  if (typeof value === 'string') return value.startsWith('$$');
  if (Array.isArray(value)) return value.some(mentionsVariable);
  return isPlainObject(value) && Object.values(value).some(mentionsVariable);
}

function* writeResult(call: Call, from: string, stage: Doc, rows: Iterator<Buffer>): Generator<void, Page> {
  const nothing = openCursor(call.cursors, from, [].values(), undefined);
  const { storage, db } = call;
  const all = Array.from({ [Symbol.iterator]: () => rows } as Iterable<Buffer>);
  const target = stage['$out'] ?? toDocument(stage['$merge'])['into'] ?? stage['$merge'];
  const ns =
    typeof target === 'string'
      ? `${db}.${target}`
      : `${String(toDocument(target)['db'])}.${String(toDocument(target)['coll'])}`;
  if ('$out' in stage) {
    const before = storage.collections.get(ns);
    const options = before?.indexes.slice(1).map((index) => index.options) ?? [];
    if (before !== undefined) dropCollection(storage, before);
    const collection = createCollection(storage, ns);
    for (const raw of all) insertRaw(storage, collection, raw);
    call.createIndexes(collection, options);
    return nothing;
  }
  const merge = toDocument(stage['$merge']);
  const { whenMatched = 'merge', whenNotMatched = 'insert' } = merge;
  if (!['merge', 'fail'].includes(String(whenMatched)) || whenNotMatched !== 'insert' || 'let' in merge)
    throw new CommandError(
      'NotImplemented',
      'the embedded store has no such $merge, only merge, fail and insert',
    );
  const on = [merge['on'] ?? '_id'].flat() as string[];
  const collection = openForWrite(call, ns);
  for (const raw of all) {
    const doc = decode(raw);
    const filter = Object.fromEntries(on.map((name) => [name, doc[name]]));
    const [found] = eachFound(storage, collection, { filter, limit: 1 });
    if (found === undefined || whenMatched === 'fail') insertRaw(storage, collection, raw);
    else {
      const { _id: _, ...fields } = doc;
      const merging = { filter, update: { $set: fields }, raw: undefined, arrayFilters: undefined };
      yield* runUpdate(storage, ns, { ...merging, isMulti: false, isUpsert: false });
    }
    yield;
  }
  return nothing;
}
