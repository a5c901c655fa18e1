import { once } from 'node:events';
import { mkdirSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { toSocketPath, tryConnect } from './socket-path.ts';
import type { FromWorker, WorkerInput } from './worker.ts';

export type EmbeddedStoreOptions = {
  /** The database named in the URI. Default: "shelfcast". */
  database?: string;
};

export type EmbeddedStore = {
  /** A mongodb:// address that any MongoDB driver takes. */
  uri: string;
  stop(): Promise<void>;
};

/** This process serves the folder, or another one does, and its end is waited for to take over. */
type Role = { kind: 'serving'; worker: Worker } | { kind: 'guest'; watch: Socket };

/**
 * Serves the data of a folder at a Unix socket. Of several processes on one folder the first serves and the others
 * use its socket; when it ends, one of the others takes its place under the same address.
 */
export async function startEmbeddedStore(
  folder: string,
  options: EmbeddedStoreOptions = {},
): Promise<EmbeddedStore> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const input: WorkerInput = { folder: realpathSync(folder), socketPath: toSocketPath(realpathSync(folder)) };
  let isStopped = false;
  let role = await takeRole(input);
  const followOn = () => {
    whenEnded(role, () => {
      if (isStopped) return;
      void takeRole(input).then(
        (next) => {
          role = next;
          if (isStopped) void leave(next);
          else followOn();
        },
        (error: unknown) =>
          process.emitWarning(`the embedded store could not be taken over: ${String(error)}`),
      );
    });
  };
  followOn();
  return {
    uri: toUri(input.socketPath, options.database ?? 'shelfcast'),
    async stop() {
      isStopped = true;
      await leave(role);
    },
  };
}

/** https://www.mongodb.com/docs/manual/reference/connection-string/ : a socket is a percent-encoded path as host */
const toUri = (socketPath: string, database: string) =>
  `mongodb://${encodeURIComponent(socketPath)}/${database}?directConnection=true&retryWrites=false&serverSelectionTimeoutMS=10000`;

/** Calls back when the other process is gone, or this one's worker has failed: somebody has to serve again. */
function whenEnded(role: Role, then: () => void): void {
  if (role.kind === 'guest') role.watch.once('close', then);
  else {
    role.worker.on('error', (error) =>
      process.emitWarning(`the embedded store failed and is started again: ${String(error)}`),
    );
    role.worker.once('exit', then);
  }
}

async function takeRole(input: WorkerInput): Promise<Role> {
  for (;;) {
    const watch = await tryConnect(input.socketPath);
    if (watch !== undefined) return { kind: 'guest', watch };
    const worker = await serve(input);
    if (worker !== undefined) return { kind: 'serving', worker };
  }
}

/**
 * Documents pass through as buffers that live briefly; with little room for young objects they are freed soon, and
 * not only when tens of megabytes of them have gathered.
 */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

/** The worker that serves, or undefined if another process was quicker. */
async function serve(input: WorkerInput): Promise<Worker | undefined> {
  const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
  const worker = new Worker(entry, { workerData: input, name: 'embedded-store', resourceLimits: LIMITS });
  const [message] = (await once(worker, 'message')) as [FromWorker];
  if (message.kind === 'serving') {
    worker.unref();
    return worker;
  }
  await worker.terminate();
  if (message.kind === 'failed') throw new Error(message.reason);
  return undefined;
}

async function leave(role: Role): Promise<void> {
  if (role.kind === 'guest') {
    role.watch.destroy();
    return;
  }
  if (role.worker.threadId < 0) return; // it has ended already
  const ended = once(role.worker, 'exit');
  role.worker.postMessage('stop');
  role.worker.ref();
  await ended;
}

/** The way of the data out and in, for the command line. */
export { backupStore, restoreStore } from './backup.ts';
export { moveData, type MoveProgress } from './move.ts';
