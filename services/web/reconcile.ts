/** What a channel holds beside what it should hold, and its repair. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { NotFoundError } from '../../catalog/errors.ts';
import type { JobContext } from '../../jobs/job.ts';
import { reconcile } from '../../jobs/reconcile.ts';
import { repairChannel } from '../../jobs/repair-channel.ts';
import type { Api } from './endpoint.ts';
import { whoIs } from './who.ts';

const channelParams = z.object({ catalogId: catalogIdSchema, channel: z.string().max(40) });

export function addReconcileRoutes(api: Api, ctx: JobContext): void {
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/channels/{channel}/reconciliations',
    summary:
      'Compare what the channel holds with what it should hold; the report follows, nothing is changed',
    params: channelParams,
    async run({ params: { catalogId, channel } }, _req, res) {
      await ctx.stores.catalogs.find(catalogId);
      if (!ctx.channels.has(channel))
        throw new NotFoundError('channel_unknown', `There is no channel "${channel}".`);
      await ctx.queue.add(reconcile, { catalogId, channel }, { priority: 'person' });
      res.status(202);
      return { catalogId, channel };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/channels/{channel}/reconciliations',
    summary: 'The last report: missing, foreign, left over, twins, other price; 404 before the first',
    params: channelParams,
    async run({ params: { catalogId, channel } }) {
      const report = await ctx.stores.reports.find(catalogId, channel);
      if (report) return report;
      throw new NotFoundError('report_unknown', `${channel} has not been compared yet.`);
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/channels/{channel}/repairs',
    summary:
      'Repair what the last report names of ours: send again, take down again; never what others put there',
    params: channelParams,
    run: async ({ params: { catalogId, channel } }, _req, res) =>
      repairChannel(catalogId, channel, whoIs(res), ctx),
  });
}
