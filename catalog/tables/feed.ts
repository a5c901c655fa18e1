/** A feed made for a channel, with that channel's column names; one row is one item. */
import { attributeNames } from '../product.ts';
import { type FieldName, openFields } from './fields.ts';
import type { Format } from './format.ts';
import type { Header } from './header.ts';

export const feed: Format = {
  id: 'feed',
  title: 'Channel feed (column names of Meta, Google, TikTok, Pinterest or Snapchat)',
  expects: 'id, title, and price, link or image_link',
  recognise(header) {
    const fields = new Set(toTargets(header));
    return (
      fields.has('id') &&
      fields.has('title') &&
      (fields.has('price') || fields.has('link') || fields.has('image_link'))
    );
  },
  open: (header) => openFields(toTargets(header), header.names),
};

/** Names that differ from our own, after `toFieldKey`. https://support.google.com/merchants/answer/7052112 */
const aliases: Record<string, FieldName> = {
  retailer_id: 'id', item_group_id: 'group_id', product_link: 'link', canonical_link: 'link', url: 'link',
  image_url: 'image_link', 'image[0].url': 'image_link', additional_image_url: 'additional_image_link',
  additional_image_urls: 'additional_image_link', rich_text_description: 'description',
  sale_price_effective_date: 'sale_dates', sale_price_start_date: 'sale_starts', sale_price_end_date: 'sale_ends',
  quantity_to_sell_on_facebook: 'quantity', inventory: 'quantity', stock: 'quantity', visibility: 'status',
  ean: 'gtin', upc: 'gtin', colour: 'color', product_category: 'google_product_category',
  'video[0].url': 'video_link', product_tags: 'tags', internal_label: 'tags', sku_id: 'id',
  ad_link: 'ads_redirect', adwords_redirect: 'ads_redirect', installment_price: 'installment',
  ios_deep_link: 'ios_url', android_deep_link: 'android_url', average_review_rating: 'user_rating',
  number_of_ratings: 'rating_count',
}; // prettier-ignore

const ownNames = new Set<string>([
  'id', 'title', 'description', 'link', 'image_link', 'additional_image_link', 'price', 'sale_price', 'availability',
  'quantity', 'gtin', 'status', 'sku', ...attributeNames,
] satisfies FieldName[]); // prettier-ignore

function toTargets(header: Header): (FieldName | undefined)[] {
  const targets = header.names.map((name) => {
    const key = toFieldKey(name);
    if (isOwnName(key)) return key;
    if (key.startsWith('applink.') && isOwnName(key.slice(8))) return key.slice(8) as FieldName;
    if (/^(additional_image_link|image|additional_image_link\[)\[?\d*\](\.url)?$/.test(key)) {
      return key === 'image[0].url' ? 'image_link' : 'additional_image_link';
    }
    return aliases[key];
  });
  // The plain description wins over Meta's rich one where a feed has both.
  const plain = header.names.findIndex((name) => toFieldKey(name) === 'description');
  return targets.map((target, at) =>
    target === 'description' && plain >= 0 && at !== plain ? undefined : target,
  );
}

const isOwnName = (key: string): key is FieldName => ownNames.has(key);

/** `g:Image Link` → `image_link` */
const toFieldKey = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^g:/, '')
    .trim()
    .replace(/[\s-]+/g, '_');
