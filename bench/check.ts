/** The check of 20,000 items at all channels, with its listings and cards, beside the bare reading and writing of the same documents. */
import type { Collection, Document } from 'mongodb';
import { atMost, median, plain, seconds, type BenchResult } from './result.ts';
import { openBenchShop } from './shop.ts';

const variants = Number(process.env['BENCH_VARIANTS'] ?? 20_000);
const batch = 1_000;

export default async function bench(): Promise<BenchResult[]> {
  const shop = await openBenchShop({ bench: variants });
  const [listings, cards] = [shop.bareOf('listings'), shop.bareOf('item_cards')];
  const again = async (): Promise<void> => {
    await shop.bare.updateMany({}, { $set: { needs: 'listings' } } as never);
  };
  try {
    const reads: number[] = [];
    const checks: number[] = [];
    const unchanged: number[] = [];
    const writes: number[] = [];
    let [items, written] = [0, 0];
    for (let round = 0; round < 3; round++) {
      await Promise.all([listings.deleteMany({}), cards.deleteMany({})]);
      await again();
      checks.push(await seconds(() => shop.check('bench')));
      items = await cards.countDocuments({});
      await again();
      unchanged.push(await seconds(() => shop.check('bench')));
      reads.push(await seconds(() => readAll(shop.bare)));
      const copied = [
        await copy(listings, shop.bareOf('floor_listings')),
        await copy(cards, shop.bareOf('floor_cards')),
      ];
      writes.push(copied.reduce((sum, { took }) => sum + took, 0));
      written = copied.reduce((sum, { count }) => sum + count, 0);
    }
    const floor = median(reads) + median(writes);
    return [
      plain(`items at ${shop.channels.size} channels`, items, 'items'),
      plain('check, all new', median(checks), 's'),
      plain('check, nothing changed', median(unchanged), 's'),
      plain('bare cursor scan of the products', median(reads), 's'),
      plain(`insertMany of the same ${written} listings and cards, same indexes`, median(writes), 's'),
      atMost('check, all new / (bare scan + insertMany)', median(checks) / floor, 'x', 3),
      plain('check, nothing changed / check, all new', median(unchanged) / median(checks), 'x'),
    ]; // prettier-ignore
  } finally {
    await shop.stop();
  }
}

async function readAll(from: Collection<{ _id: string }>): Promise<number> {
  let read = 0;
  for await (const _ of from.find().sort({ _id: 1 }).batchSize(300)) read += 1;
  return read;
}

/** Writes the documents of one collection into another with the same indexes; only the writing is timed. */
async function copy(
  from: Collection<{ _id: string }>,
  to: Collection<{ _id: string }>,
): Promise<{ took: number; count: number }> {
  await to.drop().catch(() => false);
  for (const { key, name, v: _, ...options } of await from.indexes())
    if (name !== '_id_') await to.createIndex(key, options);
  let [took, count] = [0, 0];
  let some: Document[] = [];
  const insert = async (): Promise<void> => {
    took += await seconds(() => to.insertMany(some as never, { ordered: false }));
    count += some.length;
    some = [];
  };
  for await (const document of from.find().batchSize(batch))
    if (some.push(document) === batch) await insert();
  if (some.length > 0) await insert();
  return { took, count };
}
