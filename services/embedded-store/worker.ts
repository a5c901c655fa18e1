import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createStoreServer } from './server.ts';
import { dataFile } from './data-file.ts';
import type { Storage } from './records.ts';
import { tryConnect } from './socket-path.ts';
import { claimLock, loadCatalog, openStorage, readLock } from './storage.ts';

export type WorkerInput = { folder: string; socketPath: string };
export type FromWorker = { kind: 'serving' } | { kind: 'taken' } | { kind: 'failed'; reason: string };

const report = (message: FromWorker) => parentPort?.postMessage(message);

async function main({ folder, socketPath }: WorkerInput): Promise<void> {
  const storage = openStorage(folder);
  for (const file of [dataFile(folder), `${dataFile(folder)}-lock`]) chmodSync(file, 0o600);
  const { server, begin, stop } = createStoreServer(storage);
  if (!(await takeSocket(storage, server, socketPath))) {
    server.close();
    await storage.db.close();
    report({ kind: 'taken' });
    return;
  }
  parentPort?.once('message', () => {
    void stop(() => rmSync(socketPath, { force: true }))
      .then(() => storage.db.close())
      .then(() => parentPort?.close());
  });
  begin();
  report({ kind: 'serving' });
}

/**
 * Listens under a name of its own first and then, holding LMDB's write lock, puts that socket in the place of the
 * old one. Of two processes that found the old one dead, the second sees that the lock record has changed since.
 */
async function takeSocket(storage: Storage, server: Server, socketPath: string): Promise<boolean> {
  const before = readLock(storage);
  const serving = await tryConnect(socketPath);
  serving?.destroy();
  if (serving !== undefined) return false;
  const own = randomBytes(4).toString('hex');
  const ownPath = `${socketPath}.${own}`;
  server.listen(ownPath);
  await once(server, 'listening');
  chmodSync(ownPath, 0o600);
  if (!claimLock(storage, before, own, () => renameSync(ownPath, socketPath))) return false;
  loadCatalog(storage); // another may have served, and ended, since it was read
  return true;
}

main(workerData as WorkerInput).catch((error: unknown) => {
  report({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
});
