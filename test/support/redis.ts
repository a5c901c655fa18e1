/** A real Redis of the test's own: on a free port of this machine, in a folder of its own, ended by its pid. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestRedis {
  url: string;
  port: number;
  /** Kills it as a power cut would; what was not yet on its disk is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Where Debian's package puts it. */
const places = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'];

/**
 * The path of a redis-server, installed from Debian's package when it is missing and we may. Undefined where that is
 * impossible: those tests are then skipped, and say so.
 */
export function findRedis(): string | undefined {
  const there = (): string | undefined => places.find((path) => existsSync(path));
  if (there() !== undefined || process.getuid?.() !== 0) return there();
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } } as const; // prettier-ignore
  // several test files may come here at once: the lock makes the others wait
  const install =
    'apt-get install -y -qq redis-server || (apt-get update -qq && apt-get install -y -qq redis-server)';
  spawnSync('flock', [join(tmpdir(), 'shelfcast-redis.lock'), 'sh', '-c', `test -x ${places[0]} || (${install})`], options); // prettier-ignore
  return there();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [reply] = (await once(socket, 'data')) as [Buffer];
    return reply.toString().startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export async function startRedis(binary: string): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  async function start(): Promise<void> {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--maxmemory-policy', 'noeviction']; // prettier-ignore
    child = spawn(binary, settings, { stdio: 'ignore' });
    for (let round = 0; round < 200; round++) {
      if (await answers(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('redis-server did not start');
  }
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const dying = child;
    child = undefined;
    if (!dying || dying.exitCode !== null) return;
    dying.kill(signal);
    await once(dying, 'exit');
  }
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
