/**
 * A product as a source gives it (`ProductInput`: the source's texts, our names) and as we keep it
 * (`Product`: clean, checked, with its variants inside).
 */
import { z } from 'zod';
import { issueSchema } from './issue.ts';
import { moneySchema } from './money.ts';
import type { PreparedImage } from './prepared-image.ts';

export const availabilities = ['in_stock', 'out_of_stock', 'preorder', 'backorder', 'discontinued'] as const;
export const conditions = ['new', 'refurbished', 'used'] as const;

/**
 * Attributes that a product or one of its variants may carry; a variant's value wins over its product's.
 * Texts, unless said. The names are those of the feed specifications in snake_case, so that one table serves
 * sources, overrides and channels.
 */
export const attributeNames = [
  'color', 'size', 'size_type', 'size_system', 'gender', 'age_group', 'material', 'pattern', 'condition',
  'mpn', 'google_product_category', 'product_type', 'brand', 'energy_efficiency_class',
  'custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4',
  'short_description', 'shipping_weight', 'unit_pricing_measure', 'unit_pricing_base_measure',
  'availability_date', 'expiration_date', 'video_link', 'mobile_link', 'adult', 'is_bundle', 'multipack',
  'identifier_exists', 'tax_category', 'origin_country',
  'structured_title', 'structured_description', 'short_title', 'lifestyle_image_link', 'virtual_model_link',
  'ads_redirect', 'document_link', 'cost_of_goods_sold', 'auto_pricing_min_price', 'maximum_retail_price', 'installment',
  'subscription_cost', 'loyalty_program', 'certification', 'min_energy_efficiency_class', 'max_energy_efficiency_class',
  'item_group_title', 'product_detail', 'product_highlight', 'question_and_answer', 'related_product', 'popularity_rank',
  'product_length', 'product_width', 'product_height', 'product_weight', 'promotion_id', 'external_seller_id',
  'included_destination', 'excluded_destination', 'shopping_ads_excluded_country', 'pause', 'disclosure_date',
  'shipping', 'shipping_label', 'shipping_length', 'shipping_width', 'shipping_height', 'min_handling_time',
  'max_handling_time', 'minimum_order_value', 'return_policy_label', 'transit_time_label',
  'fb_product_category', 'return_policy_info', 'disabled_capabilities', 'ordering_index', 'vendor_id', 'rating_count',
  'user_rating', 'importer_name', 'importer_address', 'manufacturer_info', 'wa_compliance_category',
  'custom_number_0', 'custom_number_1', 'custom_number_2', 'custom_number_3', 'custom_number_4',
  'ios_url', 'ios_app_store_id', 'ios_app_name', 'android_url', 'android_package', 'android_app_name',
  'iphone_url', 'iphone_app_store_id', 'iphone_app_name', 'ipad_url', 'ipad_app_store_id', 'ipad_app_name',
  'tax', 'min_ad_price', 'free_shipping_label', 'free_shipping_limit', 'number_of_reviews',
] as const; // prettier-ignore
export type AttributeName = (typeof attributeNames)[number];
const attributesSchema = z.partialRecord(z.enum(attributeNames), z.string());
export type Attributes = z.infer<typeof attributesSchema>;

/** One variant in the source's own texts; absent and blank mean the same. */
export interface VariantInput {
  /** Identity at the source, the same on every import: option values joined, or the row's id. */
  sourceId: string;
  sku?: string;
  gtin?: string;
  options?: { name: string; value: string }[];
  /** What a customer pays now, unless `regularPrice` is greater: then this is the sale price (Shopify's way). */
  price?: string;
  regularPrice?: string;
  /** An explicit sale price (feeds, WooCommerce). */
  salePrice?: string;
  saleStarts?: string;
  saleEnds?: string;
  /** A word of any source ("in stock", "instock", "1"); wins over `quantity` when both are there. */
  availability?: string;
  quantity?: string;
  /** The source counts stock for this variant. Default: true when `quantity` is given. */
  tracked?: boolean;
  /** May be sold at quantity 0. */
  oversell?: boolean;
  imageUrl?: string;
  /** The page of exactly this variant. */
  link?: string;
  attributes?: Attributes;
  /** Line of the file where the variant stands. */
  line?: number;
}

/** One product in the source's own texts. */
export interface ProductInput {
  /** Identity at the source, the same on every import: the handle, the parent's id. */
  sourceId: string;
  /** The product's URL word, where the source has one. */
  slug?: string;
  title?: string;
  descriptionHtml?: string;
  vendor?: string;
  tags?: string[];
  link?: string;
  /** `active` items go to channels; the others are kept and shown but never sent. Default `active`. */
  status?: 'active' | 'draft' | 'archived';
  /** In order; the first is the main image. Addresses may be relative to the import's image folder. */
  images?: { url: string; alt?: string }[];
  attributes?: Attributes;
  variants: VariantInput[];
  /** Line of the file where the product begins. */
  line?: number;
}

export const variantSchema = z.object({
  sourceId: z.string(),
  /** The item's id at every channel: fixed at first sight, never recomputed. */
  offerId: z.string(),
  sku: z.string().optional(),
  /** Checked digits (8, 12, 13 or 14). */
  gtin: z.string().optional(),
  options: z.array(z.object({ name: z.string(), value: z.string() })),
  /** Absent when it could not be read: then an Issue says so. */
  price: moneySchema.optional(),
  salePrice: moneySchema.optional(),
  saleStarts: z.date().optional(),
  saleEnds: z.date().optional(),
  availability: z.enum(availabilities),
  quantity: z.number().int().optional(),
  imageUrl: z.string().optional(),
  link: z.string().optional(),
  attributes: attributesSchema,
});
export type Variant = z.infer<typeof variantSchema>;

/** A person's value for one field; it wins over the source's and survives every import. */
export const overrideSchema = z.object({
  /** A field of Item that may be overridden, see `overridableFields` in catalog/item.ts. */
  field: z.string(),
  /** `sourceId` of the variant; absent: all variants of the product. */
  variant: z.string().optional(),
  value: z.string(),
  by: z.string(),
  at: z.date(),
});
export type Override = z.infer<typeof overrideSchema>;

/** What a second source says of one field of one variant; see catalog/supplements/. */
export interface SupplementValue {
  /** Id of the second source. */
  from: string;
  /** `sourceId` of the variant. */
  variant: string;
  /** One of `suppliedFields` in catalog/supplements/fields.ts. */
  field: string;
  value: string;
}

export const productSchema = z.object({
  sourceId: z.string(),
  slug: z.string().optional(),
  title: z.string(),
  /** Plain text. */
  description: z.string(),
  /** As the source gave it; never sent without the channel's own cleaning. */
  descriptionHtml: z.string().optional(),
  brand: z.string().optional(),
  tags: z.array(z.string()),
  link: z.string().optional(),
  status: z.enum(['active', 'draft', 'archived']),
  images: z.array(z.object({ url: z.string(), alt: z.string().optional() })),
  attributes: attributesSchema,
  variants: z.array(variantSchema).min(1),
  /** What the source got wrong; issues of one variant carry its `sourceId` in `variant`. */
  issues: z.array(issueSchema),
});
export type Product = z.infer<typeof productSchema>;

/** A product as the store keeps it. */
export interface StoredProduct extends Product {
  /** `{catalogId}:{sourceId}` */
  id: string;
  catalogId: string;
  /** Hash of what the source gave and of the settings it was read with; unchanged = nothing to do. */
  hash: string;
  overrides: Override[];
  /** Absent when no second source knows any of its variants. */
  supplements?: SupplementValue[];
  /** By image address: what became of it. */
  prepared: Record<string, PreparedImage>;
  /** What lags behind the content; absent when the listings are up to date. */
  needs?: 'images' | 'listings';
  /** Raised by one with every change of what an item is made of; guards a late write of a slow step. */
  revision: number;
  removedAt?: Date;
  /** Since when the source has said so, where it can be read in two ways at once. */
  asOf?: Date;
  createdAt: Date;
  updatedAt: Date;
}

/** What a scan of all products brings: without what only the store and the import ask for. */
export interface ScannedProduct extends Omit<
  StoredProduct,
  'hash' | 'revision' | 'asOf' | 'createdAt' | 'updatedAt' | 'prepared'
> {
  prepared: Record<
    string,
    Omit<PreparedImage, 'original' | 'sourceHash' | 'etag' | 'lastModified' | 'ruleKey' | 'checkedAt'>
  >;
}
