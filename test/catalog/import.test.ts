import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogSchema, type Catalog } from '../../catalog/catalog.ts';
import { importCatalog, type ImportReport } from '../../catalog/import.ts';
import { source as csv } from '../../catalog/sources/csv/index.ts';
import type { Read, Source } from '../../catalog/source.ts';
import { createProductStore, type ProductStore } from '../../catalog/store/products.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { testDatabase } from '../support/database.ts';
import { ctx } from './sources/csv/read-all.ts';

let folder: string;
let database: Database;
let products: ProductStore;
let file: string;
let kinds: Record<Read['kind'], number>;
let issues: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shelfcast-import-'));
  database = await openDatabase(testDatabase(), folder);
  products = createProductStore(database.connection);
  await products.sync();
  file = join(folder, 'export.csv');
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

const shop = (id: string, more: Partial<Catalog> = {}): Catalog =>
  catalogSchema.parse({
    id, name: id, currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', ...more,
  }); // prettier-ignore

/** The CSV source, counting what it says; `forgetful`: as if no product were known by its bytes. */
function counting(forgetful: 'forgetful' | undefined): Source {
  return {
    ...csv,
    async *read(options, catalog, from, given, findKnown) {
      const reads = csv.read(
        csv.options.parse(options),
        catalog,
        from,
        given,
        forgetful ? undefined : findKnown,
      );
      for await (const read of reads) {
        kinds[read.kind] = (kinds[read.kind] ?? 0) + 1;
        yield read;
      }
    },
  };
}

async function run(catalog: Catalog, forgetful?: 'forgetful'): Promise<ImportReport> {
  kinds = { found: 0, product: 0, same: 0, present: 0, gone: 0, bookmark: 0, issue: 0, skip: 0, restart: 0, end: 0 }; // prettier-ignore
  issues = [];
  return importCatalog(
    { catalog, source: counting(forgetful), options: { path: file }, bookmark: undefined },
    products,
    {
      progress: async () => undefined,
      issues: async (entries) => void issues.push(...entries.map(({ issue }) => JSON.stringify(issue))),
      restart: async () => void (issues = []),
      holdRemovals: async () => undefined,
    },
    ctx,
  );
}

/** All that an import may change, without what differs from run to run. */
async function stored(catalogId: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const product of await products.page(catalogId, 10_000)) {
    const { id: _, catalogId: __, createdAt: ___, updatedAt: ____, removedAt, ...rest } = product;
    found.push({ ...rest, removed: removedAt !== undefined });
  }
  return found;
}

const header = 'Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant SKU,Variant Price';
const rowsOf = (n: number): string[] =>
  ['S', 'M', 'L'].map((size, at) =>
    [`shirt-${n}`, at ? '' : `Shirt ${n}`, at ? '' : `"<p>Soft,\nwarm ""${n}""</p>"`, at ? '' : 'Size', size, `SKU-${n}-${size}`, '19.99'].join(','),
  ); // prettier-ignore
const write = (groups: readonly (readonly string[])[]): Promise<void> =>
  writeFile(file, `${[header, ...groups.flat()].join('\r\n')}\r\n`);
const shirts = (count: number): string[][] => Array.from({ length: count }, (_, n) => rowsOf(n));

describe('importing the same file again', () => {
  let catalog: Catalog;
  let counter = 0;
  beforeEach(async () => {
    catalog = shop(`again-${counter++}`);
    await write(shirts(20));
    await run(catalog);
  });

  it('writes nothing and reads no product', async () => {
    const before = await stored(catalog.id);
    const report = await run(catalog);
    expect(report.products).toEqual({ new: 0, changed: 0, unchanged: 20, removed: 0 });
    expect(report.rows).toEqual({ in: 60, done: 0, skipped: 60, blocked: 0, failed: 0 });
    expect(kinds).toMatchObject({ same: 20, product: 0 });
    expect(await stored(catalog.id)).toEqual(before);
  });

  it('saves the one product that changed, and numbers the lines behind known ones', async () => {
    const groups = shirts(20);
    groups[12] = rowsOf(12).map((row) => row.replace('19.99', 'cheap'));
    await write(groups);
    expect((await run(catalog)).products).toEqual({ new: 0, changed: 1, unchanged: 19, removed: 0 });
    expect(kinds).toMatchObject({ same: 19, product: 1 });
    // each product has four lines, because its description has two
    expect((await products.find(catalog.id, 'shirt-12')).issues[0]).toMatchObject({
      line: 2 + 12 * 4,
      value: 'cheap',
    });
  });

  it('finds a row that was added to the end of a product, and one before it', async () => {
    const groups = shirts(20);
    groups[3] = [...rowsOf(3), 'shirt-3,,,,XL,SKU-3-XL,19.99'];
    groups[7] = ['shirt-7,,,,XS,SKU-7-XS,19.99', ...rowsOf(7)];
    await write(groups);
    expect((await run(catalog)).products).toMatchObject({ changed: 2, unchanged: 18 });
    expect((await products.find(catalog.id, 'shirt-3')).variants).toHaveLength(4);
    expect((await products.find(catalog.id, 'shirt-7')).variants).toHaveLength(4);
    expect((await run(catalog)).products).toMatchObject({ changed: 0, unchanged: 20 });
    expect(kinds).toMatchObject({ same: 20 });
  });

  it('knows products by their content when only the way of writing has changed, and by their bytes after that', async () => {
    await write(shirts(20).map((rows) => rows.map((row) => row.replace(/(SKU-[^,]*)/, '"$1"'))));
    expect((await run(catalog)).products).toMatchObject({ changed: 0, unchanged: 20 });
    expect(kinds).toMatchObject({ same: 0, product: 20 });
    await run(catalog);
    expect(kinds).toMatchObject({ same: 20, product: 0 });
  });

  it('reads all anew when the columns or the settings of the catalog are others', async () => {
    expect((await run({ ...catalog, currency: 'USD' })).products).toMatchObject({ changed: 20 });
    await writeFile(
      file,
      `${[header.replace('Variant Price', 'Price'), ...shirts(20).flat()].join('\r\n')}\r\n`,
    );
    await run({ ...catalog, currency: 'USD' });
    expect(kinds).toMatchObject({ same: 0, product: 20 });
  });

  it('brings a removed product back', async () => {
    await write(shirts(19));
    expect((await run(catalog)).products).toMatchObject({ removed: 1, unchanged: 19 });
    await write(shirts(20));
    expect((await run(catalog)).products).toMatchObject({ changed: 1, unchanged: 19 });
    expect((await products.find(catalog.id, 'shirt-19')).removedAt).toBeUndefined();
  });

  it('holds back when too many are missing, counting the known ones as seen', async () => {
    await write(shirts(12));
    expect((await run(catalog)).hold).toMatchObject({
      reason: 'too_many_removals',
      before: 20,
      after: 12,
      missing: 8,
    });
  });
});

describe('a WooCommerce parent known by its bytes', () => {
  const columns = 'ID,Type,SKU,Name,Regular price,Parent';
  const family = ['5,variable,P,Shirt,,', '6,variation,P-1,Shirt S,9,P', '7,variation,P-2,Shirt M,9,P'];

  it.each([
    ['behind it', [...family, '8,variation,P-3,Shirt L,9,id:5', '9,simple,Q,Cap,5,']],
    ['far behind it', [...family, ...Array.from({ length: 120 }, (_, n) => `${n + 20},simple,Q${n},Cap,5,`), '8,variation,P-3,Shirt L,9,id:5']],
    ['before it', ['8,variation,P-3,Shirt L,9,id:5', ...family]],
  ])('gets a new variation that calls it by its id and stands %s', async (place, rows) => {
    const catalog = shop(`woo-${place.replaceAll(' ', '-')}`);
    await writeFile(file, `${[columns, ...family].join('\n')}\n`);
    await run(catalog);
    await writeFile(file, `${[columns, ...rows].join('\n')}\n`);
    const report = await run(catalog);
    expect(report.rows).toMatchObject({ in: rows.length, failed: 0 });
    const { variants } = await products.find(catalog.id, '5');
    expect(new Set(variants.map(({ sku }) => sku))).toEqual(new Set(['P-1', 'P-2', 'P-3']));
  }); // prettier-ignore
});

/** The same numbers for the same seed: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Groups = string[][];
const edits: ((groups: Groups, pick: (below: number) => number) => unknown)[] = [
  (groups, pick) => groups.splice(pick(groups.length), 1),
  (groups, pick) => groups.splice(pick(groups.length), 0, rowsOf(1_000 + pick(100))),
  (groups, pick) => (groups[pick(groups.length)] ??= []).push(`shirt-${pick(140)},,,,XL,SKU-X-${pick(99)},9`),
  (groups, pick) => (groups[pick(groups.length)] ??= []).pop(),
  (groups, pick) => (groups[pick(groups.length)] ??= []).reverse(),
  (groups, pick) => groups.splice(pick(groups.length), 0, ['broken,"row']),
  (groups, pick) => groups.splice(pick(groups.length), 0, ['shirt-5,5" screen,,,,,']),
  (groups, pick) => groups.splice(pick(groups.length), 0, ['too,short']),
  (groups, pick) => groups.splice(pick(groups.length), 0, ['', '']),
  (groups, pick) => groups.splice(pick(groups.length), 0, groups[pick(groups.length)] ?? []),
  (groups, pick) => groups.splice(pick(groups.length), 0, ...groups.splice(pick(groups.length), 5)),
  (groups, pick) => {
    const at = pick(groups.length);
    groups[at] = (groups[at] ?? []).map((row) => row.replace(/[\d.]+$/, String(pick(50))));
  },
  (groups, pick) => {
    const at = pick(groups.length);
    groups[at] = (groups[at] ?? []).map((row) => row.replace('Soft', 'é'.repeat(pick(3_000))));
  },
];

describe('knowing products by their bytes', () => {
  it.each([1, 2, 3])('leaves the same store and report as reading everything (%#)', async (seed) => {
    const pick = numbers(seed);
    const [quick, slow] = [shop(`quick-${seed}`), shop(`slow-${seed}`)];
    let groups: Groups = shirts(130);
    let same = 0;
    for (let round = 0; round < 8; round++) {
      await write(groups);
      const report = await run(quick);
      const told = issues;
      same += kinds.same;
      expect(report).toEqual({ ...(await run(slow, 'forgetful')), bookmark: report.bookmark });
      expect(told).toEqual(issues);
      expect(await stored(quick.id)).toEqual(await stored(slow.id));
      groups = structuredClone(groups);
      for (let edit = pick(4); edit >= 0; edit--) edits[pick(edits.length)]?.(groups, pick);
    }
    expect(same).toBeGreaterThan(200);
  });
});
