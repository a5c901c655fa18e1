/** What Prometheus reads. Gauges are asked of the database when it looks, so that they are true after a restart too. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { budgetLeft, type Budget } from '../../feeds/store/budgets.ts';
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
    help: 'Jobs in the queue by state: waiting, running, failed (given up)',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      for (const [state, count] of Object.entries(await ctx.queue.count())) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'shelfcast_run_age_seconds',
    help: 'Age of each open run',
    labelNames: ['catalog', 'kind', 'status'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { catalogId, kind, status, startedAt } of await ctx.stores.runs.listOpen())
        this.set(
          { catalog: catalogId, kind, status },
          (ctx.now().getTime() - new Date(startedAt).getTime()) / 1_000,
        );
    },
  });
  const byAccount = ['channel', 'account'] as const;
  const tell = (name: string, help: string, value: (budget: Budget) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: byAccount,
      registers: [registry],
      async collect() {
        this.reset();
        for (const budget of await ctx.stores.budgets.list())
          this.set(
            { channel: budget.channel, account: budget._id.slice(budget.channel.length + 1) },
            value(budget),
          );
      },
    });
  };
  tell(
    'shelfcast_channel_requests',
    'Requests made to a channel account, by all processes',
    (one) => one.requests,
  );
  tell(
    'shelfcast_channel_errors',
    'Requests to a channel account that failed or got no answer',
    (one) => one.errors,
  );
  tell('shelfcast_channel_budget_left', 'Requests that could be made to a channel account right now', (one) => budgetLeft(one, Date.now())); // prettier-ignore
  return {
    countRequest: (method: string, status: number) => requests.inc({ method, status }),
    countCall: (source: string, result: string) => calls.inc({ source, result }),
    text: () => registry.metrics(),
  };
}
