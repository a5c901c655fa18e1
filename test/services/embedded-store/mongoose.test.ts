import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { openTestStore, type TestStore } from './support/open-store.ts';

let opened: TestStore;
let connection: mongoose.Connection;

beforeAll(async () => {
  opened = await openTestStore();
  connection = await mongoose.createConnection(opened.store.uri).asPromise();
});
afterAll(async () => {
  await connection.close();
  await opened.close();
});

const itemSchema = () =>
  new mongoose.Schema(
    { catalog: String, sku: String, n: Number, tags: [String] },
    { timestamps: true, strict: false },
  )
    .index({ catalog: 1, sku: 1 }, { unique: true })
    .index({ tags: 1 });

test('upserts in bulk, and finds the same documents again on the second time', async () => {
  const Item = connection.model('Item', itemSchema());
  await Item.init();
  const operations = Array.from({ length: 300 }, (_, n) => ({
    updateOne: {
      filter: { catalog: 'a', sku: `s${n}` },
      update: { $set: { n, tags: [`t${n % 3}`] } },
      upsert: true,
    },
  }));
  expect(await Item.bulkWrite(operations)).toMatchObject({ upsertedCount: 300, matchedCount: 0 });
  expect(await Item.bulkWrite(operations)).toMatchObject({ upsertedCount: 0, matchedCount: 300 });
  expect(await Item.countDocuments({ tags: 't1' })).toBe(100);
});

test('brings the indexes of the database in line with the schema', async () => {
  const name = 'Synced';
  await connection.model(name, new mongoose.Schema({ a: Number, b: Number }).index({ a: 1 })).init();
  connection.deleteModel(name);
  const Changed = connection.model(name, new mongoose.Schema({ a: Number, b: Number }).index({ b: -1 }));
  expect(await Changed.syncIndexes()).toEqual(['a_1']);
  expect((await Changed.collection.indexes()).map((index) => index.name)).toEqual(['_id_', 'b_-1']);
});

test('refuses a second document with a unique value and names key and value', async () => {
  const Item = connection.model('Item');
  await expect(Item.create({ catalog: 'a', sku: 's1' })).rejects.toMatchObject({
    code: 11000,
    keyPattern: { catalog: 1, sku: 1 },
    keyValue: { catalog: 'a', sku: 's1' },
  });
});

test('finds and updates one document and gives it back as it is then', async () => {
  const after = await connection
    .model('Item')
    .findOneAndUpdate({ sku: 's5' }, { $inc: { n: 5 } }, { returnDocument: 'after' })
    .lean();
  expect(after).toMatchObject({ n: 10 });
});

test('streams lean documents through a cursor', async () => {
  const seen: number[] = [];
  const cursor = connection
    .model('Item')
    .find({ catalog: 'a' })
    .sort({ sku: 1 })
    .lean()
    .cursor({ batchSize: 50 });
  for await (const item of cursor) seen.push((item as unknown as { n: number }).n);
  expect(seen).toHaveLength(300);
});

test('refuses a save over a version that another save has left behind', async () => {
  const Versioned = connection.model(
    'Versioned',
    new mongoose.Schema({ n: Number, list: [Number] }, { optimisticConcurrency: true }),
  );
  await Versioned.create({ n: 1, list: [1, 2] });
  const [one, other] = [await Versioned.findOne(), await Versioned.findOne()];
  one?.set('n', 2);
  await one?.save();
  other?.set('n', 3);
  await expect(other?.save()).rejects.toThrow(mongoose.Error.VersionError);
});
