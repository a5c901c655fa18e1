/** The counts of each day, on the real store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDayStore, type DayStore } from '../../feeds/store/days.ts';
import { openDatabase, type Database } from '../../services/database.ts';

const counts = (accepted: number) => ({ accepted, pending: 0, blocked: 1, sent: 0, rejected: 0, removed: 0 });

describe('the days of a catalog', () => {
  let folder: string;
  let database: Database;
  let days: DayStore;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shelfcast-days-'));
    database = await openDatabase(undefined, folder);
    days = createDayStore(database.connection);
    await days.sync();
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('keep the last count of a day, by channel and from a day on, the oldest first', async () => {
    await days.save('shop', { meta: counts(1) }, new Date('2026-11-01T01:00:00Z'));
    await days.save('shop', { meta: counts(5), google: counts(2) }, new Date('2026-11-02T01:00:00Z'));
    await days.save('shop', { meta: counts(7), google: counts(3) }, new Date('2026-11-02T23:00:00Z'));
    await days.save('other', { meta: counts(99) }, new Date('2026-11-02T23:30:00Z'));
    expect(await days.list('shop', new Date('2026-11-01T12:00:00Z'))).toEqual({
      meta: [{ day: '2026-11-01', counts: counts(1) }, { day: '2026-11-02', counts: counts(7) }],
      google: [{ day: '2026-11-02', counts: counts(3) }],
    }); // prettier-ignore
    expect(Object.keys(await days.list('shop', new Date('2026-11-03T00:00:00Z')))).toEqual([]);
    const counted = (since: string) => days.countedSince(['shop', 'nobody'], new Date(since));
    expect(await counted('2026-11-02T22:59:00Z')).toEqual(['shop']);
    expect(await counted('2026-11-02T23:00:00Z')).toEqual([]);
  });
});
