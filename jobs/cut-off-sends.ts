/** Items of a request whose process died before it noted what became of them: sent again, whatever is wanted by now. */
import { markCutOff } from '../feeds/listing.ts';
import type { JobContext } from './job.ts';

/** To be done where nothing is being sent to the channel. */
export async function recoverCutOff(catalogId: string, channel: string, ctx: JobContext): Promise<void> {
  const { listings, sends } = ctx.stores;
  for await (const { id, listingIds } of sends.each(catalogId, channel)) {
    await listings.change(listingIds, (listing) => markCutOff(listing, ctx.now()));
    await sends.end(id);
  }
}
