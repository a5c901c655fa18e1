/** TikTok's catalog for ads (API for Business, v1.3). TikTok Shop, which sells by itself, is another thing with another API. */
import { z } from 'zod';
import type { Channel } from '../../channel.ts';
import { createClient } from './client.ts';
import { createFeedCalls } from './feed-source.ts';
import { feed } from './feed.ts';
import { batchLimits } from './limits.ts';
import { createPush } from './push.ts';
import { spec } from './spec.ts';

const number = (what: string) => z.string().regex(/^\d{1,30}$/, `the ${what} is a number`);

export const optionsSchema = z.object({
  bcId: number('Business Center id').describe('Business Center id: TikTok Business Center, in the page’s address'),
  catalogId: number('catalog id').describe('Catalog id: Catalog Manager, Settings'),
  accessToken: z
    .string()
    .min(1)
    .describe('Access token of an app with the permission Catalog Management')
    .meta({ secret: true }),
  feedId: number('feed id')
    .optional()
    .describe('Feed id; only when the items were made by a feed of this catalog, which they belong to for ever'),
  mode: z
    .enum(['push', 'feed'])
    .default('push')
    .describe('push: changes are sent as they happen; feed: TikTok fetches the whole feed daily and after each change'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://business-api.tiktok.com/open_api/v1.3')
    .describe('Address of the API; another one only for tests'),
}); // prettier-ignore
export type TiktokOptions = z.infer<typeof optionsSchema>;

export const channel: Channel<TiktokOptions> = {
  id: 'tiktok',
  title: 'TikTok (catalog for ads)',
  options: optionsSchema,
  spec,
  feed,
  limits: {
    itemsPerBatch: batchLimits.items,
    // Our rows are measured without the JSON around them.
    bytesPerBatch: Math.floor(batchLimits.requestBytes * 0.6),
    requestsPerSecond: batchLimits.requestsPerSecond,
  },
  connect(options, http) {
    const client = createClient(options, http);
    const { send, ...rest } = createPush(client);
    const calls = { ...rest, ...createFeedCalls(client) };
    return options.mode === 'push' ? { send, ...calls } : calls;
  },
};
