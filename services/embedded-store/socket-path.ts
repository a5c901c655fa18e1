import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket's path is at most 107 bytes on Linux, 103 on macOS (unix(7)); some are left for a temporary ending. */
const LONGEST_PATH = 90;

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

/** A connection, or undefined if nobody listens: a socket file whose process is dead refuses. */
export async function tryConnect(socketPath: string): Promise<Socket | undefined> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.unref();
    return socket;
  } catch {
    return undefined;
  }
}
