import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { startEmbeddedStore, type EmbeddedStore } from '../../../services/embedded-store/start.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'services', 'cli', 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'store-cli-'));
const other = mkdtempSync(join(tmpdir(), 'store-other-'));
let running: EmbeddedStore;
let client: MongoClient;
beforeAll(async () => {
  running = await startEmbeddedStore(join(folder, 'store'));
  client = await MongoClient.connect(running.uri);
});
afterAll(async () => {
  await client.close();
  await running.stop();
  for (const each of [folder, other]) rmSync(each, { recursive: true });
});

const items = () => client.db('shelfcast').collection<{ _id: number; n: number }>('items');
async function shelfcast(...args: string[]): Promise<string> {
  const { MONGODB_URI: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], {
    env: { ...env, DATA_DIR: folder, NODE_OPTIONS: '' },
  });
  return stdout;
}

test('backs up, restores and moves by the command line what another process serves', async () => {
  await items().createIndex({ n: 1 }, { unique: true });
  await items().insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, n: _id })));
  const backup = join(folder, 'kept');
  await shelfcast('backup', backup);
  await items().deleteMany({ _id: { $lt: 400 } });
  await shelfcast('restore', backup, '--yes');
  expect(await items().countDocuments()).toBe(500);

  const target = await startEmbeddedStore(other);
  const moved = await MongoClient.connect(target.uri);
  expect(JSON.parse(await shelfcast('move-data', target.uri, '--json'))).toEqual([
    { namespace: 'shelfcast.items', documents: 500, indexes: 1 },
  ]);
  const copy = moved.db('shelfcast').collection('items');
  expect(await copy.countDocuments()).toBe(500);
  expect(await copy.indexes()).toMatchObject([{ name: '_id_' }, { key: { n: 1 }, unique: true }]);
  await moved.close();
  await target.stop();
}, 180_000);
