/** What Google allows, each number once, with the page that says so. */
import type { ImageRule } from '../../../catalog/image-rule.ts';

const help = 'https://support.google.com/merchants/answer';
const api = 'https://developers.google.com/merchant/api';
/** Where Google states its rules. */
export const pages = {
  /** The product data specification. */
  spec: `${help}/7052112`,
  category: `${help}/6324436`,
  gtin: `${help}/6324461`,
  couponGtin: `${help}/6286302`,
  identifierExists: `${help}/6324478`,
  brand: `${help}/6324351`,
  image: `${help}/6324350`,
  title: `${help}/6324415`,
  description: `${help}/6324468`,
  shipping: `${help}/6324484`,
  energy: `${help}/13528839`,
  unitPricing: `${help}/6324455`,
  insert: `${api}/guides/products/add-manage`,
  statuses: `${api}/guides/products/product-statuses`,
  dataSources: `${api}/guides/data-sources`,
  quotas: `${api}/guides/quotas-limits`,
  errors: `${api}/guides/error-handling`,
  register: `${api}/guides/quickstart/registration`,
} as const;

/** Most characters per field (pages.spec). */
export const lengths = {
  id: 50, title: 150, description: 5_000, brand: 70, mpn: 70, item_group_id: 50, product_type: 750, url: 2_000,
} as const; // prettier-ignore

/** Up to 10 further images (pages.spec). */
export const mostFurtherImages = 10;
/** Pairs of name and value, characters of each side and of all (pages.spec). */
export const variantOptions = { most: 30, characters: 250, inAll: 5_000 } as const;

/**
 * 100 x 100 pixels (250 x 250 for apparel) today, 500 x 500 for all from 2027-01-31; 16 MB, 64 megapixels (pages.image).
 * Renditions are made as large as is useful: 1500 is what Google advises at least for zoom.
 */
export const imageRule: ImageRule = {
  minWidth: 100,
  minHeight: 100,
  maxWidth: 2048,
  maxHeight: 2048,
  maxBytes: 16 * 1024 * 1024,
  formats: ['jpeg', 'png'],
};
export const imageSides = { apparel: 250, coming: 500, comesOn: Date.UTC(2027, 0, 31) } as const;

/** Countries that Google asks the attributes of clothes and the group of variants for (pages.spec). */
export const detailCountries: readonly string[] = ['BR', 'FR', 'DE', 'JP', 'GB', 'US'];
/** Where the energy class is an attribute of its own; the EU has `certification` since April 2025 (pages.energy). */
export const energyClassCountries: readonly string[] = ['CH', 'NO', 'GB'];
/** The member states, where Regulation (EU) 2017/1369 asks for the label in every offer: https://eur-lex.europa.eu/eli/reg/2017/1369/oj */
export const europeanUnion: readonly string[] = [
  'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV', 'MT',
  'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK',
]; // prettier-ignore

/** Google drops an item 30 days after it was last sent (pages.insert). */
export const expiresAfterDays = 30;

/**
 * There is no batch call: an item is a request. 100 of them are one batch of ours. How many a minute Google lets through it tells
 * by the quota service (pages.quotas); until that is known we keep to 10 a second.
 */
export const pace = { itemsPerBatch: 100, requestsPerSecond: 10, atOnce: 20 } as const;
