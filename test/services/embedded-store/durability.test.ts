import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { encode } from '../../../services/embedded-store/bson-bytes.ts';
import { createCollection } from '../../../services/embedded-store/collections.ts';
import { insertDoc } from '../../../services/embedded-store/documents.ts';
import { closeStorage, openStorage, write } from '../../../services/embedded-store/storage.ts';
import { backupStore, restoreStore } from '../../../services/embedded-store/backup.ts';
import { dataFile, openData } from '../../../services/embedded-store/data-file.ts';
import { prefixed } from '../../../services/embedded-store/index-keys.ts';
import { moveData } from '../../../services/embedded-store/move.ts';
import { startEmbeddedStore, type EmbeddedStore } from '../../../services/embedded-store/start.ts';
import { mountSmallDisk, type SmallDisk } from '../../faults/disk.ts';

const folders: string[] = [];
const stores: EmbeddedStore[] = [];
const clients: MongoClient[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(stores.splice(0).map((store) => store.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'durable-'));
  folders.push(folder);
  return folder;
}

async function open(folder: string): Promise<MongoClient> {
  const store = await startEmbeddedStore(folder);
  stores.push(store);
  const client = await MongoClient.connect(store.uri);
  clients.push(client);
  return client;
}

async function closeAll(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(stores.splice(0).map((store) => store.stop()));
}

const docsOf = (client: MongoClient) => client.db('shop').collection<{ _id: number; n: number }>('docs');
const rows = (count: number) => Array.from({ length: count }, (_, _id) => ({ _id, n: _id % 7 }));

async function filledFolder(count: number): Promise<string> {
  const folder = newFolder();
  const client = await open(folder);
  await docsOf(client).createIndex({ n: 1 });
  await docsOf(client).insertMany(rows(count));
  await closeAll();
  return folder;
}

/** A client hears of the server's end, and for a moment of nobody at its socket. */
async function countAtLast(client: MongoClient): Promise<number> {
  for (const until = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 50)))
    try {
      return await docsOf(client).countDocuments();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
}

async function serveElsewhere(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'serve.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

test('lets a second process use the folder of the first, and take over when the first is killed', async () => {
  const folder = newFolder();
  const first = await serveElsewhere(folder);
  const client = await open(folder);
  await docsOf(client).insertMany(rows(10));
  const { pid } = await client.db('admin').command({ serverStatus: 1 });
  expect(Number(pid)).toBe(first.pid);
  first.kill('SIGKILL');
  await once(first, 'exit');
  expect(await countAtLast(client)).toBe(10);
  expect(Number((await client.db('admin').command({ serverStatus: 1 }))['pid'])).toBe(process.pid);
});

test('lets one of several processes that start at once serve, and all of them work', async () => {
  const folder = newFolder();
  const processes = await Promise.all([1, 2, 3].map(() => serveElsewhere(folder)));
  const client = await open(folder);
  await docsOf(client).insertMany(rows(5));
  const pid = Number((await client.db('admin').command({ serverStatus: 1 }))['pid']);
  expect(processes.filter((each) => each.pid === pid)).toHaveLength(1);
});

test('has one server after the one of several processes is killed again and again', async () => {
  const folder = newFolder();
  const processes = await Promise.all([1, 2, 3, 4].map(() => serveElsewhere(folder)));
  const store = await startEmbeddedStore(folder);
  const pids = new Set<number>();
  for (let n = 1; n <= 4; n++) {
    const client = await MongoClient.connect(store.uri);
    await docsOf(client).insertOne({ _id: n, n });
    expect(await docsOf(client).countDocuments()).toBe(n);
    const pid = Number((await client.db('admin').command({ serverStatus: 1 }))['pid']);
    await client.close();
    expect(pids.has(pid)).toBe(false);
    pids.add(pid);
    const serving = processes.find((each) => each.pid === pid);
    if (serving === undefined) break; // it is this process's turn
    serving.kill('SIGKILL');
    await once(serving, 'exit');
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  await store.stop();
  expect(pids.size).toBeGreaterThan(1);
});

test('recognises the socket that a killed process left behind', async () => {
  const folder = newFolder();
  const killed = await serveElsewhere(folder);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect(existsSync(join(folder, 'store.sock'))).toBe(true);
  expect(await docsOf(await open(folder)).countDocuments()).toBe(0);
});

test('serves a folder whose path is too long for a socket', async () => {
  const folder = join(newFolder(), 'd'.repeat(100), 'e'.repeat(100));
  const client = await open(folder);
  await docsOf(client).insertOne({ _id: 1, n: 1 });
  expect(await docsOf(client).countDocuments()).toBe(1);
});

test('backs up while it is written to, and restores the moment of the backup, served or not', async () => {
  const folder = newFolder();
  const client = await open(folder);
  await docsOf(client).createIndex({ n: 1 }, { name: 'by-n' });
  await docsOf(client).insertMany(rows(3000));
  let isDone = false;
  const writer = (async () => {
    for (let _id = 3000; !isDone; _id++) await docsOf(client).insertOne({ _id, n: 1 });
  })();
  const file = join(newFolder(), 'backup.mdb');
  await backupStore(folder, file);
  isDone = true;
  await writer;
  await expect(backupStore(folder, file)).rejects.toThrow('never overwrites');
  await docsOf(client).deleteMany({});
  await client.db('other').collection('later').insertOne({});
  await restoreStore(file, folder);
  const restored = await docsOf(client).countDocuments();
  expect(restored).toBeGreaterThanOrEqual(3000);
  expect(await client.db('other').collection('later').countDocuments()).toBe(0);
  await docsOf(client).deleteMany({});
  await closeAll();
  await restoreStore(file, folder);
  const again = await open(folder);
  expect(await docsOf(again).countDocuments()).toBe(restored);
  expect(await again.db('shop').command({ validate: 'docs' })).toMatchObject({ valid: true, nIndexes: 2 });
});

test('moves everything to another server with types and indexes, and refuses one that holds data', async () => {
  const [from, to] = [await open(newFolder()), await open(newFolder())];
  await docsOf(from).createIndex(
    { n: -1 },
    { unique: true, name: 'n-down', partialFilterExpression: { n: { $gt: 5 } } },
  );
  await docsOf(from).insertMany(Array.from({ length: 2500 }, (_, _id) => ({ _id, n: _id })));
  await from.db('second').createCollection('empty');
  const [fromStore, toStore] = stores as [EmbeddedStore, EmbeddedStore];
  const seen: number[] = [];
  const moved = await moveData(fromStore.uri, toStore.uri, ({ done }) => seen.push(done));
  expect(moved).toContainEqual({ namespace: 'shop.docs', documents: 2500, indexes: 1 });
  expect(moved).toContainEqual({ namespace: 'second.empty', documents: 0, indexes: 0 });
  expect(seen).toEqual([1000, 2000, 2500]);
  expect(await docsOf(to).indexes()).toEqual(await docsOf(from).indexes());
  expect(await docsOf(to).find().toArray()).toEqual(await docsOf(from).find().toArray());
  await expect(moveData(fromStore.uri, toStore.uri)).rejects.toThrow('already holds documents');
});

test('says of a damaged file what is wrong, and leaves it as it is', async () => {
  const folder = await filledFolder(2000);
  const whole = readFileSync(dataFile(folder));
  const cases: [(path: string) => void, string][] = [
    [(path) => writeFileSync(path, Buffer.alloc(100_000, 7)), 'does not begin as a data file'],
    [(path) => truncateSync(path, 4096), 'second header is missing'],
    [(path) => truncateSync(path, 20_000), 'cut short'],
  ];
  for (const [damage, reason] of cases) {
    writeFileSync(dataFile(folder), whole);
    damage(dataFile(folder));
    const before = readFileSync(dataFile(folder));
    await expect(startEmbeddedStore(folder)).rejects.toThrow(reason);
    expect(readFileSync(dataFile(folder)).equals(before)).toBe(true);
  }
  writeFileSync(dataFile(folder), whole);
  expect(await docsOf(await open(folder)).countDocuments()).toBe(2000);
});

test('does not touch data of a newer version', async () => {
  const folder = await filledFolder(10);
  const db = openData(folder);
  await db.put(prefixed(0), encode({ format: 99, nextId: 20 }));
  await db.close();
  await expect(startEmbeddedStore(folder)).rejects.toThrow('newer version (format 99');
});

test('says that it may not write to a folder', () => {
  const folder = newFolder();
  const isRoot = process.getuid?.() === 0; // who may everything: the folder is its own, and somebody else tries
  chmodSync(folder, isRoot ? 0o700 : 0o500);
  const nobody = isRoot ? { uid: 65534, gid: 65534 } : {};
  const script = join(import.meta.dirname, 'support', 'serve.ts');
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8', ...nobody });
  chmodSync(folder, 0o700);
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/permission denied/i);
  expect(stderr).toContain(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('lets the data outgrow its memory map', async () => {
  const folder = newFolder();
  const db = openData(folder, 1024 ** 2);
  const value = Buffer.alloc(100_000, 1);
  for (let n = 0; n < 20; n++)
    db.transactionSync(() => {
      for (let i = 0; i < 10; i++) void db.put(Buffer.from([n, i]), value);
    });
  expect(db.getKeysCount({})).toBe(200);
  expect(db.getBinary(Buffer.from([19, 9]))?.equals(value)).toBe(true);
  await db.close();
});

test('says that a folder cannot be had where a file is in its place', async () => {
  const path = join(newFolder(), 'file');
  writeFileSync(path, '');
  await expect(startEmbeddedStore(join(path, 'data'))).rejects.toThrow(/ENOTDIR|not a directory/i);
});

test('changes more documents by one command than one transaction holds', async () => {
  const client = await open(newFolder());
  const docs = docsOf(client);
  await docs.createIndex({ n: 1 }, { unique: true });
  await docs.insertMany(Array.from({ length: 10_000 }, (_, _id) => ({ _id, n: _id })));
  expect(await docs.updateMany({}, { $inc: { n: 20_000 } })).toMatchObject({ modifiedCount: 10_000 });
  await docs.updateOne({ _id: 9_000 }, { $set: { n: -1 } });
  // the value that stands in the way is met in the third transaction; as on a MongoDB server, what came before stays
  const failure = docs.updateMany({ _id: { $lt: 9_000 } }, [{ $set: { n: { $subtract: ['$_id', 8_901] } } }]);
  await expect(failure).rejects.toMatchObject({ code: 11000 });
  expect(await docs.countDocuments({ n: { $lt: 0 } })).toBe(8_901);
  await docs.deleteOne({ _id: 9_000 });
  expect((await docs.deleteMany({ _id: { $lt: 9_990 } })).deletedCount).toBe(9_989);
  expect(await client.db('shop').command({ validate: 'docs' })).toMatchObject({ valid: true, nrecords: 10 });
});

test('answers OutOfDiskSpace when no more can be written, and keeps and serves what it acknowledged', () => {
  const folder = newFolder();
  const script = join(import.meta.dirname, 'support', 'fill-up.ts');
  const { stdout } = spawnSync(
    'bash',
    ['-c', `trap '' XFSZ; ulimit -f 8000; exec "$0" "$1" "$2"`, process.execPath, script, folder],
    { encoding: 'utf8' },
  );
  const { code, acknowledged, found, valid, afterDelete } = JSON.parse(stdout) as {
    code: number;
    acknowledged: number;
    found: number;
    valid: boolean;
    afterDelete: string;
  };
  expect({ code, valid, afterDelete }).toEqual({ code: 14031, valid: true, afterDelete: 'written' });
  expect(acknowledged).toBeGreaterThan(0);
  expect(found).toBe(acknowledged);
});

/** Where nothing may be mounted, as for a user without rights, there is no disk to fill. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'store-disk-'));
  const disk = mountSmallDisk(folder);
  disk?.unmount();
  rmSync(folder, { recursive: true, force: true });
  return disk !== undefined;
}
const testWithDisk = mayMount() ? test : test.skip;

testWithDisk(
  'does not let LMDB meet a full disk: it refuses to write before, serves on, and writes again when there is room',
  async () => {
    const folder = newFolder();
    const disk = mountSmallDisk(folder) as SmallDisk;
    try {
      const store = await startEmbeddedStore(join(folder, 'store'));
      const client = await MongoClient.connect(store.uri);
      const docs = client.db('test').collection<{ _id: number }>('docs');
      await docs.insertOne({ _id: 1 });
      disk.fill();
      for (let round = 0; round < 5; round++)
        await expect(docs.insertOne({ _id: 2 + round })).rejects.toMatchObject({
          code: 14031,
          message: expect.stringMatching(/the disk of .*store has 0 MB free, and 64 are needed/),
        });
      expect(await docs.find().toArray()).toEqual([{ _id: 1 }]);
      disk.free();
      await docs.insertOne({ _id: 9 });
      await client.close();
      await store.stop();
    } finally {
      disk.unmount();
    }
  },
);

test('takes over as soon as it can where the first try fails, as on a full disk', async () => {
  const folder = await filledFolder(10);
  const first = await serveElsewhere(folder);
  const client = await open(folder);
  const whole = readFileSync(dataFile(folder));
  const warning = new Promise((resolve) => {
    jest.spyOn(process, 'emitWarning').mockImplementationOnce(resolve);
  });
  // what stands in the way here is a file that cannot be read; a disk cannot be filled everywhere
  writeFileSync(dataFile(folder), whole.subarray(0, 100));
  first.kill('SIGKILL');
  expect(await warning).toContain('is tried again');
  writeFileSync(dataFile(folder), whole);
  expect(await countAtLast(client)).toBe(10);
});

test('maps its file again where that failed after the last write', async () => {
  const folder = await filledFolder(10);
  const storage = openStorage(folder);
  await storage.db.close();
  storage.isOpen = false;
  const collection = write(storage, () => createCollection(storage, 'shop.others'));
  write(storage, () => insertDoc(storage, collection, encode({ _id: 1 }), 1));
  expect(storage.isOpen).toBe(true);
  await closeStorage(storage);
  expect(await (await open(folder)).db('shop').collection('others').countDocuments()).toBe(1);
});

test('keeps a copied folder apart from the one it was copied from', async () => {
  const folder = newFolder();
  const client = await open(folder);
  await docsOf(client).insertMany(rows(3));
  const copy = newFolder();
  mkdirSync(copy, { recursive: true });
  copyFileSync(dataFile(folder), dataFile(copy));
  const other = await open(copy);
  await docsOf(other).deleteMany({});
  expect([await docsOf(client).countDocuments(), await docsOf(other).countDocuments()]).toEqual([3, 0]);
});
