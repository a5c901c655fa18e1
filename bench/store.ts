import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { BSON } from 'bson';
import { open } from 'lmdb';
import { MongoClient, type Collection } from 'mongodb';
import { startEmbeddedStore } from '../services/embedded-store/start.ts';
import { atLeast, atMost, median, plain, type BenchResult } from './result.ts';

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

const BATCH = 1000;
const READS = 4000;
const PAGES = 400;
/** A process that has just begun compiles while it reads: then the median of several passes is taken. */
const WARM_UPS = 2;
const PASSES = 3;
const LARGE = 100_000;
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
  const passes = new Map<string, number[]>();
  const keep = async (pass: number, name: string, count: number, work: () => Promise<unknown>) => {
    const figure = await perSecond(count, work);
    if (pass >= WARM_UPS) passes.set(name, [...(passes.get(name) ?? []), figure]);
  };
  for (let pass = 0; pass < WARM_UPS + PASSES; pass++) {
    await keep(pass, 'read by _id', READS, async () => {
      for (const i of sample(READS, size)) await subject.readById(idOf(i));
    });
    await keep(pass, 'read by secondary index', READS, async () => {
      for (const i of sample(READS, size)) await subject.readByIndex(i % GROUPS, i);
    });
    await keep(pass, 'page by index and sort', PAGES, async () => {
      for (const i of sample(PAGES, size)) await subject.page(i % GROUPS, Math.floor(i / 2));
    });
  }
  // one pass over a million documents has long compiled what it runs
  for (let pass = size > LARGE ? WARM_UPS : 0; pass < WARM_UPS + (size > LARGE ? 1 : PASSES); pass++) {
    await keep(pass, 'full scan', size, async () => check(await subject.scan(), size));
    await keep(pass, '$group', size, async () => check(await subject.sums(), GROUPS));
  }
  for (const [name, each] of passes) figures.set(name, median(each));
  return figures;
}

function check(found: number, expected: number): void {
  if (found !== expected) throw new Error(`found ${found} instead of ${expected}`);
}

/** A process's resident memory in MB: all of it, and without pages of files, which the system may drop at any time. */
function residentMegabytes(pid: number): { all: number; own: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { all: field('VmRSS'), own: field('RssAnon') };
}

/** A process that does nothing but serve the folder, so that its memory is the store's alone. */
async function serveApart(folder: string): Promise<ChildProcess> {
  const child = fork(import.meta.filename, ['--serve', folder]);
  await once(child, 'message');
  return child;
}

async function serveUntilTold(folder: string): Promise<void> {
  const store = await startEmbeddedStore(folder);
  process.send?.('serving');
  await once(process, 'message');
  await store.stop();
  process.disconnect();
}

async function runSize(
  size: number,
  host: string,
): Promise<{ measures: Measure[]; peak: { all: number; own: number } }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
  const peak = { all: 0, own: 0 };
  try {
    const server = host === 'process' ? await serveApart(folder) : undefined;
    const store = await startEmbeddedStore(folder);
    const watch = setInterval(() => {
      const now = residentMegabytes(server?.pid ?? process.pid);
      peak.all = Math.max(peak.all, now.all);
      peak.own = Math.max(peak.own, now.own);
    }, 50);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const client = await MongoClient.connect(store.uri);
    const figures = await measure(storeSubject(client.db('bench').collection<Item>('items')), size);
    console.log(
      `store in a ${host}: event loop held up for ${(delay.percentile(99) / 1e6).toFixed(1)} ms (99 %), ${(delay.max / 1e6).toFixed(0)} ms at most`,
    );
    clearInterval(watch);
    await client.close();
    await store.stop();
    if (server !== undefined) {
      server.send('stop');
      await once(server, 'exit');
    }
    const floors = await measure(floorSubject(folder), size);
    const measures = [...figures].map(([name, figure]) => ({
      name: `${name}, ${size.toLocaleString('en')}`,
      unit: name.startsWith('page') ? 'pages/s' : 'documents/s',
      store: figure,
      floor: floors.get(name)!,
    }));
    return { measures, peak };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const RATIO_GOALS: { [name: string]: number } = { 'bulk insert': 0.35, 'full scan': 0.35 };
const FLAT = ['read by _id', 'read by secondary index', 'page by index and sort'];

type Options = { sizes: number[]; host: string };

async function run({ sizes, host }: Options): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  const byName = new Map<string, { store: number; floor: number }>();
  for (const size of sizes) {
    const { measures, peak } = await runSize(size, host);
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
      byName.set(name, { store, floor });
      const goal = RATIO_GOALS[name.split(',')[0]!];
      const ratio = Number((store / floor).toFixed(3));
      results.push(plain(name, Math.round(store), unit), plain(`${name}: floor`, Math.round(floor), unit));
      results.push(
        goal === undefined
          ? plain(`${name}: of the floor`, ratio, 'ratio')
          : atLeast(`${name}: of the floor`, ratio, 'ratio', goal),
      );
    }
    const [all, own] = [Math.round(peak.all), Math.round(peak.own)];
    console.log(
      `the serving process's peak resident memory with ${size}: ${all} MB, of which ${own} MB are not pages of files`,
    );
    const name = `peak resident memory, ${size.toLocaleString('en')}`;
    results.push(size === 1_000_000 ? atMost(name, all, 'MB', 400) : plain(name, all, 'MB'));
    results.push(plain(`${name}, without pages of files`, own, 'MB'));
  }
  const [first, last] = [sizes[0]!, sizes.at(-1)!].map((size) => size.toLocaleString('en')) as [
    string,
    string,
  ];
  for (const name of first === last ? [] : FLAT) {
    const [small, large] = [byName.get(`${name}, ${first}`)!, byName.get(`${name}, ${last}`)!];
    const slower = (of: 'store' | 'floor') => Number((small[of] / large[of]).toFixed(2));
    const title = `${name}: slower from ${first} to ${last}`;
    results.push(
      atMost(title, slower('store'), 'times', 1.5),
      plain(`${title}: floor`, slower('floor'), 'times'),
    );
  }
  return results;
}

const ALL_SIZES = '10000,100000,1000000';
const toSizes = (text: string) => text.split(',').map(Number);

/** As one of `npm run bench`. */
export default async function bench(): Promise<BenchResult[]> {
  return run({ sizes: toSizes(process.env['BENCH_SIZES'] ?? ALL_SIZES), host: 'process' });
}

/** `npm run bench:store -- [--sizes 10000,100000] [--host thread|process] [--json FILE]` */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: ALL_SIZES },
      host: { type: 'string', default: 'process' },
      json: { type: 'string' },
      serve: { type: 'string' },
    },
  });
  if (values.serve !== undefined) return serveUntilTold(values.serve);
  const results = await run({ sizes: toSizes(values.sizes), host: values.host });
  console.table(results.filter(({ name, met }) => met !== null || name.includes(': slower')));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

if (import.meta.main) await main();
