/**
 * What Google asks of an item, written from its documentation and not from our own checks: at once whether the request
 * is one at all, later what is wrong with the product. https://support.google.com/merchants/answer/7052112
 */
import type { Violation } from './answers.ts';
import { kinds, type Kind } from './fields.ts';

export type Attributes = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown): boolean => /^-?\d{1,19}$/.test(String(value)) && (typeof value === 'string' || Number.isInteger(value)); // prettier-ignore
const isTime = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/.test(value); // prettier-ignore
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string'); // prettier-ignore
const isPrice = (value: unknown): boolean =>
  isObject(value) && isWhole(value['amountMicros']) && /^[A-Z]{3}$/.test(String(value['currencyCode'])) && Object.keys(value).length === 2; // prettier-ignore

function fits(value: unknown, kind: Kind): boolean {
  if (typeof kind !== 'string')
    return 'several' in kind
      ? Array.isArray(value) && value.every((one) => kind.several.includes(String(one)))
      : kind.includes(String(value));
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'texts':
      return isTexts(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'price':
      return isPrice(value);
    case 'time':
      return isTime(value);
    case 'interval':
      return isObject(value) && isTime(value['startTime']) && isTime(value['endTime']);
    case 'int64':
      return isWhole(value);
    case 'number':
      return typeof value === 'number';
    case 'measure':
      return isObject(value) && value['value'] !== undefined && typeof value['unit'] === 'string';
    case 'group':
      return isObject(value);
    case 'groups':
      return Array.isArray(value) && value.every(isObject);
  }
}

/** Why the request is refused as a whole; empty when it is taken in. */
export function findViolations(input: Record<string, unknown>): Violation[] {
  const found: Violation[] = [];
  const say = (field: string, description: string): void =>
    void found.push({ field: `product_input.${field}`, description });
  const { offerId, contentLanguage, feedLabel, productAttributes = {} } = input;
  if (typeof offerId !== 'string' || offerId.trim() === '') say('offer_id', 'The field is required.');
  else if (offerId.length > 50) say('offer_id', 'The value has more than 50 characters.');
  if (!/^[a-z]{2}$/.test(String(contentLanguage))) say('content_language', 'The value is not a two-letter language code.'); // prettier-ignore
  if (!/^[A-Z0-9_-]{1,20}$/.test(String(feedLabel))) say('feed_label', 'The value is not a feed label.');
  if (!isObject(productAttributes)) say('product_attributes', 'The value is not an object.');
  else
    for (const [name, value] of Object.entries(productAttributes)) {
      const kind = kinds[name];
      if (kind === undefined) say(`product_attributes.${name}`, `Unknown name "${name}": Cannot find field.`);
      else if (!fits(value, kind)) say(`product_attributes.${name}`, `Invalid value for "${name}".`);
    }
  return found;
}

/**
 * The attributes that a patch sets: only whole ones, and never `*`; without a mask those that are there.
 * `UpdateProductInputRequest` in https://developers.google.com/merchant/api/reference/rpc/google.shopping.merchant.products.v1
 */
export function readMask(
  mask: string,
  { productAttributes = {} }: Record<string, unknown>,
): { names: string[]; strange: Violation[] } {
  const paths = mask.split(',').filter((path) => path !== '');
  if (paths.length === 0)
    return { names: isObject(productAttributes) ? Object.keys(productAttributes) : [], strange: [] };
  const names = paths.map((path) => path.replace(/^productAttributes\./, ''));
  const strange = paths
    .filter((path, at) => !path.startsWith('productAttributes.') || kinds[names[at] ?? ''] === undefined)
    .map((path) => ({ field: 'update_mask', description: `Invalid path "${path}" in the update mask.` }));
  return { names, strange };
}

export interface ItemIssue {
  code: string;
  severity: 'DISAPPROVED' | 'DEMOTED' | 'NOT_IMPACTED';
  attribute?: string;
  description: string;
  detail?: string;
}

const missing = (attribute: string): ItemIssue => ({
  code: 'item_missing_required_attribute', severity: 'DISAPPROVED', attribute,
  description: `Missing required attribute [${attribute}]`, detail: 'Add this attribute to your product data.',
}); // prettier-ignore
const invalid = (attribute: string, detail: string, severity: ItemIssue['severity'] = 'DISAPPROVED'): ItemIssue => ({
  code: `invalid_value_${attribute.replaceAll(' ', '_')}`, severity, attribute, description: `Invalid value [${attribute}]`, detail,
}); // prettier-ignore
const micros = (value: unknown): bigint => BigInt(String((value as { amountMicros?: unknown } | undefined)?.amountMicros ?? 0)); // prettier-ignore
const currency = (value: unknown): unknown => (value as { currencyCode?: unknown } | undefined)?.currencyCode;
const lengths: Readonly<Record<string, readonly [attribute: string, most: number]>> = {
  title: ['title', 150], description: ['description', 5_000], brand: ['brand', 70], mpn: ['mpn', 70], color: ['color', 100],
  size: ['size', 100], material: ['material', 200], pattern: ['pattern', 100], itemGroupId: ['item group id', 50],
  customLabel0: ['custom label 0', 100], customLabel1: ['custom label 1', 100],
}; // prettier-ignore

/** The issues of a processed product, before anything of it was fetched. */
export function findIssues(product: Attributes, country: string): ItemIssue[] {
  const issues: ItemIssue[] = [];
  if (!product['title'] && !product['structuredTitle']) issues.push(missing('title'));
  if (!product['description'] && !product['structuredDescription']) issues.push(missing('description'));
  for (const [name, attribute] of [
    ['link', 'link'],
    ['imageLink', 'image link'],
    ['availability', 'availability'],
    ['price', 'price'],
  ] as const)
    // prettier-ignore
    if (!product[name]) issues.push(missing(attribute));
  for (const [name, [attribute, most]] of Object.entries(lengths))
    if ([...String(product[name] ?? '')].length > most)
      issues.push(invalid(attribute, `The value is longer than ${most} characters.`));
  for (const [name, attribute] of [
    ['link', 'link'],
    ['imageLink', 'image link'],
  ] as const)
    // prettier-ignore
    if (product[name] && !/^https?:\/\/[^\s]+$/.test(String(product[name])))
      issues.push(invalid(attribute, 'The value is not a URL.'));
  if (product['price'] && micros(product['price']) <= 0n && !product['subscriptionCost'])
    issues.push({ code: 'price_out_of_range', severity: 'DISAPPROVED', attribute: 'price', description: 'Price is zero' }); // prettier-ignore
  issues.push(...judgeSale(product));
  if (product['availability'] === 'PREORDER' && !product['availabilityDate']) issues.push(missing('availability date')); // prettier-ignore
  for (const gtin of (product['gtins'] ?? []) as string[]) issues.push(...judgeGtin(gtin));
  issues.push(...judgeIdentifiers(product));
  issues.push(...judgeApparel(product, country));
  return issues;
}

function judgeSale({ price, salePrice, salePriceEffectiveDate: dates }: Attributes): ItemIssue[] {
  if (!salePrice) return [];
  const issues: ItemIssue[] = [];
  if (currency(salePrice) !== currency(price)) issues.push(invalid('sale price', 'The currencies differ.'));
  else if (micros(salePrice) >= micros(price)) issues.push(invalid('sale price', 'The sale price is not lower than the price.')); // prettier-ignore
  const { startTime, endTime } = (dates ?? {}) as { startTime?: string; endTime?: string };
  if (startTime && endTime && Date.parse(startTime) >= Date.parse(endTime))
    issues.push(invalid('sale price effective date', 'The sale ends before it starts.', 'DEMOTED'));
  return issues;
}

/** Check digit, and the numbers that no maker gives: https://support.google.com/merchants/answer/6324461 */
function judgeGtin(gtin: string): ItemIssue[] {
  const digits = gtin.replace(/[\s-]/g, '');
  if (!/^(?:\d{8}|\d{12,14})$/.test(digits)) return [invalid('gtin', 'A GTIN has 8, 12, 13 or 14 digits.')];
  const sum = digits.slice(0, -1).split('').toReversed().reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 3 : 1), 0); // prettier-ignore
  if ((10 - (sum % 10)) % 10 !== Number(digits.at(-1))) return [invalid('gtin', 'The check digit is wrong.')];
  const thirteen = digits.padStart(14, '0').slice(1);
  if (digits.length > 8 && /^(?:2|02|04)/.test(thirteen))
    return [{ code: 'restricted_gtin', severity: 'DISAPPROVED', attribute: 'gtin', description: 'Restricted GTIN', detail: 'Use the GTIN of the manufacturer.' }]; // prettier-ignore
  if (digits.length > 8 && /^(?:98[1-4]|99|05)/.test(thirteen))
    return [{ code: 'coupon_gtin', severity: 'DISAPPROVED', attribute: 'gtin', description: 'GTIN of a coupon' }]; // prettier-ignore
  return [];
}

function judgeIdentifiers(product: Attributes): ItemIssue[] {
  const hasGtin = Array.isArray(product['gtins']) && product['gtins'].length > 0;
  if (product['identifierExists'] === false)
    return hasGtin ? [invalid('identifier exists', 'The product has identifiers.')] : [];
  if (hasGtin || (product['brand'] && product['mpn'])) return [];
  return [
    {
      code: 'missing_potentially_required_attribute', severity: 'DEMOTED', attribute: 'gtin',
      description: 'Limited performance due to missing identifiers [gtin]',
    },
  ]; // prettier-ignore
}

/** Numbers of "Apparel & Accessories > Clothing" and "Shoes" and the branches directly below. */
const clothes = /^(?:1604|187|212|204|207|2271|1581|203|5322|182|208|213|211|5182|1594)$/;

function judgeApparel(product: Attributes, country: string): ItemIssue[] {
  if (!['BR', 'FR', 'DE', 'JP', 'GB', 'US'].includes(country)) return [];
  if (!clothes.test(String(product['googleProductCategory'] ?? ''))) return [];
  const asked = [['color', 'color'], ['size', 'size'], ['gender', 'gender'], ['ageGroup', 'age group']] as const; // prettier-ignore
  return asked.flatMap(([name, attribute]) =>
    product[name]
      ? []
      : [{ code: 'missing_item_attribute_for_product_type', severity: 'DISAPPROVED' as const, attribute, description: `Missing value [${attribute}]` }],
  ); // prettier-ignore
}
