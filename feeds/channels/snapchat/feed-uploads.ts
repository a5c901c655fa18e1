/**
 * Snapchat's product feeds: a file that it fetches every day, and at once by a feed upload. The endpoints and the samples
 * are of https://developers.snap.com/api/marketing-api/Ads-API/dynamic-product-ads
 */
import { z } from 'zod';
import { NotFoundError } from '../../../catalog/errors.ts';
import type { ChannelApi, FeedResult, FeedToRegister } from '../../channel.ts';
import type { SnapchatClient } from './client.ts';
import { toFeedResult, uploadSchema } from './verdicts.ts';

const feedSchema = z.object({
  id: z.coerce.string(),
  name: z.string().nullish(),
  schedule: z.object({ url: z.string().nullish() }).nullish(),
});

export function createFeedCalls(
  client: SnapchatClient,
): Required<Pick<ChannelApi, 'registerFeed' | 'fetchFeed' | 'feedResult'>> {
  const { catalogId } = client.options;
  const ofCatalog = `/catalogs/${encodeURIComponent(catalogId)}/product_feeds`;
  const ofFeed = (feedId: string): string => `/product_feeds/${encodeURIComponent(feedId)}`;

  async function registerFeed({ name, url, currency, hour }: FeedToRegister): Promise<{ feedId: string }> {
    const wanted = {
      catalog_id: catalogId, name, default_currency: currency, status: 'ACTIVE',
      schedule: { url, interval_type: 'DAILY', interval_count: 1, timezone: 'UTC', hour, minute: 0 },
    }; // prettier-ignore
    const before = await findFeed(name);
    const [saved] = await client.entities(ofCatalog, 'product_feeds', feedSchema, {
      method: before ? 'PUT' : 'POST',
      body: { product_feeds: [before ? { ...wanted, id: before.id } : wanted] },
    });
    const id = saved?.id ?? before?.id ?? (await findFeed(name))?.id;
    if (id === undefined) throw new NotFoundError('snapchat_feed_unknown', 'Snapchat did not keep the feed.');
    return { feedId: id };
  }

  async function findFeed(name: string): Promise<z.infer<typeof feedSchema> | undefined> {
    for await (const feeds of client.pages(ofCatalog, 'product_feeds', feedSchema)) {
      const found = feeds.find((one) => one.name === name);
      if (found) return found;
    }
    return undefined;
  }

  async function fetchFeed(feedId: string): Promise<{ handle: string }> {
    const [feed] = await client.entities(ofFeed(feedId), 'product_feeds', feedSchema);
    const url = feed?.schedule?.url;
    if (!url)
      throw new NotFoundError('snapchat_feed_unknown', 'The feed at Snapchat has no address any more.');
    // what is not in the file (any more) is taken down
    const body = { feed_uploads: [{ feed_id: feedId, url, update_type: 'REPLACE' }] };
    const [upload] = await client.entities(`${ofFeed(feedId)}/feed_uploads`, 'feed_uploads', uploadSchema, {
      method: 'POST',
      body,
    });
    if (upload === undefined)
      throw new NotFoundError('snapchat_feed_unknown', 'Snapchat did not start the upload.');
    return { handle: upload.id };
  }

  async function feedResult(feedId: string, handle?: string): Promise<FeedResult | undefined> {
    let newest: z.infer<typeof uploadSchema> | undefined;
    for await (const uploads of client.pages(`${ofFeed(feedId)}/feed_uploads`, 'feed_uploads', uploadSchema))
      for (const upload of uploads) {
        if (handle !== undefined && upload.id !== handle) continue;
        if (newest === undefined || upload.created_at > newest.created_at) newest = upload;
      }
    return newest && toFeedResult(newest, client.now());
  }

  return { registerFeed, fetchFeed, feedResult };
}
