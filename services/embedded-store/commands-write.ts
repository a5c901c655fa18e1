import { ObjectId } from 'bson';
import {
  decode,
  isDeeper,
  eachElement,
  encode,
  findElement,
  joinElements,
  sliceFields,
  type Doc,
} from './bson-bytes.ts';
import type { Call } from './commands.ts';
import { CommandError, toErrorFields } from './errors.ts';
import { idKey } from './index-keys.ts';
import { toVariables } from './mingo-context.ts';
import { bsonType, isSame } from './order.ts';
import { compileProjection } from './projection.ts';
import { eachFound, idAmong, idOnly, toRawTest, type Found, type Query } from './read.ts';
import { compileFilter } from './filter.ts';
import { createCollection } from './collections.ts';
import { getDoc, insertDoc, removeDoc, replaceDoc } from './documents.ts';
import type { Collection, Storage } from './records.ts';
import { compileUpdate, fieldsOfFilter, type Update } from './update.ts';
import { MAX_DOCUMENT_BYTES } from './wire.ts';

/** Writes (https://www.mongodb.com/docs/manual/reference/command/nav-crud/). All run within a transaction. */
const ID_ONLY = new Set(['_id']);
const UPDATE_ONLY = new Set(['u']);

export function openForWrite({ storage }: { storage: Storage }, ns: string): Collection {
  return storage.collections.get(ns) ?? createCollection(storage, ns);
}

export function insert(call: Call): Generator<void, Doc> {
  const collection = openForWrite(call, call.ns);
  return runStatements(call, 'documents', (raw) => {
    insertRaw(
      call.storage,
      collection,
      raw,
      findElement(raw, '_id') === undefined ? new ObjectId() : undefined,
    );
    return { n: 1 };
  });
}

/** https://www.mongodb.com/docs/manual/reference/limits/#bson-documents */
const DEEPEST = 100;

/** Puts a document in with its `_id` first; a missing one is given. */
export function insertRaw(storage: Storage, collection: Collection, raw: Buffer, newId?: unknown): unknown {
  const withId =
    newId === undefined
      ? idFirst(raw)
      : joinElements([encode({ _id: newId }).subarray(4, -1), raw.subarray(4, -1)]);
  checkSize(withId);
  const id = decode(sliceFields(withId, ID_ONLY, 'named'))['_id'];
  checkId(id);
  insertDoc(storage, collection, withId, id);
  return id;
}

function idFirst(raw: Buffer): Buffer {
  const [first] = eachElement(raw);
  if (first?.name === '_id') return raw;
  const id = findElement(raw, '_id');
  if (id === undefined) return raw;
  return joinElements([raw.subarray(id.start, id.end), raw.subarray(4, id.start), raw.subarray(id.end, -1)]);
}

function checkSize(raw: Buffer): void {
  if (raw.length > MAX_DOCUMENT_BYTES)
    throw new CommandError(
      'BSONObjectTooLarge',
      `object to insert too large. size in bytes: ${raw.length}, max size: ${MAX_DOCUMENT_BYTES}`,
    );
  if (isDeeper(raw, DEEPEST))
    throw new CommandError('Overflow', `object to insert exceeds the depth limit of ${DEEPEST} levels`);
}

function checkId(id: unknown): void {
  const type = Array.isArray(id) ? 'array' : bsonType(id) === 'BSONRegExp' ? 'regex' : undefined;
  if (type !== undefined)
    throw new CommandError('InvalidIdField', `The '_id' value cannot be of type ${type}`);
  if (typeof id === 'object' && id !== null && Object.keys(id)[0]?.startsWith('$'))
    throw new CommandError(
      'DollarPrefixedFieldName',
      `_id fields may not contain '$'-prefixed fields: ${Object.keys(id)[0]} is not valid for storage.`,
    );
}

type Outcome = { n: number; nModified?: number; upserted?: unknown };

/** Runs the statements of a command one after the other; an ordered command ends at the first error. */
function* runStatements(
  call: Call,
  field: string,
  run: (row: Buffer) => Outcome | Generator<void, Outcome>,
): Generator<void, Doc> {
  const rows = call.rows[field] ?? [];
  const isOrdered = call.body['ordered'] !== false;
  const writeErrors: Doc[] = [];
  const upserted: Doc[] = [];
  let n = 0;
  let nModified = 0;
  if (rows.length === 0 || rows.length > 100_000)
    throw new CommandError(
      'InvalidLength',
      `Write batch sizes must be between 1 and 100000. Got ${rows.length} operations.`,
    );
  for (const [index, row] of rows.entries()) {
    try {
      const running = run(row);
      const outcome = Symbol.iterator in running ? yield* running : running;
      yield;
      n += outcome.n;
      nModified += outcome.nModified ?? 0;
      if ('upserted' in outcome) upserted.push({ index, _id: outcome.upserted });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      writeErrors.push({ index, ...toErrorFields(error) });
      if (isOrdered) break;
    }
  }
  return {
    n,
    ...(field === 'updates' ? { nModified } : {}),
    ...(upserted.length > 0 ? { upserted } : {}),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
    ok: 1,
  };
}

export function update(call: Call): Generator<void, Doc> {
  const variables = toVariables(call.body['let']);
  return runStatements(call, 'updates', function* (row) {
    const given = findElement(row, 'u');
    const raw = given?.type === 0x03 ? row.subarray(given.value, given.end) : undefined;
    // a replacement is stored as it came
    const isReplacement = raw !== undefined && eachElement(raw).next().value?.name.startsWith('$') !== true;
    const statement = decode(isReplacement ? sliceFields(row, UPDATE_ONLY, 'others') : row);
    const query = {
      filter: statement['q'] as Doc,
      hint: statement['hint'],
      variables: { ...variables, ...(statement['c'] as Doc) },
    };
    const isMulti = statement['multi'] === true;
    // an update's `sort` came with MongoDB 8.0
    if ('sort' in statement)
      throw new CommandError('Location40415', "BSON field 'update.updates.sort' is an unknown field.");
    const { matched, modified, upsertedId } = yield* runUpdate(call.storage, call.ns, {
      ...query,
      update: isReplacement ? {} : statement['u'],
      raw,
      arrayFilters: statement['arrayFilters'] as Doc[] | undefined,
      isMulti,
      isUpsert: statement['upsert'] === true,
    });
    return {
      n: upsertedId === undefined ? matched : 1,
      nModified: modified,
      ...(upsertedId === undefined ? {} : { upserted: upsertedId.id }),
    };
  });
}

type UpdateStatement = Query & {
  update: unknown;
  /** The update as it came, for a replacement that is stored as it is. */
  raw: Buffer | undefined;
  arrayFilters: Doc[] | undefined;
  isMulti: boolean;
  isUpsert: boolean;
};
type UpdateOutcome = {
  matched: number;
  modified: number;
  upsertedId?: { id: unknown };
  before?: Buffer;
  after?: Buffer;
};

export function* runUpdate(
  storage: Storage,
  ns: string,
  statement: UpdateStatement,
): Generator<void, UpdateOutcome> {
  const { filter, update: spec, isMulti, isUpsert, variables = {}, arrayFilters } = statement;
  const compiled = compileUpdate(spec, {
    filter,
    variables,
    ...(arrayFilters === undefined ? {} : { arrayFilters }),
  });
  if (compiled.isReplacement && isMulti)
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
  const collection = isUpsert ? openForWrite({ storage }, ns) : storage.collections.get(ns);
  if (collection === undefined) return { matched: 0, modified: 0 };
  const outcome: UpdateOutcome = { matched: 0, modified: 0 };
  const query = { ...statement, limit: isMulti ? 0 : 1 };
  for (const { id, raw: before } of findTargets(storage, collection, query, 'update')) {
    const after = toAfter(compiled, before, statement.raw);
    outcome.matched += 1;
    Object.assign(outcome, { before, after });
    if (Buffer.compare(before, after) === 0) continue;
    replaceDoc(storage, collection, id, before, after);
    outcome.modified += 1;
    yield;
  }
  if (outcome.matched > 0 || !isUpsert) return outcome;
  const after = toUpserted(compiled, filter, statement.raw);
  const newId = findElement(after, '_id') === undefined ? new ObjectId() : undefined;
  const id = insertRaw(storage, collection, after, newId);
  const stored = getDoc(storage, collection, idKey(id));
  return { ...outcome, upsertedId: { id }, ...(stored === undefined ? {} : { after: stored }) };
}

/**
 * What a write is to change. Of an update's targets all are found before any is changed, so that no change moves one
 * into the search again; what is removed can be so as it is found.
 */
function* findTargets(
  storage: Storage,
  collection: Collection,
  query: Query,
  kind: 'update' | 'remove',
): Generator<Found> {
  const id = query.hint === undefined ? idAmong(query.filter) : undefined;
  const isMatch =
    id === undefined || idOnly(query.filter) !== undefined
      ? undefined
      : toRawTest(compileFilter(query.filter, query.variables));
  const ids =
    id !== undefined
      ? [id]
      : kind === 'update' && query.limit !== 1
        ? Array.from(eachFound(storage, collection, query), (found) => Buffer.from(found.id))
        : undefined;
  if (ids === undefined) yield* eachFound(storage, collection, query);
  for (const each of ids ?? []) {
    const raw = getDoc(storage, collection, each);
    if (raw !== undefined && (isMatch === undefined || isMatch(raw))) yield { id: each, raw };
  }
}

function toAfter(compiled: Update, before: Buffer, replacement: Buffer | undefined): Buffer {
  const id = findElement(before, '_id');
  if (id === undefined) throw new CommandError('InternalError', 'a stored document has no _id');
  if (compiled.isReplacement && replacement !== undefined) {
    const own = findElement(replacement, '_id');
    if (own === undefined)
      return joinElements([before.subarray(id.start, id.end), replacement.subarray(4, -1)]);
    checkSameId(
      decode(sliceFields(before, ID_ONLY, 'named'))['_id'],
      decode(sliceFields(replacement, ID_ONLY, 'named'))['_id'],
    );
    return idFirst(replacement);
  }
  const doc = decode(before);
  const beforeId = doc['_id'];
  const after = compiled.apply(doc, 'update');
  checkSameId(beforeId, after['_id']);
  const raw = idFirst(encode(after));
  checkSize(raw);
  return raw;
}

function checkSameId(before: unknown, after: unknown): void {
  if (!isSame(before, after) || after === undefined)
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
}

function toUpserted(compiled: Update, filter: Doc, replacement: Buffer | undefined): Buffer {
  const fixed = fieldsOfFilter(filter);
  if (compiled.isReplacement && replacement !== undefined) {
    if (findElement(replacement, '_id') !== undefined || fixed['_id'] === undefined)
      return idFirst(replacement);
    return joinElements([encode({ _id: fixed['_id'] }).subarray(4, -1), replacement.subarray(4, -1)]);
  }
  const after = compiled.apply(fixed, 'insert');
  const id = fieldsOfFilter(filter)['_id'];
  if (id !== undefined) checkSameId(id, after['_id']);
  return idFirst(encode(after));
}

export function remove(call: Call): Generator<void, Doc> {
  const collection = call.storage.collections.get(call.ns);
  return runStatements(call, 'deletes', function* (row) {
    const statement = decode(row);
    if (collection === undefined) return { n: 0 };
    const isOne = Number(statement['limit'] ?? 0) === 1;
    const query = {
      filter: statement['q'] as Doc,
      hint: statement['hint'],
      limit: isOne ? 1 : 0,
      variables: toVariables(call.body['let']),
    };
    let n = 0;
    for (const { id, raw } of findTargets(call.storage, collection, query, 'remove')) {
      removeDoc(call.storage, collection, id, raw);
      n += 1;
      yield;
    }
    return { n };
  });
}

export function* findAndModify(call: Call): Generator<void, Doc> {
  const { storage, ns, body } = call;
  const variables = toVariables(body['let']);
  const query: Query = {
    filter: (body['query'] ?? {}) as Doc,
    sort: body['sort'] as Doc | undefined,
    hint: body['hint'],
    limit: 1,
    variables,
  };
  const project = compileProjection(body['fields'] as Doc | undefined, variables) ?? ((raw: Buffer) => raw);
  const value = (raw: Buffer | undefined) => (raw === undefined ? null : decode(project(raw)));
  if (body['remove'] === true) {
    if (body['update'] !== undefined || body['upsert'] === true)
      throw new CommandError('FailedToParse', 'Cannot specify both an update and remove=true');
    const collection = storage.collections.get(ns);
    const [found] = collection === undefined ? [] : eachFound(storage, collection, query);
    if (collection !== undefined && found !== undefined) removeDoc(storage, collection, found.id, found.raw);
    return { lastErrorObject: { n: found === undefined ? 0 : 1 }, value: value(found?.raw), ok: 1 };
  }
  if (body['update'] === undefined)
    throw new CommandError('FailedToParse', 'Either an update or remove=true must be specified');
  const isUpsert = body['upsert'] === true;
  const raw = Array.isArray(body['update']) ? undefined : encode(body['update'] as Doc);
  const { matched, upsertedId, before, after } = yield* runUpdate(storage, ns, {
    ...query,
    update: body['update'],
    raw,
    arrayFilters: body['arrayFilters'] as Doc[] | undefined,
    isMulti: false,
    isUpsert,
  });
  const lastErrorObject = {
    n: matched > 0 || upsertedId !== undefined ? 1 : 0,
    updatedExisting: matched > 0,
    ...(upsertedId === undefined ? {} : { upserted: upsertedId.id }),
  };
  return { lastErrorObject, value: value(body['new'] === true ? after : before), ok: 1 };
}
