import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { toRow } from '../../../../feeds/build-feed.ts';
import { feed } from '../../../../feeds/channels/pinterest/feed.ts';
import { toItem } from '../../../../feeds/channels/pinterest/request.ts';
import { sampleImage, sampleItem, without } from '../../../support/sample-item.ts';

const row = (changes: Partial<Item> = {}) => toRow(sampleItem(changes), feed.columns);
const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, ...changes },
});

describe("Pinterest's row of an item", () => {
  test('has every field that the item can fill', () => {
    expect(
      row({
        salePrice: { minor: 3990, currency: 'EUR' },
        saleEnds: new Date('2026-11-30T23:59:00Z'),
        options: [{ name: 'Color', value: 'Blue, light' }, { name: 'Size', value: 'M' }, { name: 'Empty', value: '' }],
        ...attributes({
          material: 'Linen', pattern: 'Plain', mpn: 'LS-1', google_product_category: '212', product_type: 'Men>Shirts',
          shipping_weight: '0.3 kg', expiration_date: '2027-01-01', availability_date: '2026-12-01', adult: 'No',
          is_bundle: 'yes', multipack: '2', size_type: 'Big & Tall', size_system: 'eu', unit_pricing_measure: '500 ml',
          unit_pricing_base_measure: '1 l', video_link: 'https://shop.example/v.mp4', mobile_link: 'https://m.shop.example/a',
          custom_label_0: 'a', custom_label_4: 'e', custom_number_0: '42', promotion_id: 'SUMMER,WINTER',
          shipping: 'US:CA:Ground:9.99 USD,DE::DHL:4.90 EUR:1:2', shipping_height: '20 cm', shipping_width: '8 in',
          ios_url: 'shop://item/7', android_url: 'shop://item/8', user_rating: '4.6', rating_count: '120',
          number_of_reviews: '31', ads_redirect: 'https://t.example/?to=7', installment: '6:10.00 EUR:5.00 EUR', tax: 'DE::19:y',
          min_ad_price: '30.00 EUR', free_shipping_label: 'Yes', free_shipping_limit: '50.00 EUR',
        }),
      }),
    ).toEqual({
      id: 'SHIRT-BLUE-M', title: 'Linen shirt', description: 'A light shirt of washed linen with a soft collar.',
      link: 'https://shop.example/products/linen-shirt?variant=blue-m', image_link: 'https://cast.example/images/front.jpg',
      additional_image_link: 'https://cast.example/images/back.jpg', price: '49.90 EUR', sale_price: '39.90 EUR',
      sale_price_effective_date: '1970-01-29T00:00+00:00/2026-11-30T23:59+00:00', availability: 'in stock',
      availability_date: '2026-12-01', expiration_date: '2027-01-01', condition: 'new', item_group_id: 'linen-shirt',
      variant_names: 'Color,Size', variant_values: 'Blue light,M', brand: 'Nordhem', gtin: '4006381333931', mpn: 'LS-1',
      google_product_category: '212', product_type: 'Men > Shirts', color: 'Blue', size: 'M', size_type: 'big_and_tall',
      size_system: 'EU', gender: 'unisex', age_group: 'adult', material: 'Linen', pattern: 'Plain', adult: 'false',
      is_bundle: 'true', multipack: '2', shipping_weight: '0.3 kg', unit_pricing_measure: '500 ml',
      unit_pricing_base_measure: '1 l', mobile_link: 'https://m.shop.example/a', video_link: 'https://shop.example/v.mp4',
      custom_label_0: 'a', custom_label_4: 'e', custom_number_0: '42', promotion_id: 'SUMMER', shipping: 'DE::DHL:4.90 EUR',
      shipping_height: '20 cm', shipping_width: '8 in', ios_deep_link: 'shop://item/7', android_deep_link: 'shop://item/8',
      average_review_rating: '4.6', number_of_ratings: '120', number_of_reviews: '31', ad_link: 'https://t.example/?to=7',
      installment_price: '6:10.00 EUR', tax: 'DE::19:y', min_ad_price: '30.00 EUR', free_shipping_label: 'true',
      free_shipping_limit: '50.00 EUR',
    });
  }); // prettier-ignore

  test.each([
    [500, 'JPY', '500 JPY'],
    [1234, 'KWD', '1.234 KWD'],
    [5, 'USD', '0.05 USD'],
  ])('writes %d minor units of %s as %s', (minor, currency, text) => {
    expect(row({ price: { minor, currency } })['price']).toBe(text);
  });

  test('says in Pinterest’s words what is in stock', () => {
    const words = (['in_stock', 'out_of_stock', 'preorder', 'backorder', 'discontinued'] as const).map(
      (availability) => row({ availability })['availability'],
    );
    expect(words).toEqual(['in stock', 'out of stock', 'preorder', 'preorder', 'out of stock']);
  });

  test('holds no comma in an address of an image, and ten further ones at most', () => {
    const images = Array.from({ length: 14 }, (_, i) => sampleImage(`i,${i}`));
    expect(row({ images })['image_link']).toBe('https://cast.example/images/i%2C0.jpg');
    expect(row({ images })['additional_image_link']?.split(',')).toHaveLength(10);
  });

  test('leaves out what Pinterest would drop or refuse, and cuts what it would cut', () => {
    const bad = row({
      gtin: '123', salePrice: { minor: 9999, currency: 'EUR' }, title: 'word '.repeat(150),
      ...attributes({ gender: 'w', adult: 'maybe', size_type: 'huge', video_link: 'https://v.example/watch', multipack: 'six', custom_number_1: '4294967296', ads_redirect: sampleItem().link ?? '',
        shipping: 'by van', tax: '19 %', min_ad_price: '30', installment: 'six months', user_rating: '11', ios_url: 'item 7' }),
    }); // prettier-ignore
    for (const field of [
      'gtin',
      'sale_price',
      'gender',
      'adult',
      'size_type',
      'video_link',
      'multipack',
      'custom_number_1',
      'ad_link',
      'shipping',
      'tax',
      'min_ad_price',
      'installment_price',
      'average_review_rating',
      'ios_deep_link',
    ])
      expect(bad).not.toHaveProperty(field);
    expect(bad['title']).toMatch(/^.{1,500}word$/);
  });
});

describe("Pinterest's item operation", () => {
  test('has lists as lists, numbers as texts, and takes away what the item has no more', () => {
    const given = attributes({ adult: 'no', custom_number_0: '42', free_shipping_label: 'yes' });
    const item = toItem(row(given), 'UPSERT', 1_000);
    expect(item).toMatchObject({
      operation: 'UPSERT', item_id: 'SHIRT-BLUE-M',
      attributes: {
        image_link: ['https://cast.example/images/front.jpg'], variant_names: ['Color', 'Size'], adult: false,
        gtin: '4006381333931', sale_price: null, mpn: null, custom_number_0: 42, free_shipping_label: true, shipping: null, last_updated_time: 1_000,
      },
    }); // prettier-ignore
    expect(item).not.toHaveProperty('attributes.id');
    expect(toItem(row(attributes({ is_bundle: 'yes' })), 'CREATE', 1)).not.toHaveProperty(
      'attributes.is_bundle',
    );
  });

  test('as an update leaves images alone and names what it changes and takes away', () => {
    const item = toItem(toRow(without(sampleItem(), 'gtin'), feed.columns), 'UPDATE', 1);
    expect(item).not.toHaveProperty('attributes.image_link');
    expect(item).not.toHaveProperty('attributes.gtin');
    expect(item).toMatchObject({
      update_mask: expect.arrayContaining(['title', 'gtin', 'sale_price', 'last_updated_time']),
    });
  });
});
