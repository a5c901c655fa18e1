/** A feed file as TikTok reads it into the shape of its API: columns of https://ads.tiktok.com/help/article/catalog-product-parameters */
import { fetchFeed, type FeedRow } from '../../read-feed.ts';
import type { Product } from './items.ts';

export const fromFile = async (url: string): Promise<Product[]> => (await fetchFeed(url)).map(toProduct);

const upper = (text: string): string => text.toUpperCase().replaceAll(' ', '_');

function toProduct(row: FeedRow): Product {
  const read = (name: string): string | undefined => row[name]?.join(',');
  const [price = '', currency] = (read('price') ?? '').split(' ');
  const [sale] = (read('sale_price') ?? '').split(' ');
  const age = read('age_group');
  const product: Product = {
    sku_id: read('sku_id'),
    title: read('title'),
    description: read('description'),
    availability: read('availability') && upper(read('availability') ?? ''),
    brand: read('brand'),
    image_url: read('image_link'),
    additional_image_urls: read('additional_image_link')?.split(','),
    video_url: read('video_link'),
    item_group_id: read('item_group_id'),
    google_product_category: read('google_product_category'),
    global_trade_item_number: read('gtin'),
    manufacturer_part_number: read('mpn'),
    product_detail: clean({
      condition: read('condition')?.toUpperCase(),
      age_group: age === 'newborn' ? 'NEW_BORN' : age?.toUpperCase(),
      gender: read('gender')?.toUpperCase(),
      ...Object.fromEntries(
        ['color', 'size', 'material', 'pattern', 'shipping', 'shipping_weight', 'tax'].map((name) => [
          name,
          read(name),
        ]),
      ),
      product_category: read('product_type'),
    }),
    price_info: clean({
      price: price === '' ? undefined : Number(price),
      currency,
      sale_price: sale ? Number(sale) : undefined,
      sale_price_effective_date: read('sale_price_effective_date'),
    }),
    landing_page: clean({
      landing_page_url: read('link'),
      ...Object.fromEntries(appColumns.map((name) => [name.toLowerCase(), read(name)])),
    }),
    extra_info: clean(
      Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`custom_label_${n}`, read(`custom_label_${n}`)])),
    ),
  };
  return clean(product);
}

const appColumns = [
  'ios_url', 'ios_app_store_id', 'ios_app_name', 'iPhone_url', 'iPhone_app_store_id', 'iPhone_app_name', 'iPad_url',
  'iPad_app_store_id', 'iPad_app_name', 'android_url', 'android_package', 'android_app_name',
]; // prettier-ignore

/** Without what is empty. */
const clean = (product: Product): Product =>
  Object.fromEntries(
    Object.entries(product).filter(
      ([, value]) =>
        value !== undefined && (typeof value !== 'object' || value === null || Object.keys(value).length > 0),
    ),
  );
