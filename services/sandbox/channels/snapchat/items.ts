/**
 * What Snapchat asks of a row of the feed, written from two restatements of its own list and not from our own checks:
 * https://feed-donkey.io/articles/snapchat-product-catalog-build-guide https://www.actioncy.io/directory/snapchat/product-catalog
 */
import type { FeedRow } from '../../read-feed.ts';

export interface Fault {
  code: string;
  field: string;
  severity: 'ERROR' | 'WARNING';
  message: string;
}

const required = [
  'id',
  'title',
  'description',
  'link',
  'image_link',
  'availability',
  'price',
  'condition',
] as const;
const words: Record<string, readonly string[]> = {
  availability: ['in stock', 'out of stock', 'preorder', 'discontinued', 'available for order'],
  condition: ['new', 'refurbished', 'used'],
  gender: ['male', 'female', 'unisex'],
  age_group: ['newborn', 'infant', 'toddler', 'kids', 'adult'],
  adult: ['yes', 'no'],
};
const lengths: Record<string, number> = {
  id: 128, title: 375, description: 5_000, link: 2_000, image_link: 2_000, brand: 70, gtin: 70, mpn: 50,
}; // prettier-ignore
const price = /^(?:\d+(?:\.\d+)?(?: [A-Z]{3})?|[A-Z]{3} \d+(?:\.\d+)?)$/;
const encoded = /^https?:\/\/[a-z0-9\-._~:/?#[\]@!$&'()*+;=%]+$/i;

export function judge(row: FeedRow): Fault[] {
  const faults: Fault[] = [];
  const read = (name: string): string => row[name]?.join(',') ?? '';
  const say = (code: string, field: string, message: string, severity: Fault['severity'] = 'ERROR'): void => {
    faults.push({ code, field, severity, message });
  };
  for (const field of required)
    if (read(field) === '') say('missing_required_field', field, `The required value ${field} is missing.`);
  for (const [field, allowed] of Object.entries(words))
    if (read(field) !== '' && !allowed.includes(read(field).toLowerCase()))
      say('unknown_value', field, `The value "${read(field)}" of ${field} is not supported.`);
  for (const [field, most] of Object.entries(lengths))
    if ([...read(field)].length > most)
      say('value_too_long', field, `${field} is longer than ${most} characters.`);
  for (const field of ['price', 'sale_price'])
    if (read(field) !== '' && !price.test(read(field)))
      say('invalid_price_format', field, `The ${field} "${read(field)}" cannot be parsed.`);
  for (const field of ['link', 'image_link'])
    if (read(field) !== '' && !encoded.test(read(field)))
      say('invalid_url', field, `The URL of ${field} is not encoded.`);
  if (/\.gif(?:[?#]|$)/i.test(read('image_link')))
    say('unsupported_image', 'image_link', 'GIF images are not supported.');
  if (read('brand') === '' && read('gtin') === '' && read('mpn') === '')
    say('missing_identifier', 'brand', 'One of brand, gtin and mpn is required.');
  if (read('mpn') !== '' && !/^\d+$/.test(read('mpn')))
    say('invalid_mpn', 'mpn', 'The mpn must be numeric.', 'WARNING');
  return faults;
}
