import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { hasErrors } from '../../../../catalog/issue.ts';
import { channel } from '../../../../feeds/channels/meta/index.ts';
import { checkItem } from '../../../../feeds/spec.ts';
import { sampleImage, sampleItem, without } from '../../../support/sample-item.ts';

const codes = (item: Item, severity: 'error' | 'warning') =>
  checkItem(item, channel.spec)
    .filter((issue) => issue.severity === severity)
    .map((issue) => issue.code);
const eur = (minor: number) => ({ minor, currency: 'EUR' });
const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, ...changes },
});

test('Meta takes a good item without a word', () => {
  expect(checkItem(sampleItem(), channel.spec)).toEqual([]);
});

describe('Meta would refuse', () => {
  test.each<[string, Partial<Item>, string]>([
    ['an item without id', { offerId: '' }, 'offer_id_missing'],
    ['an id of 101 characters', { offerId: 'x'.repeat(101) }, 'offer_id_too_long'],
    ['a group id of 101 characters', { itemGroupId: 'x'.repeat(101) }, 'item_group_id_too_long'],
    ['an id that is its group’s id too', { itemGroupId: 'SHIRT-BLUE-M' }, 'item_group_id_same_as_offer_id'],
    ['an item without title', { title: '' }, 'title_missing'],
    ['an item without description', { description: '' }, 'description_missing'],
    ['a condition of its own', attributes({ condition: 'as new' }), 'condition_not_allowed'],
    ['a price of 0', { price: eur(0) }, 'price_not_positive'],
    ['a sale price that is not lower', { salePrice: eur(4990) }, 'sale_price_not_lower'],
    ['a sale price in dollars', { salePrice: { minor: 100, currency: 'USD' } }, 'sale_price_other_currency'],
    ['a sale that ends before it begins', { salePrice: eur(1), saleStarts: new Date(2), saleEnds: new Date(1) }, 'sale_ends_before_start'],
    ['a link without scheme', { link: 'shop.example/a' }, 'link_not_a_url'],
    ['a link to Facebook', { link: 'https://www.facebook.com/marketplace/1' }, 'link_foreign_domain'],
    ['the shop’s front page as link', { link: 'https://shop.example' }, 'link_bare_domain'],
    ['an item without image', { images: [] }, 'images_missing'],
    ['an image of 499 pixels', { images: [sampleImage('a', { height: 499 })] }, 'images_too_small'],
    ['an image above 8 MB', { images: [sampleImage('a', { bytes: 8 * 1024 * 1024 + 1 })] }, 'images_too_heavy'],
    ['an Indian item without country of origin', { country: 'IN' }, 'origin_country_missing'],
  ])('%s', (_, changes, code) => {
    expect(codes(sampleItem(changes), 'error')).toEqual([code]);
  }); // prettier-ignore

  test('an item without link, price or brand', () => {
    expect(codes(without(sampleItem(), 'link', 'price', 'brand'), 'error').sort()).toEqual([
      'brand_missing', 'link_missing', 'price_missing',
    ]); // prettier-ignore
  });
});

describe('Meta takes, and the shop is warned of', () => {
  test.each<[string, Partial<Item>, string]>([
    ['a title above 65 characters', { title: 'a'.repeat(66) }, 'title_long'],
    ['a title above 100 characters', { title: 'a'.repeat(101) }, 'title_too_long_for_batch'],
    ['a title above 200 characters', { title: 'a'.repeat(201) }, 'title_too_long'],
    ['a title in capitals', { title: 'LINEN SHIRT NEW' }, 'title_all_capitals'],
    ['HTML in the title', { title: 'Linen <b>shirt</b>' }, 'title_has_html'],
    ['a description above 5,000 characters', { description: 'ab '.repeat(1700) }, 'description_long'],
    ['a description above 9,999 characters', { description: 'ab '.repeat(3400) }, 'description_too_long'],
    ['a web address in the description', { description: 'See https://a.example' }, 'description_has_link'],
    ['a description that only repeats the title', { description: 'Linen shirt' }, 'description_same_as_title'],
    ['a GTIN of 10 digits', { gtin: '3161484100' }, 'gtin_malformed'],
    ['a colour as hex code', attributes({ color: '#0000ff' }), 'color_not_allowed'],
    ['a gender in German', attributes({ gender: 'Damen' }), 'gender_not_allowed'],
    ['an age group of its own', attributes({ age_group: 'senior' }), 'age_group_not_allowed'],
    ['a weight without unit', attributes({ shipping_weight: '500' }), 'shipping_weight_malformed'],
    ['a date in German', attributes({ expiration_date: '31.12.2026' }), 'expiration_date_malformed'],
    ['a label above 100 characters', attributes({ custom_label_3: 'x'.repeat(101) }), 'custom_label_3_too_long'],
    ['22 images', { images: Array.from({ length: 22 }, (_, i) => sampleImage(`i${i}`)) }, 'images_too_many'],
    ['a tag above 110 characters', { tags: ['x'.repeat(111)] }, 'tags_too_long'],
    ['stock of 0 for an item in stock in the US', { country: 'US', quantity: 0 }, 'quantity_zero_in_stock'],
    ['HTML too long for Meta', { descriptionHtml: `<p>${'x'.repeat(50_000)}</p>` }, 'description_html_too_long'],
  ])('%s', (_, changes, code) => {
    expect(codes(sampleItem(changes), 'warning')).toEqual([code]);
    expect(hasErrors(checkItem(sampleItem(changes), channel.spec))).toBe(false);
  }); // prettier-ignore

  test('an item without identifier, but not one with MPN and brand', () => {
    const item = without(sampleItem(), 'gtin');
    expect(codes(item, 'warning')).toEqual(['product_identifier_missing']);
    expect(codes({ ...item, ...attributes({ mpn: 'LS-1' }) }, 'warning')).toEqual([]);
  });

  test('a variant that nothing tells from its siblings', () => {
    expect(codes(sampleItem({ options: [], attributes: {} }), 'warning')).toEqual(['variant_choice_missing']);
    const scent = [{ name: 'Scent', value: 'Rose' }];
    expect(codes(sampleItem({ options: scent, attributes: {} }), 'warning')).toEqual([]);
  });
});

test('every issue says what to do and where the rule is written', () => {
  const bad = without(
    sampleItem({ ...attributes({ gender: 'x', color: '#fff' }), title: '', images: [] }),
    'price',
  );
  const issues = checkItem(bad, channel.spec);
  expect(issues.length).toBeGreaterThan(4);
  for (const issue of issues) {
    expect(issue.link).toMatch(/^https:\/\/developers\.facebook\.com\//);
    expect(issue.hint).toMatch(/\.$/);
    expect(issue.field).toBeDefined();
  }
});
