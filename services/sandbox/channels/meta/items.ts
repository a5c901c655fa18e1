/**
 * What Meta's documentation asks of an item, written from it and not from our own checks:
 * https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/product-catalog/items_batch
 * https://developers.facebook.com/docs/marketing-api/catalog/reference
 */
export type MetaItem = Record<string, unknown>;

const required = ['title', 'description', 'availability', 'condition', 'price', 'link', 'brand'];
const price = /^\d+(\.\d+)? [A-Z]{3}$/;
const address = /^https?:\/\/[^\s]+$/;
const saleDates =
  /^\d{4}-\d{2}-\d{2}T\d{1,2}:\d{2}([+-]\d{2}:?\d{2})?\/\d{4}-\d{2}-\d{2}T\d{1,2}:\d{2}([+-]\d{2}:?\d{2})?$/;
const words: Record<string, string[]> = {
  availability: [
    'in stock', 'out of stock', 'available for order', 'discontinued', 'preorder', 'pending', 'mark_as_sold',
  ],
  condition: ['new', 'refurbished', 'used', 'cpo', 'open_box_new', 'used_fair', 'used_good', 'used_like_new'],
  gender: ['female', 'male', 'unisex'],
  age_group: ['adult', 'all ages', 'teen', 'kids', 'toddler', 'infant', 'newborn'],
  status: ['active', 'archived'],
}; // prettier-ignore
const lengths: Record<string, number> = {
  id: 100, title: 200, description: 9_999, brand: 100, mpn: 100, item_group_id: 100, color: 200, size: 200,
  material: 200, pattern: 100, product_type: 750, google_product_category: 250, gtin: 70, rich_text_description: 9_999,
}; // prettier-ignore
const known = new Set([
  ...required, ...Object.keys(words), ...Object.keys(lengths), 'image_link', 'image', 'additional_image_link',
  'sale_price', 'sale_price_effective_date', 'quantity_to_sell_on_facebook', 'inventory', 'additional_variant_attribute',
  'fb_product_category', 'short_description', 'internal_label', 'product_tags', 'shipping', 'shipping_weight',
  'unit_price', 'return_policy_info', 'expiration_date', 'video', 'mobile_link', 'applink', 'disabled_capabilities',
  'ordering_index', 'vendor_id', 'rating_count', 'user_rating', 'origin_country', 'importer_name', 'importer_address',
  'manufacturer_info', 'wa_compliance_category', 'tax', 'custom_label_0', 'custom_label_1', 'custom_label_2',
  'custom_label_3', 'custom_label_4', 'custom_number_0', 'custom_number_1', 'custom_number_2', 'custom_number_3',
  'custom_number_4',
]); // prettier-ignore

export interface Verdict {
  errors: string[];
  warnings: string[];
}

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === '';
const amount = (value: unknown): number => Number.parseFloat(String(value));

/** `whole`: an item that must stand by itself (created now, or after the update). */
export function judgeItem(item: MetaItem, sent: MetaItem = item): Verdict {
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const field of required)
    if (isMissing(item[field])) errors.push(`A required field is missing: ${field}.`);
  if (isMissing(item['image_link']) && !Array.isArray(item['image']))
    errors.push('A required field is missing: image_link.');
  for (const [field, most] of Object.entries(lengths))
    if (typeof item[field] === 'string' && [...item[field]].length > most)
      errors.push(`The value of ${field} is longer than ${most} characters.`);
  for (const [field, allowed] of Object.entries(words))
    if (!isMissing(item[field]) && !allowed.includes(String(item[field]).toLowerCase()))
      errors.push(`The value "${String(item[field])}" of ${field} is not one of: ${allowed.join(', ')}.`);
  for (const field of ['price', 'sale_price'])
    if (!isMissing(item[field]) && !price.test(String(item[field])))
      errors.push(
        `The value of ${field} must be a number, a space and an ISO 4217 code, such as "9.99 USD".`,
      );
  if (amount(item['price']) <= 0) errors.push('Item price must be positive. (ITEM_PRICE_NOT_POSITIVE)');
  if (!isMissing(item['sale_price']) && amount(item['sale_price']) >= amount(item['price']))
    errors.push('The sale price must be lower than the price. (INVALID_SALE_PRICE)');
  const window = item['sale_price_effective_date'];
  if (!isMissing(window) && !saleDates.test(String(window)))
    errors.push('sale_price_effective_date must be two ISO 8601 times with a slash between.');
  for (const field of ['link', 'image_link'])
    if (!isMissing(item[field]) && !address.test(String(item[field])))
      errors.push(`The value of ${field} is not a valid URL.`);
  if (
    typeof item['link'] === 'string' &&
    URL.canParse(item['link']) &&
    new URL(item['link']).pathname === '/' &&
    new URL(item['link']).search === ''
  )
    warnings.push('The link is the home page, not the page of the product. (PRODUCT_URL_EQUALS_DOMAIN)');
  if (!isMissing(item['gtin']) && !/^(\d{8}|\d{12,14})$/.test(String(item['gtin'])))
    warnings.push('GTIN is incorrectly formatted.');
  for (const field of Object.keys(sent))
    if (!known.has(field) && !/^(image|video|applink)[[.]/.test(field))
      warnings.push(`Unrecognised field ${field}.`);
  return { errors, warnings };
}

/** https://developers.facebook.com/docs/marketing-api/reference/product-catalog/localized_items_batch */
const localizable = new Set([
  'id', 'title', 'description', 'availability', 'link', 'brand', 'price', 'sale_price', 'sale_price_effective_date',
  'color', 'size', 'material', 'pattern', 'custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3',
  'custom_label_4', 'short_description', 'additional_variant_attribute', 'image', 'unit_price', 'base_price', 'status',
]); // prettier-ignore
const countryOnly = ['price', 'sale_price', 'unit_price', 'base_price', 'status', 'availability'];

/** What another country or language sees instead: few fields, none of them required. */
export function judgeLocal(item: MetaItem, type: string): Verdict {
  const errors: string[] = [];
  for (const field of Object.keys(item)) {
    if (!localizable.has(field)) errors.push(`The field ${field} cannot be localized.`);
    else if (type === 'LANGUAGE' && countryOnly.includes(field))
      errors.push(`The field ${field} must only be provided for a country.`);
  }
  if (!isMissing(item['price']) && !price.test(String(item['price'])))
    errors.push('The value of price must be a number, a space and an ISO 4217 code.');
  return { errors, warnings: [] };
}
