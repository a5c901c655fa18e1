import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'bson';
import fc from 'fast-check';
import { MongoClient, type Collection, type Document } from 'mongodb';
import { decode, encode, pickFields, sliceFields } from '../../../services/embedded-store/bson-bytes.ts';
import { compileFilter } from '../../../services/embedded-store/filter.ts';
import { toEntries } from '../../../services/embedded-store/index-keys.ts';
import { compareValues, encodeKey } from '../../../services/embedded-store/order.ts';
import { pickPaths, toPicked } from '../../../services/embedded-store/pick-paths.ts';
import { compileProjection, projectDoc } from '../../../services/embedded-store/projection.ts';
import { toIndex } from '../../../services/embedded-store/records.ts';
import { openTestStore, type TestStore } from './support/open-store.ts';

let opened: TestStore;
let client: MongoClient;
let docs: Collection<Document>;

beforeAll(async () => {
  opened = await openTestStore();
  client = await MongoClient.connect(opened.store.uri, { promoteValues: false });
  docs = opened.db.collection('docs');
});
afterAll(async () => {
  await client.close();
  await opened.close();
});
beforeEach(async () => void (await docs.drop()));

const scalar = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ noNaN: false }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(new Double(1), Decimal128.fromString('0.1'), Decimal128.fromString('1'), 2n ** 53n + 1n),
  fc.string({ maxLength: 4, unit: 'binary' }),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => new Binary(Buffer.from(bytes))),
  fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('any'), { maxKeys: 3 }),
  ),
})).any;

test('orders key bytes as it compares values', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const bytes = Math.sign(Buffer.compare(encodeKey([a]), encodeKey([b])));
      expect(bytes).toBe(Math.sign(compareValues(a, b)));
      expect(Math.sign(Buffer.compare(encodeKey([a], [-1]), encodeKey([b], [-1])))).toBe(
        bytes === 0 ? 0 : -bytes,
      );
    }),
    { numRuns: 2000 },
  );
});

test('compares as a total order', () => {
  fc.assert(
    fc.property(value, value, value, (a, b, c) => {
      expect(compareValues(a, a)).toBe(0);
      expect(Math.sign(compareValues(a, b))).toBe(0 - Math.sign(compareValues(b, a)));
      if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0)
        expect(compareValues(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 1000 },
  );
});

const document = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), value, { maxKeys: 5 });

const somePaths = fc.uniqueArray(
  fc.constantFrom('a', 'b', 'a.x', 'a.y', 'b.y', 'a.x.y', 'b.0', 'b.x.1.z', 'c.x.x'),
  { minLength: 1, maxLength: 3 },
);

test('finds the same index entries in the parts of a document that it decodes as in the whole', () => {
  fc.assert(
    fc.property(document, somePaths, (doc, paths) => {
      const bytes = encode(doc);
      const key = Object.fromEntries(paths.map((path) => [path, 1]));
      const index = toIndex({ id: 16, options: { name: 'some', key } });
      const read = (of: Record<string, unknown>): unknown => {
        try {
          return toEntries(index, of).map((entry) => entry.key.toString('hex'));
        } catch (error) {
          return String(error);
        }
      };
      expect(read(pickPaths(bytes, toPicked(index.paths)))).toEqual(read(decode(bytes)));
    }),
    { numRuns: 2_000 },
  );
});

test('leaves fields out of the bytes as out of the document', () => {
  fc.assert(
    fc.property(document, somePaths, (doc, paths) => {
      const [bytes, spec] = [encode(doc), Object.fromEntries(paths.map((path) => [path, 0]))];
      const dropped = compileProjection(spec)?.(bytes);
      expect(dropped && decode(dropped)).toEqual(projectDoc(spec, {})(decode(bytes)));
    }),
    { numRuns: 2_000 },
  );
});

test('reads back the bytes it wrote, whole and in parts', () => {
  fc.assert(
    fc.property(document, fc.subarray(['a', 'b', 'c']), (doc, names) => {
      const bytes = encode(doc);
      expect(encode(decode(bytes)).equals(bytes)).toBe(true);
      const set = new Set(names);
      expect(pickFields(bytes, set)).toEqual(decode(sliceFields(bytes, set, 'named')));
      expect(Object.keys(decode(sliceFields(bytes, set, 'others')))).toEqual(
        Object.keys(doc).filter((name) => !set.has(name)),
      );
    }),
  );
});

const small = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.constantFrom('p', 'q', 'r'),
  fc.constant(null),
  fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
);
const row = fc.record({ a: small, b: small, c: fc.record({ d: small }) }, { requiredKeys: [] });
/** Arrays in one field only: an index of two arrays side by side is refused, as by MongoDB. */
const plainValue = small.filter((each) => !Array.isArray(each));
const indexable = fc.record(
  { a: small, b: plainValue, c: fc.record({ d: plainValue }) },
  { requiredKeys: [] },
);
const condition = fc.oneof(
  small.map((each) => (Array.isArray(each) ? { $in: each } : each)),
  fc
    .tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte', '$ne'), fc.integer({ min: 0, max: 4 }))
    .map(([operator, operand]) => ({ [operator]: operand })),
  fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 2, max: 4 }))
    .map(([$gte, $lt]) => ({ $gte, $lt })),
  fc.boolean().map(($exists) => ({ $exists })),
);
const simple = fc.record({ a: condition, b: condition, 'c.d': condition }, { requiredKeys: [] });
const filter = fc.oneof(
  simple,
  fc.array(simple, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })),
);
const INDEXES: Document[] = [{ a: 1 }, { a: 1, b: -1 }, { b: 1, a: 1 }, { 'c.d': -1 }, { a: -1, 'c.d': 1 }];

/** How many documents have each value, by the store and by hand; a missing one counts as null. */
async function countsBy(field: string, match: Document): Promise<Map<unknown, number>> {
  const rows = await docs
    .aggregate([{ $match: match }, { $group: { _id: `$${field}`, n: { $sum: 1 } } }])
    .toArray();
  return new Map(rows.map(({ _id, n }) => [_id, n]));
}
function countBy(values: unknown[]): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const each of values) counts.set(each ?? null, (counts.get(each ?? null) ?? 0) + 1);
  return counts;
}

test('finds, counts, groups and sorts by any index what a reading of all documents finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(indexable, { minLength: 1, maxLength: 30 }),
      fc.array(filter, { minLength: 5, maxLength: 5 }),
      fc.constantFrom(...INDEXES),
      fc.constantFrom({}, { sparse: true }, { partialFilterExpression: { a: { $gte: 2 } } }),
      fc.constantFrom<Document>(
        { a: 1 },
        { a: -1, b: 1 },
        { b: 1, _id: -1 },
        { _id: -1 },
        { 'c.d': 1, _id: 1 },
      ),
      async (rows, filters, index, options, sort) => {
        await docs.drop();
        await docs.createIndex(index, options);
        await docs.insertMany(rows.map((each, _id) => ({ _id: _id as never, ...each })));
        for (const each of filters) {
          const { test: matches } = compileFilter(each);
          const expected = rows.flatMap((fields, _id) => (matches({ _id, ...fields }) ? [_id] : []));
          const found = await docs.find(each).toArray();
          expect(found.map(({ _id }) => Number(_id)).toSorted((x, y) => x - y)).toEqual(expected);
          expect(await docs.countDocuments(each)).toBe(expected.length);
          expect((await docs.aggregate([{ $match: each }, { $count: 'n' }]).toArray())[0]?.['n'] ?? 0).toBe(
            expected.length,
          );
          expect(await countsBy('b', each)).toEqual(countBy(found.map(({ b }) => b)));
          expect(new Set(await docs.distinct('b', each))).toEqual(
            new Set(found.map(({ b }) => b).filter((b) => b !== undefined)),
          );
          const sorted = await docs.find(each).sort(sort).toArray();
          const plain = await docs.find(each).sort(sort).hint({ $natural: 1 }).toArray();
          const keys = (list: Document[]) =>
            list.map((doc) =>
              Object.keys(sort).map((path) =>
                JSON.stringify(path.split('.').reduce((at, part) => at?.[part], doc)),
              ),
            );
          if (!rows.some(({ a }) => Array.isArray(a))) expect(keys(sorted)).toEqual(keys(plain));
          expect(sorted).toHaveLength(plain.length);
        }
        expect(await opened.db.command({ validate: 'docs' })).toMatchObject({ valid: true });
      },
    ),
    { numRuns: 60 },
  );
});

const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), id: fc.integer({ min: 0, max: 9 }), row }),
  fc.record({ kind: fc.constant('replace' as const), id: fc.integer({ min: 0, max: 9 }), row }),
  fc.record({ kind: fc.constant('delete' as const), id: fc.integer({ min: 0, max: 9 }) }),
  fc.record({
    kind: fc.constant('push' as const),
    id: fc.integer({ min: 0, max: 9 }),
    value: fc.integer({ min: 0, max: 4 }),
  }),
);

test('keeps every index in step with its documents through any changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 40 }), async (changes) => {
      await docs.drop();
      await docs.createIndexes([
        { key: { a: 1, b: 1 } },
        { key: { 'c.d': 1 }, sparse: true },
        { key: { list: 1 } },
        { key: { a: 1 }, name: 'u', unique: true, partialFilterExpression: { a: { $gte: '' } } },
      ]);
      for (const each of changes) {
        const _id = each.id as never;
        const done = { upsert: true };
        const work =
          each.kind === 'set' ? (Object.keys(each.row).length === 0 ? Promise.resolve() : docs.updateOne({ _id }, { $set: each.row }, done))
          : each.kind === 'replace' ? docs.replaceOne({ _id }, each.row, done)
          : each.kind === 'delete' ? docs.deleteOne({ _id })
          : docs.updateOne({ _id }, { $push: { list: each.value } } as Document, done); // prettier-ignore
        await work.catch((error: { code?: number }) => expect([11000, 171]).toContain(error.code));
      }
      expect(await opened.db.command({ validate: 'docs' })).toMatchObject({ valid: true, errors: [] });
    }),
    { numRuns: 40 },
  );
});

type Plain = { _id: number; a?: number; list?: number[] };
const digit = fc.integer({ min: 0, max: 4 });
const id = fc.integer({ min: 0, max: 9 });
/** Each change as the store is asked for it, and as it is done to a plain map of documents. */
const modelled = fc.oneof(
  fc.tuple(id, digit).map(([_id, a]) => ({
    ask: (to: Collection<Plain>) => to.insertOne({ _id, a }),
    done: (all: Map<number, Plain>) => void (all.has(_id) || all.set(_id, { _id, a })),
  })),
  fc.tuple(id, digit).map(([_id, a]) => ({
    ask: (to: Collection<Plain>) => to.updateOne({ _id }, { $set: { a } }, { upsert: true }),
    done: (all: Map<number, Plain>) => void all.set(_id, { ...all.get(_id), _id, a }),
  })),
  fc.tuple(digit, digit).map(([from, by]) => ({
    ask: (to: Collection<Plain>) => to.updateMany({ a: { $gte: from } }, { $inc: { a: by } }),
    done: (all: Map<number, Plain>) => {
      for (const doc of all.values()) if (doc.a !== undefined && doc.a >= from) doc.a += by;
    },
  })),
  fc.tuple(digit, digit).map(([a, pushed]) => ({
    ask: (to: Collection<Plain>) => to.updateMany({ a }, { $push: { list: pushed }, $unset: { a: 1 } }),
    done: (all: Map<number, Plain>) => {
      for (const doc of all.values()) {
        if (doc.a !== a) continue;
        delete doc.a;
        doc.list = [...(doc.list ?? []), pushed];
      }
    },
  })),
  digit.map((pulled) => ({
    ask: (to: Collection<Plain>) => to.updateMany({ list: pulled }, { $pull: { list: pulled } }),
    done: (all: Map<number, Plain>) => {
      for (const doc of all.values())
        if (doc.list?.includes(pulled)) doc.list = doc.list.filter((each) => each !== pulled);
    },
  })),
  fc.tuple(id, digit).map(([_id, a]) => ({
    ask: (to: Collection<Plain>) => to.replaceOne({ _id }, { a }),
    done: (all: Map<number, Plain>) => void (all.has(_id) && all.set(_id, { _id, a })),
  })),
  digit.map((a) => ({
    ask: (to: Collection<Plain>) => to.deleteMany({ $or: [{ a }, { list: a }] }),
    done: (all: Map<number, Plain>) => {
      for (const doc of all.values()) if (doc.a === a || doc.list?.includes(a)) all.delete(doc._id);
    },
  })),
);

test('has after any sequence of writes the documents of a plain map', async () => {
  const store = opened.db.collection<Plain>('docs');
  await fc.assert(
    fc.asyncProperty(fc.array(modelled, { minLength: 1, maxLength: 40 }), async (changes) => {
      await store.drop();
      await store.createIndexes([{ key: { a: 1, list: -1 } }, { key: { list: 1 } }]);
      const model = new Map<number, Plain>();
      for (const { ask, done } of changes) {
        await Promise.resolve(ask(store)).catch((error: { code?: number }) => expect(error.code).toBe(11000));
        done(model);
      }
      expect(await store.find().toArray()).toEqual([...model.values()].toSorted((x, y) => x._id - y._id));
      expect(await opened.db.command({ validate: 'docs' })).toMatchObject({ valid: true });
    }),
    { numRuns: 40 },
  );
});

test('gives every type back as it was stored, also after an update of another field', async () => {
  const typed = client.db('test').collection('typed');
  await fc.assert(
    fc.asyncProperty(document, async (doc) => {
      await typed.deleteMany({});
      await typed.insertOne({ ...doc, _id: 1 as never });
      await typed.updateOne({}, { $set: { other: 1 } });
      const [found] = await typed
        .find({}, { projection: { _id: 0, other: 0 }, raw: true } as never)
        .toArray();
      expect(decode(Buffer.from(found as never))).toEqual(decode(encode(doc)));
    }),
    { numRuns: 100 },
  );
});

test('keeps Int32, Double and Long apart', async () => {
  const numbers = client.db('test').collection('numbers');
  await numbers.insertOne({ int: 1, double: new Double(1), long: Long.fromNumber(1) });
  await numbers.updateOne({}, { $inc: { int: 1, double: 1, long: 1 } });
  expect(await numbers.findOne({}, { projection: { _id: 0 }, promoteValues: false })).toEqual({
    int: new Int32(2),
    double: new Double(2),
    long: Long.fromNumber(2),
  });
});
