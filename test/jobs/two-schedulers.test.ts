/** Two processes with the role schedule on one store and one Redis, their clocks a minute further at each step. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogSchema } from '../../catalog/catalog.ts';
import { createCatalogStore } from '../../catalog/store/catalogs.ts';
import { createRunStore } from '../../catalog/store/runs.ts';
import { createScheduleStore } from '../../catalog/store/schedules.ts';
import { planTick } from '../../jobs/clock.ts';
import type { Job, JobContext, OpenQueue } from '../../jobs/job.ts';
import { createRedisQueue } from '../../jobs/queues/bullmq.ts';
import { startScheduled } from '../../jobs/start-scheduled.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { startEmbeddedStore, type EmbeddedStore } from '../../services/embedded-store/start.ts';
import { quiet } from '../support/queue-battery.ts';
import { findRedis, startRedis, type TestRedis } from '../support/redis.ts';

const MINUTE = 60_000;
const root = join(import.meta.dirname, '../..');
const token = 'test-token-of-at-least-32-characters-000';
const catalogs = Array.from({ length: 100 }, (_, n) => `shop-${n}`);
const from = Date.parse('2026-05-01T12:00:30Z');
const binary = findRedis();
const where = binary === undefined ? describe.skip : describe;

where('two schedulers of different processes (skipped where there is no redis-server)', () => {
  let folder: string;
  let store: EmbeddedStore;
  let redis: TestRedis;
  let database: Database;
  let queue: OpenQueue;
  let minute = 0;
  let offset = 0;
  const clock = (): string => join(folder, 'clock');
  const turnTo = (at: number): void => {
    minute = at;
    offset = from + at * MINUTE - Date.now();
    writeFileSync(clock(), String(offset));
  };
  const address = (): string =>
    `mongodb://${new URL(store.uri).host}/shelfcast?directConnection=true&retryWrites=false`;

  async function startScheduler(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [join(root, 'services/cli/main.ts'), 'serve'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_OPTIONS: `--import ${join(root, 'test/faults/clock.ts')} --disable-warning=ExperimentalWarning`,
        FAULTS_CLOCK: clock(),
        ROLES: 'schedule',
        DATA_DIR: join(folder, 'data'),
        MONGODB_URI: address(),
        REDIS_URL: redis.url,
        API_TOKEN: token,
        ENCRYPTION_KEY: token,
        LOG_LEVEL: 'error',
      },
    });
    for await (const piece of child.stdout ?? []) if (String(piece).includes('Shelfcast is at')) break;
    return child;
  }
  async function kill(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  /** A minute further; then every catalog's tick of that minute starts a run, which ends at once. */
  async function step(): Promise<void> {
    const runs = database.connection.collection('runs');
    turnTo(minute + 1);
    const tick = new Date(from - (from % MINUTE) + minute * MINUTE);
    for (const until = Date.now() + 60_000; Date.now() < until;) {
      if ((await runs.countDocuments({ tick })) >= catalogs.length) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await runs.countDocuments({ tick })).toBe(catalogs.length);
    await runs.updateMany({ status: 'running' }, { $set: { status: 'done' } });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'two-schedulers-'));
    store = await startEmbeddedStore(join(folder, 'store'));
    redis = await startRedis(binary ?? '');
    turnTo(0);
    database = await openDatabase(address(), folder);
    const { connection } = database;
    const stores = {
      catalogs: createCatalogStore(connection),
      runs: createRunStore(connection),
      schedules: createScheduleStore(connection),
    };
    queue = createRedisQueue(redis.url, quiet);
    for (const one of [...Object.values(stores), queue]) await one.sync();
    for (const id of catalogs) {
      const shop = { id, name: id, currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example' };
      await stores.catalogs.save(catalogSchema.parse(shop));
      const plan = { catalogId: id, kind: 'refresh', cron: '* * * * *', timeZone: 'UTC', jitterSeconds: 0 };
      await stores.schedules.save({ ...plan, enabled: true, isDefault: false, ...planTick(plan, new Date(from)) }); // prettier-ignore
    }
    const ctx = {
      log: quiet,
      now: () => new Date(Date.now() + offset),
      stores,
      queue,
    } as unknown as JobContext;
    queue.start([startScheduled as unknown as Job<never>], ctx);
  });
  afterAll(async () => {
    await queue?.stop();
    await database?.stop();
    await redis?.stop();
    await store?.stop();
    await rm(folder, { recursive: true });
  });

  it('start one run per tick of 1,000, each of them also when the other is not there', async () => {
    const first = await startScheduler();
    await step();
    const second = await startScheduler();
    for (let n = 0; n < 8; n++) await step();
    await kill(first);
    await step();
    await kill(second);
    const runs = database.connection.collection('runs');
    const found = await runs.find({}, { projection: { catalogId: 1, tick: 1 } }).toArray();
    const ticks = new Set(
      found.map((run) => `${String(run['catalogId'])} ${(run['tick'] as Date).toISOString()}`),
    );
    expect([found.length, ticks.size]).toEqual([1_000, 1_000]);
  }, 400_000);
});
