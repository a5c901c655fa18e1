import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { hasErrors } from '../../../../catalog/issue.ts';
import { channel } from '../../../../feeds/channels/tiktok/index.ts';
import { checkItem } from '../../../../feeds/spec.ts';
import { sampleImage, sampleItem, without } from '../../../support/sample-item.ts';

const category = 'Apparel & Accessories > Clothing > Shirts & Tops';
const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, google_product_category: category, ...changes },
});
const good = (changes: Partial<Item> = {}): Item => sampleItem({ ...attributes({}), ...changes });
const codes = (item: Item, severity: 'error' | 'warning') =>
  checkItem(item, channel.spec)
    .filter((issue) => issue.severity === severity)
    .map((issue) => issue.code);
const eur = (minor: number) => ({ minor, currency: 'EUR' });

test('TikTok takes a good item without a word', () => {
  expect(checkItem(good(), channel.spec)).toEqual([]);
});

describe('TikTok would refuse', () => {
  test.each<[string, Partial<Item>, string]>([
    ['an item without id', { offerId: '' }, 'offer_id_missing'],
    ['an id of 101 characters', { offerId: 'x'.repeat(101) }, 'offer_id_too_long'],
    ['an id with an emoji', { offerId: 'SHIRT-😀' }, 'offer_id_has_signs'],
    ['an item without title', { title: '' }, 'title_missing'],
    ['an item without description', { description: '' }, 'description_missing'],
    ['a condition of its own', attributes({ condition: 'as new' }), 'condition_not_allowed'],
    ['a price of 0', { price: eur(0) }, 'price_not_positive'],
    ['a sale price that is not lower', { salePrice: eur(4990) }, 'sale_price_not_lower'],
    ['a sale that ends before it begins', { salePrice: eur(1), saleStarts: new Date(2), saleEnds: new Date(1) }, 'sale_ends_before_start'],
    ['a link without scheme', { link: 'shop.example/a' }, 'link_not_a_url'],
    ['an image of 499 pixels', { images: [sampleImage('a', { height: 499 }), sampleImage('b')] }, 'images_too_small'],
  ])('%s', (_, changes, code) => {
    expect(codes(good(changes), 'error')).toEqual([code]);
  }); // prettier-ignore

  test('an item without link, price, image or brand', () => {
    const item = without(good({ images: [] }), 'link', 'price', 'brand');
    expect(codes(item, 'error').sort()).toEqual(['brand_missing', 'images_missing', 'link_missing', 'price_missing']);
  }); // prettier-ignore

  test('a title of nothing but emoji', () => {
    expect(codes(good({ title: '😀 👍' }), 'error')).toEqual(['title_only_signs']);
  });
});

describe('TikTok takes, and the shop is warned of', () => {
  test.each<[string, Partial<Item>, string]>([
    ['an emoji in the title, which is sent without', { title: 'Linen shirt 😀' }, 'title_has_signs'],
    ['a control character in the description', { description: 'A light shirt.\u0007' }, 'description_has_signs'],
    ['an emoji in the brand', { brand: 'Nordhem ⭐' }, 'brand_has_signs'],
    ['a title above 500 characters', { title: 'ab '.repeat(170) }, 'title_too_long'],
    ['a title in capitals', { title: 'LINEN SHIRT NEW' }, 'title_all_capitals'],
    ['a promotion in the title', { title: 'Linen shirt, free shipping' }, 'title_promotional'],
    ['an address in the description', { description: 'See https://other.example' }, 'description_has_link'],
    ['a brand above 150 characters', { brand: 'b'.repeat(151) }, 'brand_too_long'],
    ['12 images', { images: Array.from({ length: 12 }, (_, i) => sampleImage(`i${i}`)) }, 'images_too_many'],
    ['one image only', { images: [sampleImage('a')] }, 'images_only_one'],
    ['no category', { attributes: sampleItem().attributes }, 'google_product_category_missing'],
    ['a product type of four levels', attributes({ product_type: 'A > B > C > D' }), 'product_type_deep'],
    ['a gender in German', attributes({ gender: 'Damen' }), 'gender_not_allowed'],
    ['clothes without a size', attributes({ size: '' }), 'size_missing_for_apparel'],
    ['a weight without unit', attributes({ shipping_weight: '500' }), 'shipping_weight_malformed'],
    ['a label above 100 characters', attributes({ custom_label_3: 'x'.repeat(101) }), 'custom_label_3_too_long'],
  ])('%s', (_, changes, code) => {
    expect(codes(good(changes), 'warning')).toEqual([code]);
    expect(hasErrors(checkItem(good(changes), channel.spec))).toBe(false);
  }); // prettier-ignore
});

test('every issue says what to do and where the rule is written', () => {
  const bad = without(good({ ...attributes({ gender: 'x' }), title: '😀', images: [] }), 'price', 'gtin');
  const issues = checkItem(bad, channel.spec);
  expect(issues.length).toBeGreaterThan(4);
  for (const issue of issues) {
    expect(issue.link).toMatch(/^https:\/\/(?:ads|business-api)\.tiktok\.com\//);
    expect(issue.hint).toMatch(/\.$/);
    expect(issue.field).toBeDefined();
  }
});
