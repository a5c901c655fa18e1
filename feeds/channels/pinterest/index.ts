/** Pinterest's catalogs: product Pins and shopping ads, by API v5. */
import { z } from 'zod';
import type { Channel } from '../../channel.ts';
import { createClient } from './client.ts';
import { createFeedCalls } from './data-source.ts';
import { feed } from './feed.ts';
import { batchLimits, requestKinds } from './limits.ts';
import { createPush } from './push.ts';
import { spec } from './spec.ts';

const number = (what: string) => z.string().regex(/^\d{1,30}$/, `the ${what} is a number`);

export const optionsSchema = z.object({
  accessToken: z
    .string()
    .min(1)
    .describe('Access token with the scopes catalogs:read and catalogs:write')
    .meta({ secret: true }),
  refreshToken: z
    .string()
    .min(1)
    .optional()
    .describe('Refresh token that came with it; without it the connection ends after 30 days')
    .meta({ secret: true }),
  appId: number('app id').optional().describe('App id, needed to renew the token'),
  appSecret: z
    .string()
    .min(1)
    .optional()
    .describe('App secret key, needed to renew the token')
    .meta({ secret: true }),
  renewAfter: z
    .string()
    .optional()
    .describe('When the access token is renewed; Shelfcast keeps it itself, leave it empty'),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'write it like DE')
    .describe('Country of the catalog at Pinterest, two letters'),
  locale: z
    .string()
    .regex(/^[a-z]{2}(?:-(?:[A-Z]{2}|419))?$/, 'write it like en-US or de')
    .describe('Language of the catalog at Pinterest, such as en-US or de'),
  catalogId: number('catalog id')
    .optional()
    .describe('Catalog id; when empty, Pinterest takes the oldest retail catalog'),
  adAccountId: number('ad account id')
    .optional()
    .describe('Ad account id; only when the catalog belongs to another account that shares it with yours'),
  mode: z
    .enum(['push', 'feed'])
    .default('push')
    .describe('push: changes are sent as they happen; feed: Pinterest fetches the whole feed once a day'),
  operation: z
    .enum(['UPSERT', 'CREATE', 'UPDATE'])
    .default('UPSERT')
    .describe('How items are written; UPDATE when a data source makes the items and only changes are pushed'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://api.pinterest.com/v5')
    .describe('Address of the API; another one only for tests'),
});
export type PinterestOptions = z.infer<typeof optionsSchema>;

export const channel: Channel<PinterestOptions> = {
  id: 'pinterest',
  title: 'Pinterest',
  options: optionsSchema,
  spec,
  feed,
  limits: {
    itemsPerBatch: batchLimits.items,
    // Our rows are measured without the JSON around them and the fields that are sent empty.
    bytesPerBatch: Math.floor(batchLimits.requestBytes * 0.6),
    requestsPerSecond: batchLimits.requestsPerSecond,
    kinds: requestKinds,
  },
  connect(options, http, keep) {
    const client = createClient(options, http, keep);
    const { send, ...rest } = createPush(client);
    const calls = { ...rest, ...createFeedCalls(client) };
    return options.mode === 'push' ? { send, ...calls } : calls;
  },
};
