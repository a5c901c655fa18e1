import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createStoreServer, type StoreServer } from './server.ts';
import { dataFile } from './data-file.ts';
import type { Storage } from './records.ts';
import { findServer, loopbackFile, readLoopback, toSocketPath } from './address.ts';
import { claimLock, closeStorage, loadCatalog, openStorage, readLock } from './storage.ts';

/** `socket`: and if the system or the folder has none, `loopback`. */
export type Transport = 'socket' | 'loopback';
export type WorkerInput = { folder: string; transport: Transport };
export type FromWorker = { kind: 'serving' } | { kind: 'taken' } | { kind: 'failed'; reason: string };

const report = (message: FromWorker) => parentPort?.postMessage(message);

async function main({ folder, transport }: WorkerInput): Promise<void> {
  const storage = openStorage(folder);
  for (const file of [dataFile(folder), `${dataFile(folder)}-lock`]) chmodSync(file, 0o600);
  const store = createStoreServer(storage);
  if (!(await takePlace(storage, store, { folder, transport }))) {
    store.server.close();
    await closeStorage(storage);
    report({ kind: 'taken' });
    return;
  }
  parentPort?.once('message', () => {
    void store
      .stop(() => rmSync(toSocketPath(folder), { force: true }))
      .then(() => closeStorage(storage))
      .then(() => parentPort?.close());
  });
  store.begin();
  report({ kind: 'serving' });
}

/**
 * Listens under a name of its own first and then, holding LMDB's write lock, puts that socket (or the file that says
 * port and password) in the place of the old one. Of two processes that found the old one dead, the second sees that
 * the lock record has changed since.
 */
async function takePlace(
  storage: Storage,
  store: StoreServer,
  { folder, transport }: WorkerInput,
): Promise<boolean> {
  const before = readLock(storage);
  const serving = await findServer(folder);
  serving?.watch.destroy();
  if (serving !== undefined) return false;
  const own = randomBytes(4).toString('hex');
  const path = toSocketPath(folder);
  const ownPath = `${path}.${own}`;
  if (transport === 'socket' && (await listenAtSocket(store, ownPath))) {
    if (!claimLock(storage, before, own, () => renameSync(ownPath, path))) return false;
    rmSync(loopbackFile(folder), { force: true });
  } else {
    const loopback = await listenAtLoopback(store, folder);
    const ownFile = `${loopbackFile(folder)}.${own}`;
    writeFileSync(ownFile, JSON.stringify(loopback), { mode: 0o600 });
    if (!claimLock(storage, before, own, () => renameSync(ownFile, loopbackFile(folder)))) {
      rmSync(ownFile);
      return false;
    }
  }
  loadCatalog(storage); // another may have served, and ended, since it was read
  return true;
}

/** What systems and file systems answer that have no Unix sockets. */
const NO_SOCKETS = ['EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EAFNOSUPPORT'];

async function listenAtSocket({ server }: StoreServer, path: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  try {
    server.listen(path);
    await once(server, 'listening');
    chmodSync(path, 0o600);
    return true;
  } catch (error) {
    if (NO_SOCKETS.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** At the port and with the password that the last server had, so that those who knew them find this one. */
async function listenAtLoopback(store: StoreServer, folder: string) {
  const last = readLoopback(folder);
  const password = last?.password ?? randomBytes(32).toString('base64url');
  store.protect(password);
  const { server } = store;
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await (last === undefined ? listen(0) : listen(last.port).catch(() => listen(0)));
  return { port: (server.address() as AddressInfo).port, password };
}

main(workerData as WorkerInput).catch((error: unknown) => {
  report({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
});
