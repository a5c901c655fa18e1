/** Peak memory of importing 1,000,000 variants beside 100,000: each in a process of its own on an empty embedded store. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { catalogSchema } from '../catalog/catalog.ts';
import type { Context } from '../catalog/context.ts';
import { importCatalog } from '../catalog/import.ts';
import { source } from '../catalog/sources/csv/index.ts';
import { createProductStore } from '../catalog/store/products.ts';
import { connectionOptions } from '../services/database.ts';
import { startEmbeddedStore } from '../services/embedded-store/start.ts';
import { generateExport } from './generate.ts';
import { atMost, plain, type BenchResult } from './result.ts';

const [few, many] = [100_000, 1_000_000];

interface Peaks {
  /** MB; the process that imports, and all its child processes together. */
  importer: number;
  children: number;
  seconds: number;
}

const peakOf = (pid: number | string): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

function childrenOf(pid: number): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return new RegExp(`PPid:\\s+${pid}\\b`).test(readFileSync(`/proc/${name}/status`, 'utf8'));
    } catch {
      return false;
    }
  });
}

async function importOnce(variants: number): Promise<Peaks> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-memory-'));
  const path = join(folder, 'export.csv');
  await generateExport(path, variants);
  const store = await startEmbeddedStore(join(folder, 'store'));
  const connection = await mongoose
    .createConnection(store.uri, { dbName: 'shelfcast', ...connectionOptions })
    .asPromise();
  try {
    const products = createProductStore(connection);
    await products.sync();
    const catalog = catalogSchema.parse({
      id: 'bench', name: 'Bench', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
    }); // prettier-ignore
    const recorder = {
      progress: async () => undefined, issues: async () => undefined, restart: async () => undefined, holdRemovals: async () => undefined,
    }; // prettier-ignore
    const ctx = { now: () => new Date() } as unknown as Context;
    const from = Date.now();
    await importCatalog(
      { catalog, source: source as never, options: { path }, bookmark: undefined },
      products,
      recorder,
      ctx,
    );
    return {
      seconds: (Date.now() - from) / 1_000,
      importer: peakOf(process.pid),
      children: childrenOf(process.pid).reduce((sum, pid) => sum + peakOf(pid), 0),
    };
  } finally {
    await connection.close();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function measure(variants: number): Peaks {
  const script = `import(${JSON.stringify(import.meta.filename)}).then((m) => m.importOnce(${variants})).then((peaks) => { process.stdout.write('PEAKS' + JSON.stringify(peaks)); process.exit(0); });`;
  const { stdout, status } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`the import of ${variants} variants failed`);
  return JSON.parse(stdout.slice(stdout.indexOf('PEAKS') + 5)) as Peaks;
}

export { importOnce };

export default async function bench(): Promise<BenchResult[]> {
  const [small, large] = [measure(few), measure(many)];
  const total = ({ importer, children }: Peaks): number => importer + children;
  return [
    plain('import of 100,000 variants', small.seconds, 's'),
    plain('import of 1,000,000 variants', large.seconds, 's'),
    plain('peak at 100,000 (all processes, LMDB map included)', total(small), 'MB'),
    plain('peak at 1,000,000 (all processes, LMDB map included)', total(large), 'MB'),
    atMost('peak memory of all, 1,000,000 / 100,000', total(large) / total(small), 'x', 1.3),
  ];
}
