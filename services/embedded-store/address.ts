import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { encode } from './bson-bytes.ts';
import { USER } from './login.ts';
import { toMessage } from './wire.ts';

/**
 * Where a folder's server is reached: at a Unix socket that only this user may open, or, where the system or the
 * folder's file system has none, at 127.0.0.1 with a password that only this user may read.
 */
export type Loopback = { port: number; password: string };

/** A socket's path is at most 107 bytes on Linux, 103 on macOS (unix(7)); some are left for a temporary ending. */
const LONGEST_PATH = 90;
/** How long a program at the loopback port may take to show that it is the store. */
const PROOF_MS = 5_000;
/** How long to wait where more connections wait to be accepted than the system keeps. */
const BUSY_MS = 20;

/** In the folder itself, or, where that is too deep, in a directory of this user's own, named by the folder. */
export function toSocketPath(folder: string): string {
  const path = join(folder, 'store.sock');
  if (Buffer.byteLength(path) <= LONGEST_PATH) return path;
  const user = process.getuid?.() ?? 0;
  const directory = join(Buffer.byteLength(tmpdir()) > 50 ? '/tmp' : tmpdir(), `shelfcast-${user}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(directory);
  if (uid !== user || (mode & 0o077) !== 0)
    throw new Error(
      `${directory} has to belong to this user alone (mode 0700): the store's socket goes there`,
    );
  return join(directory, `${createHash('sha256').update(folder).digest('hex').slice(0, 20)}.sock`);
}

export const loopbackFile = (folder: string) => join(folder, 'store.address');

export function readLoopback(folder: string): Loopback | undefined {
  try {
    return JSON.parse(readFileSync(loopbackFile(folder), 'utf8')) as Loopback;
  } catch {
    return undefined;
  }
}

/** What tells this store from others at the same port, without its password. */
export const toProof = (password: string) =>
  createHash('sha256').update(`proof:${password}`).digest('hex').slice(0, 32);

/** A connection to the folder's server and its URI, or undefined if none serves. */
export async function findServer(
  folder: string,
  database = '',
): Promise<{ watch: Socket; uri: string } | undefined> {
  const path = toSocketPath(folder);
  const local = await tryConnect(() => connect(path));
  if (local !== undefined) return { watch: local, uri: toUri(encodeURIComponent(path), database) };
  const loopback = readLoopback(folder);
  if (loopback === undefined) return undefined;
  const { port, password } = loopback;
  const remote = await tryConnect(() => connect(port, '127.0.0.1'));
  if (remote === undefined || !(await isStore(remote, toProof(password)))) return undefined;
  const host = `${USER}:${password}@127.0.0.1:${port}`;
  return { watch: remote, uri: `${toUri(host, database)}&authMechanism=SCRAM-SHA-256&authSource=admin` };
}

/**
 * https://www.mongodb.com/docs/manual/reference/connection-string/ : a socket is a percent-encoded path as host.
 * A long `connectTimeoutMS`, because the driver also takes it as how long its heartbeat may stay unanswered before it
 * breaks off all that is under way: a command over a million documents may take the server for longer than the usual
 * thirty seconds, and a server that has died is seen at once by its connection.
 */
const toUri = (host: string, database: string) =>
  `mongodb://${host}/${database}?directConnection=true&retryWrites=false&serverSelectionTimeoutMS=10000&connectTimeoutMS=600000`;

/** A connection, or undefined if nobody listens: a socket file whose process is dead refuses, a busy one does not. */
async function tryConnect(open: () => Socket): Promise<Socket | undefined> {
  const socket = open();
  try {
    await once(socket, 'connect');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return undefined;
    await setTimeout(BUSY_MS);
    return tryConnect(open);
  }
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.unref();
  return socket;
}

/** After a crash another program may have been given the port. */
async function isStore(socket: Socket, proof: string): Promise<boolean> {
  socket.ref();
  socket.write(toMessage(encode({ buildInfo: 1, $db: 'admin' })));
  try {
    const [reply] = (await once(socket, 'data', { signal: AbortSignal.timeout(PROOF_MS) })) as [Buffer];
    if (!reply.includes(proof)) throw new Error('another program');
    socket.unref();
    return true;
  } catch {
    socket.destroy();
    return false;
  }
}
