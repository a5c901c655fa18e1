/** Meta's columns: https://developers.facebook.com/docs/marketing-api/catalog/reference */
import type { Item } from '../../../catalog/item.ts';
import { formatAmount, type Money } from '../../../catalog/money.ts';
import type { AttributeName } from '../../../catalog/product.ts';
import { cutAtWord } from '../../../catalog/text.ts';
import { listSeparator, type Column, type FeedLayout } from '../../channel.ts';
import { atCommas } from '../../columns.ts';
import { fitsRule } from '../../rules/image.ts';
import { isHttpUrl } from '../../rules/link.ts';
import {
  ageGroups, countryForm, dateForm, furtherImages, genders, gtinForm, imageRule, lengths, mostLabels, weightForm,
} from './limits.ts'; // prettier-ignore
import { inBrackets, rareColumns } from './rare.ts';
import { toRichText } from './rich-text.ts';
import { toUnitPrice } from './unit-price.ts';
import { variantPairs } from './variant-pairs.ts';

/**
 * Our words for stock in Meta's. The page of items_batch takes "available for order" for what can be bought but not
 * shipped now; "preorder" exists only on Meta's reading side.
 */
export const availabilities: Record<Item['availability'], string> = {
  in_stock: 'in stock',
  out_of_stock: 'out of stock',
  preorder: 'available for order',
  backorder: 'available for order',
  discontinued: 'discontinued',
};

const cut = (field: AttributeName, name: string, max: number): Column => ({
  name,
  of: field,
  value: ({ attributes }) => {
    const text = attributes[field];
    return text === undefined ? undefined : cutAtWord(text, max);
  },
});
/** Left out where Meta would refuse it; the spec has a warning for each of these. */
const only = (field: AttributeName, isGood: (text: string) => boolean): Column => ({
  name: field,
  of: field,
  value: ({ attributes }) => {
    const text = attributes[field];
    return text !== undefined && isGood(text) ? text : undefined;
  },
});
const word = (words: readonly string[]) => {
  const known = new Set(words);
  return (text: string) => known.has(text);
};
const form = (pattern: RegExp) => (text: string) => pattern.test(text);

// Attributes of Meta's own, and in its sample also color, stand without the g: prefix.
const plain = (column: Column): Column => ({ ...column, xml: { name: column.name } });

const columns: Column[] = [
  { name: 'id', value: (item) => item.offerId },
  { name: 'title', value: (item) => cutAtWord(item.title, lengths.title) },
  { name: 'description', value: (item) => cutAtWord(item.description, lengths.description) },
  { name: 'availability', value: (item) => availabilities[item.availability] },
  // Meta requires it; a shop that does not say sells new things.
  { name: 'condition', value: (item) => item.attributes.condition ?? 'new' },
  { name: 'price', value: (item) => toPrice(item.price) },
  { name: 'link', value: (item) => item.link },
  { name: 'image_link', value: (item) => item.images[0]?.url },
  {
    name: 'additional_image_link',
    value: furtherImageLinks,
    list: atCommas,
    xml: { name: 'additional_image_link' },
  },
  {
    name: 'brand',
    value: ({ brand }) => (brand === undefined ? undefined : cutAtWord(brand, lengths.brand)),
  },
  { name: 'sale_price', value: (item) => toPrice(item.salePrice) },
  { name: 'sale_price_effective_date', value: toSaleDates },
  { name: 'item_group_id', value: (item) => item.itemGroupId },
  plain(cut('color', 'color', lengths.color)),
  cut('size', 'size', lengths.size),
  only('gender', word(genders)),
  only('age_group', word(ageGroups)),
  cut('material', 'material', lengths.material),
  cut('pattern', 'pattern', lengths.pattern),
  {
    name: 'additional_variant_attribute',
    value: (item) => {
      if (item.options.length === 0) return undefined;
      return variantPairs(item).map(({ label, value }) => `${label}:${value}`).join(listSeparator); // prettier-ignore
    },
    list: atCommas,
    xml: {
      name: 'additional_variant_attribute',
      parts: (pair) => {
        const [label = '', value = ''] = pair.split(':');
        return [['label', label], ['value', value]]; // prettier-ignore
      },
    },
  },
  { name: 'gtin', value: ({ gtin }) => (gtin !== undefined && gtinForm.test(gtin) ? gtin : undefined) },
  cut('mpn', 'mpn', lengths.mpn),
  only('google_product_category', (text) => text.length <= lengths.google_product_category),
  cut('product_type', 'product_type', lengths.product_type),
  plain({ name: 'rich_text_description', value: toRichText }),
  plain({
    name: 'short_description',
    of: 'short_description',
    value: (item) => item.attributes.short_description,
  }),
  plain({
    name: 'quantity_to_sell_on_facebook',
    // In stock with nothing to sell is an error at Meta: then the shop sells beyond its stock, and counts nothing.
    value: ({ quantity, availability }) =>
      quantity === undefined || (quantity <= 0 && availability === 'in_stock')
        ? undefined
        : String(Math.max(0, quantity)),
  }),
  plain({ name: 'status', value: () => 'active' }),
  {
    name: 'internal_label',
    value: ({ tags }) =>
      tags.length === 0
        ? undefined
        : tags
            .filter((tag) => tag.length <= lengths.internal_label)
            .slice(0, mostLabels)
            .map((tag) => tag.replace(/\s+/g, ' '))
            .join(listSeparator),
    list: inBrackets,
    xml: { name: 'internal_label' },
  },
  only('shipping_weight', form(weightForm)),
  plain({ name: 'unit_price', value: (item) => toUnitPrice(item) }),
  only('expiration_date', form(dateForm)),
  {
    name: 'video[0].url',
    value: ({ attributes: { video_link: url } }) => (url !== undefined && isHttpUrl(url) ? url : undefined),
    xml: { name: 'video', parts: (url) => [['url', url]] },
  },
  only('mobile_link', isHttpUrl),
  plain(only('origin_country', form(countryForm))),
  ...(
    ['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const
  ).map((label) => cut(label, label, lengths.custom_label)),
  ...rareColumns,
];

export const feed: FeedLayout = { columns, formats: ['csv', 'xml'] };

/** `9.99 USD`: as many decimals as the currency has. */
const toPrice = (money: Money | undefined): string | undefined =>
  money === undefined ? undefined : `${formatAmount(money)} ${money.currency}`;

/** Meta splits the cell at commas, semicolons, spaces and bars, so addresses must not hold them. */
function furtherImageLinks({ images }: Item): string | undefined {
  if (images.length < 2) return undefined;
  let length = 0;
  const urls: string[] = [];
  for (const image of images.slice(1)) {
    if (!fitsRule(image, imageRule)) continue;
    const url = image.url.replace(/[,;| ]/g, encodeURIComponent);
    length += url.length + 1;
    if (urls.length === furtherImages.most || length > furtherImages.cell) break;
    urls.push(url);
  }
  return urls.join(listSeparator);
}

/** Meta wants both ends. Where the shop gives one, the other is as far off as Meta's own plug-in puts it. */
function toSaleDates({ salePrice, saleStarts, saleEnds }: Item): string | undefined {
  if (salePrice === undefined || (saleStarts === undefined && saleEnds === undefined)) return undefined;
  return `${toStamp(saleStarts) ?? '1970-01-29T00:00+00:00'}/${toStamp(saleEnds) ?? '2038-01-17T23:59+00:00'}`;
}

const toStamp = (date: Date | undefined): string | undefined =>
  date && `${date.toISOString().slice(0, 16)}+00:00`;
