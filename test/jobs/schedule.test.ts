import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogSchema } from '../../catalog/catalog.ts';
import { createCatalogStore } from '../../catalog/store/catalogs.ts';
import { createRunStore } from '../../catalog/store/runs.ts';
import { createScheduleStore } from '../../catalog/store/schedules.ts';
import { planTick, settleSchedules, tickSchedules } from '../../jobs/clock.ts';
import { lastTime, nextTimes, parseCron, toWords } from '../../jobs/cron-line.ts';
import { toCron } from '../../jobs/cron-words.ts';
import type { Job, JobContext } from '../../jobs/job.ts';
import { createEmbeddedQueue } from '../../jobs/queues/embedded.ts';
import { startScheduled } from '../../jobs/start-scheduled.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { quiet, until } from '../support/queue-battery.ts';
import { testDatabase } from '../support/database.ts';

const MINUTE = 60_000;
const utc = (times: Date[]): string[] => times.map((time) => time.toISOString().slice(5, 16));

describe('a cron line', () => {
  it('is said in plain words, in English and German', () => {
    expect(toWords('0 6-22/2 * * *', 'en')).toBe('On the hour, every 2 hours, between 06:00 and 22:00');
    expect(toWords('0 6-22/2 * * *', 'de')).toBe(
      'Zur vollen Stunde, alle 2 Stunden, zwischen 06:00 und 22:00',
    );
  });

  it('comes once on the days when daylight saving leaves its time out or doubles it', () => {
    const spring = nextTimes('30 2 * * *', 'Europe/Berlin', new Date('2026-03-28T02:00:00Z'), 2);
    expect(utc(spring)).toEqual(['03-29T01:30', '03-30T00:30']);
    const autumn = nextTimes('30 2 * * *', 'Europe/Berlin', new Date('2026-10-24T02:00:00Z'), 2);
    expect(utc(autumn)).toEqual(['10-25T00:30', '10-26T01:30']);
  });

  it('knows its newest time, that of this very moment included', () => {
    const at = (time: string): string => lastTime('0 3 * * *', 'UTC', new Date(time)).toISOString();
    expect(at('2026-05-02T03:00:00Z')).toBe('2026-05-02T03:00:00.000Z');
    expect(at('2026-05-02T02:59:59Z')).toBe('2026-05-01T03:00:00.000Z');
  });

  it.each([
    ['every 2 hours between 6 and 22', '0 6-22/2 * * *'],
    ['alle 2 Stunden zwischen 6 und 22 Uhr', '0 6-22/2 * * *'],
    ['every 15 minutes', '*/15 * * * *'],
    ['alle 30 Minuten von 8 bis 18 werktags', '*/30 8-18 * * 1-5'],
    ['every day at 3:30', '30 3 * * *'],
    ['daily at 11 pm', '0 23 * * *'],
    ['täglich um 3 Uhr', '0 3 * * *'],
    ['montags um 7', '0 7 * * 1'],
    ['hourly', '0 * * * *'],
    ['5 4 * * 0', '5 4 * * 0'],
  ])('is made from the words "%s"', (words, line) => {
    expect(toCron(words)).toBe(line);
  });

  it.each(['whenever you like', '* * *', '61 * * * *', '* * * * * *'])(
    'refuses "%s" with an example',
    (text) => {
      expect(() => (/^[\d*]/.test(text) ? parseCron(text) : toCron(text))).toThrow(
        /cron line|not understood/,
      );
    },
  );
});

describe('schedules', () => {
  let folder: string;
  let database: Database;
  let now = new Date('2026-05-01T00:00:30Z');
  const open = (): JobContext => {
    const { connection } = database;
    const queue = createEmbeddedQueue(connection, quiet, { pollMs: 5, concurrency: 4 });
    const stores = {
      catalogs: createCatalogStore(connection),
      runs: createRunStore(connection),
      schedules: createScheduleStore(connection),
    };
    return { log: quiet, now: () => now, stores, queue } as unknown as JobContext;
  };
  let first: JobContext;
  let second: JobContext;
  const catalogs = Array.from({ length: 20 }, (_, n) => `shop-${n}`);
  const save = async (catalogId: string, cron: string, jitterSeconds = 0): Promise<void> => {
    const plan = { catalogId, kind: 'refresh', cron, timeZone: 'UTC', jitterSeconds };
    await first.stores.schedules.save({ ...plan, enabled: true, isDefault: false, ...planTick(plan, now) });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'schedules-'));
    database = await openDatabase(testDatabase(), folder);
    [first, second] = [open(), open()];
    for (const { stores, queue } of [first, second]) {
      for (const store of Object.values(stores)) await store.sync();
      await queue.sync();
    }
    for (const id of catalogs)
      await first.stores.catalogs.save(
        catalogSchema.parse({
          id,
          name: id,
          currency: 'EUR',
          country: 'DE',
          shopUrl: 'https://shop.example',
        }),
      );
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });

  it('start one run per tick: 1,000 ticks of two schedulers in the same second, with workers at both', async () => {
    for (const id of catalogs) await save(id, '* * * * *');
    for (const ctx of [first, second]) ctx.queue.start([startScheduled as unknown as Job<never>], ctx);
    const runs = database.connection.collection('runs');
    for (let minute = 1; minute <= 50; minute++) {
      now = new Date(now.getTime() + MINUTE);
      await Promise.all([tickSchedules(first), tickSchedules(second)]);
      await until(async () => (await runs.countDocuments()) >= minute * catalogs.length);
      // the runs have nothing to work on here: they end, so that the next tick finds the place free
      await runs.updateMany({ status: 'running' }, { $set: { status: 'done' } });
    }
    await until(async () => (await first.queue.list(10)).every(({ name }) => name !== 'start-scheduled'));
    const found = await runs.find({}, { projection: { catalogId: 1, tick: 1 } }).toArray();
    const ticks = new Set(
      found.map((run) => `${String(run['catalogId'])} ${(run['tick'] as Date).toISOString()}`),
    );
    expect([found.length, ticks.size]).toEqual([1_000, 1_000]);
    await first.queue.stop();
    await second.queue.stop();
  }, 240_000);

  it('make up once for the ticks that were missed', async () => {
    await database.connection.collection('schedules').deleteMany({});
    await database.connection.collection('jobs').deleteMany({});
    now = new Date('2026-06-01T00:30:00Z');
    await save('shop-0', '0 * * * *');
    now = new Date('2026-06-01T09:20:00Z');
    await tickSchedules(first);
    await tickSchedules(second);
    const waiting = await first.queue.list(10);
    expect(waiting.map(({ key }) => key)).toEqual([
      'start-scheduled:shop-0:refresh:2026-06-01T09:00:00.000Z',
    ]);
    expect((await first.stores.schedules.find('shop-0', 'refresh'))?.nextTick).toEqual(
      new Date('2026-06-01T10:00:00Z'),
    );
  });

  it('come late by their jitter, each by the same time in every process', async () => {
    const plan = {
      catalogId: 'shop-1',
      kind: 'refresh',
      cron: '0 3 * * *',
      timeZone: 'UTC',
      jitterSeconds: 600,
    };
    const late = planTick(plan, now);
    const ms = late.dueAt.getTime() - late.nextTick.getTime();
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThan(600_000);
    expect(planTick(plan, now)).toEqual(late);
    expect(planTick({ ...plan, catalogId: 'shop-2' }, now).dueAt).not.toEqual(late.dueAt);
  });

  it('follow the service’s default until somebody sets them, and a clock that was ahead holds none up', async () => {
    await database.connection.collection('schedules').deleteMany({});
    await settleSchedules({ refreshCron: '0 3 * * *', timeZone: 'UTC' }, first);
    await settleSchedules({ refreshCron: '0 4 * * *', timeZone: 'Europe/Berlin' }, first);
    expect(await first.stores.schedules.find('shop-3', 'refresh')).toMatchObject({
      cron: '0 4 * * *',
      timeZone: 'Europe/Berlin',
    });
    await save('shop-3', '0 5 * * *');
    const today = now;
    now = new Date('2027-01-01T00:00:00Z');
    await tickSchedules(first);
    now = today;
    await settleSchedules({ refreshCron: '0 3 * * *', timeZone: 'UTC' }, first);
    expect(await first.stores.schedules.find('shop-3', 'refresh')).toMatchObject({
      cron: '0 5 * * *',
      nextTick: new Date('2026-06-02T05:00:00Z'),
    });
  });
});
