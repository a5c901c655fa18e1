import { ConflictError } from '../catalog/errors.ts';
import { markLeft, markMissing } from '../feeds/held.ts';
import { listingId } from '../feeds/store/listings.ts';
import type { Report } from '../feeds/store/reports.ts';
import type { JobContext } from './job.ts';
import { pushBatch } from './push-batch.ts';

/**
 * Repairs what the last report names, once a person said so, or the catalog's setting: sends what is missing or has another price, takes down what we
 * sent once and is still there. What others put there is never touched.
 */
export async function repairChannel(
  catalogId: string,
  channel: string,
  by: string,
  ctx: JobContext,
): Promise<Report> {
  const report = await ctx.stores.reports.find(catalogId, channel);
  if (report?.status !== 'done')
    throw new ConflictError('report_missing', `There is no finished report of ${channel} to repair by.`, {
      hint: `Make one first: shelfcast reconcile ${channel}`,
    });
  const { missing, price, left } = report.findings;
  const idOf = ({ offerId }: { offerId: string }): string => listingId(catalogId, channel, offerId);
  const again = [...missing.offers, ...price.offers].map(idOf);
  const { listings } = ctx.stores;
  await listings.change(again, (listing) => markMissing(listing, ctx.now()));
  await listings.change(left.offers.map(idOf), (listing) => markLeft(listing, ctx.now()));
  const repaired: Report = {
    ...report,
    repaired: { at: ctx.now(), by, count: again.length + left.offers.length },
  };
  await ctx.stores.reports.save(repaired);
  await ctx.queue.add(pushBatch, { catalogId, channel });
  return repaired;
}
