/** What Pinterest allows, each number once, with the page that says so. */
import type { ImageRule } from '../../../catalog/image-rule.ts';
import type { RequestKind } from '../../channel.ts';

/** Where Pinterest states its rules. */
export const pages = {
  /** The lengths and words of every attribute, and the error names: Pinterest's own OpenAPI description, 5.23. */
  api: 'https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml',
  shopping: 'https://developers.pinterest.com/docs/api-features/shopping-overview/',
  catalogs: 'https://help.pinterest.com/en/business/article/before-you-get-started-with-catalogs',
  /** Restates Pinterest's data source specification: id 127, link 511, no comma in image addresses. */
  columns: 'https://feed-donkey.io/articles/pinterest-catalogs-feed-build-guide',
  sign: 'https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/',
  rateLimits: 'https://developers.pinterest.com/docs/reference/rate-limits/',
  guidelines: 'https://policy.pinterest.com/en/merchant-guidelines',
} as const;

/** Most characters per field (pages.api; id, item group and link: pages.columns). */
export const lengths = {
  id: 127, item_group_id: 127, title: 500, description: 10_000, link: 511, image_link: 2_000, video_link: 2_000,
  product_type: 1_000, custom_label: 511,
} as const; // prettier-ignore

/** Up to ten (pages.api). */
export const furtherImages = 10;

export const conditions = ['new', 'used', 'refurbished'] as const;
export const genders = ['male', 'female', 'unisex'] as const;
export const ageGroups = ['newborn', 'infant', 'toddler', 'kids', 'adult'] as const;
export const sizeTypes = ['regular', 'petite', 'plus', 'big_and_tall', 'maternity'] as const;
export const sizeSystems = ['US', 'UK', 'EU', 'DE', 'FR', 'JP', 'CN', 'IT', 'BR', 'MEX', 'AU'] as const;
/** A number, a space and a unit (SHIPPING_WEIGHT_INVALID, WEIGHT_UNIT_INVALID in pages.api). */
export const weightForm = /^\d+(?:\.\d+)? (?:lb|oz|g|kg)$/;
export const measureForm = /^\d+(?:\.\d+)? [a-z][a-z ]*$/i;
export const dateForm = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}.*)?$/;
export const gtinForm = /^(?:\d{8}|\d{12,14})$/;
/** "Alpha-numeric codes" (pages.api, MPN_INVALID); makers write them with dashes and dots, which do no harm. */
export const mpnForm = /^[\p{L}\p{N}][\p{L}\p{N} ._/-]*$/u;
/** ".mp4, .mov or .m4v" (pages.api). */
export const videoForm = /\.(?:mp4|mov|m4v)(?:[?#]|$)/i;

/**
 * At least 75 x 75 (pages.api). What it takes at most is not published; Pins take 20 MB, JPEG and PNG among others. A
 * Pin is shown as it is, upright ones best, so nothing is padded.
 */
export const imageRule: ImageRule = {
  minWidth: 75,
  minHeight: 75,
  maxWidth: 2048,
  maxHeight: 3072,
  maxBytes: 20 * 1024 * 1024,
  formats: ['jpeg', 'png'],
};

/**
 * 1 to 1,000 items a batch (pages.api). A limit in bytes is not published; 1,000 items of full length stay below this.
 * 100 requests a second and user (pages.rateLimits, "Standard access"); an app on trial has 1,000 a day.
 */
export const batchLimits = { items: 1_000, requestBytes: 16 * 1024 * 1024, requestsPerSecond: 100 } as const;

/**
 * "Requests per minute per user per app" of the categories `catalogs_read` and `catalogs_write` (pages.rateLimits). Asking
 * for items is a POST and counts as reading (`x-ratelimit-category` in pages.api).
 */
const perMinute = 100;
const isRead = (method: string, path: string): boolean =>
  method === 'GET' || /\/catalogs\/(?:items|products\/get_by_product_group_filters)$/.test(path);
export const requestKinds: readonly RequestKind[] = [
  {
    name: 'catalogs_read',
    perMinute,
    is: (method, path) => path.includes('/catalogs') && isRead(method, path),
  },
  { name: 'catalogs_write', perMinute, is: (_, path) => path.includes('/catalogs') },
];
