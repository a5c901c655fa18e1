/** What a shop owner gives to connect a Shopify shop, and the API version that everything here is written for. */
import { ApiVersion } from '@shopify/shopify-api';
import { z } from 'zod';
import { attributeNames } from '../../product.ts';

/** The stable version of autumn 2026, stated here only. https://shopify.dev/docs/api/usage/versioning */
export const apiVersion = ApiVersion.October26;

/** What the app asks for at installation. https://shopify.dev/docs/api/usage/access-scopes */
export const scopes = ['read_products', 'read_inventory', 'read_markets', 'read_translations'] as const;

const metafieldKey = z.string().regex(/^[^.\s]{2,255}\.[^\s]{2,64}$/, 'write it as namespace.key');

export const optionsSchema = z.object({
  shop: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[a-z0-9][a-z0-9-]*\.myshopify\.com$/, 'write it like my-shop.myshopify.com')
    .describe('Shop: the address that ends in .myshopify.com (Settings, Domains)'),
  accessToken: z
    .string()
    .min(1)
    .describe('Admin API access token of a custom app with read_products and read_inventory')
    .meta({ secret: true }),
  apiSecret: z
    .string()
    .min(1)
    .describe('API secret key of the same app; it signs what the shop sends')
    .meta({ secret: true }),
  metafields: z
    .record(metafieldKey, z.enum(attributeNames))
    .default({})
    .describe('Metafields to read: namespace.key → item field'),
  market: z
    .string()
    .regex(/^[A-Z]{2}$/, 'use an ISO 3166-1 code such as DE')
    .optional()
    .describe('Country whose market prices are read; default: the prices of the shop itself'),
  locale: z
    .string()
    .min(2)
    .max(10)
    .optional()
    .describe('Language whose translations are read; default: the language of the shop itself'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the Admin API instead of the shop’s own; another one only for tests'),
});
export type ShopifyOptions = z.infer<typeof optionsSchema>;
