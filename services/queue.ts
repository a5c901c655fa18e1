/** The queue that the configuration asks for: in the database, or on Redis when there is one. */
import type { Log } from '../catalog/context.ts';
import type { OpenQueue } from '../jobs/job.ts';
import { createEmbeddedQueue } from '../jobs/queues/embedded.ts';
import type { Config } from './config.ts';
import type { Database } from './database.ts';

export async function openQueue(config: Config, { connection }: Database, log: Log): Promise<OpenQueue> {
  const options = { concurrency: config.jobConcurrency, leaseMs: config.jobLeaseMs };
  if (config.redisUrl === undefined) return createEmbeddedQueue(connection, log, options);
  // only those who use Redis load its library
  const { createRedisQueue } = await import('../jobs/queues/bullmq.ts');
  return createRedisQueue(config.redisUrl, log, { ...options, prefix: config.redisPrefix });
}
