import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Collection, Document } from 'mongodb';
import { openTestStore, type TestStore } from './support/open-store.ts';

let opened: TestStore;
let docs: Collection<Document>;
beforeAll(async () => {
  opened = await openTestStore();
  docs = opened.db.collection('docs');
});
afterAll(() => opened.close());
beforeEach(async () => void (await docs.drop()));

const fill = (count: number) =>
  docs.insertMany(
    Array.from({ length: count }, (_, n) => ({
      _id: n as never,
      n,
      catalog: `c${n % 4}`,
      status: n % 10 === 0 ? 'blocked' : 'accepted',
      tags: [`t${n % 3}`, 'all'],
    })),
  );

async function work(
  filter: Document,
  sort: Document = {},
  limit = 0,
): Promise<{ stage: string; index: string | undefined; docs: number; keys: number }> {
  const { queryPlanner, executionStats } = await docs
    .find(filter)
    .sort(sort)
    .limit(limit)
    .explain('executionStats');
  const plan = queryPlanner.winningPlan;
  return {
    stage: plan.stage,
    index: plan.inputStage?.indexName,
    docs: executionStats.totalDocsExamined,
    keys: executionStats.totalKeysExamined,
  };
}

test('reads no more for a served query from a large collection than from a small one', async () => {
  await docs.createIndexes([{ key: { catalog: 1, n: 1 } }, { key: { tags: 1 } }]);
  for (const count of [400, 4000]) {
    await docs.deleteMany({});
    await fill(count);
    expect(await work({ catalog: 'c1', n: { $gte: 100, $lt: 120 } })).toEqual({
      stage: 'FETCH',
      index: 'catalog_1_n_1',
      docs: 5,
      keys: 5,
    });
    expect((await work({ catalog: 'c1' }, { n: -1 }, 10)).docs).toBe(10);
    expect((await work({ catalog: { $in: ['c1', 'c2'] }, n: 5 })).docs).toBe(1);
    expect((await work({ _id: 7 })).stage).toBe('IDHACK');
    expect((await work({ _id: { $gt: 10, $lte: 20 } }, { _id: 1 })).docs).toBe(10);
  }
});

test('goes on by _id within one value of an index without reading what lies before', async () => {
  await docs.createIndex({ catalog: 1, status: 1 });
  await fill(2000);
  expect(await work({ catalog: 'c1', status: 'accepted', _id: { $gt: 1000 } }, { _id: 1 }, 20)).toMatchObject(
    { stage: 'FETCH', docs: 20 },
  );
});

test('reads a collection through when no index serves, and says so', async () => {
  await fill(100);
  expect(await work({ n: 5 })).toMatchObject({ stage: 'COLLSCAN', docs: 100 });
  expect((await work({}, { n: 1 })).stage).toBe('SORT');
});

test('serves each branch of an $or by its own index', async () => {
  await docs.createIndexes([{ key: { n: 1 } }, { key: { tags: 1, status: 1 } }]);
  await fill(1000);
  expect(await work({ $or: [{ n: 5 }, { tags: 't1', status: 'blocked' }] })).toMatchObject({
    stage: 'OR',
    docs: 34,
  });
  expect(await docs.countDocuments({ $or: [{ n: 10 }, { tags: 't1', status: 'blocked' }] })).toBe(33);
});

test('sorts what an $or of a single branch finds by its own index', async () => {
  await docs.createIndex({ n: 1 });
  await docs.insertMany([4, 1, 3].map((n, _id) => ({ _id: _id as never, n })));
  const found = await docs
    .find({ $or: [{ n: { $lt: 4 } }] })
    .sort({ _id: -1 })
    .toArray();
  expect(found.map(({ n }) => n)).toEqual([3, 1]);
  expect((await work({ $or: [{ n: { $lt: 4 } }] }, { _id: -1 })).stage).toBe('SORT');
});

test('keeps a unique index unique, also over arrays, and lets a failed one leave nothing', async () => {
  await docs.createIndex({ codes: 1 }, { unique: true, sparse: true });
  await docs.insertOne({ codes: ['a', 'b'] });
  await expect(docs.insertOne({ codes: ['c', 'b'] })).rejects.toMatchObject({
    code: 11000,
    keyPattern: { codes: 1 },
    keyValue: { codes: 'b' },
  });
  await docs.insertMany([{}, {}, { n: 1 }, { n: 1 }]);
  await expect(docs.createIndex({ n: 1 }, { unique: true, sparse: true })).rejects.toMatchObject({
    code: 11000,
  });
  expect(await docs.indexes()).toHaveLength(2);
  expect(await opened.db.command({ validate: 'docs' })).toMatchObject({ valid: true });
});

test('uses a partial index only where the filter stays within it', async () => {
  await docs.createIndex({ n: 1 }, { partialFilterExpression: { status: 'blocked' } });
  await fill(100);
  expect((await work({ n: 10, status: 'blocked' })).index).toBe('n_1');
  expect((await work({ n: 10 })).stage).toBe('COLLSCAN');
  expect(await docs.countDocuments({ n: { $lt: 30 } })).toBe(30);
});

test('does not let a sparse index hide documents without the field', async () => {
  await docs.createIndex({ code: 1 }, { sparse: true });
  await docs.insertMany([{ code: 'a' }, {}, { code: null }]);
  expect(await docs.countDocuments({ code: null })).toBe(2);
  expect(await docs.find().sort({ code: 1 }).toArray()).toHaveLength(3);
  expect((await work({ code: 'a' })).index).toBe('code_1');
});

test('finds and tells apart values that are longer than a key may be', async () => {
  await docs.createIndex({ url: 1 }, { unique: true });
  const url = (end: string) => `https://shop.example/${'x'.repeat(3000)}${end}`;
  await docs.insertMany([{ url: url('1') }, { url: url('2') }, { _id: 'y'.repeat(2000) as never, url: 'z' }]);
  await expect(docs.insertOne({ url: url('1') })).rejects.toMatchObject({ code: 11000 });
  expect(await docs.countDocuments({ url: url('2') })).toBe(1);
  expect(await docs.countDocuments({ _id: 'y'.repeat(2000) as never })).toBe(1);
  expect(
    (
      await docs
        .find({ url: { $gte: url('2') } })
        .sort({ url: 1 })
        .toArray()
    ).map((doc) => doc['url']),
  ).toEqual([url('2'), 'z']);
});

test('refuses indexes it does not have, and one name for two keys', async () => {
  await expect(docs.createIndex({ text: 'text' })).rejects.toMatchObject({ code: 67 });
  await docs.createIndex({ a: 1 }, { name: 'one' });
  await expect(docs.createIndex({ b: 1 }, { name: 'one' })).rejects.toMatchObject({ code: 86 });
  await expect(docs.createIndex({ a: 1 }, { name: 'other' })).rejects.toMatchObject({ code: 85 });
  await expect(docs.dropIndex('none')).rejects.toMatchObject({ code: 27 });
  await expect(docs.createIndex({ c: 1 }, { hidden: true })).rejects.toMatchObject({ code: 72 });
});

test('keeps to the number of indexes and fields that MongoDB documents', async () => {
  const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 1]));
  await expect(docs.createIndex(fields(33) as never)).rejects.toMatchObject({ code: 67 });
  await docs.createIndexes(Array.from({ length: 63 }, (_, i) => ({ key: { [`f${i}`]: 1 } })));
  await expect(docs.createIndex(fields(32) as never)).rejects.toMatchObject({ code: 67 });
  expect(await docs.indexes()).toHaveLength(64);
});

test('counts by the index alone where the filter is nothing but its bounds', async () => {
  await docs.createIndexes([{ key: { catalog: 1, status: 1 } }, { key: { n: -1 } }]);
  await fill(1000);
  await docs.insertOne({ n: NaN });
  expect(await docs.countDocuments({ catalog: 'c2', status: 'blocked' })).toBe(50);
  expect(await docs.countDocuments({ n: { $lt: 10 } })).toBe(10);
  expect(await docs.countDocuments({ n: { $gte: 990 } })).toBe(10);
  expect(await docs.countDocuments({ n: { $gt: 2, $lte: 500 } }, { skip: 10, limit: 100 })).toBe(100);
});

test('prefers, of indexes that narrow a search alike, one that meets each document once', async () => {
  await docs.createIndexes([{ key: { catalog: 1, tags: 1 } }, { key: { catalog: 1, n: 1 } }]);
  await fill(400);
  expect(await work({ catalog: 'c1' })).toMatchObject({ index: 'catalog_1_n_1', keys: 100, docs: 100 });
  expect(await work({ catalog: 'c1', tags: 't2' })).toMatchObject({ index: 'catalog_1_tags_1' });
  expect(await docs.countDocuments({ catalog: 'c1' })).toBe(100);
});

async function explainPipeline(pipeline: Document[]): Promise<{ stage: string; docs: number }> {
  const { queryPlanner, executionStats } = await docs.aggregate(pipeline).explain('executionStats');
  return { stage: queryPlanner.winningPlan.stage, docs: executionStats.totalDocsExamined };
}
const byId = (rows: Document[]) =>
  rows.toSorted((a, b) => JSON.stringify(a['_id']).localeCompare(JSON.stringify(b['_id'])));

test('prefers, of indexes that narrow a search alike, the partial one', async () => {
  await docs.createIndex({ catalog: 1, n: 1 });
  await docs.createIndex({ catalog: 1, status: 1 }, { partialFilterExpression: { gone: { $exists: true } } });
  await fill(40);
  await docs.updateOne({ _id: 4 as never }, { $set: { gone: true } });
  const { index, docs: read } = await work({ catalog: 'c0', gone: { $exists: true } });
  expect([index, read]).toEqual(['catalog_1_status_1', 1]);
});

test('groups and counts by values that an index begins with, reading one document of each', async () => {
  const pipeline = [
    { $match: { catalog: { $in: ['c0', 'c2'] } } },
    { $group: { _id: { catalog: '$catalog', status: '$status' }, n: { $sum: 1 } } },
  ];
  await fill(2000);
  const read = byId(await docs.aggregate(pipeline).toArray());
  await docs.createIndex({ catalog: 1, status: -1, n: 1 });
  expect(byId(await docs.aggregate(pipeline).toArray())).toEqual(read);
  expect(await explainPipeline(pipeline)).toEqual({ stage: 'DISTINCT_SCAN', docs: 4 });
  expect(read).toEqual([
    { _id: { catalog: 'c0', status: 'accepted' }, n: 400 },
    { _id: { catalog: 'c0', status: 'blocked' }, n: 100 },
    { _id: { catalog: 'c2', status: 'accepted' }, n: 400 },
    { _id: { catalog: 'c2', status: 'blocked' }, n: 100 },
  ]);
});

test('answers the branches of a $facet as if each were asked alone', async () => {
  await docs.createIndex({ catalog: 1, status: 1 });
  await fill(400);
  const [facets] = await docs
    .aggregate([
      { $match: { catalog: 'c2' } },
      {
        $facet: {
          total: [{ $count: 'n' }],
          byStatus: [{ $sortByCount: '$status' }],
          blocked: [{ $match: { status: 'blocked' } }, { $count: 'n' }],
          none: [{ $match: { status: 'none' } }, { $count: 'n' }],
          first: [{ $sort: { _id: 1 } }, { $limit: 1 }, { $project: { n: 1, _id: 0 } }],
        },
      },
    ])
    .toArray();
  expect(facets).toEqual({
    total: [{ n: 100 }],
    byStatus: [
      { _id: 'accepted', count: 80 },
      { _id: 'blocked', count: 20 },
    ],
    blocked: [{ n: 20 }],
    none: [],
    first: [{ n: 2 }],
  });
});

test('tells null, a missing field and arrays apart when it groups by an index', async () => {
  await docs.createIndex({ a: 1, b: 1 });
  const id = { a: '$a', b: '$b' };
  await docs.insertMany([{ a: 1 }, { a: 1, b: null }, { a: 1, b: null }, { a: 1, b: 2 }, { b: 2 }]);
  const grouped = async () =>
    byId(await docs.aggregate([{ $group: { _id: id, n: { $count: {} } } }]).toArray());
  const expected = [
    { _id: { a: 1, b: 2 }, n: 1 },
    { _id: { a: 1, b: null }, n: 2 },
    { _id: { a: 1 }, n: 1 },
    { _id: { b: 2 }, n: 1 },
  ];
  expect(await grouped()).toEqual(byId(expected));
  await docs.insertOne({ a: [1], b: 2 });
  expect(await grouped()).toEqual(byId([...expected, { _id: { a: [1], b: 2 }, n: 1 }]));
  expect(await docs.distinct('a')).toEqual([1]);
  expect(await docs.distinct('b', { a: 1 })).toEqual([null, 2]);
});

test('finds a document by what it became, whichever of the indexed fields changed', async () => {
  await docs.createIndexes([
    { key: { catalog: 1, status: 1 } },
    { key: { tags: 1 } },
    { key: { 'place.town': 1 } },
    { key: { n: 1 }, partialFilterExpression: { status: 'blocked' } },
  ]);
  await docs.insertOne({ _id: 1 as never, catalog: 'a', status: 'new', tags: ['x', 'y'], place: { town: 'Ulm' }, n: 7 }); // prettier-ignore
  const find = async (filter: Document, index: Document) =>
    (await docs.find(filter).hint(index).toArray()).length;
  await docs.updateOne({ _id: 1 as never, status: 'new' }, { $set: { status: 'blocked' } });
  expect(await find({ catalog: 'a', status: 'new' }, { catalog: 1, status: 1 })).toBe(0);
  expect(await find({ catalog: 'a', status: 'blocked' }, { catalog: 1, status: 1 })).toBe(1);
  expect(await find({ n: 7, status: 'blocked' }, { n: 1 })).toBe(1);
  expect(await find({ tags: 'y' }, { tags: 1 })).toBe(1);
  await docs.replaceOne(
    { _id: 1 as never },
    { catalog: 'a', status: 'blocked', tags: ['y', 'z'], place: { town: 'Bonn' } },
  );
  expect(await find({ tags: 'x' }, { tags: 1 })).toBe(0);
  expect(await find({ tags: 'z' }, { tags: 1 })).toBe(1);
  expect(await find({ 'place.town': 'Ulm' }, { 'place.town': 1 })).toBe(0);
  expect(await find({ 'place.town': 'Bonn' }, { 'place.town': 1 })).toBe(1);
  expect(await find({ n: 7, status: 'blocked' }, { n: 1 })).toBe(0);
  await docs.updateOne({ _id: 1 as never }, { $unset: { place: '' } });
  expect(await find({ 'place.town': 'Bonn' }, { 'place.town': 1 })).toBe(0);
});

test('changes and removes by _id only what the rest of the filter holds for', async () => {
  await fill(4);
  const by = (filter: Document) => ({ _id: 2 as never, ...filter });
  expect((await docs.updateOne(by({ catalog: 'c1' }), { $set: { n: 9 } })).matchedCount).toBe(0);
  expect((await docs.updateMany(by({ $or: [{ n: 2 }, { n: 3 }] }), { $set: { n: 9 } })).modifiedCount).toBe(
    1,
  );
  expect((await docs.deleteOne(by({ gone: { $exists: true } }))).deletedCount).toBe(0);
  expect((await docs.deleteOne(by({ gone: { $exists: false }, n: 9 }))).deletedCount).toBe(1);
  await expect(docs.updateOne({ _id: 77 as never, n: { $no: 1 } }, { $set: { n: 1 } })).rejects.toThrow(
    '$no',
  );
});
