/** Whether a feed may take the place of the one before: not when it is empty, far smaller, or much of it newly blocked. */
import type { Catalog } from '../catalog/catalog.ts';
import { fewest, isTooMany } from '../catalog/guards.ts';
import type { Hold, Run } from '../catalog/run.ts';
import type { Channel } from '../feeds/channel.ts';
import type { JobContext } from './job.ts';

export async function guardFeed(
  catalog: Catalog,
  channel: Channel,
  before: number,
  after: number,
  run: Run | undefined,
  ctx: JobContext,
): Promise<Hold | undefined> {
  const { guards } = catalog;
  const stays = `The feed for ${channel.title} stays as it was until a person says so.`;
  const hold = (reason: Hold['reason'], message: string, missing: number, sample: string[] = []): Hold => ({
    reason, channel: channel.id, message: `${message} ${stays}`, before, after, missing, sample,
  }); // prettier-ignore
  // a person has just let the products go
  const removed = run?.approved?.some(
    (reason) => reason === 'too_many_removals' || reason === 'unreadable_rows',
  );
  if (before > 0 && after === 0 && !removed)
    return hold('feed_empty', `It would hold none of ${before} items.`, before);
  if (run) {
    const { listings } = ctx.stores;
    const blocked = await listings.countNewlyBlocked(catalog.id, channel.id, run.startedAt);
    const live = blocked + (await listings.count(catalog.id, channel.id, 'accepted'));
    if (isTooMany(blocked, live, guards.newlyBlocked))
      return hold('newly_blocked', `${blocked} of ${live} items that the channel has were blocked by this run.`, blocked, await listings.sampleNewlyBlocked(catalog.id, channel.id, run.startedAt)); // prettier-ignore
  }
  if (!removed && before - after >= fewest && after < before * (1 - guards.feedShrink))
    return hold('feed_shrunk', `It would hold ${after} items instead of ${before}.`, before - after);
  return undefined;
}
