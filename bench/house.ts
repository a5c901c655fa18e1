/** The whole system as real processes beside a channel sandbox of its own: what a bench or a soak looks at. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { isOpen, type Run } from '../catalog/run.ts';
import { createClient, type Client } from '../services/cli/client.ts';
import { startEmbeddedStore, type EmbeddedStore } from '../services/embedded-store/start.ts';
import { findRedis, startRedis, type TestRedis } from '../test/support/redis.ts';

const token = 'bench-token-of-at-least-32-characters-00';

export interface HouseOptions {
  /** The roles of each process; several need Redis. Default: one process with all roles, on the embedded store. */
  processes?: readonly string[];
  /** Further variables of the processes. */
  env?: Readonly<Record<string, string>>;
  /** Each worker process gets one core for itself, as on a machine of its own: even one picture keeps libvips busy on more. */
  pinned?: boolean;
}

export interface House {
  folder: string;
  client: Client;
  redis: TestRedis | undefined;
  /** By name, for a look at their memory and handles. */
  pids: ReadonlyMap<string, number>;
  /** Seconds of a core that all of them have taken so far; the channel sandbox not counted. */
  cpuSeconds(): number;
  /** Imports this text as the shop's export; answers the ended run. */
  importShop(csv: string): Promise<Run>;
  stop(): Promise<void>;
}

/** Of a whole walk at a large size. */
const longestRunMs = 3 * 3_600_000;

export async function openHouse({
  processes = ['web,worker,schedule'],
  env = {},
  pinned = false,
}: HouseOptions): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'shelfcast-house-'));
  const sandbox = fork(join(import.meta.dirname, 'push.ts'), ['sandbox', '600000']);
  const [{ connect }] = (await once(sandbox, 'message')) as [
    { connect: Record<string, Record<string, unknown>> },
  ];
  let [redis, store]: [TestRedis | undefined, EmbeddedStore | undefined] = [undefined, undefined];
  const shared: Record<string, string> = {};
  if (processes.length > 1) {
    const binary = findRedis();
    if (binary === undefined)
      throw new Error('Several processes need a redis-server, and there is none here.');
    redis = await startRedis(binary);
    store = await startEmbeddedStore(join(folder, 'store'));
    shared['REDIS_URL'] = redis.url;
    shared['MONGODB_URI'] =
      `mongodb://${new URL(store.uri).host}/shelfcast?directConnection=true&retryWrites=false`;
  }
  const children: ChildProcess[] = [];
  const pids = new Map<string, number>([['bench and its store', process.pid]]);
  let url = '';
  let workers = 0;
  for (const [n, roles] of processes.entries()) {
    const core = pinned && roles === 'worker' ? workers++ % cpus().length : undefined;
    const { child, url: own } = await serve(folder, {
      ROLES: roles, DATA_DIR: join(folder, 'data'), PUBLIC_URL: 'https://shop.example', API_TOKEN: token, ENCRYPTION_KEY: token,
      IMPORT_FOLDER: folder, ALLOW_PRIVATE_HOSTS: '127.0.0.1', CHECK_EVERY_MS: '200', ...shared, ...env,
    }, core); // prettier-ignore
    children.push(child);
    if (child.pid !== undefined) pids.set(`${roles} ${n + 1}`, child.pid);
    if (roles.includes('web')) url ||= own;
  }
  const client = createClient(url, token);
  await client.send('PUT', '/api/v1/catalogs/shop', {
    name: 'Shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', removalGuard: 1,
    guards: { pricesMoved: 1, newlyBlocked: 1, feedShrink: 1, rejected: 1 },
  }); // prettier-ignore
  await client.send('PUT', '/api/v1/catalogs/shop/channels/meta', connect['meta'] ?? {});
  return {
    folder, client, redis, pids,
    cpuSeconds: () => [...pids.values()].reduce((sum, pid) => sum + cpuOf(pid), 0),
    async importShop(csv) {
      const query = new URLSearchParams({ name: 'shop.csv', imageFolder: folder });
      const body = new Blob([csv]).stream() as ReadableStream<Uint8Array>;
      const { id } = await client.upload<Run>(`/api/v1/catalogs/shop/imports?${query}`, body, 'text/csv');
      return endOf(client, id);
    },
    async stop() {
      for (const child of children.toReversed()) await end(child);
      await store?.stop();
      await redis?.stop();
      await end(sandbox);
      await rm(folder, { recursive: true, force: true });
    },
  }; // prettier-ignore
}

/** The service as a process of its own, on one core if it is given. */
export async function serve(
  folder: string,
  env: Readonly<Record<string, string>>,
  core?: number,
): Promise<{ child: ChildProcess; url: string }> {
  const command = [process.execPath, join(import.meta.dirname, '../services/cli/main.ts'), 'serve'];
  const [program = '', ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '', NODE_OPTIONS: '--disable-warning=ExperimentalWarning', PORT: '0',
      LOG_LEVEL: 'error', ...env,
    },
  }); // prettier-ignore
  return { child, url: await toUrl(child) };
}

/** User and system time of a process, from the kernel's table (in hundredths of a second). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function toUrl(child: ChildProcess): Promise<string> {
  let said = '';
  for await (const piece of child.stdout ?? []) {
    said += String(piece);
    const url = /Shelfcast is at (\S+)/.exec(said)?.[1];
    if (url === undefined) continue;
    child.stdout?.resume();
    return url;
  }
  throw new Error(`a process did not start: ${said}`);
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function endOf(client: Client, id: string): Promise<Run> {
  for (const until = Date.now() + longestRunMs; Date.now() < until; await sleep(100)) {
    const run = await client.get<Run>(`/api/v1/runs/${encodeURIComponent(id)}`);
    if (!isOpen(run)) return run;
  }
  throw new Error(`run ${id} did not end`);
}

/** Pictures of noise, as hard to compress as photographs: `images/{n}.jpg`. */
export async function drawPictures(folder: string, count: number, side: number): Promise<void> {
  await mkdir(join(folder, 'images'), { recursive: true });
  for (let n = 0; n < count; n++) {
    const background = { r: (n * 37) % 256, g: (n * 71) % 256, b: (n * 13) % 256 };
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    const picture = sharp({ create: { width: side, height: side, channels: 3, background, noise } });
    await writeFile(join(folder, 'images', `${n}.jpg`), await picture.jpeg({ quality: 88 }).toBuffer());
  }
}

/** Puts drawn pictures into another folder. */
export async function linkPictures(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'images'), { recursive: true });
  for (const name of await readdir(join(from, 'images')))
    await link(join(from, 'images', name), join(to, 'images', name));
}

const header = 'id,title,description,price,availability,link,image_link,brand';

/** A shop of so many items, one product each; `changed` items cost a cent more. */
export function toShop(items: number, pictures: number, changed: (n: number) => boolean): string {
  const rows = [header];
  for (let n = 0; n < items; n++) {
    const cents = 1_000 + (n % 9_000) + (changed(n) ? 1 : 0);
    rows.push(`SKU-${n},Thing number ${n},A thing of use for the house and the garden made by hand as number ${n}.,${(cents / 100).toFixed(2)} EUR,in stock,https://shop.example/p/${n},images/${n % pictures}.jpg,Maker`); // prettier-ignore
  }
  return rows.join('\n');
}
