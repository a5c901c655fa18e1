/** What TikTok allows, each number once, with the page that says so. */
import type { ImageRule } from '../../../catalog/image-rule.ts';

const docs = 'https://business-api.tiktok.com/portal/docs?id=';
/** Where TikTok states its rules. */
export const pages = {
  fields: 'https://ads.tiktok.com/help/article/catalog-product-parameters',
  practices: 'https://ads.tiktok.com/help/article/best-practices-for-a-high-quality-catalog',
  upload: `${docs}1740497429681153`,
  log: `${docs}1740570027173889`,
  images: `${docs}1739578479392770`,
  feeds: `${docs}1740665161957377`,
  file: `${docs}1740496787164161`,
  /** Issue ids 1101 to 4009. */
  issues: `${docs}1771117279175682`,
  codes: `${docs}1737172488964097`,
} as const;

/** Most characters per field (pages.upload). */
export const lengths = {
  sku_id: 100, title: 500, description: 10_000, brand: 150, color: 100, material: 200, pattern: 100, custom_label: 100,
} as const; // prettier-ignore

/** "At most 10" (issue 1109). */
export const furtherImages = 10;
/** "Only three levels are read" (pages.upload). */
export const categoryLevels = 3;

export const conditions = ['new', 'refurbished', 'used'] as const;
export const genders = ['male', 'female', 'unisex'] as const;
export const ageGroups = ['newborn', 'infant', 'toddler', 'kids', 'adult'] as const;
/** "lb, oz, g or kg" (pages.upload). */
export const weightForm = /^\d+(?:\.\d+)? ?(?:lb|oz|g|kg)$/;

/**
 * JPG or PNG, at least 500 x 500: a smaller one is stored but filtered, and the item stays in processing for ever
 * (pages.images). What TikTok takes at most is not published; this is what other channels take.
 */
export const imageRule: ImageRule = {
  minWidth: 500,
  minHeight: 500,
  maxWidth: 2048,
  maxHeight: 2048,
  maxBytes: 8 * 1024 * 1024,
  formats: ['jpeg', 'png'],
};

/**
 * 5,000 items an upload, 1,000 ids a deletion (pages.upload), 1,000 uploads an hour and catalog. Requests a second are
 * those of an app at the Basic level. A limit in bytes is not published.
 */
export const batchLimits = {
  items: 5_000,
  deletions: 1_000,
  uploadsPerHour: 1_000,
  requestsPerSecond: 5,
  requestBytes: 16 * 1024 * 1024,
} as const;
/** Items read back at once: at most 500 a page, at most 100,000 in all (GET catalog/product/get). */
export const readLimits = { page: 500, reach: 100_000, address: 5_000 } as const;
