import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogSchema } from '../../../catalog/catalog.ts';
import { normalizeProduct } from '../../../catalog/normalize.ts';
import { createProductStore, type ProductStore } from '../../../catalog/store/products.ts';
import { openDatabase, type Database } from '../../../services/database.ts';
import { testDatabase } from '../../support/database.ts';

const catalog = catalogSchema.parse({
  id: 'skus', name: 'SKUs', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
}); // prettier-ignore
const now = new Date('2026-11-30T08:00:00Z');

let folder: string;
let database: Database;
let products: ProductStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shelfcast-skus-'));
  database = await openDatabase(testDatabase(), folder);
  products = createProductStore(database.connection);
  await products.sync();
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Saves a product of one variant, as the next import of it would. */
async function save(sourceId: string, sku: string): Promise<void> {
  const known = await products.findHashes(catalog.id, [sourceId]);
  const variants = [{ sourceId: 'one', sku, price: '10.00 EUR' }];
  const product = normalizeProduct({ sourceId, title: `Product ${sourceId}`, variants }, catalog);
  await products.save(catalog.id, [{ product, hash: `${sourceId} ${sku}` }], known, now);
  await products.recheckDuplicates(catalog.id);
}

const issuesOf = async (sourceId: string): Promise<string[]> =>
  (await products.find(catalog.id, sourceId)).issues.map(({ message }) => message);
const stored = () => database.connection.collection<{ _id: string; otherSkus?: string[] }>('products');

describe('an item whose SKU another product has', () => {
  it('is blocked, naming the other product, until that one has another SKU', async () => {
    await save('first', 'MUG');
    await save('second', 'MUG');
    expect(await issuesOf('second')).toEqual(['The SKU MUG is already used by "Product first" (first).']);
    await save('first', 'JUG');
    expect(await issuesOf('second')).toEqual([]);
    expect(await stored().countDocuments({ hasDuplicates: true })).toBe(0);
  });

  it('stays blocked while a third has the SKU, though under the offer id of its first sight', async () => {
    await save('a', 'CUP');
    await save('b', 'BOWL');
    await save('c', 'CUP');
    await save('b', 'CUP');
    await save('a', 'PLATE');
    expect(await issuesOf('c')).toHaveLength(1);
    await save('b', 'BOWL');
    expect(await issuesOf('c')).toEqual([]);
  });
});

describe('a store of an earlier version, with an index of all SKUs', () => {
  it('keeps to the few that are no offer ids, and loses the index', async () => {
    await save('old', 'SPOON');
    await save('old', 'FORK');
    await save('plain', 'KNIFE');
    await stored().updateMany({}, { $unset: { otherSkus: '' } });
    await stored().createIndex({ catalogId: 1, 'variants.sku': 1 });
    await products.sync();
    const names = (await stored().indexes()).map(({ name }) => name);
    expect(names).not.toContain('catalogId_1_variants.sku_1');
    expect(await stored().findOne({ _id: 'skus:old' })).toMatchObject({ otherSkus: ['FORK'] });
    expect(await stored().findOne({ _id: 'skus:plain' })).not.toHaveProperty('otherSkus');
    await products.sync();
    expect(await products.find(catalog.id, 'old')).not.toHaveProperty('otherSkus');
  });
});
