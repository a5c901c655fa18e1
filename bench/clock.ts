/**
 * What the clock's looks cost where there are very many shops and nothing to do: `CLOCK_CATALOGS` catalogs (10,000) of four
 * channels, five items and twenty listings each. Every look must end well before it is due again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogSchema } from '../catalog/catalog.ts';
import { inChunks } from '../catalog/store/model.ts';
import { reviewAlerts } from '../jobs/alerts.ts';
import { settleSchedules, tickSchedules } from '../jobs/clock.ts';
import { reviveRuns } from '../jobs/revive-runs.ts';
import { addLagging, allJobs } from '../jobs/schedule.ts';
import { loadConfig } from '../services/config.ts';
import { openDatabase } from '../services/database.ts';
import { createEngine } from '../services/engine.ts';
import { createLog } from '../services/log.ts';
import { atMost, plain, type BenchResult } from './result.ts';

const catalogCount = Number(process.env['CLOCK_CATALOGS'] ?? 10_000);
const itemsEach = 5;
const runsEach = 10;
const channels = ['meta', 'google', 'pinterest', 'tiktok'];

const indexes = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** As the walk leaves a shop behind when all is accepted. */
function toDocuments(n: number, at: Date): Record<string, Record<string, unknown>[]> {
  const id = `shop-${n}`;
  const { id: _, ...catalog } = catalogSchema.parse({
    id, name: `Shop ${n}`, currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', channels,
  }); // prettier-ignore
  const items = indexes(itemsEach).map((item) => `SKU-${item}`);
  const counts = { pending: 0, sent: 0, accepted: itemsEach, blocked: 0, rejected: 0, removed: 0 };
  return {
    catalogs: [{ _id: id, ...catalog }],
    products: items.map((offerId) => ({
      _id: `${id}:${offerId}`, catalogId: id, sourceId: offerId, title: `Thing ${offerId}`, revision: 1,
      variants: [{ sourceId: offerId, offerId, sku: offerId }],
    })),
    listings: items.flatMap((offerId) =>
      channels.map((channel) => ({
        _id: `${id}:${channel}:${offerId}`, catalogId: id, channel, offerId, productId: `${id}:${offerId}`,
        status: 'accepted', since: at, issues: [],
      })),
    ),
    item_cards: items.map((offerId) => ({
      _id: `${id}:${offerId}`, catalogId: id, offerId, productId: `${id}:${offerId}`, title: `Thing ${offerId}`,
      price: 1_000, changedAt: at, keys: ['accepted'], listings: [],
    })),
    days: channels.map((channel) => ({ _id: `${id}:${channel}:today`, catalogId: id, channel, day: at.toISOString().slice(0, 10), at, counts })),
    runs: indexes(runsEach).map((nth) => {
      const startedAt = new Date(at.getTime() - (nth + 1) * 86_400_000);
      return {
        _id: `${id}:${nth}`, catalogId: id, kind: 'import', status: 'done', startedBy: 'schedule', startedAt, endedAt: startedAt,
        heartbeatAt: startedAt, products: { new: 0, changed: 1, unchanged: 4, removed: 0 }, phases: [], work: [], holds: [],
      };
    }),
  };
} // prettier-ignore

export default async function run(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-clock-'));
  const secret = 'bench-secret-of-at-least-32-characters-0';
  const config = loadConfig({ DATA_DIR: folder, LOG_LEVEL: 'error', API_TOKEN: secret, ENCRYPTION_KEY: secret, PUBLIC_URL: 'https://shop.example' }); // prettier-ignore
  const database = await openDatabase(config.mongodbUri, config.dataDir);
  try {
    const { ctx } = await createEngine(config, database, createLog(config), 'https://shop.example');
    const at = new Date();
    for (const some of inChunks(indexes(catalogCount), 200)) {
      const all = some.map((n) => toDocuments(n, at));
      for (const name of Object.keys(all[0] ?? {})) {
        const documents = all.flatMap((one) => one[name] ?? []);
        await database.connection.collection(name).insertMany(documents as never);
      }
    }
    const defaults = { refreshCron: '0 3 * * *', timeZone: 'UTC' };
    await settleSchedules(defaults, ctx);
    const looks: [name: string, everySeconds: number, look: () => Promise<void>][] = [
      ['what is due', 1, () => tickSchedules(ctx)],
      ['runs that died', 10, () => reviveRuns(allJobs, ctx)],
      ['schedules by default', 15, () => settleSchedules(defaults, ctx)],
      ['what lags', 60, () => addLagging(ctx)],
      ['alerts', 60, () => reviewAlerts(ctx)],
    ];
    const results: BenchResult[] = [];
    let share = 0;
    for (const [name, everySeconds, look] of looks) {
      await look(); // what a process knows after its first look it does not ask again
      const cpu = process.cpuUsage();
      const from = performance.now();
      await look();
      const seconds = (performance.now() - from) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      results.push(plain(`${catalogCount} catalogs: ${name}, every ${everySeconds} s`, seconds, 's'));
      share += (user + system) / 1e6 / everySeconds;
    }
    results.push(
      atMost(`${catalogCount} catalogs: of one core, all looks, store included`, share, 'cores', 0.25),
    );
    return results;
  } finally {
    await database.stop();
    await rm(folder, { recursive: true });
  }
}
