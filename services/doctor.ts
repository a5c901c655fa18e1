/** Looks at everything the service stands on, and says what to do where something is wrong. */
import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import type { Engine } from './engine.ts';

const [MB, SECOND] = [1024 * 1024, 1_000];
/** Feeds are written whole beside the old ones: below this much room that may fail. */
const leastDisk = 500 * MB;
/** Leases and schedules stand a clock that is off by less. */
const mostSkewMs = 5 * SECOND;

export interface Examined {
  name: string;
  ok: boolean;
  /** What was found. */
  found: string;
  /** What to do; only where something is wrong. */
  advice?: string;
}

type Finding = Omit<Examined, 'name'>;

export async function examine(config: Config, database: Database, { ctx }: Engine): Promise<Examined[]> {
  const all: Examined[] = [];
  const look = async (name: string, work: () => Promise<Finding>, advice: string): Promise<void> => {
    const finding = await work().catch(
      (error: unknown): Finding => ({ ok: false, found: error instanceof Error ? error.message : String(error) }),
    );
    all.push({ name, ...finding, ...(finding.ok ? {} : { advice: finding.advice ?? advice }) });
  };
  const db = database.connection.db;
  await look('database', async () => {
    await db?.command({ ping: 1 });
    return { ok: db !== undefined, found: `${database.kind} answers` };
  }, 'Start the MongoDB server of MONGODB_URI, or leave it out to use the embedded store.');
  await look('clock', async () => {
    const { localTime } = ((await db?.command({ hello: 1 })) ?? {}) as { localTime?: Date };
    const skew = localTime ? Math.abs(localTime.getTime() - Date.now()) : 0;
    return { ok: skew < mostSkewMs, found: `${skew} ms beside the database's` };
  }, 'Keep the clocks of all machines by NTP; leases and schedules stand on them.');
  await look('queue', async () => {
    if (config.redisUrl === undefined) return { ok: true, found: 'in the database' };
    const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 1, retryStrategy: () => null, lazyConnect: true });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1];
      if (policy !== 'noeviction') return { ok: false, found: `maxmemory-policy is ${policy}`, advice: 'Set maxmemory-policy to noeviction, or Redis throws jobs away.' };
      return { ok: true, found: 'Redis answers' };
    } finally {
      redis.disconnect();
    }
  }, 'Start the Redis server of REDIS_URL; until then no work is queued, and none is lost.');
  await look('jobs', async () => {
    const { waiting, running, failed } = await ctx.queue.count();
    return { ok: failed === 0, found: `${waiting} waiting, ${running} in hand, ${failed} given up` };
  }, 'Look at what was given up: its run says why.');
  await look('file store', async () => {
    const key = `doctor/${randomBytes(6).toString('hex')}.txt`;
    await ctx.files.put(key, Buffer.from('well'));
    const read = await text(await ctx.files.open(key));
    await ctx.files.remove(key);
    return { ok: read === 'well', found: `writes, reads and removes in ${config.s3 ? `the bucket ${config.s3.bucket}` : 'DATA_DIR'}` };
  }, config.s3 ? 'Look at the S3_ settings, and let the access key read, write, list and remove in that bucket.' : 'Let the service write to DATA_DIR, and share that folder between all processes.');
  await look('disk', async () => {
    const { bavail, bsize } = await statfs(config.dataDir);
    const free = bavail * bsize;
    return { ok: free > leastDisk, found: `${Math.round(free / MB)} MB free for DATA_DIR` };
  }, 'Free some room, or move DATA_DIR to a larger disk.');
  for (const { id, channels } of await ctx.stores.catalogs.list().catch(() => []))
    for (const channel of channels)
      await look(`credentials of ${id} at ${channel}`, async () => {
        const api = await ctx.connect(id, channel);
        if (!api) return { ok: true, found: 'only fetches the feed' };
        return { ok: true, found: `is let in to "${(await api.test()).name}"` };
      }, `Connect it again: shelfcast connect ${channel} --catalog ${id}`);
  return all;
} // prettier-ignore
