import { confirmAgain } from '../feeds/held.ts';
import type { JobContext } from './job.ts';
import { pushBatch } from './push-batch.ts';

const DAY = 86_400_000;
/** Days before the end at which an item is sent again: time for a channel to be down over a long weekend. */
const reserveDays = 5;
const pageSize = 1_000;

/** Sends accepted items again that a channel would drop soon: it keeps each only so many days after it was sent. */
export async function confirmExpiring(ctx: JobContext): Promise<void> {
  for (const catalog of await ctx.stores.catalogs.list())
    for (const channelId of catalog.channels) {
      const days = ctx.channels.get(channelId)?.limits.expiresAfterDays;
      if (days === undefined) continue;
      const before = new Date(ctx.now().getTime() - (days - reserveDays) * DAY);
      const found = await confirmBefore(catalog.id, channelId, before, ctx);
      if (found > 0) await ctx.queue.add(pushBatch, { catalogId: catalog.id, channel: channelId });
    }
}

async function confirmBefore(
  catalogId: string,
  channel: string,
  before: Date,
  ctx: JobContext,
): Promise<number> {
  const { listings } = ctx.stores;
  let found = 0;
  for (let after: string | undefined; ;) {
    ctx.signal?.throwIfAborted();
    const page = await listings.page(catalogId, { channel, status: 'accepted' }, pageSize, after);
    const old = page.filter(({ verdictAt, sentAt }) => (verdictAt ?? sentAt ?? before) <= before);
    await listings.change(old.map(({ id }) => id), (listing) => confirmAgain(listing, ctx.now())); // prettier-ignore
    found += old.length;
    after = page.at(-1)?.id;
    if (after === undefined || page.length < pageSize) return found;
  }
}
