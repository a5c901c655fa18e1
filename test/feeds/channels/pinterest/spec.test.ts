import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { hasErrors } from '../../../../catalog/issue.ts';
import { channel } from '../../../../feeds/channels/pinterest/index.ts';
import { checkItem, checkItems } from '../../../../feeds/spec.ts';
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

test('Pinterest takes a good item without a word', () => {
  expect(checkItem(good(), channel.spec)).toEqual([]);
});

describe('Pinterest would refuse', () => {
  test.each<[string, Partial<Item>, string]>([
    ['an item without id', { offerId: '' }, 'offer_id_missing'],
    ['an id of 128 characters', { offerId: 'x'.repeat(128) }, 'offer_id_too_long'],
    ['an item without title', { title: '' }, 'title_missing'],
    ['an item without description', { description: '' }, 'description_missing'],
    ['a price of 0', { price: eur(0) }, 'price_not_positive'],
    ['a link without scheme', { link: 'shop.example/a' }, 'link_not_a_url'],
    ['a link of 512 characters', { link: `https://shop.example/${'a'.repeat(491)}` }, 'link_too_long'],
    ['the shop’s front page as link', { link: 'https://shop.example' }, 'link_bare_domain'],
    ['an item without image', { images: [] }, 'images_missing'],
    ['an image of 74 pixels', { images: [sampleImage('a', { height: 74 })] }, 'images_too_small'],
    ['an image address of 2,001 characters', { images: [sampleImage('a'.repeat(2_001))] }, 'image_link_too_long'],
  ])('%s', (_, changes, code) => {
    expect(codes(good(changes), 'error')).toEqual([code]);
  }); // prettier-ignore

  test('an item without link or price', () => {
    expect(codes(without(good(), 'link', 'price'), 'error').sort()).toEqual(['link_missing', 'price_missing']);
  }); // prettier-ignore
});

describe('Pinterest takes, and the shop is warned of', () => {
  test.each<[string, Partial<Item>, string]>([
    ['a title above 500 characters', { title: 'ab '.repeat(170) }, 'title_too_long'],
    ['a description above 10,000 characters', { description: 'ab '.repeat(3_400) }, 'description_too_long'],
    ['a promotion in the title', { title: 'Linen shirt, free shipping' }, 'title_promotional'],
    ['a title in capitals', { title: 'LINEN SHIRT NEW' }, 'title_all_capitals'],
    ['a sale price that is not lower', { salePrice: eur(4990) }, 'sale_price_not_lower'],
    ['a sale that ends before it begins', { salePrice: eur(1), saleStarts: new Date(2), saleEnds: new Date(1) }, 'sale_ends_before_start'],
    ['12 images', { images: Array.from({ length: 12 }, (_, i) => sampleImage(`i${i}`)) }, 'images_too_many'],
    ['a backorder, for which there is no word', { availability: 'backorder' }, 'availability_approximated'],
    ['a GTIN of 10 digits', { gtin: '3161484100' }, 'gtin_malformed'],
    ['a condition of its own', attributes({ condition: 'as new' }), 'condition_not_allowed'],
    ['no category', { attributes: sampleItem().attributes }, 'google_product_category_missing'],
    ['a category of two levels', attributes({ google_product_category: 'Home & Garden > Decor' }), 'google_product_category_shallow'],
    ['a gender in German', attributes({ gender: 'Damen' }), 'gender_not_allowed'],
    ['an age group of its own', attributes({ age_group: 'senior' }), 'age_group_not_allowed'],
    ['clothes without a colour', attributes({ color: '' }), 'color_missing_for_apparel'],
    ['a size type of its own', attributes({ size_type: 'huge' }), 'size_type_not_allowed'],
    ['a size system of its own', attributes({ size_system: 'Mars' }), 'size_system_not_allowed'],
    ['something for adults', attributes({ adult: 'yes' }), 'adult_not_shown'],
    ['an unreadable word for adults', attributes({ adult: 'maybe' }), 'adult_not_allowed'],
    ['a weight without unit', attributes({ shipping_weight: '500' }), 'shipping_weight_malformed'],
    ['a date in German', attributes({ availability_date: '31.12.2026' }), 'availability_date_malformed'],
    ['a video that is no file', attributes({ video_link: 'https://v.example/watch' }), 'video_link_malformed'],
    ['a label above 511 characters', attributes({ custom_label_0: 'x'.repeat(512) }), 'custom_label_0_too_long'],
  ])('%s', (_, changes, code) => {
    expect(codes(good(changes), 'warning')).toEqual([code]);
    expect(hasErrors(checkItem(good(changes), channel.spec))).toBe(false);
  }); // prettier-ignore

  test('two variants with the same choice', () => {
    const [, second] = checkItems([good(), good({ offerId: 'TWIN' })], channel.spec);
    expect(second?.map(({ code }) => code)).toEqual(['options_same_as_other']);
  });
});

test('every issue says what to do and where the rule is written', () => {
  const bad = without(good({ ...attributes({ gender: 'x', adult: '?' }), title: '', images: [] }), 'price', 'gtin');
  const issues = checkItem(bad, channel.spec);
  expect(issues.length).toBeGreaterThan(4);
  for (const issue of issues) {
    expect(issue.link).toMatch(/^https:\/\//);
    expect(issue.hint).toMatch(/\.$/);
    expect(issue.field).toBeDefined();
  }
}); // prettier-ignore
