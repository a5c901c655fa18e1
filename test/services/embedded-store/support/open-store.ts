import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type Db } from 'mongodb';
import { startEmbeddedStore, type EmbeddedStore } from '../../../../services/embedded-store/start.ts';

export type TestStore = {
  folder: string;
  store: EmbeddedStore;
  client: MongoClient;
  db: Db;
  close: () => Promise<void>;
};

/** A store in a folder of its own, with a driver connected to it. */
export async function openTestStore(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  const store = await startEmbeddedStore(folder);
  const client = await MongoClient.connect(store.uri);
  return {
    folder,
    store,
    client,
    db: client.db('test'),
    async close() {
      await client.close();
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
