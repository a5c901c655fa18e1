/** Snapchat's columns: https://feed-donkey.io/articles/snapchat-product-catalog-build-guide */
import type { Item } from '../../../catalog/item.ts';
import { cutAtWord } from '../../../catalog/text.ts';
import type { Column, FeedLayout } from '../../channel.ts';
import {
  cutColumn, hasForm, isWordOf, onlyColumn, toLinkList, toPriceText, toSaleInterval,
} from '../../columns.ts'; // prettier-ignore
import { fitsRule } from '../../rules/image.ts';
import { isHttpUrl } from '../../rules/link.ts';
import {
  ageGroups,
  furtherImages,
  genders,
  gtinForm,
  imageRule,
  lengths,
  mpnForm,
  sizeTypes,
} from './limits.ts';

/** What can be bought but is not shipped now is "available for order". */
export const availabilities: Record<Item['availability'], string> = {
  in_stock: 'in stock',
  out_of_stock: 'out of stock',
  preorder: 'preorder',
  backorder: 'available for order',
  discontinued: 'discontinued',
};

/** "Use an encoded URL that complies with RFC 2396 or RFC 1738. For example, a comma would be represented as %2C." */
export const toEncoded = (url: string): string =>
  (isPlainUrl.test(url) || !URL.canParse(url) ? url : new URL(url).href).replaceAll(',', '%2C');
/** Nothing in it that would have to be encoded. */
const isPlainUrl = /^[a-z0-9\-._~:/?#[\]@!$&'()*+;=%]*$/i;

const columns: Column[] = [
  { name: 'id', value: (item) => item.offerId },
  { name: 'title', value: (item) => cutAtWord(item.title, lengths.title) },
  { name: 'description', value: (item) => cutAtWord(item.description, lengths.description) },
  { name: 'link', value: ({ link }) => (link === undefined ? undefined : toEncoded(link)) },
  { name: 'image_link', value: ({ images: [main] }) => main && toEncoded(main.url) },
  { name: 'availability', value: (item) => availabilities[item.availability] },
  { name: 'price', value: (item) => toPriceText(item.price) },
  // Required by Snapchat's list; a shop that does not say sells new things.
  { name: 'condition', value: (item) => item.attributes.condition ?? 'new' },
  { name: 'brand', value: ({ brand }) => (brand === undefined ? undefined : cutAtWord(brand, lengths.brand)) },
  { name: 'gtin', value: ({ gtin }) => (gtin !== undefined && gtinForm.test(gtin) ? gtin : undefined) },
  onlyColumn('mpn', hasForm(mpnForm)),
  { name: 'item_group_id', value: (item) => item.itemGroupId },
  onlyColumn('google_product_category', (text) => text.length <= lengths.google_product_category),
  cutColumn('product_type', lengths.product_type),
  { name: 'sale_price', value: (item) => toPriceText(item.salePrice) },
  { name: 'sale_price_effective_date', value: toSaleInterval },
  { name: 'additional_image_link', value: toFurtherImages },
  { name: 'mobile_link', value: ({ attributes: { mobile_link: url } }) => (url && isHttpUrl(url) ? toEncoded(url) : undefined) },
  onlyColumn('age_group', isWordOf(ageGroups)),
  onlyColumn('gender', isWordOf(genders)),
  cutColumn('color', lengths.color),
  cutColumn('size', lengths.size),
  { name: 'size_type', value: toSizeType },
  { name: 'size_system', value: ({ attributes }) => attributes.size_system },
  cutColumn('material', lengths.material),
  { name: 'pattern', value: ({ attributes }) => attributes.pattern },
  { name: 'adult', value: ({ attributes }) => toYes(attributes.adult) },
  ...(['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const).map(
    (label) => cutColumn(label, lengths.custom_label),
  ),
]; // prettier-ignore

export const feed: FeedLayout = { columns, formats: ['csv', 'xml'] };

function toFurtherImages({ images }: Item): string | undefined {
  return toLinkList(images, (image) => fitsRule(image, imageRule), furtherImages)
    .map(toEncoded)
    .join(',');
}

export function toSizeType({ attributes: { size_type: type } }: Item): string | undefined {
  const word = type?.toLowerCase().replaceAll('_', ' ').replace(/^(?:big|tall|big ?(?:&|and)? ?tall)$/, 'big and tall'); // prettier-ignore
  return sizeTypes.find((one) => one === word);
}

/** `yes` or `no`, as Snapchat writes them; undefined for any other word. */
export function toYes(text: string | undefined): 'yes' | 'no' | undefined {
  if (text === undefined) return undefined;
  if (/^(?:true|yes|1)$/i.test(text)) return 'yes';
  return /^(?:false|no|0)$/i.test(text) ? 'no' : undefined;
}
