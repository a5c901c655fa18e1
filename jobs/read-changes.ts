import { z } from 'zod';
import { importCatalog } from '../catalog/import.ts';
import type { Source } from '../catalog/source.ts';
import { pauseIfRefused } from './import-catalog.ts';
import { defineJob } from './job.ts';
import { prepareImages } from './prepare-images.ts';

/** Calls that are read together: a burst of calls about one product asks for it once. */
const callsAtATime = 500;

/**
 * Reads again what a shop's calls name. The calls are hints only: what counts is what the shop says when it is asked, so
 * doubled, late and shuffled calls end in the same state. Calls stay unread until what they led to is saved.
 */
export const readChanges = defineJob({
  name: 'read-changes',
  payload: z.object({ catalogId: z.string(), runId: z.string().optional() }),
  attempts: 8,
  key: (p) => p.catalogId,
  async run({ catalogId }, ctx) {
    const { catalogs, products, sourceCalls } = ctx.stores;
    const open = await ctx.openSource(catalogId);
    if (!open?.source.readChanges || open.isPaused) return;
    const { source, options } = open;
    const catalog = await catalogs.find(catalogId);
    for (;;) {
      ctx.signal?.throwIfAborted();
      const calls = await sourceCalls.listUnread(catalogId, callsAtATime);
      if (calls.length === 0) break;
      const hints = [...new Set(calls.map(({ hint }) => hint))];
      const changes: Source = {
        ...source,
        async *read() {
          yield* source.readChanges?.(options, catalog, hints, ctx) ?? [];
          yield { kind: 'end', complete: false };
        },
      };
      const reading = importCatalog(
        { catalog, source: changes, options, bookmark: undefined },
        products,
        {
          progress: async () => undefined,
          issues: async () => undefined,
          restart: async () => undefined,
          holdRemovals: async () => undefined,
        },
        ctx,
      );
      const report = await pauseIfRefused(catalogId, open.sealed, reading, ctx);
      if (report.hold)
        ctx.log.warn('too many products are gone at once: they stay until the next whole import asks', {
          missing: report.hold.missing,
        });
      await sourceCalls.markRead(calls.map(({ id }) => id));
      ctx.log.info('changes read', { calls: calls.length, ...report.products });
      await ctx.queue.add(prepareImages, { catalogId }, { priority: 'fix' });
    }
  },
});
