import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BSON, Long, UUID } from 'bson';
import crc32c from 'crc-32/crc32c.js';
import type { Document } from 'mongodb';
import {
  closeIdleCursors,
  createCursors,
  openCursor,
  readCursor,
} from '../../../services/embedded-store/cursors.ts';
import { openTestStore, type TestStore } from './support/open-store.ts';

let opened: TestStore;
beforeAll(async () => void (opened = await openTestStore()));
afterAll(() => opened.close());

const OP_QUERY = 2004;
const OP_MSG = 2013;

function frame(op: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(16);
  head.writeInt32LE(16 + body.length, 0);
  head.writeInt32LE(7, 4);
  head.writeInt32LE(op, 12);
  return Buffer.concat([head, body]);
}
const flags = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const body = (doc: Document) => Buffer.concat([Buffer.of(0), BSON.serialize(doc)]);
function sequence(name: string, docs: Document[]): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...docs.map((doc) => BSON.serialize(doc))]);
  return Buffer.concat([Buffer.of(1), Buffer.from(Int32Array.of(content.length + 4).buffer), content]);
}

async function talk(message: Buffer, pieces: number): Promise<Buffer> {
  const socket: Socket = connect(join(opened.folder, 'store.sock'));
  const size = Math.ceil(message.length / pieces);
  for (let at = 0; at < message.length; at += size) {
    socket.write(message.subarray(at, at + size));
    if (pieces > 1) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  let reply = Buffer.alloc(0);
  for await (const chunk of socket) {
    reply = Buffer.concat([reply, chunk as Buffer]);
    if (reply.length >= 4 && reply.length >= reply.readInt32LE(0)) break;
  }
  socket.destroy();
  return reply;
}
const answerOf = (reply: Buffer) => BSON.deserialize(reply.subarray(21));

test('takes a message in pieces, with a document sequence and a checksum', async () => {
  const message = frame(
    OP_MSG,
    flags(1),
    sequence('documents', [{ _id: 1 }, { _id: 2 }]),
    body({ insert: 'parts', $db: 'test' }),
    Buffer.alloc(4),
  );
  message.writeInt32LE(crc32c.buf(message.subarray(0, -4)), message.length - 4);
  expect(answerOf(await talk(message, 9))).toEqual({ n: 2, ok: 1 });
  expect(await opened.db.collection('parts').countDocuments()).toBe(2);
});

test('does nothing of a message that its checksum shows to be damaged, and ends the connection', async () => {
  const message = frame(
    OP_MSG,
    flags(1),
    body({ insert: 'damaged', documents: [{ _id: 1 }], $db: 'test' }),
    Buffer.alloc(4),
  );
  message.writeInt32LE(crc32c.buf(message.subarray(0, -4)) ^ 1, message.length - 4);
  expect(await talk(message, 1)).toHaveLength(0);
  expect(await opened.db.collection('damaged').countDocuments()).toBe(0);
});

test('answers the handshake of OP_QUERY with OP_REPLY', async () => {
  const name = Buffer.from('admin.$cmd\0');
  const reply = await talk(
    frame(
      OP_QUERY,
      flags(0),
      name,
      flags(0),
      Buffer.from(Int32Array.of(-1).buffer),
      BSON.serialize({ isMaster: 1 }),
    ),
    1,
  );
  expect(reply.readInt32LE(12)).toBe(1);
  expect(BSON.deserialize(reply.subarray(36))).toMatchObject({ ismaster: true, ok: 1, maxWireVersion: 21 });
});

test('says nothing to a write that wants no answer, does it, and keeps its order with what follows', async () => {
  const socket = connect(join(opened.folder, 'store.sock'));
  const silent = frame(
    OP_MSG,
    flags(2),
    body({ insert: 'silent', documents: [{ _id: 1 }], writeConcern: { w: 0 }, $db: 'test' }),
  );
  socket.write(Buffer.concat([silent, frame(OP_MSG, flags(0), body({ count: 'silent', $db: 'test' }))]));
  const [reply] = (await socket.take(1).toArray()) as Buffer[];
  socket.destroy();
  expect(answerOf(reply!)).toEqual({ n: 1, ok: 1 });
});

test('closes a connection that does not speak the protocol, and goes on with the others', async () => {
  expect(await talk(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1)).toHaveLength(0);
  expect(await opened.db.command({ ping: 1 })).toEqual({ ok: 1 });
});

test('lets nobody but its user at the data and the socket', () => {
  for (const file of ['store.sock', 'store.mdb', 'store.mdb-lock'])
    expect(statSync(join(opened.folder, file)).mode & 0o777).toBe(0o600);
});

test('answers every command that it offers', async () => {
  const { db, client } = opened;
  const own = db.collection('own');
  await own.insertOne({ _id: 1 as never, n: 1 });
  const explained = { find: 'own', filter: { n: 1 } };
  const commands: [Document, Document][] = [
    [{ hello: 1 }, { isWritablePrimary: true, maxWireVersion: 21, maxBsonObjectSize: 16 * 1024 * 1024 }],
    [{ ping: 1 }, {}],
    [{ buildInfo: 1 }, { version: '7.0.0', storageEngines: ['lmdb'] }],
    [{ serverStatus: 1 }, { storageEngine: { name: 'lmdb' } }],
    [{ create: 'made' }, {}],
    [{ insert: 'made', documents: [{ _id: 1 }, { _id: 2, n: 5 }] }, { n: 2 }],
    [
      { update: 'made', updates: [{ q: { _id: 1 }, u: { $set: { n: 4 } } }] },
      { n: 1, nModified: 1 },
    ],
    [{ createIndexes: 'made', indexes: [{ key: { n: 1 }, name: 'n' }] }, { numIndexesAfter: 2 }],
    [{ find: 'made', filter: { n: { $gt: 4 } } }, { cursor: { id: 0, firstBatch: [{ _id: 2, n: 5 }] } }],
    [{ findAndModify: 'made', query: { _id: 2 }, remove: true }, { value: { _id: 2, n: 5 } }],
    [{ count: 'made' }, { n: 1 }],
    [{ distinct: 'made', key: 'n' }, { values: [4] }],
    [{ aggregate: 'made', pipeline: [], cursor: {} }, { cursor: { firstBatch: [{ _id: 1, n: 4 }] } }],
    [{ explain: explained, verbosity: 'executionStats' }, { executionStats: { nReturned: 1 } }],
    [{ listIndexes: 'made' }, { cursor: { firstBatch: [{ name: '_id_' }, { name: 'n' }] } }],
    [{ collStats: 'made' }, { count: 1, nindexes: 2 }],
    [{ validate: 'made' }, { valid: true, nrecords: 1 }],
    [{ dropIndexes: 'made', index: 'n' }, { nIndexesWas: 2 }],
    [{ delete: 'made', deletes: [{ q: {}, limit: 0 }] }, { n: 1 }],
    [{ listCollections: 1, filter: { name: 'made' } }, { cursor: { firstBatch: [{ name: 'made' }] } }],
    [{ drop: 'made' }, { ns: 'test.made' }],
    [{ listCollections: 1, filter: { name: 'made' } }, { cursor: { firstBatch: [] } }],
  ];
  for (const [command, answer] of commands)
    expect(await db.command(command)).toMatchObject({ ...answer, ok: 1 });
  const names = async () => (await client.db().admin().listDatabases()).databases.map(({ name }) => name);
  await client.db('gone').collection('a').insertOne({});
  expect(await names()).toContain('gone');
  expect(await client.db('gone').dropDatabase()).toBe(true);
  expect(await names()).not.toContain('gone');
});

test('takes sessions and lets them end', async () => {
  const session = opened.client.startSession();
  await opened.db.collection('sessions').insertOne({ a: 1 }, { session });
  expect(await opened.db.collection('sessions').find({}, { session }).toArray()).toHaveLength(1);
  await session.endSession();
  expect(await opened.db.admin().command({ endSessions: [{ id: new UUID() }] })).toMatchObject({ ok: 1 });
});

test('answers an unknown command with CommandNotFound', async () => {
  await expect(opened.db.command({ shardCollection: 'a' })).rejects.toMatchObject({
    code: 59,
    codeName: 'CommandNotFound',
  });
});

test('refuses transactions and retryable writes as a standalone server does', async () => {
  const numbered = {
    insert: 't',
    documents: [{ a: 1 }],
    lsid: { id: new UUID() },
    txnNumber: Long.fromNumber(1),
    $db: 'test',
  };
  for (const more of [{}, { startTransaction: true, autocommit: false }])
    expect(answerOf(await talk(frame(OP_MSG, flags(0), body({ ...numbered, ...more })), 1))).toMatchObject({
      ok: 0,
      code: 20,
      codeName: 'IllegalOperation',
    });
});

test('refuses a document over 16 MB', async () => {
  const command = { insert: 'large', documents: [{ text: 'x'.repeat(16 * 1024 * 1024) }] };
  expect(await opened.db.command(command).catch((error: unknown) => error)).toMatchObject({
    writeErrors: [{ code: 10334 }],
  });
});

test('refuses names and nesting beyond the documented limits', async () => {
  const nested = (depth: number): Document => (depth === 1 ? {} : { a: nested(depth - 1) });
  expect(await opened.db.command({ insert: 'deep', documents: [nested(100)] })).toMatchObject({ n: 1 });
  expect(await opened.db.command({ insert: 'deep', documents: [nested(101)] })).toMatchObject({
    writeErrors: [{ code: 15, codeName: 'Overflow' }],
  });
  await expect(opened.client.db('d'.repeat(64)).command({ create: 'a' })).rejects.toMatchObject({ code: 73 });
  await expect(opened.db.command({ create: 'c'.repeat(256) })).rejects.toMatchObject({ code: 73 });
});

test('closes a cursor that nobody has asked for ten minutes', () => {
  const cursors = createCursors();
  const rows = Array.from({ length: 5 }, () => Buffer.from(BSON.serialize({})));
  const { id } = openCursor(cursors, 'a.b', rows.values(), 2);
  closeIdleCursors(cursors, Date.now() + 9 * 60_000);
  expect(readCursor(cursors, id, 1).rows).toHaveLength(1);
  closeIdleCursors(cursors, Date.now() + 11 * 60_000);
  expect(() => readCursor(cursors, id, 1)).toThrow('not found');
});

test('gives cursors in batches, forgets them when told to, and says so of unknown ones', async () => {
  const docs = opened.db.collection('many');
  await docs.insertMany(Array.from({ length: 250 }, (_, n) => ({ n })));
  const { cursor } = await opened.db.command({ find: 'many', batchSize: 100 });
  expect(cursor.firstBatch).toHaveLength(100);
  const more = await opened.db.command({ getMore: cursor.id, collection: 'many', batchSize: 100 });
  expect(more.cursor.nextBatch).toHaveLength(100);
  const last = await opened.db.command({ getMore: cursor.id, collection: 'many' });
  expect([last.cursor.nextBatch.length, Number(last.cursor.id)]).toEqual([50, 0]);
  const other = await opened.db.command({ find: 'many', batchSize: 0 });
  expect(other.cursor.firstBatch).toHaveLength(0);
  expect(await opened.db.command({ killCursors: 'many', cursors: [other.cursor.id] })).toMatchObject({
    cursorsKilled: [other.cursor.id],
  });
  await expect(opened.db.command({ getMore: other.cursor.id, collection: 'many' })).rejects.toMatchObject({
    code: 43,
  });
});

test('reads on with a cursor past documents that are deleted meanwhile', async () => {
  const docs = opened.db.collection<{ _id: number }>('shrinking');
  await docs.insertMany(Array.from({ length: 5000 }, (_, _id) => ({ _id })));
  const cursor = docs.find().sort({ _id: 1 }).batchSize(10);
  expect((await cursor.next())?._id).toBe(0);
  await docs.deleteMany({ _id: { $gte: 2000 } });
  const seen = (await cursor.toArray()).map(({ _id }) => _id);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.filter((id) => id < 2000)).toHaveLength(1999);
});

test.each([1, -1] as const)(
  'reads large documents whole, each as it was or as it is, while others are put in their place (order %i)',
  async (order) => {
    const large = opened.db.collection<{ _id: string; text: string; length: number }>(`large-${order}`);
    const toDoc = (n: number, letter: string) => {
      const length = 20_000 + n * 500;
      return { _id: `doc-${100 + n}`, text: letter.repeat(length), length };
    };
    const all = Array.from({ length: 60 }, (_, n) => n);
    await large.insertMany(all.map((n) => toDoc(n, 'a')));
    const cursor = large.find().sort({ _id: order }).batchSize(2);
    const seen: string[] = [];
    for await (const { _id, text, length } of cursor) {
      seen.push(_id);
      expect(text).toBe((text[0] ?? '').repeat(length));
      if (seen.length % 2 === 1) continue;
      // what they lay in is free now, and the next writes take it
      const letter = String.fromCodePoint(98 + seen.length);
      await large.bulkWrite(
        all.map((n) => ({
          replaceOne: { filter: { _id: `doc-${100 + n}` }, replacement: toDoc(n, letter) },
        })),
      );
      await opened.db.collection('filler').insertMany(all.map(() => ({ bytes: Buffer.alloc(30_000, 255) })));
    }
    const ids = all.map((n) => `doc-${100 + n}`);
    expect(seen).toEqual(order === 1 ? ids : ids.reverse());
  },
);
