/**
 * A feed row as the JSON upload wants it: https://business-api.tiktok.com/portal/docs?id=1740497429681153 (names of v1.3).
 * An upload replaces the whole item, so what the item no longer has goes by itself.
 */
import { appFields } from './feed.ts';

type Row = Readonly<Record<string, string>>;

/** Column → the place in the JSON, and its form there where it is another. */
const places: Readonly<Record<string, { path: readonly string[]; form?: (text: string) => unknown }>> = {
  sku_id: { path: ['sku_id'] },
  title: { path: ['title'] },
  description: { path: ['description'] },
  availability: { path: ['availability'], form: (text) => text.toUpperCase().replaceAll(' ', '_') },
  condition: { path: ['product_detail', 'condition'], form: (text) => text.toUpperCase() },
  link: { path: ['landing_page', 'landing_page_url'] },
  image_link: { path: ['image_url'] },
  brand: { path: ['brand'] },
  additional_image_link: { path: ['additional_image_urls'], form: (text) => text.split(',') },
  video_link: { path: ['video_url'] },
  item_group_id: { path: ['item_group_id'] },
  google_product_category: { path: ['google_product_category'] },
  product_type: { path: ['product_detail', 'product_category'] },
  gtin: { path: ['global_trade_item_number'] },
  mpn: { path: ['manufacturer_part_number'] },
  // Feed files write newborn, the API NEW_BORN.
  age_group: { path: ['product_detail', 'age_group'], form: (text) => (text === 'newborn' ? 'NEW_BORN' : text.toUpperCase()) },
  gender: { path: ['product_detail', 'gender'], form: (text) => text.toUpperCase() },
  color: { path: ['product_detail', 'color'] },
  size: { path: ['product_detail', 'size'] },
  material: { path: ['product_detail', 'material'] },
  pattern: { path: ['product_detail', 'pattern'] },
  price: { path: ['price_info', 'price'], form: toNumber },
  sale_price: { path: ['price_info', 'sale_price'], form: toNumber },
  sale_price_effective_date: { path: ['price_info', 'sale_price_effective_date'] },
  shipping_weight: { path: ['product_detail', 'shipping_weight'] },
  shipping: { path: ['product_detail', 'shipping'] },
  tax: { path: ['product_detail', 'tax'] },
  custom_label_0: { path: ['extra_info', 'custom_label_0'] },
  custom_label_1: { path: ['extra_info', 'custom_label_1'] },
  custom_label_2: { path: ['extra_info', 'custom_label_2'] },
  custom_label_3: { path: ['extra_info', 'custom_label_3'] },
  custom_label_4: { path: ['extra_info', 'custom_label_4'] },
  // the addresses of iPhone and iPad have a column in the feed only
  ...Object.fromEntries(
    appFields
      .filter(({ field }) => field !== 'iphone_url' && field !== 'ipad_url')
      .map(({ name, field }) => [name, { path: ['landing_page', field] }]),
  ),
}; // prettier-ignore

/** `49.90 EUR` is the number 49.9 here; the currency stands beside it. */
function toNumber(text: string): number {
  return Number(text.split(' ')[0]);
}

export function toProduct(row: Row): Record<string, unknown> {
  const product: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(row)) {
    const place = places[name];
    if (place === undefined) continue;
    const value = place.form ? place.form(text) : text;
    const [first = '', second] = place.path;
    if (second === undefined) product[first] = value;
    else product[first] = { ...(product[first] as object | undefined), [second]: value };
  }
  const currency = row['price']?.split(' ')[1];
  if (currency !== undefined)
    product['price_info'] = { ...(product['price_info'] as object | undefined), currency };
  return product;
}
