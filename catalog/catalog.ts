/** One merchant's shop: what every product of it has in common. */
import { z } from 'zod';
import { guardsSchema } from './guards.ts';

/** Ids appear in URLs and as the prefix of every document id, hence the narrow alphabet. */
export const catalogIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'use 1 to 40 lower-case letters, digits and hyphens');

/** One of the shop's own categories, and which of Google's it means. */
export const mappedCategorySchema = z.object({
  /** As the shop writes it: `Men > Shirts`. */
  path: z.string().min(1).max(750),
  /** Google's number. */
  category: z.string().regex(/^\d{1,10}$/),
  by: z.string(),
  at: z.coerce.date(),
});
export type MappedCategory = z.infer<typeof mappedCategorySchema>;

export const catalogSchema = z.object({
  id: catalogIdSchema,
  name: z.string().min(1).max(200),
  /** ISO 4217; prices without a currency of their own are read in it. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'use an ISO 4217 code such as EUR'),
  /** ISO 3166-1 alpha-2: the market the catalog sells to. */
  country: z.string().regex(/^[A-Z]{2}$/, 'use an ISO 3166-1 code such as DE'),
  /** BCP 47; decides how `1.234,50` is read and how titles are counted. */
  language: z.string().min(2).max(35).default('en'),
  /** The shop's address; product links are made from it where the source gives none: `{shopUrl}/products/{slug}`. */
  shopUrl: z.url({ protocol: /^https?$/ }),
  /** Brand of products that name none; usually the shop's own name. */
  defaultBrand: z.string().max(100).optional(),
  /** Time zone of sale dates without one of their own (IANA name). */
  timeZone: z.string().default('UTC'),
  /** Column → field for a CSV whose header is not known; see catalog/tables/mapping.ts. */
  mapping: z.record(z.string(), z.string()).optional(),
  /** A complete import that would remove more than this share (0..1) of the products is held. */
  removalGuard: z.number().min(0).max(1).default(0.2),
  /** What the shop's own categories (product_type) mean at Google, as a person said; see catalog/categories.ts. */
  categories: z.array(mappedCategorySchema).optional(),
  /** Ids of the second sources and `main`, the source of the products: whose value wins, the first first. */
  sourceOrder: z.array(z.string()).optional(),
  /** The other guard rails. */
  guards: guardsSchema.prefault({}),
  /** Channel → what becomes there of what sells out or leaves the shop; see feeds/policy.ts for the usual ones. */
  policies: z
    .record(
      z.string(),
      z.object({ outOfStock: z.enum(['mark', 'remove']), gone: z.enum(['mark', 'remove']) }),
    )
    .optional(),
  /**
   * `automatic`: what a comparison with a channel finds amiss of ours is sent, or taken down, again without asking.
   * Default: asked.
   */
  repairs: z.enum(['asked', 'automatic']).optional(),
  /** Ids of the channels that are on. */
  channels: z.array(z.string()).default([]),
});
export type Catalog = z.infer<typeof catalogSchema>;
