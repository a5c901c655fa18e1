import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BSON } from 'bson';
import { open } from 'lmdb';
import { MongoClient, type Collection } from 'mongodb';
import { startEmbeddedStore } from '../services/embedded-store/start.ts';

/**
 * The embedded store behind the official driver, each measure beside its floor in the same run: LMDB and BSON
 * alone, the same documents, batches and flushes, no protocol, no second thread.
 */
type Item = {
  _id: string;
  group: number;
  n: number;
  price: { amount: number; currency: string };
  tags: string[];
  updatedAt: Date;
  text: string;
};
type Measure = { name: string; unit: string; store: number; floor: number };
type Line = { name: string; figure: number; unit: string; goal: string; met: boolean | null };

const BATCH = 1000;
const READS = 2000;
const PAGES = 200;
const PAGE = 50;
const GROUPS = 100;
const TEXT = 'Warm merino jumper with a ribbed collar, knitted in one piece and washed once. '.repeat(11);

const idOf = (i: number) => `item-${String((i * 7919) % 10_000_000).padStart(8, '0')}`;
const toItem = (i: number): Item => ({
  _id: idOf(i),
  group: i % GROUPS,
  n: i,
  price: { amount: 100 + (i % 5000), currency: 'EUR' },
  tags: ['new', `tag-${i % 50}`],
  updatedAt: new Date(1_700_000_000_000 + i),
  text: TEXT.slice(0, 820),
});

const batches = (count: number) =>
  Array.from({ length: Math.ceil(count / BATCH) }, (_, b) =>
    Array.from({ length: Math.min(BATCH, count - b * BATCH) }, (__, i) => b * BATCH + i),
  );

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1000) / (performance.now() - start);
}

/** Evenly spread, the same for store and floor. */
const sample = (count: number, of: number) =>
  Array.from({ length: count }, (_, i) => Math.floor((i * 7907 * of) / count) % of);

type Subject = {
  insert(items: Item[]): Promise<unknown>;
  upsert(items: Item[]): Promise<unknown>;
  index(): Promise<unknown>;
  readById(id: string): Promise<unknown>;
  readByIndex(group: number, n: number): Promise<unknown>;
  page(group: number, from: number): Promise<unknown[]>;
  scan(): Promise<number>;
  sums(): Promise<number>;
};

function storeSubject(items: Collection<Item>): Subject {
  return {
    insert: (docs) => items.insertMany(docs),
    upsert: (docs) =>
      items.bulkWrite(
        docs.map(({ _id, ...fields }) => ({
          updateOne: { filter: { _id }, update: { $set: fields }, upsert: true },
        })),
      ),
    index: () => items.createIndex({ group: 1, n: 1 }),
    readById: (_id) => items.findOne({ _id }),
    readByIndex: (group, n) => items.findOne({ group, n }),
    page: (group, from) =>
      items
        .find({ group, n: { $gte: from } })
        .sort({ n: 1 })
        .limit(PAGE)
        .toArray(),
    async scan() {
      let count = 0;
      for await (const _ of items.find()) count++;
      return count;
    },
    sums: async () =>
      (await items.aggregate([{ $group: { _id: '$group', sum: { $sum: '$n' } } }]).toArray()).length,
  };
}

function floorSubject(folder: string): Subject {
  const root = open({ path: join(folder, 'floor.mdb'), noSubdir: true, overlappingSync: false, maxDbs: 2 });
  const docs = root.openDB<Buffer, string>({ name: 'docs', encoding: 'binary' });
  const byGroup = root.openDB<string, number[]>({ name: 'by-group', encoding: 'string' });
  const read = (id: string) => BSON.deserialize(docs.getBinary(id)!);
  const write = (batch: Item[]) =>
    root.transactionSync(() =>
      batch.forEach((item) => void docs.put(item._id, Buffer.from(BSON.serialize(item)))),
    );
  return {
    insert: async (batch) => write(batch),
    upsert: async (batch) =>
      root.transactionSync(() =>
        batch.forEach(
          (item) => void docs.put(item._id, Buffer.from(BSON.serialize({ ...read(item._id), ...item }))),
        ),
      ),
    index: async () =>
      root.transactionSync(() => {
        for (const { key, value } of docs.getRange()) {
          const { group, n } = BSON.deserialize(value) as Item;
          void byGroup.put([group, n], key);
        }
      }),
    readById: async (id) => read(id),
    readByIndex: async (group, n) => read(byGroup.get([group, n])!),
    page: async (group, from) =>
      Array.from(
        byGroup.getRange({ start: [group, from], end: [group, Infinity], limit: PAGE }),
        ({ value }) => read(value),
      ),
    async scan() {
      let count = 0;
      for (const { value } of docs.getRange()) if (BSON.deserialize(value)) count++;
      return count;
    },
    async sums() {
      const sums = new Map<number, number>();
      for (const { value } of docs.getRange()) {
        const { group, n } = BSON.deserialize(value) as Item;
        sums.set(group, (sums.get(group) ?? 0) + n);
      }
      return sums.size;
    },
  };
}

async function measure(subject: Subject, size: number): Promise<Map<string, number>> {
  const figures = new Map<string, number>();
  const all = batches(size);
  const note = async (name: string, count: number, work: () => Promise<unknown>) =>
    figures.set(name, await perSecond(count, work));
  await note('bulk insert', size, async () => {
    for (const batch of all) await subject.insert(batch.map(toItem));
  });
  const upserts = all.filter((_, b) => b % Math.ceil(all.length / 20) === 0);
  await note('bulk upsert by _id', upserts.flat().length, async () => {
    for (const batch of upserts)
      await subject.upsert(batch.map((i) => ({ ...toItem(i), updatedAt: new Date(i) })));
  });
  await subject.index();
  for (const pass of ['warm-up', 'measured']) {
    const keep =
      pass === 'measured' ? note : async (_: string, __: number, work: () => Promise<unknown>) => work();
    await keep('read by _id', READS, async () => {
      for (const i of sample(READS, size)) await subject.readById(idOf(i));
    });
    await keep('read by secondary index', READS, async () => {
      for (const i of sample(READS, size)) await subject.readByIndex(i % GROUPS, i);
    });
    await keep('page by index and sort', PAGES, async () => {
      for (const i of sample(PAGES, size)) await subject.page(i % GROUPS, Math.floor(i / 2));
    });
  }
  await note('full scan', size, async () => check(await subject.scan(), size));
  await note('$group', size, async () => check(await subject.sums(), GROUPS));
  return figures;
}

function check(found: number, expected: number): void {
  if (found !== expected) throw new Error(`found ${found} instead of ${expected}`);
}

/** Resident memory in MB: all of it, and without the pages of the data file, which the system may drop at any time. */
function residentMegabytes(): { all: number; own: number } {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { all: field('VmRSS'), own: field('RssAnon') };
}

async function runSize(size: number): Promise<{ measures: Measure[]; memory: { all: number; own: number } }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
  try {
    const store = await startEmbeddedStore(folder);
    const client = await MongoClient.connect(store.uri);
    const figures = await measure(storeSubject(client.db('bench').collection<Item>('items')), size);
    const memory = residentMegabytes();
    await client.close();
    await store.stop();
    const floors = await measure(floorSubject(folder), size);
    const measures = [...figures].map(([name, figure]) => ({
      name: `${name}, ${size.toLocaleString('en')}`,
      unit: name.startsWith('page') ? 'pages/s' : 'documents/s',
      store: figure,
      floor: floors.get(name)!,
    }));
    return { measures, memory };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const RATIO_GOALS: { [name: string]: number } = { 'bulk insert': 0.35, 'full scan': 0.35 };
const FLAT = ['read by _id', 'read by secondary index', 'page by index and sort'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { sizes: { type: 'string', default: '10000,100000,1000000' }, json: { type: 'string' } },
  });
  const sizes = values.sizes.split(',').map(Number);
  const lines: Line[] = [];
  const byName = new Map<string, number>();
  for (const size of sizes) {
    const { measures, memory } = await runSize(size);
    console.table(
      measures.map(({ name, unit, store, floor }) => ({
        name,
        unit,
        store: Math.round(store),
        floor: Math.round(floor),
        ratio: (store / floor).toFixed(2),
      })),
    );
    for (const { name, store, floor, unit } of measures) {
      byName.set(name, store);
      const goal = RATIO_GOALS[name.split(',')[0]!];
      lines.push({ name, figure: Math.round(store), unit, goal: '', met: null });
      lines.push({
        name: `${name}: of the floor`,
        figure: Number((store / floor).toFixed(3)),
        unit: 'ratio',
        goal: goal === undefined ? '' : `>= ${goal}`,
        met: goal === undefined ? null : store / floor >= goal,
      });
    }
    const isLargest = size === 1_000_000;
    console.log(
      `resident after ${size}: ${memory.all.toFixed(0)} MB, of which ${memory.own.toFixed(0)} MB are not pages of the data file`,
    );
    lines.push({
      name: `resident memory, ${size}`,
      figure: Math.round(memory.all),
      unit: 'MB',
      goal: isLargest ? '< 400' : '',
      met: isLargest ? memory.all < 400 : null,
    });
    lines.push({
      name: `resident memory without the data file's pages, ${size}`,
      figure: Math.round(memory.own),
      unit: 'MB',
      goal: '',
      met: null,
    });
  }
  const [first, last] = [sizes[0]!, sizes.at(-1)!].map((size) => size.toLocaleString('en')) as [
    string,
    string,
  ];
  if (first !== last)
    for (const name of FLAT) {
      const slower = byName.get(`${name}, ${first}`)! / byName.get(`${name}, ${last}`)!;
      lines.push({
        name: `${name}: slower from ${first} to ${last}`,
        figure: Number(slower.toFixed(2)),
        unit: 'times',
        goal: '<= 1.5',
        met: slower <= 1.5,
      });
    }
  console.table(lines.filter(({ met }) => met !== null));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(lines, null, 2)}\n`);
}

await main();
