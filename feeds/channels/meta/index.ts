/** Meta's catalog: Facebook and Instagram shops, Advantage+ catalog ads, WhatsApp. */
import { z } from 'zod';
import type { Channel } from '../../channel.ts';
import { feed } from './feed.ts';
import { batchLimits } from './limits.ts';
import { overrideForm } from './local.ts';
import { readSets } from './product-sets.ts';
import { connectMeta } from './push.ts';
import { spec } from './spec.ts';

export const optionsSchema = z.object({
  catalogId: z
    .string()
    .regex(/^\d{1,30}$/, 'the catalog id is a number, shown in Commerce Manager under Settings')
    .describe('Catalog id: Commerce Manager, Settings, Business assets'),
  accessToken: z
    .string()
    .min(1)
    .describe('Access token of a system user with the permission catalog_management')
    .meta({ secret: true }),
  appSecret: z
    .string()
    .min(1)
    .optional()
    .describe('App secret; needed only when the app requires proof of it')
    .meta({ secret: true }),
  mode: z
    .enum(['push', 'feed'])
    .default('push')
    .describe(
      'push: changes are sent as they happen; feed: Meta fetches the whole feed daily and after each change',
    ),
  override: z
    .string()
    .regex(overrideForm, 'write a country like FR, or a language like fr_XX')
    .optional()
    .describe(
      'Only when another catalog fills this one at Meta and yours gives a country (FR) or a language (fr_XX) its own texts and prices',
    ),
  productSets: z
    .string()
    .max(5_000)
    .superRefine((text, context) => {
      const sets = readSets(text);
      if (typeof sets === 'string')
        context.addIssue({
          code: 'custom',
          message: `"${sets}" is no set: write it like Linen: material = Linen`,
        });
    })
    .optional()
    .describe(
      'Product sets to keep at Meta, with semicolons between: Linen: material = Linen; Sale: custom_label_0 ~ sale',
    ),
  apiVersion: z
    .string()
    .regex(/^v\d+\.\d+$/, 'write it like v25.0')
    .default('v25.0')
    .describe('Version of the Graph API'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://graph.facebook.com')
    .describe('Address of the Graph API; another one only for tests'),
});
export type MetaOptions = z.infer<typeof optionsSchema>;

export const channel: Channel<MetaOptions> = {
  id: 'meta',
  title: 'Meta (Facebook, Instagram, WhatsApp)',
  options: optionsSchema,
  spec,
  feed,
  limits: {
    itemsPerBatch: batchLimits.items,
    // Our rows are measured without the JSON around them and the fields that are sent empty.
    bytesPerBatch: Math.floor(batchLimits.requestBytes * 0.6),
    // Meta counts per rolling hour and catalog and tells how much is used; the client heeds that. This only spreads.
    requestsPerSecond: 5,
  },
  connect(options, http) {
    const { send, ...rest } = connectMeta(options, http);
    return options.mode === 'push' ? { send, ...rest } : rest;
  },
};
