import { z } from 'zod';
import { ConflictError, NotFoundError } from '../catalog/errors.ts';
import { idOf } from '../catalog/store/model.ts';
import { defineJob } from './job.ts';
import { scheduleKinds } from './schedule-kinds.ts';

/** One tick of a schedule. However often it is put into the queue, it starts one run. */
export const startScheduled = defineJob({
  name: 'start-scheduled',
  payload: z.object({
    catalogId: z.string(),
    kind: z.string(),
    tick: z.coerce.date(),
    runId: z.string().optional(),
  }),
  attempts: 5,
  key: (p) => `${p.catalogId}:${p.kind}:${new Date(p.tick).toISOString()}`,
  async run({ catalogId, kind, tick }, ctx) {
    const { catalogs, schedules } = ctx.stores;
    const stamp = new Date(tick).toISOString().replace(/[-:.]/g, '');
    try {
      const catalog = await catalogs.find(catalogId);
      await scheduleKinds[kind]?.start(
        catalog,
        { runId: idOf(catalogId, stamp, kind), at: new Date(tick) },
        ctx,
      );
      await schedules.tellProblem(catalogId, kind, undefined);
    } catch (error) {
      // started already, by the same tick; the catalog is gone; or an earlier run is still on, which does the work
      if (error instanceof ConflictError && error.code === 'run_started') return;
      if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error;
      ctx.log.warn(`nothing was started by the schedule "${kind}" of ${catalogId}`, { error });
      await schedules.tellProblem(catalogId, kind, { at: new Date(tick), message: error.message });
    }
  },
});
