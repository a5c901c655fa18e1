import { Aggregator } from 'mingo/aggregator';
import { decode, encode, pickFields, type Doc } from './bson-bytes.ts';
import type { Call } from './commands.ts';
import { insertRaw, openForWrite, runUpdate } from './commands-write.ts';
import { openCursor, readCursor, type Page } from './cursors.ts';
import { badValue, CommandError } from './errors.ts';
import { compileFilter } from './filter.ts';
import { toVariables } from './mingo-context.ts';
import { isPlainObject, keyText } from './order.ts';
import { compileProjection } from './projection.ts';
import { countFound, eachFound, idOnly, type Found, type Query } from './read.ts';
import { pipelineOptions } from './stages.ts';
import { createCollection, dropCollection } from './collections.ts';
import { getDoc } from './documents.ts';
import type { Collection, Storage } from './records.ts';

export const toDocument = (value: unknown): Doc => (isPlainObject(value) ? value : {});

export function find(call: Call): Page {
  const { body, storage, ns, cursors } = call;
  const filter = toDocument(body['filter']);
  const variables = toVariables(body['let']);
  compileFilter(filter, variables); // a bad filter is an error on an empty collection too
  const limit = Math.abs(Number(body['limit'] ?? 0));
  const query: Query = {
    filter,
    sort: body['sort'] as Doc | undefined,
    skip: Number(body['skip'] ?? 0),
    limit,
    hint: body['hint'],
    variables,
  };
  const project = compileProjection(body['projection'] as Doc | undefined, filter, variables);
  const collection = storage.collections.get(ns);
  const rows =
    collection === undefined
      ? [].values()
      : eachRow(findFast(storage, collection, query) ?? eachFound(storage, collection, query), project);
  const isSingle = body['singleBatch'] === true || Number(body['limit'] ?? 0) < 0;
  return openCursor(cursors, ns, rows, body['batchSize'], isSingle ? 'single batch' : 'open');
}

/** One document by its `_id`: no plan, no filter. */
function findFast(
  storage: Storage,
  collection: Collection,
  { filter, skip, hint }: Query,
): Found[] | undefined {
  const id = skip === 0 && hint === undefined ? idOnly(filter) : undefined;
  if (id === undefined) return undefined;
  const raw = getDoc(storage, collection, id);
  return raw === undefined ? [] : [{ id, raw }];
}

function* eachRow(found: Iterable<Found>, project: ((raw: Buffer) => Buffer) | undefined): Generator<Buffer> {
  for (const { raw } of found) yield project === undefined ? raw : project(raw);
}

export function getMore({ body, cursors }: Call): Page {
  return readCursor(cursors, BigInt(body['getMore'] as bigint), body['batchSize']);
}

export function killCursors({ body, cursors }: Call): Doc {
  const ids = (body['cursors'] as bigint[]).map(BigInt);
  const cursorsKilled = ids.filter((id) => cursors.open.delete(id));
  return {
    cursorsKilled,
    cursorsNotFound: ids.filter((id) => !cursorsKilled.includes(id)),
    cursorsAlive: [],
    cursorsUnknown: [],
    ok: 1,
  };
}

export function count({ body, storage, ns }: Call): Doc {
  const collection = storage.collections.get(ns);
  const filter = toDocument(body['query']);
  compileFilter(filter);
  const query = {
    filter,
    skip: Number(body['skip'] ?? 0),
    limit: Math.abs(Number(body['limit'] ?? 0)),
    hint: body['hint'],
  };
  return { n: collection === undefined ? 0 : countFound(storage, collection, query), ok: 1 };
}

export function distinct({ body, storage, ns }: Call): Doc {
  const path = String(body['key']);
  const parts = path.split('.');
  const values = new Map<string, unknown>();
  const visit = (value: unknown, at: number): void => {
    if (Array.isArray(value)) value.forEach((each) => visit(each, at));
    else if (at === parts.length) {
      if (value !== undefined) values.set(keyText(value), values.get(keyText(value)) ?? value);
    } else if (isPlainObject(value)) visit(value[parts[at] as string], at + 1);
  };
  const collection = storage.collections.get(ns);
  const filter = toDocument(body['query']);
  compileFilter(filter);
  if (collection !== undefined) {
    const fields = new Set([parts[0] as string]);
    for (const { raw } of eachFound(storage, collection, { filter, hint: body['hint'] }))
      visit(pickFields(raw, fields), 0);
  }
  return { values: [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value), ok: 1 };
}

export function aggregate(call: Call): Page {
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
  if (out >= 0) {
    writeResult(call, stages[out] as Doc, rows);
    return openCursor(cursors, ns, [].values(), undefined);
  }
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

function eachResult(call: Call, stages: readonly Doc[]): Iterator<Buffer> {
  const { body, storage, db } = call;
  const variables = toVariables(body['let']);
  const { query, rest } = splitPipeline(stages);
  const collection = storage.collections.get(call.ns);
  const found =
    collection === undefined || body['aggregate'] === 1
      ? []
      : eachFound(storage, collection, { ...query, hint: body['hint'], variables });
  if (rest.length === 0) return eachRow(found, undefined);
  const load = (name: string) => {
    const other = storage.collections.get(`${db}.${name}`);
    return other === undefined
      ? []
      : Array.from(eachFound(storage, other, { filter: {} }), ({ raw }) => decode(raw));
  };
  const fields = fieldsOfPipeline(rest);
  const docs = (function* () {
    for (const { raw } of found) yield fields === undefined ? decode(raw) : pickFields(raw, fields);
  })();
  const results = new Aggregator(rest as never, pipelineOptions(variables, load) as never).stream(
    docs as never,
  );
  return (function* () {
    for (const row of results as unknown as Iterable<Doc>) yield encode(row);
  })();
}

/** The top-level fields that a pipeline can see, where its first stage says; only these are decoded. */
function fieldsOfPipeline([first]: readonly Doc[]): Set<string> | undefined {
  const [name, spec] = Object.entries(first as Doc)[0] as [string, unknown];
  if (name === '$count') return new Set(['_id']);
  if (
    name !== '$group' ||
    JSON.stringify(spec, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)).includes(
      '$$',
    )
  )
    return undefined;
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

function writeResult(call: Call, stage: Doc, rows: Iterator<Buffer>): void {
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
    return;
  }
  const merge = toDocument(stage['$merge']);
  const on = [merge['on'] ?? '_id'].flat() as string[];
  const collection = openForWrite(call, ns);
  for (const raw of all) {
    const doc = decode(raw);
    const filter = Object.fromEntries(on.map((name) => [name, doc[name]]));
    mergeOne(storage, collection, { merge, filter, doc, raw });
  }
}

type MergeRow = { merge: Doc; filter: Doc; doc: Doc; raw: Buffer };

function mergeOne(storage: Storage, collection: Collection, { merge, filter, doc, raw }: MergeRow): void {
  const whenMatched = merge['whenMatched'] ?? 'merge';
  const whenNotMatched = merge['whenNotMatched'] ?? 'insert';
  const [found] = eachFound(storage, collection, { filter, limit: 1 });
  if (found === undefined) {
    if (whenNotMatched === 'fail')
      throw new CommandError(
        'BadValue',
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      );
    if (whenNotMatched === 'insert') insertRaw(storage, collection, raw);
    return;
  }
  if (whenMatched === 'keepExisting') return;
  if (whenMatched === 'fail') {
    insertRaw(storage, collection, raw);
    return;
  }
  if (typeof whenMatched !== 'string' && !Array.isArray(whenMatched))
    throw badValue('unknown $merge whenMatched');
  const { _id: _, ...fields } = doc;
  const update = Array.isArray(whenMatched)
    ? whenMatched
    : whenMatched === 'replace'
      ? fields
      : { $set: fields };
  runUpdate(storage, collection.ns, {
    filter,
    update,
    raw: whenMatched === 'replace' ? encode(fields) : undefined,
    arrayFilters: undefined,
    isMulti: false,
    isUpsert: false,
    variables: { new: doc },
  });
}
