/** A feed row as the items batch wants it: https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml */
import { feed } from './feed.ts';
import { rareClearable, rareMaskable, rareShapes } from './rare.ts';

/** Columns of the feed that the API does not have. */
const feedOnly = new Set(['availability_date', 'expiration_date', 'is_bundle', 'multipack']);
/** What an UPDATE cannot change. */
const images = new Set(['image_link', 'additional_image_link', 'video_link']);
/** `nullable` in ItemAttributesRequest: sent as null when the item has none (any more), so that an old value goes. */
const clearable = new Set<string>([
  'adult', 'age_group', 'additional_image_link', 'video_link', 'brand', 'color', 'condition', 'custom_label_0',
  'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4', 'gender', 'google_product_category', 'gtin',
  'item_group_id', 'material', 'mobile_link', 'mpn', 'pattern', 'product_type', 'sale_price',
  'sale_price_effective_date', 'shipping_weight', 'size', 'size_system', 'size_type', 'unit_pricing_base_measure',
  'unit_pricing_measure', 'variant_names', 'variant_values', ...rareClearable,
]); // prettier-ignore
/** UpdateMaskFieldType, as far as we have these columns. */
const maskable = new Set<string>([
  'adult', 'age_group', 'availability', 'brand', 'color', 'condition', 'custom_label_0', 'custom_label_1',
  'custom_label_2', 'custom_label_3', 'custom_label_4', 'description', 'gender', 'google_product_category', 'gtin',
  'item_group_id', 'link', 'material', 'mpn', 'pattern', 'price', 'product_type', 'sale_price', 'shipping_weight',
  'size', 'size_system', 'size_type', 'title', 'variant_names', 'variant_values', ...rareMaskable,
]); // prettier-ignore

/** Fields that the request has in another form than the feed. */
const shapes: Record<string, (text: string) => unknown> = {
  // "image_link is not of type array" is Pinterest's own sample of a refusal.
  image_link: (url) => [url],
  additional_image_link: (urls) => urls.split(','),
  variant_names: (names) => names.split(','),
  variant_values: (values) => values.split(','),
  adult: (truth) => truth === 'true',
  ...rareShapes,
};

/** One item operation; `time` orders writes and keeps two batches from being taken for one. */
export function toItem(
  row: Readonly<Record<string, string>>,
  operation: 'UPSERT' | 'CREATE' | 'UPDATE',
  time: number,
): object {
  const attributes: Record<string, unknown> = { last_updated_time: time };
  const mask: string[] = [];
  for (const { name } of feed.columns) {
    if (name === 'id' || feedOnly.has(name) || (operation === 'UPDATE' && images.has(name))) continue;
    const text = row[name];
    if (operation === 'UPDATE' && maskable.has(name)) mask.push(name);
    if (text !== undefined) attributes[name] = shapes[name]?.(text) ?? text;
    // an update takes away what its mask names and its body has not
    else if (operation !== 'UPDATE' && clearable.has(name)) attributes[name] = null;
  }
  const item = { operation, item_id: row['id'], attributes };
  return operation === 'UPDATE' ? { ...item, update_mask: [...mask, 'last_updated_time'] } : item;
}
