/**
 * Fields that few shops have; each is sent only where Pinterest can read it.
 * https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml (ItemAttributesRequest)
 */
import type { Item } from '../../../catalog/item.ts';
import type { AttributeName } from '../../../catalog/product.ts';
import type { Column, Rule } from '../../channel.ts';
import { hasForm, onlyColumn, toTruth } from '../../columns.ts';
import { appUrl, httpUrl, isAppUrl, isHttpUrl } from '../../rules/link.ts';
import { matches } from '../../rules/text.ts';
import { joinShipping, readShipping } from '../../shipping.ts';
import { holds } from '../../spec.ts';
import { pages } from './limits.ts';

const labels = [
  'custom_number_0', 'custom_number_1', 'custom_number_2', 'custom_number_3', 'custom_number_4',
] as const; // prettier-ignore
const most = 4_294_967_295;
const isNumber = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) <= most;
const count = /^\d{1,9}$/;
const rating = /^(?:[1-4](?:\.\d+)?|5(?:\.0+)?)$/;
/** A price without its currency is taken for dollars, so it must have one. */
const price = /^\d+(?:\.\d+)? [A-Z]{3}$/;
const side = /^\d+(?:\.\d+)? (?:in|cm)$/;
/** "country:region:rate:tax_ship", of which the last may be missing. */
const tax = /^[A-Z]{2}:[^:]*:\d+(?:\.\d+)?(?::[yn])?$/;
/** Months and amount; Google's form goes on with the down payment. */
const installment = /^(\d{1,3}):(\d+(?:\.\d+)? [A-Z]{3})(?=:|$)/;

const sideColumn = (field: AttributeName): Column => onlyColumn(field, hasForm(side));
const numeric = [...labels, 'average_review_rating', 'number_of_ratings', 'number_of_reviews'] as const;

export const rareColumns: readonly Column[] = [
  { name: 'installment_price', value: ({ attributes }) => installment.exec(attributes.installment ?? '')?.[0] },
  onlyColumn('min_ad_price', hasForm(price)),
  { name: 'shipping', value: toShipping },
  onlyColumn('tax', hasForm(tax)),
  sideColumn('shipping_height'),
  sideColumn('shipping_width'),
  { name: 'free_shipping_label', value: ({ attributes }) => toTruth(attributes.free_shipping_label) },
  onlyColumn('free_shipping_limit', hasForm(price)),
  ...labels.map((label) => onlyColumn(label, isNumber)),
  { name: 'ad_link', value: ({ attributes: { ads_redirect: url }, link }) => url !== undefined && isHttpUrl(url) && url !== link ? url : undefined },
  onlyColumn('ios_url', isAppUrl, 'ios_deep_link'),
  onlyColumn('android_url', isAppUrl, 'android_deep_link'),
  onlyColumn('user_rating', hasForm(rating), 'average_review_rating'),
  onlyColumn('rating_count', hasForm(count), 'number_of_ratings'),
  onlyColumn('number_of_reviews', hasForm(count)),
  // Google takes several, Pinterest one
  { name: 'promotion_id', value: ({ attributes }) => attributes.promotion_id?.split(/[,\n]/, 1)[0]?.trim() },
]; // prettier-ignore

/** One group: that of the shop's own country, else the first. */
function toShipping({ attributes, country }: Item): string | undefined {
  const groups = readShipping(attributes.shipping);
  const group = groups.find((one) => one.country === country) ?? groups[0];
  return group && joinShipping(group);
}

/** Fields that the request has in another form than the feed. */
export const rareShapes: Readonly<Record<string, (text: string) => unknown>> = {
  free_shipping_label: (truth) => truth === 'true',
  ...Object.fromEntries(numeric.map((name) => [name, Number])),
};

/** `nullable`; the others of these fields are not. */
export const rareClearable = [
  'installment_price', 'shipping', 'tax', 'shipping_height', 'shipping_width', 'free_shipping_label', 'free_shipping_limit',
  'promotion_id', ...numeric,
] as const; // prettier-ignore
/** In UpdateMaskFieldType. */
export const rareMaskable = [
  'ad_link', 'average_review_rating', 'free_shipping_label', 'free_shipping_limit', 'min_ad_price', 'number_of_ratings',
  'number_of_reviews', 'shipping', 'shipping_height', 'shipping_width', 'tax',
] as const; // prettier-ignore

const dropped = (hint: string) =>
  ({ link: pages.api, severity: 'warning', hint: `${hint} Until then the field is left out.` }) as const;

export const rareRules: readonly Rule[] = [
  matches('installment', installment, 'months and amount, such as 10:10.00 USD', dropped('Example: 10:10.00 USD.')),
  // MIN_AD_PRICE_INVALID
  ...(['min_ad_price', 'free_shipping_limit'] as const).map((field) =>
    matches(field, price, 'an amount with its currency, such as 15.00 EUR', dropped('Example: 15.00 EUR.')),
  ),
  // SHIPPING_INVALID
  holds('shipping', (item) => !item.attributes.shipping?.trim() || toShipping(item) !== undefined, {
    ...dropped('Write it like US:CA:Ground:9.99 USD, with every colon.'),
    code: 'shipping_malformed',
    message: 'Pinterest cannot read what the item says of shipping.',
  }, ({ attributes }) => attributes.shipping),
  // TAX_INVALID
  matches('tax', tax, 'country, region and rate with colons between', dropped('Example: US:CA:9.25:y.')),
  // SHIPPING_HEIGHT_INVALID, SHIPPING_WIDTH_INVALID
  ...(['shipping_height', 'shipping_width'] as const).map((field) =>
    matches(field, side, 'a number, a space and cm or in', dropped('Example: 20 cm.')),
  ),
  holds('free_shipping_label', ({ attributes: { free_shipping_label: label } }) => label === undefined || toTruth(label) !== undefined, {
    ...dropped('Write yes or no.'),
    code: 'free_shipping_label_not_allowed',
    message: 'Whether shipping is free must be yes or no.',
  }, ({ attributes }) => attributes.free_shipping_label),
  ...labels.map((label) =>
    holds(label, ({ attributes }) => !attributes[label] || isNumber(attributes[label]), {
      ...dropped('Use digits only.'),
      code: `${label}_malformed`,
      message: `A custom number must be a whole number from 0 to ${most}.`,
    }, ({ attributes }) => attributes[label]),
  ),
  // AD_LINK_FORMAT_WARNING, AD_LINK_SAME_AS_LINK
  httpUrl('ads_redirect', dropped('Give the whole address.')),
  holds('ads_redirect', ({ attributes, link }) => !attributes.ads_redirect || attributes.ads_redirect !== link, {
    ...dropped('Give the address with its tracking, or none.'),
    code: 'ads_redirect_same_as_link',
    message: 'The address for ads is the same as the link.',
  }, ({ attributes }) => attributes.ads_redirect),
  // IOS_DEEP_LINK_INVALID, ANDROID_DEEP_LINK_INVALID
  appUrl('ios_url', dropped('Give the whole address.')),
  appUrl('android_url', dropped('Give the whole address.')),
  matches('user_rating', rating, 'a number from 1 to 5', dropped('Example: 4.5.')),
  matches('rating_count', count, 'a whole number', dropped('Use digits only.')),
  matches('number_of_reviews', count, 'a whole number', dropped('Use digits only.')),
]; // prettier-ignore
