import { pickFields, type Doc } from './bson-bytes.ts';
import type { Call } from './commands.ts';
import { findCover, toSamples } from './covered.ts';
import { openCursor, readCursor, type Page } from './cursors.ts';
import { getDoc } from './documents.ts';
import { compileFilter } from './filter.ts';
import { toVariables } from './mingo-context.ts';
import { isPlainObject, keyText } from './order.ts';
import { compileProjection } from './projection.ts';
import { countFound, eachFound, idOnly, idsOnly, type Found, type Query } from './read.ts';
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
  const project = compileProjection(body['projection'] as Doc | undefined, variables);
  const collection = storage.collections.get(ns);
  const rows =
    collection === undefined
      ? [].values()
      : eachRow(findFast(storage, collection, query) ?? eachFound(storage, collection, query), project);
  const isSingle = body['singleBatch'] === true || Number(body['limit'] ?? 0) < 0;
  return openCursor(cursors, ns, rows, body['batchSize'], isSingle ? 'single batch' : 'open');
}

/** Documents by their `_id` alone: no plan, no filter. */
function findFast(storage: Storage, collection: Collection, query: Query): Iterable<Found> | undefined {
  const { filter, skip, hint, limit, sort = {} } = query;
  if (skip !== 0 || hint !== undefined) return undefined;
  const id = idOnly(filter);
  if (id !== undefined) return eachById(storage, collection, [id]);
  // in the order of their `_id`, all of them
  const ids = limit === 0 && Object.keys(sort).length === 0 ? idsOnly(filter) : undefined;
  return ids && eachById(storage, collection, ids);
}

function* eachById(storage: Storage, collection: Collection, ids: readonly Buffer[]): Generator<Found> {
  for (const id of ids) {
    const raw = getDoc(storage, collection, id);
    if (raw !== undefined) yield { id, raw };
  }
}

export function* eachRow(
  found: Iterable<Found>,
  project: ((raw: Buffer) => Buffer) | undefined,
): Generator<Buffer> {
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
    const query: Query = { filter, hint: body['hint'] };
    const cover = findCover(collection, query, [path]);
    const found = cover && toSamples(storage, collection, query, cover);
    for (const { raw } of found ?? eachFound(storage, collection, query)) visit(pickFields(raw, fields), 0);
  }
  return { values: [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value), ok: 1 };
}
