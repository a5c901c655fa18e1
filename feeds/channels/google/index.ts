/** Google Merchant Center: Shopping ads, free listings, YouTube Shopping. */
import { z } from 'zod';
import type { Channel } from '../../channel.ts';
import { feed, patchable } from './feed.ts';
import { expiresAfterDays, pace } from './limits.ts';
import { connectGoogle } from './push.ts';
import { parseKey } from './sign-in.ts';
import { spec } from './spec.ts';

export const optionsSchema = z.object({
  merchantId: z
    .string()
    .regex(/^\d{1,20}$/, 'the Merchant Center id is a number, shown at the top right of Merchant Center')
    .describe('Merchant Center id: the number at the top right of Merchant Center'),
  serviceAccountKey: z
    .string()
    .refine((text) => parseKey(text) !== undefined, 'paste the whole JSON key file of a service account')
    .describe('Key of a service account: the whole JSON file from Google Cloud (IAM, Service accounts, Keys)')
    .meta({ secret: true }),
  dataSourceId: z
    .string()
    .regex(/^\d{1,20}$/, 'the data source id is a number')
    .optional()
    .describe('Data source id of the type API; one named Shelfcast is made when this is empty'),
  contentLanguage: z
    .string()
    .regex(/^[a-z]{2}$/, 'write two small letters such as de')
    .optional()
    .describe("Language of the items, two letters; the catalog's own when empty"),
  feedLabel: z
    .string()
    .regex(/^[A-Z0-9-]{1,20}$/, 'use up to 20 of A-Z, 0-9 and -')
    .optional()
    .describe("Feed label; the code of the catalog's country when empty"),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://merchantapi.googleapis.com')
    .describe('Address of the Merchant API; another one only for tests'),
});
export type GoogleOptions = z.infer<typeof optionsSchema>;

export const channel: Channel<GoogleOptions> = {
  id: 'google',
  title: 'Google (Merchant Center, YouTube Shopping)',
  options: optionsSchema,
  spec,
  feed,
  limits: {
    itemsPerBatch: pace.itemsPerBatch,
    // every item is a request of its own, and far below any limit of bytes
    bytesPerBatch: 28 * 1024 * 1024,
    requestsPerSecond: pace.requestsPerSecond,
    expiresAfterDays,
  },
  patchable,
  connect: (options, http, keep) => connectGoogle(options, http, keep),
};
