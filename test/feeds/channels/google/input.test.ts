import { describe, expect, test } from '@jest/globals';
import { toProductInput, toSegment } from '../../../../feeds/channels/google/input.ts';
import type { Item } from '../../../../catalog/item.ts';
import { findFaults, hasGoogleSchema } from '../../../support/google-schema.ts';
import { sampleItem } from '../../../support/sample-item.ts';
import { fullItem } from './full-item.ts';

const market = { contentLanguage: 'de', feedLabel: 'CH' };
const toAttributes = (item: Item) => toProductInput(item, market).productAttributes;

test('a plain item is what the Merchant API expects', () => {
  expect(toProductInput(sampleItem(), market)).toEqual({
    offerId: 'SHIRT-BLUE-M',
    contentLanguage: 'de',
    feedLabel: 'CH',
    productAttributes: {
      title: 'Linen shirt',
      description: 'A light shirt of washed linen with a soft collar.',
      link: 'https://shop.example/products/linen-shirt?variant=blue-m',
      imageLink: 'https://cast.example/images/front.jpg',
      additionalImageLinks: ['https://cast.example/images/back.jpg'],
      availability: 'IN_STOCK',
      price: { amountMicros: '49900000', currencyCode: 'EUR' },
      brand: 'Nordhem',
      gtins: ['4006381333931'],
      itemGroupId: 'linen-shirt',
      variantOptions: [{ name: 'Color', value: 'Blue' }, { name: 'Size', value: 'M' }],
      condition: 'NEW',
      ageGroup: 'ADULT',
      gender: 'UNISEX',
      color: 'Blue',
      size: 'M',
    },
  }); // prettier-ignore
});

test.each([
  [{ minor: 500, currency: 'JPY' }, '500000000'],
  [{ minor: 1234, currency: 'KWD' }, '1234000'],
  [{ minor: 1999, currency: 'USD' }, '19990000'],
  [{ minor: 9_007_199_254_740_991, currency: 'USD' }, '90071992547409910000'],
])('%j is %s millionths', (price, amountMicros) => {
  expect(toAttributes(sampleItem({ price }))).toMatchObject({
    price: { amountMicros, currencyCode: price.currency },
  });
});

test('groups, lists, measures and dates have the API’s own shapes', () => {
  expect(toAttributes(fullItem())).toMatchObject({
    googleProductCategory: '212',
    productTypes: ['Men > Shirts'],
    salePriceEffectiveDate: { startTime: '2026-11-24T13:00:00Z', endTime: '2026-12-24T13:00:00Z' },
    availabilityDate: '2026-12-01T00:00:00Z',
    expirationDate: '2026-12-20T09:00:00Z',
    costOfGoodsSold: { amountMicros: '12500000', currencyCode: 'EUR' },
    unitPricingMeasure: { value: 500, unit: 'g' },
    unitPricingBaseMeasure: { value: '100', unit: 'g' },
    sizeTypes: ['BIG', 'TALL'],
    energyEfficiencyClass: 'APP',
    minEnergyEfficiencyClass: 'APPP',
    isBundle: true,
    adult: false,
    multipack: '6',
    includedDestinations: ['SHOPPING_ADS', 'YOUTUBE_SHOPPING'],
    certifications: [{ certificationAuthority: 'EC', certificationName: 'EPREL', certificationCode: '123456' }],
    productDetails: [
      { sectionName: 'General', attributeName: 'Collar', attributeValue: 'Kent' },
      { sectionName: 'General', attributeName: 'Care', attributeValue: 'warm, not hot' },
    ],
    productHighlights: ['Soft', 'Cool, even in summer'],
    installment: { months: '6', amount: { amountMicros: '10000000', currencyCode: 'EUR' }, downpayment: { amountMicros: '0', currencyCode: 'EUR' }, creditType: 'FINANCE' },
    shipping: [
      { country: 'CH', service: 'Standard', price: { amountMicros: '6490000', currencyCode: 'CHF' }, minHandlingTime: '0', maxHandlingTime: '1', minTransitTime: '2', maxTransitTime: '4' },
      { country: 'DE', price: { amountMicros: '9000000', currencyCode: 'EUR' } },
    ],
    shippingWeight: { value: 0.4, unit: 'kg' },
  }); // prettier-ignore
});

test('a title made by a machine goes as such, and the plain one stays away', () => {
  const structured = { structured_title: 'trained_algorithmic_media:Shirt: cool', structured_description: ':Plain' }; // prettier-ignore
  const attributes = toAttributes(sampleItem({ attributes: structured }));
  expect(attributes['title']).toBe('Linen shirt');
  expect(attributes['structuredDescription']).toEqual({ content: 'Plain' });
  expect(attributes).not.toHaveProperty('description');
  const escaped = { structured_title: 'trained_algorithmic_media:Shirt\\: cool' };
  expect(toAttributes(sampleItem({ attributes: escaped }))).toMatchObject({
    structuredTitle: { digitalSourceType: 'TRAINED_ALGORITHMIC_MEDIA', content: 'Shirt: cool' },
  });
});

test('a name with signs that an address cannot hold is encoded as Google says', () => {
  expect(toSegment('sku/123', { contentLanguage: 'en', feedLabel: 'US' })).toBe('ZW5-VVN-c2t1LzEyMw');
});

const beside = hasGoogleSchema ? describe : describe.skip;
beside('Google’s own description of its messages', () => {
  const message = 'google.shopping.merchant.products.v1.ProductInput';

  test('knows every field that is sent, in its type', () => {
    for (const item of [sampleItem(), fullItem()])
      expect(findFaults(toProductInput(item, market), message)).toEqual([]);
  });

  test('would tell a wrong field, type, word and a list that is none', () => {
    const wrong = { offerId: 'a', feedLabel: 'CH', productAttributes: { titel: 'a', adult: 'yes', gender: 'Damen', gtins: '1' } }; // prettier-ignore
    expect(findFaults(wrong, message)).toHaveLength(5);
  });
});
