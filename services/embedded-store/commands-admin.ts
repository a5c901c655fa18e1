import { statSync } from 'node:fs';
import { decode, type Doc } from './bson-bytes.ts';
import type { Call } from './commands.ts';
import { splitPipeline } from './aggregate.ts';
import { toDocument } from './commands-read.ts';
import { openForWrite } from './commands-write.ts';
import { openCursor, type Page } from './cursors.ts';
import { encode } from './bson-bytes.ts';
import { findCover, toCounting, toSamples, type Cover } from './covered.ts';
import { CommandError } from './errors.ts';
import { compileFilter } from './filter.ts';
import { idKey, prefixed, toEntries, type Index } from './index-keys.ts';
import { isSame } from './order.ts';
import { countKeys, eachEntry, get, write } from './storage.ts';
import { eachFound, toPlans, type Counters, type Query } from './read.ts';
import { createCollection, createIndex, dropCollection, dropIndex } from './collections.ts';
import { dataFile } from './data-file.ts';
import type { Collection } from './records.ts';
import { MAX_DOCUMENT_BYTES, MAX_MESSAGE_BYTES } from './wire.ts';

/** The MongoDB version whose behaviour is followed, and its wire version. */
export const VERSION = '7.0.0';
const WIRE_VERSION = 21;

/** No `setName`, no `msg`: a standalone server, as https://www.mongodb.com/docs/manual/reference/command/hello/ has it. */
export const hello = (call: Call): Doc => ({
  ...(call.name === 'hello' ? { isWritablePrimary: true } : { ismaster: true, helloOk: true }),
  topologyVersion: undefined,
  maxBsonObjectSize: MAX_DOCUMENT_BYTES,
  maxMessageSizeBytes: MAX_MESSAGE_BYTES,
  maxWriteBatchSize: 100_000,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  connectionId: call.connection.id,
  ...(call.login && call.body['saslSupportedMechs'] ? { saslSupportedMechs: ['SCRAM-SHA-256'] } : {}),
  minWireVersion: 0,
  maxWireVersion: WIRE_VERSION,
  readOnly: false,
  ok: 1,
});

export const buildInfo = ({ login }: Call): Doc => ({
  version: VERSION,
  versionArray: VERSION.split('.').map(Number).concat(0),
  modules: ['shelfcast-embedded', ...(login ? [login.proof] : [])],
  bits: 64,
  maxBsonObjectSize: MAX_DOCUMENT_BYTES,
  storageEngines: ['lmdb'],
  ok: 1,
});

export const serverStatus = ({ cursors }: Call): Doc => ({
  host: 'embedded',
  version: VERSION,
  process: 'shelfcast-embedded',
  pid: BigInt(process.pid),
  uptime: process.uptime(),
  localTime: new Date(),
  mem: { bits: 64, resident: Math.round(process.memoryUsage.rss() / 1024 ** 2) },
  metrics: { cursor: { open: { total: BigInt(cursors.open.size) } } },
  storageEngine: { name: 'lmdb', persistent: true },
  ok: 1,
});

function needCollection({ storage, ns }: Call): Collection {
  const collection = storage.collections.get(ns);
  if (collection === undefined) throw new CommandError('NamespaceNotFound', `ns not found ${ns}`);
  return collection;
}

export function create({ storage, ns, body }: Call): Doc {
  for (const option of ['capped', 'timeseries', 'viewOn', 'collation', 'clusteredIndex', 'encryptedFields'])
    if (body[option] !== undefined && body[option] !== false)
      throw new CommandError('NotImplemented', `the embedded store has no ${option} collections`);
  const { validator } = body;
  if (validator !== undefined) compileFilter(validator as Doc);
  if (storage.collections.has(ns))
    throw new CommandError('NamespaceExists', `Collection ${ns} already exists.`);
  createCollection(storage, ns, validator === undefined ? {} : { validator });
  return { ok: 1 };
}

export function drop(call: Call): Doc {
  const collection = call.storage.collections.get(call.ns);
  if (collection === undefined) return { ok: 1 };
  dropCollection(call.storage, collection);
  return { nIndexesWas: collection.indexes.length, ns: call.ns, ok: 1 };
}

export function dropDatabase({ storage, db }: Call): Doc {
  const own = [...storage.collections.values()].filter(({ ns }) => ns.startsWith(`${db}.`));
  for (const collection of own) dropCollection(storage, collection);
  return own.length === 0 ? { ok: 1 } : { dropped: db, ok: 1 };
}

export function listCollections({ storage, db, body, cursors }: Call): Page {
  const { test } = compileFilter(toDocument(body['filter']));
  const rows = [...storage.collections.values()]
    .filter(({ ns }) => ns.startsWith(`${db}.`))
    .map(({ ns, options, indexes }): Doc => ({
      name: ns.slice(db.length + 1),
      type: 'collection',
      options,
      info: { readOnly: false },
      idIndex: indexes[0]?.options,
    }))
    .filter(test)
    .map((row) => (body['nameOnly'] === true ? { name: row['name'], type: row['type'] } : row));
  return openCursor(
    cursors,
    `${db}.$cmd.listCollections`,
    rows.map(encode).values(),
    toDocument(body['cursor'])['batchSize'],
  );
}

export function listDatabases({ storage, body }: Call): Doc {
  const sizes = new Map<string, number>();
  for (const { ns, bytes } of storage.collections.values()) {
    const db = ns.slice(0, ns.indexOf('.'));
    sizes.set(db, (sizes.get(db) ?? 0) + bytes);
  }
  const { test } = compileFilter(toDocument(body['filter']));
  const databases = [...sizes]
    .map(([name, bytes]): Doc => ({ name, sizeOnDisk: BigInt(bytes), empty: false }))
    .filter(test);
  if (body['nameOnly'] === true) return { databases: databases.map(({ name }) => ({ name })), ok: 1 };
  return { databases, totalSize: BigInt([...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)), ok: 1 };
}

/** https://www.mongodb.com/docs/manual/reference/limits/#indexes */
const MOST_INDEXES = 64;
const MOST_FIELDS = 32;
const INDEX_OPTIONS = new Set([
  'v',
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
  'ns',
]);

export function createIndexes(call: Call): Doc {
  const { storage, ns, body } = call;
  const isNew = !storage.collections.has(ns);
  const collection = write(storage, () => openForWrite(call, ns));
  const numIndexesBefore = collection.indexes.length;
  addIndexes(call, collection, body['indexes'] as Doc[]);
  return {
    numIndexesBefore,
    numIndexesAfter: collection.indexes.length,
    createdCollectionAutomatically: isNew,
    ok: 1,
  };
}

export function addIndexes(
  { storage }: Pick<Call, 'storage'>,
  collection: Collection,
  specs: readonly Doc[],
): void {
  for (const spec of specs) {
    const { key, name } = checkIndex(spec);
    const { background: _, ns: __, ...rest } = spec;
    const options: Doc = { v: 2, ...rest, key, name };
    const same = collection.indexes.find((index) => index.name === name || isSame(index.key, key));
    if (same === undefined && collection.indexes.length >= MOST_INDEXES)
      throw new CommandError('CannotCreateIndex', `add index fails, too many indexes for ${collection.ns}`);
    if (same === undefined) createIndex(storage, collection, options);
    else checkSameIndex(same, options);
  }
}

function checkIndex(spec: Doc): { key: Doc; name: string } {
  const { key, name } = spec as { key?: Doc; name?: unknown };
  const refuse = (message: string) => new CommandError('CannotCreateIndex', message);
  if (key === undefined || Object.keys(key).length === 0)
    throw refuse('Index keys cannot be an empty object');
  if (Object.keys(key).length > MOST_FIELDS)
    throw refuse(`Index key pattern cannot have more than ${MOST_FIELDS} fields`);
  if (typeof name !== 'string' || name === '')
    throw new CommandError(
      'FailedToParse',
      "The 'name' field is a required property of an index specification",
    );
  const unknown = Object.keys(spec).find((option) => !INDEX_OPTIONS.has(option) && option !== 'collation');
  if (unknown !== undefined)
    throw new CommandError(
      'InvalidOptions',
      `The field '${unknown}' is not valid for an index specification`,
    );
  if (spec['collation'] !== undefined && toDocument(spec['collation'])['locale'] !== 'simple')
    throw new CommandError('NotImplemented', 'the embedded store has no collation');
  for (const [path, kind] of Object.entries(key))
    if (!Number.isFinite(Number(kind)) || Number(kind) === 0 || path.includes('$'))
      throw refuse(`the embedded store has no index of kind ${path}: ${String(kind)}`);
  if (spec['partialFilterExpression'] !== undefined) compileFilter(spec['partialFilterExpression'] as Doc);
  if (spec['partialFilterExpression'] !== undefined && spec['sparse'] === true)
    throw refuse('cannot mix "partialFilterExpression" and "sparse" options');
  return { key, name };
}

function checkSameIndex(index: Index, options: Doc): void {
  const isEqual = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression'].every(
    (option) => isSame(index.options[option] ?? false, options[option] ?? false) || index.isPrimary,
  );
  if (!isSame(index.key, options['key']))
    throw new CommandError(
      'IndexKeySpecsConflict',
      `An existing index has the same name as the requested index. Requested index: ${JSON.stringify(options)}, existing index: ${JSON.stringify(index.options)}`,
    );
  if (index.isPrimary || (index.name === options['name'] && isEqual)) return;
  if (index.name !== options['name'] && isEqual)
    throw new CommandError(
      'IndexOptionsConflict',
      `Index already exists with a different name: ${index.name}`,
    );
  throw new CommandError(
    'IndexOptionsConflict',
    `An equivalent index already exists with the same name but different options. Requested index: ${JSON.stringify(options)}, existing index: ${JSON.stringify(index.options)}`,
  );
}

export function listIndexes(call: Call): Page {
  const { indexes, ns } = needCollection(call);
  return openCursor(
    call.cursors,
    ns,
    indexes.map(({ options }) => encode(options)).values(),
    toDocument(call.body['cursor'])['batchSize'],
  );
}

export function dropIndexes(call: Call): Doc {
  const collection = needCollection(call);
  const nIndexesWas = collection.indexes.length;
  const wanted = call.body['index'];
  for (const each of Array.isArray(wanted) ? wanted : [wanted]) {
    if (each === '*') {
      for (const index of collection.indexes.slice(1)) dropIndex(call.storage, collection, index);
      continue;
    }
    const index = collection.indexes.find(
      ({ name, key }) => name === each || (typeof each === 'object' && isSame(key, each)),
    );
    if (index === undefined)
      throw new CommandError('IndexNotFound', `index not found with name [${String(each)}]`);
    if (index.isPrimary) throw new CommandError('InvalidOptions', 'cannot drop _id index');
    dropIndex(call.storage, collection, index);
  }
  return { nIndexesWas, ok: 1 };
}

export function collStats({ storage, ns }: Call): Doc {
  const collection = storage.collections.get(ns);
  const { count = 0, bytes = 0, indexes = [] } = collection ?? {};
  return {
    ns,
    count,
    size: bytes,
    avgObjSize: count === 0 ? 0 : Math.round(bytes / count),
    storageSize: statSync(dataFile(storage.folder)).size,
    nindexes: indexes.length,
    capped: false,
    scaleFactor: 1,
    ok: 1,
  };
}

/** Whether every document has its index entries and every entry its document. */
export function validate(call: Call): Doc {
  const { storage } = call;
  const collection = needCollection(call);
  const errors: string[] = [];
  const expected = new Map(collection.indexes.map(({ name }) => [name, 0]));
  let nrecords = 0;
  for (const { value } of eachEntry(storage, prefixed(collection.id), prefixed(collection.id + 1))) {
    nrecords += 1;
    const doc = decode(value);
    const id = idKey(doc['_id']);
    for (const index of collection.indexes.slice(1)) {
      for (const { key } of toEntries(index, doc)) {
        expected.set(index.name, (expected.get(index.name) ?? 0) + 1);
        const owner = get(storage, index.isUnique ? prefixed(index.id, key) : prefixed(index.id, key, id));
        if (owner === undefined || Buffer.compare(owner, id) !== 0)
          errors.push(`index ${index.name} lacks an entry of _id ${String(doc['_id'])}`);
      }
    }
  }
  for (const index of collection.indexes.slice(1)) {
    const entries = countKeys(storage, prefixed(index.id), prefixed(index.id + 1));
    if (entries !== expected.get(index.name))
      errors.push(
        `index ${index.name} has ${entries} entries, its documents make ${expected.get(index.name)}`,
      );
  }
  if (nrecords !== collection.count)
    errors.push(`the collection counts ${collection.count} documents and has ${nrecords}`);
  return {
    ns: call.ns,
    nrecords,
    nIndexes: collection.indexes.length,
    valid: errors.length === 0,
    errors,
    ok: 1,
  };
}

export function explain(call: Call): Doc {
  const command = toDocument(call.body['explain']);
  const [name, target] = Object.entries(command)[0] as [string, unknown];
  const ns = `${call.db}.${String(target)}`;
  const collection = call.storage.collections.get(ns);
  const query = toQuery(name, command);
  if (collection === undefined)
    return { queryPlanner: { namespace: ns, winningPlan: { stage: 'EOF' } }, ok: 1 };
  const counters: Counters = { keys: 0, docs: 0 };
  const start = performance.now();
  const cover = name === 'aggregate' ? findCount(collection, query, command) : undefined;
  const samples = cover && toSamples(call.storage, collection, query, cover, counters);
  const winningPlan = samples ? toCountStage(cover.plan.index) : toStages(collection, query);
  let nReturned = 0;
  if (call.body['verbosity'] !== 'queryPlanner')
    for (const _ of samples ?? eachFound(call.storage, collection, query, counters)) nReturned += 1;
  return {
    explainVersion: '1',
    queryPlanner: { namespace: ns, parsedQuery: query.filter, winningPlan, rejectedPlans: [] },
    executionStats: {
      executionSuccess: true,
      nReturned,
      executionTimeMillis: Math.round(performance.now() - start),
      totalKeysExamined: counters.keys,
      totalDocsExamined: counters.docs,
    },
    serverInfo: { version: VERSION },
    ok: 1,
  };
}

function toQuery(name: string, command: Doc): Query {
  if (name === 'aggregate') return splitPipeline(command['pipeline'] as Doc[]).query;
  const statement = toDocument(((command['updates'] ?? command['deletes'] ?? []) as Doc[])[0]);
  const filter = toDocument(command['filter'] ?? command['query'] ?? statement['q']);
  return {
    filter,
    sort: command['sort'] as Doc | undefined,
    hint: command['hint'],
    limit: Number(command['limit'] ?? 0),
    skip: Number(command['skip'] ?? 0),
  };
}

/** The index that answers a pipeline which counts by values that it begins with. */
function findCount(collection: Collection, query: Query, command: Doc): Cover | undefined {
  const [first] = splitPipeline(command['pipeline'] as Doc[]).rest;
  const counting = first === undefined ? undefined : toCounting(first);
  return counting && findCover(collection, query, counting.paths);
}

const toCountStage = ({ name, key }: Index): Doc => ({
  stage: 'DISTINCT_SCAN',
  keyPattern: key,
  indexName: name,
});

function toStages(collection: Collection, query: Query): Doc {
  const sort = query.sort !== undefined && Object.keys(query.sort).length > 0 ? query.sort : undefined;
  const plans = toPlans(collection, query, sort);
  const stages = plans.map((plan): Doc => {
    const direction = plan.isReverse ? 'backward' : 'forward';
    if (plan.index.isPrimary && plan.score < 5) return { stage: 'COLLSCAN', direction };
    if (plan.index.isPrimary && plan.score >= 20) return { stage: 'IDHACK' };
    const { name, key, isMultikey, isUnique, isSparse } = plan.index;
    const scan = {
      stage: 'IXSCAN',
      keyPattern: key,
      indexName: name,
      isMultiKey: isMultikey,
      isUnique,
      isSparse,
      direction,
      ranges: plan.ranges.length,
    };
    return plan.index.isPrimary
      ? { ...scan, stage: 'CLUSTERED_IXSCAN' }
      : { stage: 'FETCH', inputStage: scan };
  });
  const access = stages.length === 1 ? (stages[0] as Doc) : { stage: 'OR', inputStages: stages };
  const isSorted = sort === undefined || (plans.length === 1 && plans[0]?.isSorted === true);
  return isSorted ? access : { stage: 'SORT', sortPattern: sort, inputStage: access };
}
