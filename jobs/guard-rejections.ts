/** A channel that suddenly rejects much of a run gets nothing more until a person has looked. */
import { isTooMany } from '../catalog/guards.ts';
import type { JobContext } from './job.ts';

export async function guardRejections(
  catalogId: string,
  channel: string,
  runId: string,
  ctx: JobContext,
): Promise<void> {
  const { catalogs, runs, listings } = ctx.stores;
  const run = await runs.find(runId);
  const verdicts = run.phases.find(({ name }) => name === `verdicts of ${channel}`);
  if (!verdicts || run.approved?.includes('channel_rejects')) return;
  const { guards } = await catalogs.find(catalogId);
  if (!isTooMany(verdicts.failed, verdicts.in, guards.rejected)) return;
  // what was rejected before is nothing sudden
  const rejected = await listings.page(catalogId, { channel, status: 'rejected' }, 20);
  const sample = rejected.map(({ offerId, issues }) => `${offerId}: ${issues.find(({ from }) => from === 'channel')?.message ?? ''}`); // prettier-ignore
  const title = ctx.channels.get(channel)?.title ?? channel;
  const message = `${title} rejected ${verdicts.failed} of ${verdicts.in} items of this run; nothing more is sent there until a person says so.`;
  await runs.addHold(
    runId,
    { reason: 'channel_rejects', channel, message, before: verdicts.in, after: verdicts.done, missing: verdicts.failed, sample },
    ctx.now(),
  ); // prettier-ignore
  await catalogs.pause(catalogId, channel, { code: 'channel_rejects', message, at: ctx.now() });
}
