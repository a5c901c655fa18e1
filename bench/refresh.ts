/**
 * `npm run bench:refresh -- [--sizes 10000,100000] [--workers 1,2,4] [--pictures 400]`: from the shop's export to the verdicts
 * of one channel, everything new beside 1 % changed, by phase; what an item costs at each size; and how many pictures a
 * second one, two and four worker processes of one core each prepare that share one catalog through Redis.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Phase, Run } from '../catalog/run.ts';
import { drawPictures, linkPictures, openHouse, toShop, type House } from './house.ts';
import { atLeast, atMost, plain, type BenchResult } from './result.ts';
import { printTable } from './table.ts';

/** Different pictures of the walk: the pictures have a measurement of their own. */
const fewPictures = 20;
/** As a shop's photographs are. */
const side = 1_400;
/** Those of the walk are small: each item's picture is read and hashed, and that is not what is measured there. */
const smallSide = 600;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000' },
    workers: { type: 'string', default: '1,2,4' },
    pictures: { type: 'string', default: '400' },
  },
});
const numbers = (text: string): number[] => text.split(',').filter(Boolean).map(Number);
const results: BenchResult[] = [];
/** Seconds of the walk, and of the cores, for a whole run and for one of few changes. */
interface Cost {
  items: number;
  full: number;
  refresh: number;
  fullCores: number;
  refreshCores: number;
}
const titles = {
  full: 'all new: time of an item',
  refresh: '1 % changed: time of an item',
  fullCores: 'all new: core time of an item',
  refreshCores: '1 % changed: core time of an item',
} as const;
const costs: Cost[] = [];
for (const items of numbers(values.sizes)) costs.push(await walk(items));
const [first, last] = [costs[0], costs.at(-1)];
if (first && last && first !== last)
  for (const kind of ['full', 'refresh', 'fullCores', 'refreshCores'] as const)
    results.push(atMost(`${titles[kind]}, ${last.items} / ${first.items}`, last[kind] / last.items / (first[kind] / first.items), 'x', 1.2)); // prettier-ignore
const rates = new Map<number, number>();
const drawn = await mkdtemp(join(tmpdir(), 'bench-pictures-'));
if (values.workers !== '') await drawPictures(drawn, Number(values.pictures), side);
for (const workers of numbers(values.workers)) {
  rates.set(workers, await prepare(workers, Number(values.pictures)));
  results.push(plain(`pictures, ${workers} worker processes`, rates.get(workers) ?? 0, '1/s'));
}
await rm(drawn, { recursive: true });
const [one, two] = [rates.get(1), rates.get(2)];
if (one !== undefined && two !== undefined)
  results.push(atLeast('pictures: 2 worker processes / 1', two / one, 'x', 1.8));
printTable(results);
process.exit(results.some(({ met }) => met === false) ? 1 : 0);

async function walk(items: number): Promise<Cost> {
  const house = await openHouse({});
  try {
    await drawPictures(house.folder, fewPictures, smallSide);
    const before = house.cpuSeconds();
    const full = await house.importShop(toShop(items, fewPictures, () => false));
    const between = await restOf(house);
    const again = await house.importShop(toShop(items, fewPictures, (n) => n % 100 === 7));
    const [fullCores, refreshCores] = [between - before, house.cpuSeconds() - between];
    for (const [run, name, cores] of [
      [full, 'all new', fullCores],
      [again, '1 % changed', refreshCores],
    ] as const) {
      if (run.status !== 'done') throw new Error(`${name}: the run is ${run.status}: ${JSON.stringify(run.error ?? run.hold)}`);
      for (const phase of run.phases)
        results.push(plain(`${items} items, ${name}: ${phase.name} (${phase.in} ${phase.unit})`, secondsOf(phase, run), 's'));
      results.push(plain(`${items} items, ${name}: from the export to the last verdict`, secondsOf(run, run), 's'));
      results.push(plain(`${items} items, ${name}: taken of the cores by the service and its store`, cores, 's'));
    }
    return { items, full: secondsOf(full, full), refresh: secondsOf(again, again), fullCores, refreshCores };
  } finally {
    await house.stop();
  }
} // prettier-ignore

/** Waits for what a walk leaves for later (the cards of its items); answers what all has taken of the cores. */
async function restOf(house: House): Promise<number> {
  for (let before = house.cpuSeconds(); ;) {
    await sleep(3_000);
    const now = house.cpuSeconds();
    if (now - before < 0.3) return now;
    before = now;
  }
}

/** A phase that nobody has closed ends with its run. */
function secondsOf({ startedAt, endedAt }: Run | Phase, run: Run): number {
  return (Date.parse(String(endedAt ?? run.endedAt)) - Date.parse(String(startedAt))) / 1_000;
}

/** Pictures a second in the phase of the images; each worker process has one core, and one picture in work at a time. */
async function prepare(workers: number, pictures: number): Promise<number> {
  const processes = ['web', 'schedule', ...Array.from({ length: workers }, () => 'worker')];
  const house = await openHouse({ processes, env: { IMAGE_CONCURRENCY: '1' }, pinned: true });
  try {
    await linkPictures(drawn, house.folder);
    const run = await house.importShop(toShop(pictures, pictures, () => false));
    const phase = run.phases.find(({ name }) => name === 'images');
    if (run.status !== 'done' || phase?.done !== pictures)
      throw new Error(`the run is ${run.status}: ${JSON.stringify(run.error ?? phase)}`);
    return pictures / secondsOf(phase, run);
  } finally {
    await house.stop();
  }
}
