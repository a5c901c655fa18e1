/** Snapchat's catalog for Dynamic and Collection Ads (Marketing API v1). It takes items from a feed only. */
import { z } from 'zod';
import type { Channel } from '../../channel.ts';
import { createCatalogCalls } from './catalog.ts';
import { createClient } from './client.ts';
import { createFeedCalls } from './feed-uploads.ts';
import { feed } from './feed.ts';
import { requestLimits } from './limits.ts';
import { spec } from './spec.ts';

export const optionsSchema = z.object({
  catalogId: z
    .string()
    .regex(/^[0-9a-z-]{8,64}$/i, 'the catalog id is a text such as 8dc5f3ff-ab02-460b-bbbd-1ade8bb3da38')
    .describe('Catalog id: Ads Manager, Catalogs, in the page’s address'),
  clientId: z.string().min(1).describe('Client id of your OAuth app: Business Manager, Business Details'),
  clientSecret: z
    .string()
    .min(1)
    .describe('Client secret of your OAuth app; shown once when it is made')
    .meta({ secret: true }),
  refreshToken: z
    .string()
    .min(1)
    .describe('Refresh token of an account that may manage the catalog')
    .meta({ secret: true }),
  accessToken: z
    .string()
    .optional()
    .describe('Access token; Shelfcast gets it itself, leave it empty')
    .meta({ secret: true }),
  renewAfter: z
    .string()
    .optional()
    .describe('When the access token is renewed; Shelfcast keeps it itself, leave it empty'),
  signInUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://accounts.snapchat.com/login/oauth2/access_token')
    .describe('Address for renewing tokens; another one only for tests'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://adsapi.snapchat.com/v1')
    .describe('Address of the API; another one only for tests'),
});
export type SnapchatOptions = z.infer<typeof optionsSchema>;

export const channel: Channel<SnapchatOptions> = {
  id: 'snapchat',
  title: 'Snapchat',
  options: optionsSchema,
  spec,
  feed,
  limits: {
    // No push of items is documented: everything goes with the feed.
    itemsPerBatch: 1_000,
    bytesPerBatch: 8 * 1024 * 1024,
    requestsPerSecond: requestLimits.perSecond,
  },
  connect(options, http, keep) {
    const client = createClient(options, http, keep);
    return { ...createFeedCalls(client), ...createCatalogCalls(client) };
  },
};
