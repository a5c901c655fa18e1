import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { budgetLeft, createBudgetStore, type BudgetStore } from '../../feeds/store/budgets.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { testDatabase } from '../support/database.ts';

describe('the rate budget of a channel account', () => {
  let folder: string;
  let database: Database;
  let stores: BudgetStore[];
  const start = Date.parse('2026-05-01T03:00:00Z');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'budgets-'));
    database = await openDatabase(testDatabase(), folder);
    // as two processes have it
    stores = [createBudgetStore(database.connection), createBudgetStore(database.connection)];
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });
  const takeAll = async (account: string, times: number, now: number): Promise<number[]> =>
    Promise.all(Array.from({ length: times }, (_, n) => stores[n % 2]!.take('meta', account, 10, now)));

  it('holds over all processes: a burst of two seconds, then one request each tenth of a second', async () => {
    const waits = await takeAll('a', 60, start);
    expect(waits.filter((ms) => ms === 0)).toHaveLength(20);
    expect(Math.min(...waits.filter((ms) => ms > 0))).toBe(100);
    let let_in = 0;
    for (let ms = 100; ms <= 3_000; ms += 100)
      let_in += (await takeAll('a', 4, start + ms)).filter((wait) => wait === 0).length;
    expect(let_in).toBe(30);
  });

  it('tells what is left, and counts what was asked and what failed', async () => {
    await takeAll('b', 5, start);
    await stores[0]!.countError('meta', 'b');
    const budget = (await stores[1]!.list()).find(({ _id }) => _id === 'meta:b');
    expect(budget).toMatchObject({ requests: 5, errors: 1 });
    expect(budget && [budgetLeft(budget, start), budgetLeft(budget, start + 60_000)]).toEqual([15, 20]);
  });

  it('keeps nobody waiting for a clock that was ahead', async () => {
    await takeAll('c', 1, start + 3_600_000);
    expect(await stores[0]!.take('meta', 'c', 10, start)).toBe(0);
  });
});
