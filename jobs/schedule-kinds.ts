/** What can be scheduled. Each starts one run (or piece of work) of one catalog; a tick that comes twice starts it once. */
import type { Catalog } from '../catalog/catalog.ts';
import { ConflictError } from '../catalog/errors.ts';
import { sendDigest } from './alerts.ts';
import { beginRefresh } from './begin-refresh.ts';
import { addToRun, startRun, type JobContext } from './job.ts';
import { publishFeed } from './publish-feed.ts';
import { reconcile } from './reconcile.ts';
import { startImport } from './start-import.ts';

export interface Tick {
  /** Of the run that it starts: made from catalog, kind and time, so that the same tick never makes two. */
  runId: string;
  at: Date;
  /** The person who started it by hand; absent: the schedule did. */
  by?: string;
}

export interface ScheduleKind {
  title: string;
  /** Default cron line; absent: it is off until somebody sets one. */
  cron?: string;
  start(catalog: Catalog, tick: Tick, ctx: JobContext): Promise<void>;
}

export const scheduleKinds: Readonly<Record<string, ScheduleKind>> = {
  refresh: {
    title: 'Read the source again and send what changed (without a source: look whether images changed)',
    cron: '0 3 * * *',
    async start(catalog, { runId, at, by = 'schedule' }, ctx) {
      const source = await ctx.stores.catalogs.source(catalog.id);
      const from = { id: runId, tick: at, catalogId: catalog.id, startedBy: by };
      if (source?.paused)
        throw new ConflictError('source_paused', `The source is paused: ${source.paused.message}`, {
          hint: `Connect it again: shelfcast source connect ${source.id}`,
        });
      if (source) await startImport({ ...from, source: source.id, name: source.name }, ctx);
      else
        await startRun(ctx, { ...from, kind: 'refresh' }, beginRefresh, (id) => ({
          catalogId: catalog.id,
          runId: id,
        }));
    },
  },
  check: {
    title: 'Look whether images changed, and check every item again',
    async start(catalog, { runId, at, by = 'schedule' }, ctx) {
      const from = {
        id: runId,
        tick: at,
        catalogId: catalog.id,
        startedBy: by,
        kind: 'refresh' as const,
      };
      await startRun(ctx, from, beginRefresh, (id) => ({ catalogId: catalog.id, runId: id }));
    },
  },
  compare: {
    title: 'Compare what the channels hold with what they should hold',
    async start(catalog, _tick, ctx) {
      for (const channel of catalog.channels)
        await ctx.queue.add(reconcile, { catalogId: catalog.id, channel });
    },
  },
  digest: {
    title: 'Tell what happened within a day, by the targets of the alerts',
    cron: '0 7 * * *',
    start: (catalog, { at }, ctx) => sendDigest(catalog.id, at, ctx),
  },
  feeds: {
    title: 'Publish the feeds anew',
    async start(catalog, { runId, at, by = 'schedule' }, ctx) {
      const [first, ...rest] = catalog.channels;
      if (first === undefined) return;
      const from = {
        id: runId,
        tick: at,
        catalogId: catalog.id,
        startedBy: by,
        kind: 'refresh' as const,
      };
      const payloadOf = (channel: string) => (id: string) => ({ catalogId: catalog.id, channel, runId: id });
      const run = await startRun(ctx, from, publishFeed, payloadOf(first));
      for (const channel of rest) await addToRun(ctx, publishFeed, payloadOf(channel)(run.id));
    },
  },
};
