/** Import and re-import of 100,000 variants beside the bare parser and the bare driver, in one run on one store. */
import { createReadStream } from 'node:fs';
import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { MongoClient, type Document } from 'mongodb';
import mongoose from 'mongoose';
import { catalogSchema } from '../catalog/catalog.ts';
import type { Context } from '../catalog/context.ts';
import { importCatalog, type ImportRecorder } from '../catalog/import.ts';
import { source } from '../catalog/sources/csv/index.ts';
import { createProductStore } from '../catalog/store/products.ts';
import { connectionOptions } from '../services/database.ts';
import { startEmbeddedStore } from '../services/embedded-store/start.ts';
import { generateExport } from './generate.ts';
import { atMost, median, plain, seconds, type BenchResult } from './result.ts';

const variants = Number(process.env['BENCH_VARIANTS'] ?? 100_000);
const catalog = catalogSchema.parse({
  id: 'bench', name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
}); // prettier-ignore
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const ctx = { log: silent, now: () => new Date() } as unknown as Context;
const recorder: ImportRecorder = {
  progress: async () => undefined,
  issues: async () => undefined,
  restart: async () => undefined,
  holdRemovals: async () => undefined,
};

async function parseAll(path: string, eachRow: (row: string[]) => void): Promise<void> {
  const parser = createReadStream(path, { highWaterMark: 1 << 20 }).pipe(parse({ bom: true }));
  parser.on('data', eachRow);
  await new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject));
}

async function changeOnePercent(path: string): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\r\n');
  await writeFile(
    path,
    lines.map((line, at) => (at % 400 === 2 ? line.replace('.95', '.90') : line)).join('\r\n'),
  );
}

export default async function bench(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-import-'));
  const path = join(folder, 'export.csv');
  await generateExport(path, variants);
  const store = await startEmbeddedStore(join(folder, 'store'));
  const connection = await mongoose
    .createConnection(store.uri, { dbName: 'shelfcast', ...connectionOptions })
    .asPromise();
  const client = await new MongoClient(store.uri).connect();
  try {
    const products = createProductStore(connection);
    await products.sync();
    const run = () =>
      importCatalog(
        { catalog, source: source as never, options: { path }, bookmark: undefined },
        products,
        recorder,
        ctx,
      );

    await parseAll(path, () => undefined); // warm-up, as the import below
    let report = await run();
    await connection.collection('products').drop();
    await products.sync();
    const importing = await seconds(async () => (report = await run()));
    const imported = report.products.new;
    // In turns, so that all of them meet the same machine.
    const [parsed, hashed, again]: [number[], number[], number[]] = [[], [], []];
    let writes = 0;
    for (let round = 0; round < 5; round++) {
      parsed.push(await seconds(() => parseAll(path, () => undefined)));
      hashed.push(await seconds(() => parseAll(path, (row) => hash('sha1', row.join('\u0000'), 'base64'))));
      again.push(await seconds(async () => (report = await run())));
      writes += report.products.new + report.products.changed + report.products.removed;
    }
    await changeOnePercent(path);
    const onePercent = await seconds(async () => (report = await run()));
    const changed = report.products.changed;
    const [parsing, hashing, reimport] = [median(parsed), median(hashed), median(again)];

    const documents = (await connection.collection('products').find().toArray()) as Document[];
    const bare = client.db('floor').collection('products');
    await bare.createIndex({ catalogId: 1, 'variants.offerId': 1 }, { unique: true });
    await bare.createIndex({ catalogId: 1, needs: 1, _id: 1 });
    const inserting = await seconds(async () => {
      for (let at = 0; at < documents.length; at += 500)
        await bare.insertMany(documents.slice(at, at + 500), { ordered: false });
    });
    return [
      plain(`variants imported (${imported} products)`, variants, 'variants'),
      plain('csv-parse alone', parsing, 's'),
      plain('csv-parse and hashing', hashing, 's'),
      plain('insertMany of the same documents, same indexes', inserting, 's'),
      plain('import', importing, 's'),
      plain('re-import of the same file', reimport, 's'),
      plain(`import with ${changed} changed products`, onePercent, 's'),
      atMost('import / (csv-parse + insertMany)', importing / (parsing + inserting), 'x', 2),
      atMost('re-import / (csv-parse + hashing)', reimport / hashing, 'x', 1.3),
      atMost('products written by the re-import', writes, 'products', 0),
    ];
  } finally {
    await client.close();
    await connection.close();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
