/** One feed in a process of its own, which tells its peak memory (MB): `feed-peak.ts FOLDER CATALOG CHANNEL FORMAT`. */
import { connectBenchShop, type FeedFormat } from './shop.ts';

const [folder = '', catalogId = '', channelId = '', format = ''] = process.argv.slice(2);
const shop = await connectBenchShop(folder);
const channel = shop.channels.get(channelId);
const known = channel?.feed.formats.find((one): one is FeedFormat => one === format);
if (!channel || !known) throw new Error(`there is no feed ${channelId} ${format}`);
await shop.publish(catalogId, channel, known);
await shop.stop();
process.stdout.write(`PEAK ${process.resourceUsage().maxRSS / 1024}\n`);
process.exit(0);
