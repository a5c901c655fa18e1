import { expect, test } from '@jest/globals';
import { toUnitPrice } from '../../../../feeds/channels/meta/unit-price.ts';
import { sampleItem, without } from '../../../support/sample-item.ts';

const unitPrice = (measure: string, minor = 499, currency = 'EUR') => {
  const text = toUnitPrice(sampleItem({ price: { minor, currency }, attributes: { unit_pricing_measure: measure } }));
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}; // prettier-ignore

test.each([
  ['500 ml', { value: '9.98', currency: 'EUR', unit: 'l' }],
  ['75cl', { value: '6.65', currency: 'EUR', unit: 'l' }],
  ['1,5 kg', { value: '3.33', currency: 'EUR', unit: 'kg' }],
  ['12 fl oz', { value: '0.42', currency: 'EUR', unit: 'fl oz' }],
  ['3 Ct', { value: '1.66', currency: 'EUR', unit: 'ct' }],
])('a piece of %s is priced per unit', (measure, expected) => {
  expect(unitPrice(measure)).toEqual(expected);
});

test('the price per unit has the decimals of its currency', () => {
  expect(unitPrice('250 g', 500, 'JPY')).toEqual({ value: '2000', currency: 'JPY', unit: 'kg' });
});

test.each(['', '500', 'ml', '0 ml', '5 spoons', '1000000 sqm'])('%j gives no price per unit', (measure) => {
  expect(unitPrice(measure)).toBeUndefined();
});

test('without a price there is none per unit', () => {
  const item = without(sampleItem({ attributes: { unit_pricing_measure: '500 ml' } }), 'price');
  expect(toUnitPrice(item)).toBeUndefined();
});
