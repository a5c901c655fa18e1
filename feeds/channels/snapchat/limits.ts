/** What Snapchat allows, each number once, with the page that says so. */
import type { ImageRule } from '../../../catalog/image-rule.ts';

const docs = 'https://developers.snap.com/api/marketing-api/Ads-API';
/** Where Snapchat states its rules. Its own list of columns is open to customers only; two guides restate it. */
export const pages = {
  columns: 'https://feed-donkey.io/articles/snapchat-product-catalog-build-guide',
  olderColumns: 'https://www.actioncy.io/directory/snapchat/product-catalog',
  catalogs: `${docs}/dynamic-product-ads`,
  search: `${docs}/dynamic-collections-ads`,
  patterns: `${docs}/api-patterns`,
  sign: `${docs}/authentication`,
  rateLimits: `${docs}/rate-limits`,
} as const;

/** Most characters per field (pages.columns; brand, gtin and mpn: pages.olderColumns too; the others are what feed makers keep to). */
export const lengths = {
  id: 128, title: 375, description: 5_000, link: 2_000, brand: 70, gtin: 70, mpn: 50, item_group_id: 128,
  google_product_category: 250, product_type: 750, color: 100, size: 100, material: 200, custom_label: 100,
} as const; // prettier-ignore
/** "No more than ~40 characters to ensure it is not truncated on the ad" (pages.columns). */
export const advisedTitle = 40;
/** How many it takes is not published; this is what the other channels take. */
export const furtherImages = 10;
/** Below 200 it is refused (pages.columns); 500 is the figure in newer guides. */
export const advisedSide = 500;

export const conditions = ['new', 'refurbished', 'used'] as const;
export const genders = ['male', 'female', 'unisex'] as const;
export const ageGroups = ['newborn', 'infant', 'toddler', 'kids', 'adult'] as const;
export const sizeTypes = ['regular', 'petite', 'plus', 'big and tall', 'maternity'] as const;
/** "Maximum of 50 numeric characters" (pages.olderColumns). */
export const mpnForm = /^\d{1,50}$/;
export const gtinForm = /^[a-z0-9]{1,70}$/i;

/** JPEG or PNG, no GIF, at least 200 x 200 (pages.columns). What it takes at most is not published. */
export const imageRule: ImageRule = {
  minWidth: 200,
  minHeight: 200,
  maxWidth: 2048,
  maxHeight: 2048,
  maxBytes: 8 * 1024 * 1024,
  formats: ['jpeg', 'png'],
};

/** 10 requests a second and token (pages.rateLimits); a page holds 50 to 1,000 entries (pages.patterns). */
export const requestLimits = { perSecond: 10, page: 1_000 } as const;
