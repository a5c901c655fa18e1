/**
 * What Pinterest's documentation asks of an item, written from it and not from our own checks:
 * https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml (CatalogsRetailBatchRequest, ItemAttributesRequest,
 * CatalogsItemValidationErrors and -Warnings), and a restatement of its data source specification:
 * https://feed-donkey.io/articles/pinterest-catalogs-feed-build-guide
 */
export type Attributes = Record<string, unknown>;

export interface Event {
  name: string;
  attribute: string;
  code: number;
  message: string;
  provided: string | null;
}
export interface Verdict {
  errors: Event[];
  warnings: Event[];
}

const texts = [
  'ad_link', 'age_group', 'android_deep_link', 'availability', 'brand', 'color', 'condition', 'custom_label_0', 'custom_label_1',
  'custom_label_2', 'custom_label_3', 'custom_label_4', 'description', 'free_shipping_limit', 'gender',
  'google_product_category', 'installment_price', 'ios_deep_link', 'item_group_id', 'link', 'material', 'min_ad_price',
  'mobile_link', 'mpn', 'pattern', 'price', 'product_type', 'promotion_id', 'sale_price', 'sale_price_effective_date',
  'shipping', 'shipping_height', 'shipping_weight', 'shipping_width', 'size', 'size_system', 'size_type', 'tax', 'title',
  'unit_pricing_base_measure', 'unit_pricing_measure', 'video_link', 'gtin',
]; // prettier-ignore
const lists = ['image_link', 'additional_image_link', 'variant_names', 'variant_values'];
const truths = ['adult', 'free_shipping_label', 'checkout_enabled', 'save_pin_disabled'];
const numbers = [
  'average_review_rating', 'number_of_ratings', 'number_of_reviews', 'last_updated_time', 'custom_number_0',
  'custom_number_1', 'custom_number_2', 'custom_number_3', 'custom_number_4',
]; // prettier-ignore
/** Not `nullable` in the description. */
const solid = new Set([
  'title', 'description', 'link', 'price', 'availability', 'image_link', 'ad_link', 'min_ad_price', 'ios_deep_link',
  'android_deep_link', 'save_pin_disabled',
]); // prettier-ignore
const types = new Map<string, (value: unknown) => boolean>([
  ...texts.map((name) => [name, (value: unknown) => typeof value === 'string'] as const),
  ...lists.map((name) => [name, (value: unknown) => Array.isArray(value) && value.every((v) => typeof v === 'string')] as const),
  ...truths.map((name) => [name, (value: unknown) => typeof value === 'boolean'] as const),
  ...numbers.map((name) => [name, (value: unknown) => typeof value === 'number'] as const),
]); // prettier-ignore

/** The first thing that breaks the schema: such a request is refused whole. */
export function findSchemaFault(operation: unknown, attributes: unknown): string | undefined {
  if (!['CREATE', 'UPDATE', 'UPSERT', 'DELETE'].includes(String(operation)))
    return `'${String(operation)}' is not one of the operations`;
  if (operation === 'DELETE') return undefined;
  if (typeof attributes !== 'object' || attributes === null) return `'attributes' is a required property`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null && !solid.has(name)) continue;
    const isRight = types.get(name);
    if (isRight && !isRight(value)) return `${JSON.stringify(value)} is not of the type of ${name}`;
    if (name === 'image_link' && Array.isArray(value) && value.length !== 1)
      return 'image_link must hold exactly one address';
  }
  return undefined;
}

/** Pinterest publishes 106 and 112; the others are this sandbox's own. */
const codes: Record<string, number> = { TITLE_MISSING: 106, AVAILABILITY_INVALID: 112 };
const ownCode = (name: string): number =>
  200 + ([...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 700, 7) % 700);

export const toEvent = (
  name: string,
  attribute: string,
  message: string,
  provided: unknown = null,
): Event => ({
  name,
  attribute,
  code: codes[name] ?? ownCode(name),
  message,
  provided:
    provided === null || provided === undefined ? null : typeof provided === 'string' ? provided : JSON.stringify(provided),
}); // prettier-ignore

const required: readonly (readonly [string, string])[] = [
  ['title', 'TITLE_MISSING'],
  ['description', 'DESCRIPTION_MISSING'],
  ['link', 'PRODUCT_LINK_MISSING'],
  ['image_link', 'IMAGE_LINK_MISSING'],
  ['price', 'PRICE_MISSING'],
  ['availability', 'AVAILABILITY_INVALID'],
];
const words: Record<string, { allowed: string[]; name: string; severity: 'errors' | 'warnings' }> = {
  availability: { allowed: ['in stock', 'out of stock', 'preorder'], name: 'AVAILABILITY_INVALID', severity: 'errors' },
  condition: { allowed: ['new', 'used', 'refurbished'], name: 'OPTIONAL_CONDITION_INVALID', severity: 'warnings' },
  gender: { allowed: ['male', 'female', 'unisex'], name: 'GENDER_INVALID', severity: 'warnings' },
  age_group: { allowed: ['newborn', 'infant', 'toddler', 'kids', 'adult'], name: 'AGE_GROUP_INVALID', severity: 'warnings' },
  size_type: { allowed: ['regular', 'petite', 'plus', 'big_and_tall', 'maternity'], name: 'SIZE_TYPE_INVALID', severity: 'warnings' },
  size_system: { allowed: ['us', 'uk', 'eu', 'de', 'fr', 'jp', 'cn', 'it', 'br', 'mex', 'au'], name: 'SIZE_SYSTEM_INVALID', severity: 'warnings' },
}; // prettier-ignore
const lengths: readonly (readonly [string, number, string, 'errors' | 'warnings'])[] = [
  ['title', 500, 'TITLE_LENGTH_TOO_LONG', 'warnings'],
  ['description', 10_000, 'DESCRIPTION_LENGTH_TOO_LONG', 'warnings'],
  ['link', 511, 'LINK_LENGTH_TOO_LONG', 'errors'],
  ['product_type', 1_000, 'PRODUCT_TYPE_LENGTH_TOO_LONG', 'warnings'],
  ...[0, 1, 2, 3, 4].map((n) => [`custom_label_${n}`, 511, 'CUSTOM_LABEL_LENGTH_TOO_LONG', 'warnings'] as const),
]; // prettier-ignore
const price = /^\d+(?:\.\d+)? ?(?:[A-Z]{3})?$/;
const address = /^https?:\/\/[^\s]+$/;
const date = /^\d{4}-\d{2}-\d{2}(?:T\d{1,2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Groups, prices and addresses whose faults only warn. */
const forms: readonly (readonly [string, RegExp, string])[] = [
  ['shipping', /^[^:]*:[^:]*:[^:]*:\d+(?:\.\d+)? ?[A-Z]{3}$/, 'SHIPPING_INVALID'],
  ['tax', /^[A-Z]{2}:[^:]*:\d+(?:\.\d+)?(?::[yn])?$/, 'TAX_INVALID'],
  ['min_ad_price', price, 'MIN_AD_PRICE_INVALID'],
  ['shipping_height', /^\d+(?:\.\d+)? \w+$/, 'SHIPPING_HEIGHT_INVALID'],
  ['shipping_width', /^\d+(?:\.\d+)? \w+$/, 'SHIPPING_WIDTH_INVALID'],
  ['ad_link', address, 'AD_LINK_FORMAT_WARNING'],
  ['ios_deep_link', /^[a-z][\w+.-]*:\S+$/i, 'IOS_DEEP_LINK_INVALID'],
  ['android_deep_link', /^[a-z][\w+.-]*:\S+$/i, 'ANDROID_DEEP_LINK_INVALID'],
];

const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What ingestion says of an item that must stand by itself. `claimed`: the domains that are claimed; none: any. */
export function judge(itemId: string, item: Attributes, claimed: readonly string[] = []): Verdict {
  const errors: Event[] = [];
  const warnings: Event[] = [];
  const verdict = { errors, warnings };
  const say = (kind: 'errors' | 'warnings', name: string, attribute: string, message: string, value?: unknown): void => {
    verdict[kind].push(toEvent(name, attribute, message, value));
  };
  if (itemId === '' || [...itemId].length > 127) say('errors', 'ITEMID_MISSING', 'id', 'The item has no usable item id.', itemId);
  for (const [attribute, name] of required)
    if (isMissing(item[attribute])) say('errors', name, attribute, `The item is missing ${attribute}.`);
  for (const [attribute, { allowed, name, severity }] of Object.entries(words))
    if (!isMissing(item[attribute]) && !allowed.includes(textOf(item[attribute]).toLowerCase()))
      say(severity, name, attribute, `The value of ${attribute} is not one of: ${allowed.join(', ')}.`, item[attribute]);
  for (const [attribute, most, name, severity] of lengths)
    if ([...textOf(item[attribute])].length > most) say(severity, name, attribute, `${attribute} has more than ${most} characters.`);
  judgePrices(item, say);
  judgeLinks(item, claimed, say);
  if (isMissing(item['google_product_category']))
    say('warnings', 'OPTIONAL_PRODUCT_CATEGORY_MISSING', 'google_product_category', 'The item has no google_product_category.');
  if (!isMissing(item['gtin']) && !/^\d{8,14}$/.test(textOf(item['gtin'])))
    say('warnings', 'GTIN_INVALID', 'gtin', 'The GTIN is not formatted well.', item['gtin']);
  if (!isMissing(item['shipping_weight']) && !/^\d+(\.\d+)? \w+$/.test(textOf(item['shipping_weight'])))
    say('warnings', 'SHIPPING_WEIGHT_INVALID', 'shipping_weight', 'The weight is not a number, a space and a unit.', item['shipping_weight']);
  for (const [attribute, form, name] of forms)
    if (!isMissing(item[attribute]) && !form.test(textOf(item[attribute])))
      say('warnings', name, attribute, `The value of ${attribute} cannot be read.`, item[attribute]);
  if (!isMissing(item['ad_link']) && item['ad_link'] === item['link'])
    say('warnings', 'AD_LINK_SAME_AS_LINK', 'ad_link', 'The ad link is the same as the link.', item['ad_link']);
  const [names, values] = [item['variant_names'], item['variant_values']];
  if ((Array.isArray(names) ? names.length : 0) !== (Array.isArray(values) ? values.length : 0))
    say('errors', 'PARSE_LINE_ERROR', 'variant_names', 'variant_names and variant_values differ in number.');
  return verdict;
} // prettier-ignore

type Say = (
  kind: 'errors' | 'warnings',
  name: string,
  attribute: string,
  message: string,
  value?: unknown,
) => void;

function judgePrices(item: Attributes, say: Say): void {
  const [full, sale] = [textOf(item['price']), textOf(item['sale_price'])];
  if (full !== '' && (!price.test(full) || Number.parseFloat(full) <= 0))
    say('errors', 'PRODUCT_PRICE_INVALID', 'price', 'The price cannot be read.', full);
  if (sale !== '' && !price.test(sale))
    say('warnings', 'SALES_PRICE_INVALID', 'sale_price', 'The sale price cannot be read.', sale);
  else if (sale !== '' && Number.parseFloat(sale) >= Number.parseFloat(full))
    say('warnings', 'SALES_PRICE_TOO_HIGH', 'sale_price', 'The sale price is not lower than the price.', sale);
  const window = textOf(item['sale_price_effective_date']);
  if (window !== '' && !(window.split('/').length === 2 && window.split('/').every((end) => date.test(end))))
    say('warnings', 'SALE_DATE_INVALID', 'sale_price_effective_date', 'The dates of the sale cannot be read.', window);
} // prettier-ignore

function judgeLinks(item: Attributes, claimed: readonly string[], say: Say): void {
  const link = textOf(item['link']);
  if (link !== '' && !address.test(link)) say('errors', 'LINK_FORMAT_INVALID', 'link', 'The link is no address.', link);
  else if (link !== '' && claimed.length > 0) {
    const { hostname } = new URL(link);
    if (!claimed.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`)))
      say('errors', 'INVALID_DOMAIN', 'link', 'The link does not match the verified domain of this account.', link);
  }
  const [main] = Array.isArray(item['image_link']) ? (item['image_link'] as unknown[]) : [item['image_link']];
  if (!isMissing(main)) {
    if (!address.test(textOf(main)) || textOf(main).includes(','))
      say('errors', 'IMAGE_LINK_INVALID', 'image_link', 'The image link is no address without commas.', main);
    if (textOf(main).length > 2_000) say('errors', 'IMAGE_LINK_LENGTH_TOO_LONG', 'image_link', 'The image link is too long.');
  }
  const further = item['additional_image_link'];
  if (Array.isArray(further) && further.length > 10)
    say('warnings', 'TOO_MANY_ADDITIONAL_IMAGE_LINKS', 'additional_image_link', 'There are more than ten further images.');
} // prettier-ignore
