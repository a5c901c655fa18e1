/**
 * `npm run soak -- [--minutes 30] [--items 2000]`: six processes on Redis, one refresh of the shop a minute with 1 % changed. Each
 * minute memory, handles, the store's size, files and Redis' keys are looked at; in the end they must be flat.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { drawPictures, openHouse, toShop, type House } from './house.ts';
import { atMost, median, type BenchResult } from './result.ts';
import { printTable } from './table.ts';

const minute = 60_000;
const pictures = 20;
/** Of the beginning, in which caches fill and five versions of the feed come to lie there, nothing is compared. */
const warmUp = 10;
/** Growth from the first minutes after the warm-up to the last ones. Garbage waits for its collection, so memory sways. */
const allowed = 1.15;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, items: { type: 'string', default: '2000' } },
});
const [minutes, items] = [Number(values.minutes), Number(values.items)];

interface Look {
  memory: number;
  handles: number;
  store: number;
  files: number;
  keys: number;
  redis: number;
}

const house = await openHouse({
  processes: ['schedule', 'web', 'web', 'worker', 'worker', 'worker'],
  env: { IMAGE_CONCURRENCY: '1' },
});
const looks: Look[] = [];
let bad = 0;
try {
  await drawPictures(house.folder, pictures, 800);
  const from = Date.now();
  for (let n = 0; n < minutes; n++) {
    const run = await house.importShop(toShop(items, pictures, (item) => (item + n) % 100 === 7));
    if (run.status !== 'done') bad += 1;
    // half a minute after its beginning: what a refresh needs for itself is given back
    await sleep(Math.max(0, from + n * minute + minute / 2 - Date.now()));
    const seen = look(house);
    looks.push(seen);
    const took = (Date.parse(String(run.endedAt)) - Date.parse(String(run.startedAt))) / 1_000;
    process.stdout.write(`${new Date().toISOString()} ${run.status} in ${took.toFixed(1)} s, ${run.products.changed} changed: ${JSON.stringify(seen)}\n`); // prettier-ignore
    await sleep(Math.max(0, from + (n + 1) * minute - Date.now()));
  }
} finally {
  await house.stop();
}
report();

function look({ folder, pids, redis }: House): Look {
  let [memory, handles] = [0, 0];
  for (const pid of pids.values()) {
    memory += readNumber(`/proc/${pid}/status`, /RssAnon:\s+(\d+)/) / 1_024;
    handles += readdirSync(`/proc/${pid}/fd`).length;
  }
  const said = (...command: string[]): string =>
    redis ? execFileSync('redis-cli', ['-p', String(redis.port), ...command], { encoding: 'utf8' }) : '';
  return {
    memory: Math.round(memory),
    handles,
    store: sizeOf(join(folder, 'store')),
    files: sizeOf(join(folder, 'data')),
    keys: Number(said('dbsize')),
    redis: Math.round((Number(/used_memory:(\d+)/.exec(said('info', 'memory'))?.[1]) / 2 ** 20) * 10) / 10,
  };
}

function readNumber(path: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
}

/** Megabytes on the disk. */
function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return Math.round((bytes / 2 ** 20) * 10) / 10;
} // prettier-ignore

function report(): void {
  const names = ['memory', 'handles', 'store', 'files', 'keys', 'redis'] as const;
  const units = { memory: 'MB', handles: '', store: 'MB', files: 'MB', keys: '', redis: 'MB' };
  const table = new Table({ head: ['minute', ...names] });
  for (const [at, one] of looks.entries()) table.push([at + 1, ...names.map((name) => one[name])]);
  process.stdout.write(`${table.toString()}\n`);
  const after = looks.slice(Math.min(warmUp, Math.floor(looks.length / 3)));
  const part = Math.max(1, Math.floor(after.length / 4));
  const results: BenchResult[] = names.map((name) => {
    const [early, late] = [after.slice(0, part), after.slice(-part)].map((some) => median(some.map((one) => one[name]))); // prettier-ignore
    return atMost(`${name} ${units[name]}: ${early} → ${late}`.replace(/ {2,}/, ' '), (late ?? 0) / (early || 1), 'x', allowed); // prettier-ignore
  });
  results.push(atMost('refreshes that were not done', bad, 'runs', 0));
  printTable(results);
  process.exit(results.some(({ met }) => met === false) ? 1 : 0);
}
