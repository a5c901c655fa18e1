/** What connects a WooCommerce shop. */
import { z } from 'zod';

export const optionsSchema = z.object({
  shop: z
    .url({ protocol: /^https$/, error: 'write it like https://shop.example' })
    .transform((url) => url.replace(/\/+$/, ''))
    .describe('Shop: the address of its front page, https only'),
  consumerKey: z
    .string()
    .min(1)
    .describe('Consumer key (WooCommerce, Settings, Advanced, REST API)')
    .meta({ secret: true }),
  consumerSecret: z.string().min(1).describe('Consumer secret of the same key').meta({ secret: true }),
  webhookSecret: z
    .string()
    .min(16)
    .optional()
    .describe('Signs what the shop sends; default: made from the consumer secret')
    .meta({ secret: true }),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the REST API instead of the shop’s own; another one only for tests'),
});
export type WooCommerceOptions = z.infer<typeof optionsSchema>;
