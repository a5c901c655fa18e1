import { once } from 'node:events';
import { mkdirSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import pRetry from 'p-retry';
import { findServer } from './address.ts';
import type { FromWorker, Transport, WorkerInput } from './worker.ts';

export type EmbeddedStoreOptions = {
  /** The database named in the URI. Default: "shelfcast". */
  database?: string;
  /**
   * Default: "socket", a Unix socket in the folder, or "loopback" if the system or the folder's file system has none:
   * 127.0.0.1 with SCRAM-SHA-256, the port and the password in a file that only this user may read.
   */
  transport?: Transport;
};

export type EmbeddedStore = {
  /** A mongodb:// address that any MongoDB driver takes. */
  uri: string;
  stop(): Promise<void>;
};

/** This process serves the folder, or another one does, and its end is waited for to take over. */
type Role = { kind: 'serving'; worker: Worker } | { kind: 'guest'; watch: Socket };

/**
 * Serves the data of a folder to MongoDB drivers. Of several processes on one folder the first serves and the others
 * use its socket; when it ends, one of the others takes its place under the same address.
 */
export async function startEmbeddedStore(
  folder: string,
  options: EmbeddedStoreOptions = {},
): Promise<EmbeddedStore> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const input: WorkerInput = { folder: realpathSync(folder), transport: options.transport ?? 'socket' };
  const stopping = new AbortController();
  let role = await takeRole(input);
  const followOn = () => {
    whenEnded(role, () => {
      if (stopping.signal.aborted) return;
      void takeRoleAtLast(input, stopping.signal).then((next) => {
        if (next === undefined) return;
        role = next;
        if (stopping.signal.aborted) void leave(next);
        else followOn();
      });
    });
  };
  followOn();
  return {
    uri: await toUri(input.folder, options.database ?? 'shelfcast'),
    async stop() {
      stopping.abort();
      await leave(role);
    },
  };
}

async function toUri(folder: string, database: string): Promise<string> {
  const server = await findServer(folder, database);
  server?.watch.destroy();
  if (server === undefined) throw new Error(`the store in ${folder} ended while it was being started`);
  return server.uri;
}

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
    const server = await findServer(input.folder);
    if (server !== undefined) return { kind: 'guest', watch: server.watch };
    const worker = await serve(input);
    if (worker !== undefined) return { kind: 'serving', worker };
  }
}

/** Whatever stood in the way, a full disk for one, may be gone the next time; undefined once stopped. */
async function takeRoleAtLast(input: WorkerInput, signal: AbortSignal): Promise<Role | undefined> {
  const take = async (): Promise<Role> => {
    const role = await takeRole(input);
    if (signal.aborted) await leave(role);
    return role;
  };
  try {
    return await pRetry(take, {
      retries: Infinity, minTimeout: 500, maxTimeout: 5_000, unref: true, signal,
      onFailedAttempt({ error, attemptNumber }) {
        if (attemptNumber === 1)
          process.emitWarning(`the embedded store cannot be taken over, and is tried again: ${String(error)}`);
      },
    }); // prettier-ignore
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
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
