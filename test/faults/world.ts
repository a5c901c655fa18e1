/** The whole system as real processes, with everything around it that can be injured. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedStore, type EmbeddedStore } from '../../services/embedded-store/start.ts';
import { startSandbox, type Sandbox } from '../../services/sandbox/start.ts';
import { createClient, type Client } from '../../services/cli/client.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { drawImage } from '../support/service.ts';
import { mountSmallDisk, type SmallDisk } from './disk.ts';
import { startProxy, type Proxy } from './proxy.ts';

const root = join(import.meta.dirname, '../..');
const token = 'test-token-of-at-least-32-characters-000';

export type Mode = 'embedded' | 'redis';
const casts: Record<Mode, readonly string[]> = {
  embedded: ['web,worker,schedule'],
  redis: ['schedule', 'web', 'web', 'worker', 'worker', 'worker'],
};

export interface Member {
  name: string;
  roles: string;
  child?: ChildProcess | undefined;
  /** Settles once the child serves, or has ended. */
  serving?: Promise<void> | undefined;
  url?: string | undefined;
  clockFile: string;
}

export interface World {
  mode: Mode;
  folder: string;
  sandbox: Sandbox;
  members: Member[];
  /** A second clock, for a while; only where the roles have processes of their own. */
  spareClock: Member | undefined;
  /** To the channels, and to the store (where it is not inside the process). */
  channels: Proxy;
  store: Proxy | undefined;
  redis: TestRedis | undefined;
  disk: SmallDisk | undefined;
  /** Clients of the web processes that are there. */
  clients(): Client[];
  start(member: Member): Promise<void>;
  kill(member: Member): Promise<void>;
  /** The last lines that the processes wrote, for a failure. */
  log: string[];
  /** Processes that ended though nobody killed them, with what they said last. */
  ended: string[];
  stop(): Promise<void>;
}

export async function startWorld(mode: Mode, redisBinary: string | undefined): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), `faults-${mode}-`));
  for (let n = 0; n < 4; n++) await drawImage(folder, `${n}.jpg`, 600 + n, `hsl(${n * 80}, 60%, 50%)`);
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const disk = mountSmallDisk(dataDir);
  const sandbox = await startSandbox({ processingMs: 100, reviewMs: 30, fetchImages: false });
  const channels = await startProxy({ host: '127.0.0.1', port: Number(new URL(sandbox.url).port) });
  const log: string[] = [];
  const ended: string[] = [];
  let redis: TestRedis | undefined;
  let database: EmbeddedStore | undefined;
  let store: Proxy | undefined;
  if (mode === 'redis') {
    if (redisBinary === undefined) throw new Error('there is no redis-server here');
    redis = await startRedis(redisBinary);
    // what a MongoDB server is elsewhere: the store in a process of its own, reached by TCP
    database = await startEmbeddedStore(join(folder, 'store'));
    store = await startProxy({ path: decodeURIComponent(new URL(database.uri).host) });
  }
  const members = casts[mode].map((roles, n): Member => ({ name: `${roles}-${n}`, roles, clockFile: join(folder, `clock-${n}`) })); // prettier-ignore

  const spare: Member = { name: 'schedule-spare', roles: 'schedule', clockFile: join(folder, 'clock-spare') };
  const spareClock = mode === 'redis' ? spare : undefined;

  async function start(member: Member): Promise<void> {
    if (member.child) return member.serving;
    writeFileSync(member.clockFile, '0');
    const preload = `--import ${new URL('./clock.ts', import.meta.url).href}`;
    const child = spawn(process.execPath, [join(root, 'services/cli/main.ts'), 'serve'], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_OPTIONS: `${preload} --disable-warning=ExperimentalWarning`,
        // half of what a process has to do before it serves is compiling
        NODE_COMPILE_CACHE: join(tmpdir(), 'shelfcast-compile-cache'),
        FAULTS_CLOCK: member.clockFile,
        ROLES: member.roles,
        DATA_DIR: dataDir,
        PORT: '0',
        PUBLIC_URL: 'https://shop.example',
        API_TOKEN: token,
        ENCRYPTION_KEY: token,
        IMPORT_FOLDER: folder,
        ALLOW_PRIVATE_HOSTS: '127.0.0.1',
        CHECK_EVERY_MS: '100',
        JOB_LEASE_MS: '2000',
        IMAGE_CONCURRENCY: '1',
        LOG_LEVEL: 'warn',
        LOG_FORMAT: 'json',
        ...(redis ? { REDIS_URL: redis.url } : {}),
        ...(store
          ? {
              MONGODB_URI: `mongodb://127.0.0.1:${store.port}/shelfcast?directConnection=true&retryWrites=false&serverSelectionTimeoutMS=5000`,
            }
          : {}),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    member.child = child;
    child.once('exit', (code, signal) => {
      if (member.child !== child) return;
      member.child = member.url = undefined;
      const last = log.filter((line) => line.startsWith(`${member.name}: `)).slice(-5);
      ended.push([`${member.name} ended with ${code ?? signal}`, ...last].join('\n  | '));
    });
    const note = (chunk: unknown): void => {
      log.push(...String(chunk).trimEnd().split('\n').map((line) => `${member.name}: ${line}`)); // prettier-ignore
      log.splice(0, log.length - 400);
    };
    child.stderr?.on('data', note);
    member.serving = new Promise<void>((resolve) => {
      let said = '';
      child.stdout?.on('data', (chunk) => {
        said += String(chunk);
        const url = /Shelfcast is at (\S+)/.exec(said)?.[1];
        if (!url) return;
        member.url = url;
        resolve();
      });
      child.once('exit', (code, signal) => {
        note(`ended with ${code ?? signal}`);
        resolve();
      });
    });
    return member.serving;
  }
  async function kill(member: Member): Promise<void> {
    const { child } = member;
    if (!child) return;
    member.child = member.url = undefined;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  return {
    mode, folder, sandbox, members, spareClock, channels, store, redis, disk, log, ended, start, kill,
    clients: () => members.flatMap(({ roles, url }) => (url && roles.includes('web') ? [createClient(url, token)] : [])),
    async stop() {
      for (const member of [...members, spare]) await kill(member);
      await channels.stop();
      await store?.stop();
      await database?.stop();
      await redis?.stop();
      await sandbox.stop();
      disk?.unmount();
      await rm(folder, { recursive: true, force: true });
    },
  }; // prettier-ignore
}
