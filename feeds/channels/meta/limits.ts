/** What Meta allows, each number once, with the page that says so. */
import type { ImageRule } from '../../../catalog/image-rule.ts';

const docs = 'https://developers.facebook.com/docs/marketing-api';
/** Where Meta states its rules. */
export const pages = {
  fields: `${docs}/catalog/reference`,
  itemsBatch: `${docs}/reference/product-catalog/items_batch`,
  batchStatus: `${docs}/reference/product-catalog/check_batch_request_status`,
  variants: `${docs}/catalog/guides/product-variants`,
  practices: `${docs}/catalog/best-practices`,
  rateLimits: 'https://developers.facebook.com/docs/graph-api/overview/rate-limiting',
  products: `${docs}/reference/product-catalog/products`,
  feeds: `${docs}/catalog/guides/feed-api`,
  localized: `${docs}/reference/product-catalog/localized_items_batch`,
} as const;

/** Most characters per field (pages.fields). */
export const lengths = {
  id: 100, title: 200, description: 9_999, brand: 100, item_group_id: 100, color: 200, size: 200, material: 200,
  pattern: 100, google_product_category: 250, product_type: 750, rich_text_description: 9_999, gtin: 70, mpn: 100,
  internal_label: 110, custom_label: 100,
} as const; // prettier-ignore

/** Advised lengths: 65 for titles (pages.fields); 100 and 5,000 are the limits that pages.itemsBatch still names. */
export const advised = { title: 65, titleOnBatchPage: 100, descriptionOnBatchPage: 5_000 } as const;

/** Up to 20 further images, their addresses in one cell of at most 2,000 characters (pages.fields). */
export const furtherImages = { most: 20, cell: 2_000 } as const;
/** Labels per item (pages.fields). */
export const mostLabels = 5_000;

export const genders = ['female', 'male', 'unisex'] as const;
export const ageGroups = ['adult', 'all ages', 'teen', 'kids', 'toddler', 'infant', 'newborn'] as const;
export const gtinForm = /^(?:\d{8}|\d{12,14})$/;
export const weightForm = /^\d+(?:\.\d+)? (?:lb|oz|g|kg)$/;
export const dateForm = /^\d{4}-\d{2}-\d{2}$/;
export const countryForm = /^[A-Z]{2}$/;

/**
 * 500 x 500 at least, JPEG or PNG, up to 8 MB (pages.fields); carousels crop to a square (pages.itemsBatch), hence the
 * padding; 1024 and more is the usual advice, beyond 2048 nothing is gained.
 */
export const imageRule: ImageRule = {
  minWidth: 500,
  minHeight: 500,
  maxWidth: 2048,
  maxHeight: 2048,
  maxBytes: 8 * 1024 * 1024,
  formats: ['jpeg', 'png'],
  aspect: 1,
};

/** 5,000 items a batch, fewer than 3,000 advised; the request at most 28 MB (pages.itemsBatch). */
export const batchLimits = { items: 2_500, requestBytes: 28 * 1024 * 1024 } as const;
