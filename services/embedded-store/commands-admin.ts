import { statSync } from 'node:fs';
import { decode, encode, type Doc } from './bson-bytes.ts';
import { createCollection, dropCollection } from './collections.ts';
import type { Call } from './commands.ts';
import { toDocument } from './commands-read.ts';
import { openCursor, type Page } from './cursors.ts';
import { dataFile } from './data-file.ts';
import { CommandError } from './errors.ts';
import { compileFilter } from './filter.ts';
import { idKey, prefixed, toEntries } from './index-keys.ts';
import type { Collection } from './records.ts';
import { countKeys, eachEntry, get } from './storage.ts';
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

export function needCollection({ storage, ns }: Call): Collection {
  const collection = storage.collections.get(ns);
  if (collection === undefined) throw new CommandError('NamespaceNotFound', `ns not found ${ns}`);
  return collection;
}

const REFUSED = 'capped timeseries viewOn collation clusteredIndex encryptedFields validator'.split(' ');

export function create({ storage, ns, body }: Call): Doc {
  const wanted = REFUSED.find((option) => (body[option] ?? false) !== false);
  if (wanted !== undefined)
    throw new CommandError('NotImplemented', `the embedded store has no ${wanted} for collections`);
  if (storage.collections.has(ns))
    throw new CommandError('NamespaceExists', `Collection ${ns} already exists.`);
  createCollection(storage, ns);
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
