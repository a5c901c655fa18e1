import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { hasErrors } from '../../../../catalog/issue.ts';
import { channel } from '../../../../feeds/channels/google/index.ts';
import { checkItem } from '../../../../feeds/spec.ts';
import { sampleImage, sampleItem, without } from '../../../support/sample-item.ts';
import { fullItem } from './full-item.ts';

const codes = (item: Item, severity: 'error' | 'warning') =>
  checkItem(item, channel.spec)
    .filter((issue) => issue.severity === severity)
    .map((issue) => issue.code);
const eur = (minor: number) => ({ minor, currency: 'EUR' });
const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, ...changes },
});
const bare = (changes: Item['attributes']) => ({ attributes: changes });
const shirts = 'Apparel & Accessories > Clothing > Shirts & Tops';

test('Google takes a good item without a word, and one with every attribute', () => {
  expect(checkItem(sampleItem(), channel.spec)).toEqual([]);
  expect(checkItem(fullItem(), channel.spec)).toEqual([]);
});

describe('Google would refuse', () => {
  test.each<[string, Partial<Item>, string]>([
    ['an item without id', { offerId: '' }, 'offer_id_missing'],
    ['an id of 51 characters', { offerId: 'x'.repeat(51) }, 'offer_id_too_long'],
    ['a group id of 51 characters', { itemGroupId: 'x'.repeat(51) }, 'item_group_id_too_long'],
    ['an item without title', { title: ' ' }, 'title_missing'],
    ['an item without description', { description: '' }, 'description_missing'],
    ['a price of 0', { price: eur(0) }, 'price_not_positive'],
    ['a sale price that is not lower', { salePrice: eur(4990) }, 'sale_price_not_lower'],
    ['a sale price in dollars', { salePrice: { minor: 100, currency: 'USD' } }, 'sale_price_other_currency'],
    ['a sale that ends before it begins', { salePrice: eur(1), saleStarts: new Date(2), saleEnds: new Date(1) }, 'sale_ends_before_start'],
    ['a link without scheme', { link: 'shop.example/a' }, 'link_not_a_url'],
    ['the shop’s front page as link', { link: 'https://shop.example' }, 'link_bare_domain'],
    ['an item without image', { images: [] }, 'images_missing'],
    ['an image of 99 pixels', { images: [sampleImage('a', { height: 99 })] }, 'images_too_small'],
    ['clothes on an image of 240 pixels', { images: [sampleImage('a', { height: 240 })], ...attributes({ google_product_category: '212' }) }, 'images_too_small_for_apparel'],
    ['an image above 16 MB', { images: [sampleImage('a', { bytes: 16 * 1024 * 1024 + 1 })] }, 'images_too_heavy'],
    ['a pre-order without its day', { availability: 'preorder' }, 'availability_date_missing'],
    ['a condition of its own', attributes({ condition: 'as new' }), 'condition_malformed'],
    ['a pack of half a piece', attributes({ multipack: '0.5' }), 'multipack_malformed'],
    ['a television for Germany without its entry in EPREL', attributes({ google_product_category: '404' }), 'certification_missing'],
  ])('%s', (_, changes, code) => {
    expect(codes(sampleItem(changes), 'error')).toEqual([code]);
  }); // prettier-ignore

  test('an item without link, price or brand', () => {
    expect(codes(without(sampleItem(), 'link', 'price', 'brand'), 'error').sort()).toEqual([
      'brand_missing', 'link_missing', 'price_missing',
    ]); // prettier-ignore
  });

  test.each(['DE', 'FR', 'GB', 'US', 'JP', 'BR'])(
    'clothes in %s without their four attributes',
    (country) => {
      const item = sampleItem({ country, ...bare({ google_product_category: shirts }) });
      expect(codes(item, 'error').sort()).toEqual([
      'age_group_missing_for_apparel', 'color_missing_for_apparel', 'gender_missing_for_apparel', 'size_missing_for_apparel',
    ]); // prettier-ignore
    },
  );
});

describe('Google takes, and the shop is warned of', () => {
  test.each<[string, Partial<Item>, string]>([
    ['a title above 150 characters', { title: 'ab '.repeat(51) }, 'title_too_long'],
    ['a title in capitals', { title: 'LINEN SHIRT NEW' }, 'title_all_capitals'],
    ['HTML in the title', { title: 'Linen <b>shirt</b>' }, 'title_has_html'],
    ['a promotion in the title', { title: 'Linen shirt, free shipping' }, 'title_promotional'],
    ['a description above 5,000 characters', { description: 'ab '.repeat(1700) }, 'description_too_long'],
    ['a web address in the description', { description: 'See https://a.example' }, 'description_has_link'],
    ['an image of 499 pixels', { images: [sampleImage('a', { height: 499 })] }, 'images_too_small_soon'],
    ['12 images', { images: Array.from({ length: 12 }, (_, i) => sampleImage(`i${i}`)) }, 'images_too_many'],
    ['a back-order without its day', { availability: 'backorder' }, 'availability_date_missing'],
    ['a GTIN that the shop made', { gtin: '2012345678903' }, 'gtin_restricted'],
    ['a GTIN with a wrong digit', { gtin: '4006381333932' }, 'gtin_malformed'],
    ['a brand that is none', { brand: 'No Brand' }, 'brand_not_a_name'],
    ['"no identifier" beside a GTIN', attributes({ identifier_exists: 'no' }), 'identifier_exists_contradicted'],
    ['a category that nobody knows', attributes({ google_product_category: 'Clothes > Blue' }), 'google_product_category_unknown'],
    ['a product type above 750 characters', attributes({ product_type: 'ab '.repeat(251) }), 'product_type_too_long'],
    ['a colour as hex code', attributes({ color: '#0000ff' }), 'color_not_allowed'],
    ['a gender in German', attributes({ gender: 'Damen' }), 'gender_malformed'],
    ['an age group of Meta’s', attributes({ age_group: 'teen' }), 'age_group_malformed'],
    ['a weight without unit', attributes({ shipping_weight: '500' }), 'shipping_weight_malformed'],
    ['a parcel of two tons', attributes({ shipping_weight: '2000 kg' }), 'shipping_weight_malformed'],
    ['a date in German', attributes({ expiration_date: '31.12.2026' }), 'expiration_date_malformed'],
    ['a label above 100 characters', attributes({ custom_label_3: 'x'.repeat(101) }), 'custom_label_3_too_long'],
    ['two sides of a parcel', attributes({ shipping_length: '10 cm', shipping_width: '10 cm' }), 'shipping_length_incomplete'],
    ['three kinds of size', attributes({ size_type: 'big,tall,plus' }), 'size_type_too_many'],
    ['one highlight only', attributes({ product_highlight: 'Soft' }), 'product_highlight_malformed'],
    ['shipping without a price', attributes({ shipping: 'DE::Standard' }), 'shipping_malformed'],
    ['a unit price per litre of something weighed', attributes({ unit_pricing_measure: '500 g', unit_pricing_base_measure: '1 l' }), 'unit_pricing_base_measure_other_kind'],
    ['an energy class in the EU', attributes({ energy_efficiency_class: 'B' }), 'energy_efficiency_class_not_used'],
  ])('%s', (_, changes, code) => {
    expect(codes(sampleItem(changes), 'warning')).toEqual([code]);
    expect(hasErrors(checkItem(sampleItem(changes), channel.spec))).toBe(false);
  }); // prettier-ignore

  test('an item without identifier, but not one with MPN and brand, nor one that honestly has none', () => {
    const item = without(sampleItem(), 'gtin');
    expect(codes(item, 'warning')).toEqual(['product_identifier_missing']);
    expect(codes({ ...item, ...attributes({ mpn: 'LS-1' }) }, 'warning')).toEqual([]);
    expect(checkItem(without({ ...item, ...attributes({ identifier_exists: 'no' }) }, 'brand'), channel.spec)).toEqual([]); // prettier-ignore
  });

  test('clothes without size and colour outside the countries that insist', () => {
    const item = sampleItem({ country: 'AT', ...bare({ google_product_category: '1604' }) });
    expect(codes(item, 'error')).toEqual([]);
    expect(codes(item, 'warning')).toHaveLength(4);
  });
});

test('a book needs no brand, and a subscription no price of its own', () => {
  const book = without(sampleItem(attributes({ google_product_category: 'Media > Books' })), 'brand');
  expect(checkItem(book, channel.spec)).toEqual([]);
  const box = sampleItem({ price: eur(0), ...attributes({ subscription_cost: 'month:1:9.99 EUR' }) });
  expect(checkItem(box, channel.spec)).toEqual([]);
});

test('from 31 January 2027 on, 500 pixels are the least', () => {
  const small = sampleItem({ images: [sampleImage('a', { height: 499 })] });
  const now = Date.now;
  try {
    Date.now = () => Date.UTC(2027, 0, 31);
    expect(codes(small, 'error')).toEqual(['images_too_small']);
  } finally {
    Date.now = now;
  }
});

test('every issue says the field, what to do and where the rule is written', () => {
  const bad = without(
    sampleItem({
      ...attributes({ gender: 'x', color: '#fff', shipping: 'DE', google_product_category: '404' }),
      title: '', images: [], gtin: '2012345678903',
    }),
    'price',
  ); // prettier-ignore
  const issues = checkItem(bad, channel.spec);
  expect(issues.length).toBeGreaterThan(7);
  for (const issue of issues) {
    expect(issue.link).toMatch(/^https:\/\/support\.google\.com\//);
    expect(issue.hint).toMatch(/\.$/);
    expect(issue.message).toMatch(/\.$/);
    expect(issue.field).toBeDefined();
  }
});
