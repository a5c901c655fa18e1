import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { hasErrors } from '../../../../catalog/issue.ts';
import { toRow } from '../../../../feeds/build-feed.ts';
import { channel } from '../../../../feeds/channels/snapchat/index.ts';
import { checkItem } from '../../../../feeds/spec.ts';
import { sampleImage, sampleItem, without } from '../../../support/sample-item.ts';

const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, ...changes },
});
const codes = (item: Item, severity: 'error' | 'warning') =>
  checkItem(item, channel.spec)
    .filter((issue) => issue.severity === severity)
    .map((issue) => issue.code);
const eur = (minor: number) => ({ minor, currency: 'EUR' });

test('Snapchat takes a good item without a word', () => {
  expect(checkItem(sampleItem(), channel.spec)).toEqual([]);
});

describe('Snapchat would refuse', () => {
  test.each<[string, Partial<Item>, string]>([
    ['an item without id', { offerId: '' }, 'offer_id_missing'],
    ['an id of 129 characters', { offerId: 'x'.repeat(129) }, 'offer_id_too_long'],
    ['an item without title', { title: '' }, 'title_missing'],
    ['an item without description', { description: '' }, 'description_missing'],
    ['a condition of its own', attributes({ condition: 'as new' }), 'condition_not_allowed'],
    ['a sale price that is not lower', { salePrice: eur(4990) }, 'sale_price_not_lower'],
    ['a link without scheme', { link: 'shop.example/a' }, 'link_not_a_url'],
    ['a link of 2,001 characters', { link: `https://shop.example/${'a'.repeat(1_980)}` }, 'link_too_long'],
    ['an item without image', { images: [] }, 'images_missing'],
    ['an image of 199 pixels', { images: [sampleImage('a', { height: 199 })] }, 'images_too_small'],
  ])('%s', (_, changes, code) => {
    expect(codes(sampleItem(changes), 'error')).toEqual([code]);
  }); // prettier-ignore

  test('an item without link, price or any identifier, but not one with a part number of digits', () => {
    const item = without(sampleItem(), 'link', 'price', 'brand', 'gtin');
    expect(codes(item, 'error').sort()).toEqual(['link_missing', 'price_missing', 'product_identifier_missing']);
    const numbered = without(sampleItem(attributes({ mpn: '12345' })), 'brand', 'gtin');
    expect(codes(numbered, 'error')).toEqual([]);
  }); // prettier-ignore
});

describe('Snapchat takes, and the shop is warned of', () => {
  test.each<[string, Partial<Item>, string]>([
    ['a title above 40 characters', { title: 'a'.repeat(41) }, 'title_long'],
    ['a title above 375 characters', { title: 'ab '.repeat(130) }, 'title_too_long'],
    ['a description above 5,000 characters', { description: 'ab '.repeat(1_700) }, 'description_too_long'],
    ['an image of 499 pixels', { images: [sampleImage('a', { height: 499 })] }, 'images_small'],
    ['a price of 0', { price: eur(0) }, 'price_zero'],
    ['a part number with letters', attributes({ mpn: 'LS-1' }), 'mpn_malformed'],
    ['a gender in German', attributes({ gender: 'Damen' }), 'gender_not_allowed'],
    ['a size type of its own', attributes({ size_type: 'huge' }), 'size_type_not_allowed'],
    ['an unreadable word for adults', attributes({ adult: 'maybe' }), 'adult_not_allowed'],
    ['12 images', { images: Array.from({ length: 12 }, (_, i) => sampleImage(`i${i}`)) }, 'images_too_many'],
    ['a label above 100 characters', attributes({ custom_label_3: 'x'.repeat(101) }), 'custom_label_3_too_long'],
  ])('%s', (_, changes, code) => {
    expect(codes(sampleItem(changes), 'warning')).toEqual([code]);
    expect(hasErrors(checkItem(sampleItem(changes), channel.spec))).toBe(false);
  }); // prettier-ignore
});

test('every issue says what to do and where the rule is written', () => {
  const bad = without(
    sampleItem({ ...attributes({ gender: 'x' }), title: '', images: [] }),
    'price',
    'brand',
    'gtin',
  );
  const issues = checkItem(bad, channel.spec);
  expect(issues.length).toBeGreaterThan(4);
  for (const issue of issues) {
    expect(issue.link).toMatch(/^https:\/\//);
    expect(issue.hint).toMatch(/\.$/);
    expect(issue.field).toBeDefined();
  }
});

describe("Snapchat's row of an item", () => {
  const row = (changes: Partial<Item> = {}) => toRow(sampleItem(changes), channel.feed.columns);

  test('has every field that the item can fill', () => {
    expect(
      row({
        salePrice: eur(3990), saleEnds: new Date('2026-11-30T23:59:00Z'), link: 'https://shop.example/größe,1?a=b c',
        ...attributes({
          mpn: '123', material: 'Linen', pattern: 'Plain', google_product_category: '212', product_type: 'Men > Shirts',
          size_type: 'big & tall', size_system: 'EU', adult: 'false', mobile_link: 'https://m.shop.example/a,b',
          custom_label_0: 'a',
        }),
      }),
    ).toEqual({
      id: 'SHIRT-BLUE-M', title: 'Linen shirt', description: 'A light shirt of washed linen with a soft collar.',
      link: 'https://shop.example/gr%C3%B6%C3%9Fe%2C1?a=b%20c', image_link: 'https://cast.example/images/front.jpg',
      availability: 'in stock', price: '49.90 EUR', condition: 'new', brand: 'Nordhem', gtin: '4006381333931', mpn: '123',
      item_group_id: 'linen-shirt', google_product_category: '212', product_type: 'Men > Shirts', sale_price: '39.90 EUR',
      sale_price_effective_date: '1970-01-29T00:00+00:00/2026-11-30T23:59+00:00',
      additional_image_link: 'https://cast.example/images/back.jpg', mobile_link: 'https://m.shop.example/a%2Cb',
      age_group: 'adult', gender: 'unisex', color: 'Blue', size: 'M', size_type: 'big and tall', size_system: 'EU',
      material: 'Linen', pattern: 'Plain', adult: 'no', custom_label_0: 'a',
    });
  }); // prettier-ignore

  test.each([
    [500, 'JPY', '500 JPY'],
    [1234, 'KWD', '1.234 KWD'],
  ])('writes %d minor units of %s as %s', (minor, currency, text) => {
    expect(row({ price: { minor, currency } })['price']).toBe(text);
  });

  test('says in Snapchat’s words what is in stock', () => {
    const words = (['in_stock', 'out_of_stock', 'preorder', 'backorder', 'discontinued'] as const).map(
      (availability) => row({ availability })['availability'],
    );
    expect(words).toEqual(['in stock', 'out of stock', 'preorder', 'available for order', 'discontinued']);
  });
});
