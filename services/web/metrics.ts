/** What Prometheus reads. Gauges are asked of the database when it looks, so that they are true after a restart too. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { JobContext } from '../../jobs/job.ts';

export function createMetrics(ctx: JobContext) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'shelfcast_http_requests_total',
    help: 'Requests answered by this process',
    labelNames: ['method', 'status'],
    registers: [registry],
  });
  const calls = new Counter({
    name: 'shelfcast_source_calls_total',
    help: 'Calls from shops by source and what became of them; forged ones changed nothing',
    labelNames: ['source', 'result'],
    registers: [registry],
  });
  new Gauge({
    name: 'shelfcast_listings',
    help: 'Listings by catalog, channel and sync status',
    labelNames: ['catalog', 'channel', 'status'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { id } of await ctx.stores.catalogs.list())
        for (const [channel, counts] of Object.entries(await ctx.stores.listings.countByStatus(id)))
          for (const [status, count] of Object.entries(counts))
            this.set({ catalog: id, channel, status }, count);
    },
  });
  new Gauge({
    name: 'shelfcast_jobs',
    help: 'Jobs waiting or in hand (at most 1,000 are counted)',
    registers: [registry],
    async collect() {
      this.set((await ctx.queue.list(1_000)).length);
    },
  });
  return {
    countRequest: (method: string, status: number) => requests.inc({ method, status }),
    countCall: (source: string, result: string) => calls.inc({ source, result }),
    text: () => registry.metrics(),
  };
}
