/** The feed of 100,000 items from the store to the finished, read-back file, beside a bare scan of the same products. */
import { atMost, median, plain, seconds, type BenchResult } from './result.ts';
import { openBenchShop } from './shop.ts';

const variants = Number(process.env['BENCH_VARIANTS'] ?? 100_000);

export default async function bench(): Promise<BenchResult[]> {
  const shop = await openBenchShop({ bench: variants });
  try {
    const meta = shop.channels.get('meta');
    if (!meta) throw new Error('there is no channel meta');
    let read = 0;
    const scan = async (): Promise<void> => {
      read = 0;
      for await (const _ of shop.bare.find().sort({ _id: 1 }).batchSize(500)) read += 1;
    };
    let items = 0;
    const publish = async (): Promise<void> => void (items = await shop.publish('bench', meta, 'csv'));
    await scan();
    await publish();
    const [scans, feeds]: [number[], number[]] = [[], []];
    for (let round = 0; round < 9; round++) {
      scans.push(await seconds(scan));
      feeds.push(await seconds(publish));
    }
    const [floor, mine] = [median(scans), median(feeds)];
    // each beside its own scan: a machine that is shared is faster in one second than in the next
    const ratio = median(feeds.map((feed, round) => feed / (scans[round] ?? floor)));
    return [
      plain(`bare cursor scan of the same ${read} products`, floor, 's'),
      plain(`feed of ${items} items, read back and in place`, mine, 's'),
      plain('feed', items / mine, 'items/s'),
      plain('peak memory of the process', process.resourceUsage().maxRSS / 1024, 'MB'),
      atMost('feed / bare scan, median of nine pairs', ratio, 'x', 2),
    ];
  } finally {
    await shop.stop();
  }
}
