/** What every source must do, asked of each folder in catalog/sources/ that can be connected, against its own outside over real HTTP. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogSchema, type Catalog } from '../../catalog/catalog.ts';
import type { Context, Log } from '../../catalog/context.ts';
import { SyncError } from '../../catalog/errors.ts';
import { importCatalog, type ImportRecorder, type ImportReport, type ResumePoint } from '../../catalog/import.ts'; // prettier-ignore
import type { Issue } from '../../catalog/issue.ts';
import type { Bookmark, Source } from '../../catalog/source.ts';
import { createProductStore, type ProductStore } from '../../catalog/store/products.ts';
import { createRunStore, type Run, type RunStore } from '../../catalog/store/runs.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { createHttpClient } from '../../services/http-client.ts';
import { testDatabase } from './database.ts';
import { connectShop, endOf, startTestShop, waitFor } from './service.ts';
import { grounds, type Ground } from './source-grounds.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
class Killed extends Error {}

/** Dies after so many of what it yields, at its end at the latest. */
const dyingAfter = (source: Source, reads: number): Source => ({
  ...source,
  async *read(...args) {
    let left = reads;
    for await (const read of source.read(...args)) {
      yield read;
      // a kill finds what was yielded before it taken in, never what comes after
      if (--left === 0 || read.kind === 'end') throw new Killed();
    }
  },
});

/** Counts what it yields, without changing it. */
function counting(source: Source, kinds: string[]): Source {
  return {
    ...source,
    async *read(...args) {
      for await (const read of source.read(...args)) {
        kinds.push(read.kind);
        yield read;
      }
    },
  };
}

/** `products`: enough for several pages of the source. */
export function describeSource(source: Source, products: number): void {
  describe(`the source ${source.id}`, () => {
    let folder: string;
    let database: Database;
    let store: ProductStore;
    let runs: RunStore;
    let ctx: Context;
    let numbers = 0;
    let catalog: Catalog;
    let issues: Issue[];

    const recorder = (runId: string): ImportRecorder => ({
      progress: async () => undefined,
      issues: async (entries) => void issues.push(...entries.map(({ issue }) => issue)),
      restart: async () => runs.clearResume(runId),
      holdRemovals: async () => undefined,
      async resume() {
        const kept = await runs.findResume(runId);
        return kept && { point: kept.point as ResumePoint, seen: kept.seen };
      },
      commit: (point, seen) => runs.saveResume(runId, point, seen),
    });
    const run = async (of: Source, options: object, bookmark?: Bookmark, runId?: string): Promise<ImportReport> => {
      issues = [];
      const id = runId ?? `${catalog.id}:${++numbers}`;
      const parsed = source.options.parse(options);
      return importCatalog({ catalog, source: of, options: parsed, bookmark }, store, recorder(id), ctx);
    }; // prettier-ignore
    const stored = async (): Promise<object[]> =>
      (await database.connection.collection('products').find({ catalogId: catalog.id }).sort({ _id: 1 }).toArray()); // prettier-ignore
    const live = async (): Promise<string[]> => {
      const ids: string[] = [];
      for await (const id of store.eachLiveId(catalog.id)) ids.push(id);
      return ids.sort();
    };
    /** In a catalog of its own. */
    async function withGround(size: number, work: (ground: Ground) => Promise<void>): Promise<void> {
      const make = grounds[source.id];
      if (!make)
        throw new Error(`test/support/source-grounds.ts has no ground for the source "${source.id}"`);
      catalog = catalogSchema.parse({
        id: `c${++numbers}`,
        name: 'Shop',
        currency: 'EUR',
        country: 'DE',
        shopUrl: 'https://shop.example',
      });
      const ground = await make(size);
      try {
        await work(ground);
      } finally {
        await ground.stop();
      }
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'shelfcast-source-'));
      database = await openDatabase(testDatabase(), folder);
      store = createProductStore(database.connection);
      runs = createRunStore(database.connection);
      await store.sync();
      await runs.sync();
      const unused = (): never => {
        throw new Error('a source keeps no files');
      };
      ctx = {
        log,
        http: createHttpClient({ allowPrivate: ['127.0.0.1'] }),
        files: {
          put: unused, putFile: unused, open: unused, find: unused, list: unused, remove: unused, publicUrl: unused,
          temporaryFolder: async () => folder,
        },
        now: () => new Date(),
      }; // prettier-ignore
    }, 60_000);
    afterAll(async () => {
      await database.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it(
      'reads everything, and writes nothing when nothing has changed',
      () =>
        withGround(20, async ({ options, ids }) => {
          const first = await run(source, options);
          expect(first).toMatchObject({ complete: true, products: { new: 20, removed: 0 } });
          expect(await live()).toEqual(ids().sort());
          const before = await stored();
          for (const bookmark of [undefined, first.bookmark]) {
            const again = await run(source, options, bookmark);
            expect(again.products).toMatchObject({ new: 0, changed: 0, removed: 0 });
            expect(await stored()).toEqual(before);
          }
        }),
      120_000,
    );

    it(
      'goes on after a kill at any page, to the same end as without one',
      () =>
        withGround(products, async ({ options, ids, rename, remove }) => {
          await run(source, options);
          const kinds: string[] = [];
          await run(counting(source, kinds), options);
          // in the middle of the first page, after each, and when all has been read
          const pages = kinds.flatMap((kind, at) => (kind === 'bookmark' ? [at + 1] : []));
          for (const at of [5, ...pages, Infinity]) {
            const [gone = '', renamed = ''] = ids();
            await remove([gone]);
            await rename(renamed, `Renamed before kill ${at}`);
            const runId = `${catalog.id}:killed-${at}`;
            await expect(run(dyingAfter(source, at), options, undefined, runId)).rejects.toThrow(Killed);
            expect(await live()).toContain(gone);
            const report = await run(source, options, undefined, runId);
            expect(report).toMatchObject({ complete: true, products: { removed: 1 } });
            expect(report.hold).toBeUndefined();
            expect(await live()).toEqual(ids().sort());
            const [document] = await database.connection
              .collection('products')
              .find({ catalogId: catalog.id, sourceId: renamed })
              .toArray();
            expect(document?.['title']).toBe(`Renamed before kill ${at}`);
          }
        }),
      300_000,
    );

    it(
      'makes an issue of a bad record, with its place, and neither stops nor removes anything',
      () =>
        withGround(20, async ({ options, rename, ids, spoil }) => {
          await run(source, options);
          const mend = spoil();
          const last = ids().at(-1) ?? '';
          await rename(last, 'Read after the bad one');
          const report = await run(source, options);
          expect(report.rows.failed).toBe(1);
          expect(report.products).toMatchObject({ changed: 1, removed: 0 });
          const [issue] = issues.filter(({ from }) => from === 'source');
          expect(issue).toMatchObject({
            severity: 'error',
            message: expect.any(String),
            hint: expect.any(String),
          });
          // a line, or the record itself as far as it can be quoted
          expect(issue?.line ?? issue?.value).toBeDefined();
          expect(await live()).toEqual(ids().sort());
          mend();
        }),
      120_000,
    );

    it(
      'removes nothing after an incomplete read',
      () =>
        withGround(20, async ({ options, ids, remove, cutShort }) => {
          await run(source, options);
          const all = await live();
          const variants = (await stored()).map((one) => (one as { variants: unknown[] }).variants.length);
          await remove(ids().slice(-1));
          cutShort();
          // either it says so, or it fails: both are told from a whole one
          const report = await run(source, options).catch((error: unknown) => {
            expect(error).toBeInstanceOf(SyncError);
            return undefined;
          });
          expect(report?.complete ?? false).toBe(false);
          expect(report?.hold).toBeUndefined();
          expect(await live()).toEqual(all);
          expect((await stored()).map((one) => (one as { variants: unknown[] }).variants.length)).toEqual(
            variants,
          );
        }),
      120_000,
    );

    it(
      'is held when a whole read would remove too much',
      () =>
        withGround(20, async ({ options, ids, remove }) => {
          await run(source, options);
          const all = await live();
          await remove(ids().slice(0, 10));
          const report = await run(source, options);
          expect(report.hold).toMatchObject({ reason: 'too_many_removals', before: 20, missing: 10 });
          expect(report.products.removed).toBe(0);
          expect(await live()).toEqual(all);
        }),
      120_000,
    );

    it(
      'waits as long as it is told when it is throttled, and then goes on',
      () =>
        withGround(20, async ({ options, throttle, requests, waitMs }) => {
          throttle(2);
          const report = await run(source, options);
          expect(report).toMatchObject({ complete: true, products: { new: 20 } });
          const [first, second, third] = requests();
          // the clock of timers may be a few milliseconds early
          for (const [before, after] of [
            [first, second],
            [second, third],
          ] as const)
            expect((after?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThanOrEqual(waitMs - 20);
        }),
      120_000,
    );

    it('is paused with one clear notice when it is refused, until it is connected again', async () => {
      const test = await startTestShop();
      try {
        await connectShop(test);
        await withGround(3, async ({ options, refuse }) => {
          const at = '/api/v1/catalogs/shop/source';
          const connect = () => test.client.send('PUT', at, { source: source.id, options });
          const importNow = async (): Promise<Run> =>
            endOf(test, (await test.client.send<Run>('POST', `${at}/imports`)).id);
          await connect();
          refuse(true);
          const failed = await importNow();
          expect(failed).toMatchObject({ status: 'failed', error: { hint: expect.any(String) } });
          const { paused } = await test.client.get<{ paused?: { code: string; message: string } }>(at);
          expect(paused).toMatchObject({ code: failed.error?.code, message: failed.error?.message });
          await expect(importNow()).rejects.toThrow(/paused/);
          await expect(connect()).rejects.toThrow();
          refuse(false);
          await connect();
          expect(await test.client.get(at)).not.toHaveProperty('paused');
          expect(await importNow()).toMatchObject({ status: 'done', products: { new: 3 } });
          await waitFor(async () => (await test.client.get<{ items: unknown[] }>('/api/v1/catalogs/shop/products')).items.length === 3); // prettier-ignore
        });
      } finally {
        await test.stop();
      }
    }, 120_000);
  });
}
