import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { toRow } from '../../../../feeds/build-feed.ts';
import { feed } from '../../../../feeds/channels/tiktok/feed.ts';
import { toProduct } from '../../../../feeds/channels/tiktok/request.ts';
import { sampleImage, sampleItem } from '../../../support/sample-item.ts';

const row = (changes: Partial<Item> = {}) => toRow(sampleItem(changes), feed.columns);
const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, ...changes },
});
const full = (): Partial<Item> => ({
  salePrice: { minor: 3990, currency: 'EUR' },
  saleStarts: new Date('2026-11-01T00:00:00Z'),
  saleEnds: new Date('2026-11-30T23:59:00Z'),
  ...attributes({
    material: 'Linen', pattern: 'Plain', mpn: 'LS-1', age_group: 'newborn', shipping_weight: '0.3 kg', custom_label_0: 'a',
    google_product_category: 'Apparel & Accessories > Clothing > Shirts & Tops > Shirts', product_type: 'Men>Shirts',
    video_link: 'https://shop.example/v.mp4', shipping: 'US:CA:Ground:9.99 USD,DE::DHL:4.90 EUR:1:2', tax: 'US:CA:9.25:y',
    ios_url: 'shop://item/7', iphone_url: 'shop://item/7', iphone_app_store_id: '4711', ipad_app_name: 'Shop',
    android_package: 'com.example.shop', android_url: 'item 7',
  }),
}); // prettier-ignore

describe("TikTok's row of an item", () => {
  test('has every field that the item can fill', () => {
    expect(row(full())).toEqual({
      sku_id: 'SHIRT-BLUE-M', title: 'Linen shirt', description: 'A light shirt of washed linen with a soft collar.',
      availability: 'in stock', condition: 'new', price: '49.90 EUR', brand: 'Nordhem', item_group_id: 'linen-shirt',
      link: 'https://shop.example/products/linen-shirt?variant=blue-m', image_link: 'https://cast.example/images/front.jpg',
      additional_image_link: 'https://cast.example/images/back.jpg', video_link: 'https://shop.example/v.mp4',
      google_product_category: 'Apparel & Accessories > Clothing > Shirts & Tops', product_type: 'Men > Shirts',
      gtin: '4006381333931', mpn: 'LS-1', age_group: 'newborn', gender: 'unisex', color: 'Blue', size: 'M',
      material: 'Linen', pattern: 'Plain', sale_price: '39.90 EUR', shipping_weight: '0.3 kg', custom_label_0: 'a',
      sale_price_effective_date: '2026-11-01T00:00+00:00/2026-11-30T23:59+00:00', tax: 'US:CA:9.25:y',
      shipping: 'US:CA:Ground:9.99 USD;DE::DHL:4.90 EUR', ios_url: 'shop://item/7', iPhone_url: 'shop://item/7',
      iPhone_app_store_id: '4711', iPad_app_name: 'Shop', android_package: 'com.example.shop',
    });
  }); // prettier-ignore

  test('has texts without emoji and control characters, the title in one line', () => {
    const clean = row({
      title: 'Linen\nshirt 😀',
      description: 'Light\u0007 👕.\nSoft.',
      brand: '⭐ Nordhem ⭐',
    });
    expect(clean).toMatchObject({ title: 'Linen shirt', description: 'Light.\nSoft.', brand: 'Nordhem' });
  });

  test.each([
    [500, 'JPY', '500 JPY'],
    [1234, 'KWD', '1.234 KWD'],
  ])('writes %d minor units of %s as %s', (minor, currency, text) => {
    expect(row({ price: { minor, currency } })['price']).toBe(text);
  });

  test('says in TikTok’s words what is in stock', () => {
    const words = (['in_stock', 'out_of_stock', 'preorder', 'backorder', 'discontinued'] as const).map(
      (availability) => row({ availability })['availability'],
    );
    expect(words).toEqual(['in stock', 'out of stock', 'preorder', 'available for order', 'discontinued']);
  });

  test('holds no bare comma in the addresses of further images, and ten of them at most', () => {
    const images = Array.from({ length: 14 }, (_, i) => sampleImage(`i,${i}`));
    expect(row({ images })['additional_image_link']?.split(',')).toHaveLength(10);
  });
});

test("TikTok's product has the API's names, places and words", () => {
  expect(toProduct(row(full()))).toEqual({
    sku_id: 'SHIRT-BLUE-M', title: 'Linen shirt', description: 'A light shirt of washed linen with a soft collar.',
    availability: 'IN_STOCK', brand: 'Nordhem', item_group_id: 'linen-shirt',
    image_url: 'https://cast.example/images/front.jpg', additional_image_urls: ['https://cast.example/images/back.jpg'],
    video_url: 'https://shop.example/v.mp4', google_product_category: 'Apparel & Accessories > Clothing > Shirts & Tops',
    global_trade_item_number: '4006381333931', manufacturer_part_number: 'LS-1',
    product_detail: {
      condition: 'NEW', age_group: 'NEW_BORN', gender: 'UNISEX', color: 'Blue', size: 'M', material: 'Linen', pattern: 'Plain',
      product_category: 'Men > Shirts', shipping_weight: '0.3 kg', tax: 'US:CA:9.25:y',
      shipping: 'US:CA:Ground:9.99 USD;DE::DHL:4.90 EUR',
    },
    price_info: {
      price: 49.9, sale_price: 39.9, currency: 'EUR',
      sale_price_effective_date: '2026-11-01T00:00+00:00/2026-11-30T23:59+00:00',
    },
    landing_page: {
      landing_page_url: 'https://shop.example/products/linen-shirt?variant=blue-m', ios_url: 'shop://item/7',
      iphone_app_store_id: '4711', ipad_app_name: 'Shop', android_package: 'com.example.shop',
    },
    extra_info: { custom_label_0: 'a' },
  });
}); // prettier-ignore
