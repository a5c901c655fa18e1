import { encode, type Doc } from './bson-bytes.ts';
import { createIndex, dropIndex } from './collections.ts';
import type { Call } from './commands.ts';
import { needCollection } from './commands-admin.ts';
import { toDocument } from './commands-read.ts';
import { openForWrite } from './commands-write.ts';
import { openCursor, type Page } from './cursors.ts';
import { CommandError } from './errors.ts';
import { compileFilter } from './filter.ts';
import type { Index } from './index-keys.ts';
import { isSame } from './order.ts';
import type { Collection } from './records.ts';
import { write } from './storage.ts';

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
