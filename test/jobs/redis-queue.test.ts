import { afterAll, describe, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createRedisQueue } from '../../jobs/queues/bullmq.ts';
import { quiet, testQueue } from '../support/queue-battery.ts';
import { findRedis, startRedis } from '../support/redis.ts';

const binary = findRedis();
if (binary === undefined)
  describe('the queue on Redis', () => {
    it.skip('is not tried: there is no redis-server here, and it cannot be installed', () => undefined);
  });
else {
  const redis = await startRedis(binary);
  const client = new Redis(redis.url);
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });
  testQueue('the queue on Redis', {
    open: (prefix, _database, options) => createRedisQueue(redis.url, quiet, { ...options, prefix }),
    async abandon(_queue, prefix) {
      // the lock of a dead worker runs out: it is taken away by hand, again and again while the worker lives here
      const drop = setInterval(() => {
        void client
          .keys(`${prefix}:*:lock`)
          .then((keys) => (keys.length > 0 ? client.del(...keys) : 0))
          .catch(() => undefined);
      }, 20);
      setTimeout(() => clearInterval(drop), 4_000).unref();
    },
  });
}
