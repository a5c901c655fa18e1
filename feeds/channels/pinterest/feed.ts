/** Pinterest's columns: https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml (ItemAttributesRequest). */
import type { Item } from '../../../catalog/item.ts';
import { cutAtWord } from '../../../catalog/text.ts';
import type { Column, FeedLayout } from '../../channel.ts';
import {
  cutColumn, hasForm, isWordOf, onlyColumn, toLinkList, toPriceText, toSaleInterval, toTruth,
} from '../../columns.ts'; // prettier-ignore
import { fitsRule } from '../../rules/image.ts';
import { isHttpUrl } from '../../rules/link.ts';
import {
  ageGroups, conditions, dateForm, furtherImages, genders, gtinForm, imageRule, lengths, measureForm, mpnForm,
  sizeSystems, sizeTypes, videoForm, weightForm,
} from './limits.ts'; // prettier-ignore
import { rareColumns } from './rare.ts';

/** Pinterest has three words, with spaces, and none for what is delivered later or never again. */
export const availabilities: Record<Item['availability'], string> = {
  in_stock: 'in stock',
  out_of_stock: 'out of stock',
  preorder: 'preorder',
  backorder: 'preorder',
  discontinued: 'out of stock',
};

const columns: Column[] = [
  { name: 'id', value: (item) => item.offerId },
  { name: 'title', value: (item) => cutAtWord(item.title, lengths.title) },
  { name: 'description', value: (item) => cutAtWord(item.description, lengths.description) },
  { name: 'link', value: (item) => item.link },
  // Pinterest splits the cell at commas, so addresses must not hold them.
  { name: 'image_link', value: ({ images: [main] }) => main && withoutCommas(main.url) },
  { name: 'additional_image_link', value: toFurtherImages },
  { name: 'price', value: (item) => toPriceText(item.price) },
  { name: 'sale_price', value: (item) => (isLower(item) ? toPriceText(item.salePrice) : undefined) },
  { name: 'sale_price_effective_date', value: (item) => (isLower(item) ? toSaleInterval(item) : undefined) },
  { name: 'availability', value: (item) => availabilities[item.availability] },
  onlyColumn('availability_date', hasForm(dateForm)),
  onlyColumn('expiration_date', hasForm(dateForm)),
  { name: 'condition', value: ({ attributes: { condition = 'new' } }) => (isCondition(condition) ? condition : undefined) },
  { name: 'item_group_id', value: (item) => item.itemGroupId },
  { name: 'variant_names', value: (item) => toVariants(item, ({ name }) => name) },
  { name: 'variant_values', value: (item) => toVariants(item, ({ value }) => value) },
  { name: 'brand', value: ({ brand }) => brand },
  { name: 'gtin', value: ({ gtin }) => (gtin !== undefined && gtinForm.test(gtin) ? gtin : undefined) },
  onlyColumn('mpn', hasForm(mpnForm)),
  { name: 'google_product_category', value: ({ attributes }) => attributes.google_product_category },
  {
    name: 'product_type',
    // "The > must be wrapped by spaces."
    value: ({ attributes: { product_type: path } }) =>
      path && cutAtWord(path.replace(/\s*>\s*/g, ' > '), lengths.product_type),
  },
  { name: 'color', value: ({ attributes }) => attributes.color },
  { name: 'size', value: ({ attributes }) => attributes.size },
  { name: 'size_type', value: toSizeType },
  { name: 'size_system', value: toSizeSystem },
  onlyColumn('gender', isWordOf(genders)),
  onlyColumn('age_group', isWordOf(ageGroups)),
  { name: 'material', value: ({ attributes }) => attributes.material },
  { name: 'pattern', value: ({ attributes }) => attributes.pattern },
  { name: 'adult', value: ({ attributes }) => toTruth(attributes.adult) },
  { name: 'is_bundle', value: ({ attributes }) => toTruth(attributes.is_bundle) },
  onlyColumn('multipack', hasForm(/^\d{1,9}$/)),
  onlyColumn('shipping_weight', hasForm(weightForm)),
  onlyColumn('unit_pricing_measure', hasForm(measureForm)),
  onlyColumn('unit_pricing_base_measure', hasForm(measureForm)),
  onlyColumn('mobile_link', isHttpUrl),
  onlyColumn('video_link', (url) => isHttpUrl(url) && videoForm.test(url) && url.length <= lengths.video_link),
  ...(['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const).map(
    (label) => cutColumn(label, lengths.custom_label),
  ),
  ...rareColumns,
]; // prettier-ignore

export const feed: FeedLayout = { columns, formats: ['csv', 'xml'] };

const isCondition = isWordOf(conditions);
const isLower = ({ price, salePrice }: Item): boolean =>
  price !== undefined &&
  salePrice !== undefined &&
  salePrice.currency === price.currency &&
  salePrice.minor > 0 &&
  salePrice.minor < price.minor;

const withoutCommas = (url: string): string => url.replaceAll(',', '%2C');

function toFurtherImages({ images }: Item): string | undefined {
  const fits = (image: Item['images'][number]): boolean =>
    fitsRule(image, imageRule) && image.url.length <= lengths.image_link;
  return toLinkList(images, fits, furtherImages).map(withoutCommas).join(',');
}

/** Names and values in the same order and number, so an option without one of them is in neither. */
function toVariants(
  { options }: Item,
  read: (option: Item['options'][number]) => string,
): string | undefined {
  const told = options.filter(({ name, value }) => clean(name) !== '' && clean(value) !== '');
  return told.map((option) => clean(read(option))).join(',');
}
const clean = (text: string): string => text.replace(/[,\s]+/g, ' ').trim();

/** Google has "big" and "tall", Pinterest one word for both. */
export function toSizeType({ attributes: { size_type: type } }: Item): string | undefined {
  const word = type?.toLowerCase().replace(/[\s&]+(?:and[\s]+)?/g, '_');
  const known = word === 'big' || word === 'tall' || word === 'big_tall' ? 'big_and_tall' : word;
  return sizeTypes.find((one) => one === known);
}
export function toSizeSystem({ attributes: { size_system: system } }: Item): string | undefined {
  return sizeSystems.find((one) => one === system?.toUpperCase());
}
