/** An import that is killed between two pages goes on with the next one, and what it saw before still counts as seen. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { catalogSchema } from '../../catalog/catalog.ts';
import type { Context } from '../../catalog/context.ts';
import { importCatalog, type ImportRecorder, type ResumePoint } from '../../catalog/import.ts';
import type { Bookmark, Read, Source } from '../../catalog/source.ts';
import { createProductStore, type ProductStore } from '../../catalog/store/products.ts';
import { createRunStore, type RunStore } from '../../catalog/store/runs.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { testDatabase } from '../support/database.ts';

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const ctx = { log, now: () => new Date('2026-01-01T00:00:00Z') } as unknown as Context;
const catalog = catalogSchema.parse({
  id: 'shop',
  name: 'Shop',
  currency: 'EUR',
  country: 'DE',
  shopUrl: 'https://shop.example',
});

const toRead = (id: string, price = '10.00', asOf?: Date): Read => ({
  kind: 'product',
  records: 1,
  input: { sourceId: id, title: `Product ${id}`, variants: [{ sourceId: 'default', price }] },
  ...(asOf ? { asOf } : {}),
});

/** Pages of products; dies after `dieAfter` pages. */
function paged(pages: readonly (readonly string[])[], asked: unknown[], dieAfter = Infinity): Source {
  return {
    id: 'paged',
    title: 'Pages',
    options: z.unknown(),
    async *read(_options, _catalog, from) {
      asked.push(from);
      for (let page = Number(from?.['page'] ?? 0); page < pages.length; page++) {
        if (page === dieAfter) throw new Error('killed');
        for (const id of pages[page] ?? []) yield toRead(id);
        yield { kind: 'bookmark', bookmark: { page: page + 1 } };
      }
      yield { kind: 'end', complete: true };
    },
  };
}

const once = (reads: readonly Read[], complete: boolean): Source => ({
  id: 'once',
  title: 'Once',
  options: z.unknown(),
  async *read() {
    yield* reads;
    yield { kind: 'end', complete };
  },
});

describe('an import by pages', () => {
  let folder: string;
  let database: Database;
  let products: ProductStore;
  let runs: RunStore;
  const recorder = (runId: string): ImportRecorder => ({
    progress: async () => undefined,
    issues: async () => undefined,
    restart: async () => undefined,
    holdRemovals: async () => undefined,
    async resume() {
      const kept = await runs.findResume(runId);
      return kept && { point: kept.point as ResumePoint, seen: kept.seen };
    },
    commit: (point, seen) => runs.saveResume(runId, point, seen),
  });
  const run = (source: Source, runId: string, bookmark?: Bookmark) =>
    importCatalog({ catalog, source, options: {}, bookmark }, products, recorder(runId), ctx);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shelfcast-'));
    database = await openDatabase(testDatabase(), folder);
    products = createProductStore(database.connection);
    runs = createRunStore(database.connection);
    await products.sync();
    await runs.sync();
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const pages = [['a', 'b'], ['c', 'd'], ['e']];

  it('goes on after a kill with the page that was not read to its end, and removes nothing it saw before', async () => {
    const asked: unknown[] = [];
    await expect(run(paged(pages, asked, 2), 'run-1')).rejects.toThrow('killed');
    const report = await run(paged(pages, asked), 'run-1');
    expect(asked).toEqual([undefined, { page: 2 }]);
    expect(report.products).toEqual({ new: 5, changed: 0, unchanged: 0, removed: 0 });
    expect(report.rows).toEqual({ in: 5, done: 5, skipped: 0, blocked: 0, failed: 0 });
    expect(await products.countLive('shop')).toBe(5);
  });

  it('counts a product that comes twice once as new, and keeps what was said last', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => toRead(`twice-${n}`));
    const other = { ...catalog, id: 'twice' };
    const source = once([...many, toRead('twice-0'), toRead('twice-1', '11.00')], false);
    const input = { catalog: other, source, options: {}, bookmark: undefined };
    const report = await importCatalog(input, products, recorder('run-twice'), ctx);
    expect(report.products).toEqual({ new: 1_200, changed: 1, unchanged: 1, removed: 0 });
    expect(report.rows).toEqual({ in: 1_202, done: 1_201, skipped: 1, blocked: 0, failed: 0 });
    const { variants } = await products.find('twice', 'twice-1');
    expect(variants[0]?.price).toEqual({ minor: 1_100, currency: 'EUR' });
  });

  it('counts and commits nothing behind a part that could not be saved, and says why', async () => {
    const other = { ...catalog, id: 'broken' };
    let saves = 0;
    const failing: ProductStore = {
      ...products,
      async save(...args) {
        saves += 1;
        if (saves === 2) throw new Error('the disk is full');
        return products.save(...args);
      },
    };
    const many = Array.from({ length: 12 }, (_, page) => [
      ...Array.from({ length: 400 }, (__, n) => toRead(`broken-${page}-${n}`)),
      { kind: 'bookmark' as const, bookmark: { page } },
    ]).flat();
    const input = { catalog: other, source: once(many, true), options: {}, bookmark: undefined };
    await expect(importCatalog(input, failing, recorder('run-broken'), ctx)).rejects.toThrow('disk is full');
    const kept = await runs.findResume('run-broken');
    expect(kept?.point).toMatchObject({ bookmark: { page: 0 }, report: { products: { new: 400 } } });
    // beside it three more may have been written; what came behind those was not
    expect(saves).toBeLessThanOrEqual(5);
    expect(await products.countLive('broken')).toBeLessThanOrEqual(1_600);
  });

  it('gives a SKU that two products share to the one that comes first, also from one batch to the next', async () => {
    const other = { ...catalog, id: 'shared' };
    const withSku = (id: string, sku: string): Read => ({
      kind: 'product',
      records: 1,
      input: { sourceId: id, title: id, variants: [{ sourceId: 'default', sku, price: '1.00' }] },
    });
    // twenty of the second batch have the SKUs of twenty of the first
    const skuOf = (n: number): string => `sku-${n >= 600 && n < 620 ? n - 400 : n}`;
    const many = Array.from({ length: 1_000 }, (_, n) => withSku(`p-${n}`, skuOf(n)));
    const input = { catalog: other, source: once(many, true), options: {}, bookmark: undefined };
    const report = await importCatalog(input, products, recorder('run-shared'), ctx);
    expect(report.rows).toEqual({ in: 1_000, done: 980, skipped: 0, blocked: 20, failed: 0 });
    for (let n = 200; n < 220; n++)
      expect((await products.findByOfferId('shared', `sku-${n}`)).sourceId).toBe(`p-${n}`);
  });

  it('removes what a complete read no longer shows, and nothing after an incomplete one', async () => {
    await run(once([toRead('a')], false), 'run-2');
    expect(await products.countLive('shop')).toBe(5);
    const kept: Read[] = ['a', 'b', 'c', 'd'].map((sourceId) => ({ kind: 'present', sourceId }));
    const report = await run(once(kept, true), 'run-3');
    expect(report.products.removed).toBe(1);
    expect(await products.countLive('shop')).toBe(4);
  });

  it('removes what the source says is gone, but holds it when that is too much at once', async () => {
    const gone = (ids: string[]): Read[] => ids.map((sourceId) => ({ kind: 'gone', sourceId }));
    const held = await run(once(gone(['a', 'b', 'c']), false), 'run-4');
    expect(held.hold).toMatchObject({ reason: 'too_many_removals', before: 4, missing: 3 });
    expect(await products.countLive('shop')).toBe(4);
    const lenient = { ...catalog, removalGuard: 0.5 };
    const source = once(gone(['d', 'never-seen']), false);
    const input = { catalog: lenient, source, options: {}, bookmark: undefined };
    const report = await importCatalog(input, products, recorder('run-5'), ctx);
    expect(report.products.removed).toBe(1);
  });

  it('never lets an older word of the source overwrite a younger one', async () => {
    const [early, late] = [new Date('2026-01-01T10:00:00Z'), new Date('2026-01-01T11:00:00Z')];
    await run(once([toRead('a', '12.00', late)], false), 'run-6');
    const report = await run(once([toRead('a', '10.00', early)], false), 'run-7');
    expect(report.products).toMatchObject({ changed: 0, unchanged: 1 });
    const { variants } = await products.find('shop', 'a');
    expect(variants[0]?.price).toEqual({ minor: 1_200, currency: 'EUR' });
  });
});
