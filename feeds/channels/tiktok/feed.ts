/** TikTok's columns: https://ads.tiktok.com/help/article/catalog-product-parameters */
import type { Item } from '../../../catalog/item.ts';
import type { AttributeName } from '../../../catalog/product.ts';
import { cutAtWord } from '../../../catalog/text.ts';
import type { Column, FeedLayout } from '../../channel.ts';
import { hasForm, isWordOf, onlyColumn, toLinkList, toPriceText, toSaleInterval } from '../../columns.ts';
import { fitsRule } from '../../rules/image.ts';
import { isAppUrl, isHttpUrl } from '../../rules/link.ts';
import { withoutSigns } from '../../rules/signs.ts';
import { joinShipping, readShipping } from '../../shipping.ts';
import {
  ageGroups, categoryLevels, conditions, furtherImages, genders, imageRule, lengths, weightForm,
} from './limits.ts'; // prettier-ignore

/** What can be bought but is not shipped now is "available for order". */
export const availabilities: Record<Item['availability'], string> = {
  in_stock: 'in stock',
  out_of_stock: 'out of stock',
  preorder: 'preorder',
  backorder: 'available for order',
  discontinued: 'discontinued',
};

/** One line, since line ends are control characters too. */
const toLine = (text: string, max: number): string =>
  cutAtWord(withoutSigns(text).replace(/\s+/g, ' ').trim(), max);
const line = (field: AttributeName, max: number): Column => ({
  name: field,
  of: field,
  value: ({ attributes }) => {
    const text = attributes[field];
    return text === undefined ? undefined : toLine(text, max);
  },
});
const noLimit = 10_000;

/** Places inside the shop's apps; TikTok spells two of the devices with a capital inside. */
export const appFields = (
  [
    ['ios', ['url', 'app_store_id', 'app_name']],
    ['iphone', ['url', 'app_store_id', 'app_name']],
    ['ipad', ['url', 'app_store_id', 'app_name']],
    ['android', ['url', 'package', 'app_name']],
  ] as const
).flatMap(([device, parts]) =>
  parts.map((part) => {
    const field = `${device}_${part}` as AttributeName;
    return { field, name: field.replace(/^ip(hone|ad)/, (_, rest: string) => `iP${rest}`) };
  }),
);

const columns: Column[] = [
  { name: 'sku_id', value: (item) => item.offerId },
  { name: 'title', value: (item) => toLine(item.title, lengths.title) },
  { name: 'description', value: (item) => cutAtWord(withoutSigns(item.description), lengths.description) },
  { name: 'availability', value: (item) => availabilities[item.availability] },
  // TikTok requires it; a shop that does not say sells new things.
  { name: 'condition', value: (item) => item.attributes.condition ?? 'new' },
  { name: 'price', value: (item) => toPriceText(item.price) },
  { name: 'link', value: (item) => item.link },
  { name: 'image_link', value: ({ images: [main] }) => main?.url },
  { name: 'brand', value: ({ brand }) => (brand === undefined ? undefined : toLine(brand, lengths.brand)) },
  {
    name: 'additional_image_link',
    value: toFurtherImages,
    // "A comma inside a URL written %2C"
  },
  onlyColumn('video_link', isHttpUrl),
  { name: 'item_group_id', value: (item) => item.itemGroupId },
  { name: 'google_product_category', value: ({ attributes }) => toLevels(attributes.google_product_category) },
  { name: 'product_type', value: ({ attributes }) => toLevels(attributes.product_type) },
  { name: 'gtin', value: (item) => item.gtin },
  line('mpn', noLimit),
  onlyColumn('age_group', isWordOf(ageGroups)),
  onlyColumn('gender', isWordOf(genders)),
  line('color', lengths.color),
  line('size', noLimit),
  line('material', lengths.material),
  line('pattern', lengths.pattern),
  { name: 'sale_price', value: (item) => toPriceText(item.salePrice) },
  { name: 'sale_price_effective_date', value: toSaleInterval },
  onlyColumn('shipping_weight', hasForm(weightForm)),
  { name: 'shipping', value: ({ attributes }) => readShipping(attributes.shipping).map(joinShipping).join(';') },
  line('tax', noLimit),
  ...(['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const).map(
    (label) => line(label, lengths.custom_label),
  ),
  ...appFields.map(({ name, field }) => field.endsWith('_url') ? onlyColumn(field, isAppUrl, name) : { ...line(field, noLimit), name }),
]; // prettier-ignore

/** One file by its address must be CSV; a scheduled one may be any. */
export const feed: FeedLayout = { columns, formats: ['csv', 'xml'] };

export const isCondition = isWordOf(conditions);

function toFurtherImages({ images }: Item): string | undefined {
  const urls = toLinkList(images, (image) => fitsRule(image, imageRule), furtherImages);
  return urls.map((url) => url.replaceAll(',', '%2C')).join(',');
}

function toLevels(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const levels = withoutSigns(path).split('>').map((level) => level.trim()); // prettier-ignore
  return levels.slice(0, categoryLevels).join(' > ');
}
