import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
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

const put = (...rows: Document[]) => docs.insertMany(rows.map((row, _id) => ({ _id: _id as never, ...row })));
const ids = async (filter: Document) => (await docs.find(filter).toArray()).map((doc) => Number(doc['_id']));
const one = async () => {
  const { _id, ...rest } = (await docs.findOne())!;
  return rest;
};
const results = (...pipeline: Document[]) => docs.aggregate(pipeline).toArray();

describe('filters', () => {
  test.each<[string, Document[], Document, number[]]>([
    [
      'a missing field and null by null',
      [{}, { a: null }, { a: 1 }, { a: [] }, { a: [null] }],
      { a: null },
      [0, 1, 4],
    ],
    [
      'numbers whatever their type',
      [{ a: 1 }, { a: new Double(1) }, { a: Long.ONE }, { a: Decimal128.fromString('1.0') }, { a: '1' }],
      { a: 1 },
      [0, 1, 2, 3],
    ],
    [
      'subdocuments with their order of fields',
      [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }],
      { a: { x: 1, y: 2 } },
      [0],
    ],
    [
      'arrays as a whole and by an element',
      [{ a: [1, 2] }, { a: [2, 1] }, { a: [[1, 2]] }, { a: 1 }],
      { a: [1, 2] },
      [0, 2],
    ],
    [
      'a field of documents in an array',
      [{ a: [{ b: 1 }, { b: 2 }] }, { a: { b: 2 } }, { a: [1] }],
      { 'a.b': 2 },
      [0, 1],
    ],
    ['an element by its index', [{ a: [5, 6] }, { a: [6, 5] }], { 'a.1': 6 }, [0]],
    [
      'only values of the operand’s type by a range',
      [{ a: 1 }, { a: 'x' }, { a: new Date(5) }, { a: null }, {}],
      { a: { $gt: 0 } },
      [0],
    ],
    [
      'two conditions by different elements, unlike $elemMatch',
      [{ a: [1, 9] }, { a: [4] }],
      { a: { $gt: 3, $lt: 5 } },
      [0, 1],
    ],
    [
      'one element by $elemMatch',
      [{ a: [1, 9] }, { a: [4] }],
      { a: { $elemMatch: { $gt: 3, $lt: 5 } } },
      [1],
    ],
    [
      'one document of an array by $elemMatch',
      [
        {
          a: [
            { b: 1, c: 2 },
            { b: 2, c: 1 },
          ],
        },
        { a: [{ b: 2, c: 2 }] },
      ],
      { a: { $elemMatch: { b: 2, c: 2 } } },
      [1],
    ],
    [
      'what $not leaves, also where the field is missing',
      [{ a: 1 }, { a: 5 }, {}],
      { a: { $not: { $gt: 3 } } },
      [0, 2],
    ],
    ['no element of an array by $ne', [{ a: [1, 2] }, { a: [3] }, {}], { a: { $ne: 2 } }, [1, 2]],
    [
      'text by $in with a pattern',
      [{ a: 'red shoe' }, { a: 'blue' }, { a: 'green' }],
      { a: { $in: [/^red/, 'blue'] } },
      [0, 1],
    ],
    [
      'text by a pattern without regard to case',
      [{ a: 'RED' }, { a: 'blue' }],
      { a: { $regex: 'red', $options: 'i' } },
      [0],
    ],
    [
      'types by name, also of an array’s elements',
      [{ a: 1 }, { a: ['x'] }, { a: Long.ONE }, { a: new ObjectId() }],
      { a: { $type: ['string', 'long'] } },
      [1, 2],
    ],
    ['arrays by $size', [{ a: ['x', 'y'] }, { a: ['x'] }, { a: 'xy' }], { a: { $size: 2 } }, [0]],
    ['what is there by $exists', [{ a: null }, {}, { a: [] }], { a: { $exists: true } }, [0, 2]],
    [
      'fields among themselves by $expr',
      [
        { a: 2, b: 1 },
        { a: 1, b: 2 },
      ],
      { $expr: { $gt: ['$a', '$b'] } },
      [0],
    ],
    [
      'either or, and neither nor',
      [{ a: 1 }, { a: 2 }, { a: 3 }],
      { $or: [{ a: 1 }, { $nor: [{ a: { $lt: 3 } }] }] },
      [0, 2],
    ],
    [
      'integers beyond what a double holds',
      [{ a: Long.fromString('9007199254740993') }, { a: Long.fromString('9007199254740992') }],
      { a: Long.fromString('9007199254740993') },
      [0],
    ],
  ])('match %s', async (_, rows, filter, expected) => {
    await put(...rows);
    expect(await ids(filter)).toEqual(expected);
  });

  test('refuse what is not known', async () => {
    for (const filter of [
      { a: { $like: 'x' } },
      { $unknown: 1 },
      { a: { $in: 1 } },
      { a: { $type: 'text' } },
      { a: { $all: ['x'] } },
      { a: { $mod: [4, 0] } },
      { a: { $bitsAllSet: 4 } },
      { $jsonSchema: {} },
      { $and: [] },
      { $where: 'true' },
    ])
      await expect(docs.find(filter).toArray()).rejects.toMatchObject({ code: 2 });
  });
});

test('sorts values of all types in MongoDB’s order', async () => {
  const values = [
    new MinKey(),
    null,
    NaN,
    -Infinity,
    -1,
    Decimal128.fromString('0.5'),
    Long.ONE,
    1.5,
    '',
    'a',
    'b',
    '\u{1F600}',
    { a: 1 },
    { a: 2 },
    { b: 0 },
    new Binary(Buffer.from('a')),
    new ObjectId('000000000000000000000001'),
    false,
    true,
    new Date(0),
    new Timestamp({ t: 0, i: 1 }),
    /a/,
    new MaxKey(),
  ];
  await put(...values.map((a) => ({ a })).toReversed());
  for (const index of [undefined, { a: 1 } as const]) {
    if (index) await docs.createIndex(index);
    expect(
      (await docs.find().sort({ a: 1 }).toArray()).map((doc) => values.length - 1 - Number(doc['_id'])),
    ).toEqual([...values.keys()]);
  }
});

describe('updates', () => {
  test.each<[string, Document, Document, Document | Document[], Document, Document[]?]>([
    ['make the objects on the way', {}, {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
    [
      'add new fields in the order of their names',
      { z: 0 },
      {},
      { $set: { c: 1 }, $inc: { b: 1 } },
      { z: 0, b: 1, c: 1 },
    ],
    ['pad an array with null', { a: [1] }, {}, { $set: { 'a.3': 4 } }, { a: [1, null, null, 4] }],
    [
      'change the element that the filter met',
      { a: [{ n: 1 }, { n: 2 }] },
      { 'a.n': 2 },
      { $set: { 'a.$.n': 9 } },
      { a: [{ n: 1 }, { n: 9 }] },
    ],
    ['change all elements', { a: [1, 2] }, {}, { $inc: { 'a.$[]': 1 } }, { a: [2, 3] }],
    [
      'change the elements that an array filter names',
      { a: [{ n: 1 }, { n: 5 }] },
      {},
      { $set: { 'a.$[big].x': 1 } },
      { a: [{ n: 1 }, { n: 5, x: 1 }] },
      [{ 'big.n': { $gt: 3 } }],
    ],
    [
      'push, sort and cut',
      { a: [3, 1] },
      {},
      { $push: { a: { $each: [2], $sort: 1, $slice: 2 } } },
      { a: [1, 2] },
    ],
    [
      'push at a place',
      { a: [1, 4] },
      {},
      { $push: { a: { $each: [2, 3], $position: 1 } } },
      { a: [1, 2, 3, 4] },
    ],
    [
      'add to a set only what is new',
      { a: [{ x: 1 }] },
      {},
      { $addToSet: { a: { $each: [{ x: 1 }, { x: 2 }] } } },
      { a: [{ x: 1 }, { x: 2 }] },
    ],
    ['pull by a condition', { a: [1, 5, 9] }, {}, { $pull: { a: { $gt: 3 } } }, { a: [1] }],
    [
      'pull documents by their fields',
      { a: [{ x: 1, y: 1 }, { x: 2 }] },
      {},
      { $pull: { a: { x: 1 } } },
      { a: [{ x: 2 }] },
    ],
    ['unset', { a: 1, b: 2, c: { d: 3 } }, {}, { $unset: { b: '', 'c.d': '', e: '' } }, { a: 1, c: {} }],
    [
      'take the lesser and the greater',
      { a: 5, b: 5 },
      {},
      { $min: { a: 3 }, $max: { b: 3, c: 1 } },
      { a: 3, b: 5, c: 1 },
    ],
    ['go by a pipeline', { a: 2 }, {}, [{ $set: { b: { $add: ['$a', 1] } } }, { $unset: 'a' }], { b: 3 }],
  ])('%s', async (...[, before, filter, update, after, arrayFilters]) => {
    await put(before);
    await docs.updateOne(filter, update, arrayFilters === undefined ? {} : { arrayFilters });
    expect(JSON.stringify(await one())).toBe(JSON.stringify(after));
  });

  test('let an int that overflows become a long, and keep decimals exact', async () => {
    await put({ int: 2 ** 31 - 1, money: Decimal128.fromString('0.1') });
    await docs.updateOne({}, { $inc: { int: 1, money: Decimal128.fromString('0.2') } });
    const after = await docs.findOne({}, { promoteValues: false });
    expect(after?.['int']).toEqual(Long.fromNumber(2 ** 31));
    expect(String(after?.['money'])).toBe('0.3');
  });

  test.each<[string, Document, number]>([
    ['two operators on one path', { $set: { a: 1 }, $inc: { a: 1 } }, 40],
    ['a path through a number', { $set: { 'n.x': 1 } }, 28],
    ['another _id', { $set: { _id: 5 } }, 66],
    ['an increment by text', { $inc: { n: 'x' } }, 14],
    ['an increment of text', { $inc: { text: 1 } }, 14],
    ['a push to what is no array', { $push: { n: 1 } }, 2],
    ['an operator that is none', { $put: { n: 1 } }, 9],
  ])('refuse %s, and change nothing', async (_, update, code) => {
    await put({ n: 1, text: 'x' });
    await expect(docs.updateOne({}, update)).rejects.toMatchObject({ code });
    expect(await one()).toEqual({ n: 1, text: 'x' });
  });

  test('start an upsert from what the filter fixes', async () => {
    await docs.updateOne(
      { 'a.b': 1, c: { $eq: 2 }, d: { $gt: 5 }, $and: [{ e: 3 }] },
      { $setOnInsert: { f: 4 } },
      { upsert: true },
    );
    expect(await one()).toEqual({ a: { b: 1 }, c: 2, e: 3, f: 4 });
  });

  test('count as modified only what has changed', async () => {
    await put({ a: 1 }, { a: 2 });
    expect(await docs.updateMany({}, { $set: { a: 2 } })).toMatchObject({
      matchedCount: 2,
      modifiedCount: 1,
    });
  });
});

describe('projections', () => {
  test.each<[string, Document, Document, Document]>([
    ['keep the document’s order', { z: 1, a: 2, b: 3 }, { a: 1, z: 1, _id: 0 }, { z: 1, a: 2 }],
    ['reach into arrays', { a: [{ b: 1, c: 2 }, 5] }, { 'a.b': 1, _id: 0 }, { a: [{ b: 1 }] }],
    ['leave fields out', { a: { b: 1, c: 2 }, d: 3 }, { 'a.b': 0, _id: 0 }, { a: { c: 2 }, d: 3 }],
    [
      'leave fields out of what lies in arrays',
      { a: [{ b: 1, c: [2] }, 5, [{ b: 3, d: {} }], { b: 4 }], e: 'e' },
      { 'a.b': 0, 'e.x': 0, _id: 0 },
      { a: [{ c: [2] }, 5, [{ d: {} }], {}], e: 'e' },
    ],
    ['compute', { a: 2 }, { b: { $multiply: ['$a', 3] }, _id: 0 }, { b: 6 }],
  ])('%s', async (_, doc, projection, expected) => {
    await put(doc);
    expect(JSON.stringify(await docs.findOne({}, { projection }))).toBe(JSON.stringify(expected));
  });

  test('refuse the element that a filter met, and pieces of arrays', async () => {
    await put({ a: [1, 5, 9] });
    for (const projection of [{ 'a.$': 1 }, { a: { $slice: 1 } }, { a: { $elemMatch: { $gt: 3 } } }])
      await expect(docs.findOne({ a: { $gt: 3 } }, { projection })).rejects.toMatchObject({ code: 238 });
  });

  test('refuse keeping and leaving out at once', async () => {
    await put({ a: 1 });
    await expect(docs.findOne({}, { projection: { a: 1, b: 0 } })).rejects.toMatchObject({ code: 31253 });
  });
});

describe('aggregation', () => {
  test('groups with every accumulator, null and missing together', async () => {
    await put({ g: 'a', n: 1 }, { g: 'a', n: 3 }, { g: null, n: 5 }, { n: 7 });
    const accumulators = {
      sum: { $sum: '$n' },
      avg: { $avg: '$n' },
      min: { $min: '$n' },
      max: { $max: '$n' },
      first: { $first: '$n' },
      all: { $push: '$n' },
      set: { $addToSet: '$g' },
      count: { $count: {} },
    };
    expect(await results({ $group: { _id: '$g', ...accumulators } }, { $sort: { _id: -1 } })).toEqual([
      { _id: 'a', sum: 4, avg: 2, min: 1, max: 3, first: 1, all: [1, 3], set: ['a'], count: 2 },
      { _id: null, sum: 12, avg: 6, min: 5, max: 7, first: 5, all: [5, 7], set: [null], count: 2 },
    ]);
  });

  test('unwinds in place, with index, and keeps the empty where told to', async () => {
    await put({ a: [1, 2], b: 'x' }, { a: [], b: 'y' }, { b: 'z' });
    expect(
      await results(
        { $unwind: { path: '$a', includeArrayIndex: 'i', preserveNullAndEmptyArrays: true } },
        { $project: { _id: 0 } },
      ),
    ).toEqual([
      { a: 1, b: 'x', i: 0 },
      { a: 2, b: 'x', i: 1 },
      { b: 'y', i: null },
      { b: 'z', i: null },
    ]);
  });

  test('joins another collection, by a field and by a pipeline with variables', async () => {
    const others = opened.db.collection('others');
    await others.drop();
    await others.insertMany([
      { key: 1, text: 'one' },
      { key: 2, text: 'two' },
      { key: 2, text: 'zwei' },
    ]);
    await put({ k: 2 }, { k: [1, 3] }, { k: 4 });
    const byField = await results(
      { $lookup: { from: 'others', localField: 'k', foreignField: 'key', as: 'found' } },
      { $project: { texts: '$found.text' } },
    );
    expect(byField.map((row) => row['texts'])).toEqual([['two', 'zwei'], ['one'], []]);
    const byPipeline = await results(
      { $match: { k: 2 } },
      {
        $lookup: {
          from: 'others',
          let: { wanted: '$k' },
          pipeline: [{ $match: { $expr: { $eq: ['$key', '$$wanted'] } } }, { $project: { _id: 0, text: 1 } }],
          as: 'found',
        },
      },
    );
    expect(byPipeline[0]?.['found']).toEqual([{ text: 'two' }, { text: 'zwei' }]);
  });

  test('answers several questions of the same documents by $facet', async () => {
    await put({ n: 1 }, { n: 2 }, { n: 3 });
    expect(
      await results(
        { $match: { n: { $gt: 1 } } },
        {
          $facet: {
            count: [{ $count: 'n' }],
            top: [{ $sort: { n: -1 } }, { $limit: 1 }, { $project: { _id: 0 } }],
          },
        },
      ),
    ).toEqual([{ count: [{ n: 2 }], top: [{ n: 3 }] }]);
  });

  test('keeps number types in arithmetic and compares across them', async () => {
    await put({ int: 2 ** 31 - 1, long: Long.fromString('9007199254740993'), half: 0.5, missing: null });
    const $project = {
      _id: 0,
      sum: { $add: ['$int', 1] },
      same: { $eq: ['$long', Long.fromString('9007199254740993')] },
      among: { $in: [Long.fromString('9007199254740993'), ['x', '$long']] },
      product: { $multiply: ['$half', 2] },
      nothing: { $add: ['$missing', 1] },
      absent: { $eq: ['$none', null] },
      later: { $add: [new Date(5), 2] },
      between: { $subtract: [new Date(9), new Date(2)] },
    };
    expect(await docs.aggregate([{ $project }], { promoteValues: false }).next()).toEqual({
      sum: Long.fromNumber(2 ** 31),
      same: true,
      among: true,
      product: new Double(1),
      nothing: null,
      absent: false,
      later: new Date(7),
      between: Long.fromNumber(7),
    });
  });

  test('keeps the document’s order of fields by $project, and joins within $facet', async () => {
    await put({ z: 1, a: { c: 2, b: 3 } });
    const [row] = await results(
      { $project: { 'a.b': 1, z: 1, 'a.c': 1, n: { $size: [['x', 'y']] } } },
      {
        $facet: {
          joined: [{ $lookup: { from: 'docs', localField: '_id', foreignField: '_id', as: 'same' } }],
        },
      },
    );
    expect(JSON.stringify(row)).toBe(
      JSON.stringify({
        joined: [{ _id: 0, z: 1, a: { c: 2, b: 3 }, n: 2, same: [{ _id: 0, z: 1, a: { c: 2, b: 3 } }] }],
      }),
    );
  });

  test.each<[string, Document, number]>([
    ['an expression', { $project: { a: { $sqrt: '$n' } } }, 168],
    ['a stage', { $bucketAuto: { groupBy: '$n', buckets: 2 } }, 40324],
    ['an accumulator', { $group: { _id: null, a: { $stdDevPop: '$n' } } }, 15952],
  ])('refuses %s that it does not have', async (_, stage, code) => {
    await put({ n: 1 });
    await expect(results(stage)).rejects.toMatchObject({ code });
  });

  test('refuses the ways of $merge and the update operators that it does not have', async () => {
    await put({ n: 1 });
    await expect(results({ $merge: { into: 'written', whenMatched: 'replace' } })).rejects.toMatchObject({
      code: 238,
    });
    for (const operator of ['$rename', '$mul', '$pop', '$pullAll', '$bit', '$currentDate'])
      await expect(docs.updateOne({}, { [operator]: { n: 'm' } })).rejects.toMatchObject({ code: 9 });
  });

  test('writes its result by $out and $merge', async () => {
    await put({ n: 1 }, { n: 2 });
    await results({ $project: { n: 1 } }, { $out: 'written' });
    await results(
      { $match: { n: 2 } },
      { $set: { n: 20, x: 1 } },
      { $merge: { into: 'written', whenMatched: 'merge' } },
    );
    expect(await opened.db.collection('written').find().toArray()).toEqual([
      { _id: 0, n: 1 },
      { _id: 1, n: 20, x: 1 },
    ]);
  });
});
