import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compareMoney, formatAmount, parseMoney } from '../../catalog/money.ts';

const currencies = ['EUR', 'USD', 'JPY', 'KWD', 'PLN', 'CLP'];

describe('parseMoney', () => {
  it.each([
    ['19.99', 'EUR', 'de', 1999, 'EUR'],
    ['19,99', 'EUR', 'en', 1999, 'EUR'],
    ['19', 'EUR', 'en', 1900, 'EUR'],
    ['1.234,50 EUR', 'USD', 'en', 123450, 'EUR'],
    ['$1,234.50', 'EUR', 'de', 123450, 'USD'],
    ['$5', 'CAD', 'en', 500, 'CAD'],
    ['JPY 500', 'EUR', 'en', 500, 'JPY'],
    ['¥500', 'CNY', 'zh', 50000, 'CNY'],
    ["'=19.99", 'EUR', 'en', 1999, 'EUR'],
    ['="19.99"', 'EUR', 'en', 1999, 'EUR'],
    ["1'234.50 CHF", 'CHF', 'de-CH', 123450, 'CHF'],
    ['1\u202f234,50 zł', 'PLN', 'pl', 123450, 'PLN'],
    ['Rs. 1,50,000', 'INR', 'en-IN', 15000000, 'INR'],
    ['19,-', 'EUR', 'nl', 1900, 'EUR'],
    ['.99', 'EUR', 'en', 99, 'EUR'],
    ['٩٩٫٥٠', 'EGP', 'ar', 9950, 'EGP'],
    ['１９.９９', 'USD', 'ja', 1999, 'USD'],
    ['19.9900', 'EUR', 'en', 1999, 'EUR'],
    ['-5.00', 'EUR', 'en', -500, 'EUR'],
  ])('reads %s (catalog in %s, %s)', (text, currency, language, minor, expected) => {
    expect(parseMoney(text, currency, language)).toEqual({ minor, currency: expected });
  });

  it('lets the language decide what one sign and three digits mean', () => {
    expect(parseMoney('1.234', 'KWD', 'en').minor).toBe(1234);
    expect(parseMoney('1.234', 'KWD', 'de').minor).toBe(1_234_000);
    expect(parseMoney('1,234', 'USD', 'en').minor).toBe(123_400);
    expect(() => parseMoney('1,234', 'EUR', 'de')).toThrow('more decimals than EUR (2)');
  });

  it.each(['free', '', '10 - 20', '1.2.3', '1,23,4', 'EUR 5 USD', '19.995', '5%', '1e3', '5 apples', '-'])(
    'refuses %j and says why',
    (text) => {
      expect(() => parseMoney(text, 'EUR', 'en')).toThrow(/is not a price: /);
    },
  );

  it('refuses an amount beyond whole numbers instead of rounding it', () => {
    expect(() => parseMoney('99999999999999999', 'EUR', 'en')).toThrow('too large');
  });

  it('reads back every amount that formatAmount writes', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...currencies), (minor, currency) => {
        const money = { minor, currency };
        expect(parseMoney(formatAmount(money), currency, 'en')).toEqual(money);
      }),
    );
  });

  it('reads what Intl writes in many languages', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e11 }),
        fc.constantFrom('EUR', 'USD', 'JPY'),
        fc.constantFrom('en', 'de', 'fr', 'sv', 'pt-BR', 'de-CH', 'en-IN', 'pl', 'ja'),
        (minor, currency, language) => {
          const digits = currency === 'JPY' ? 0 : 2;
          const text = new Intl.NumberFormat(language, {
            style: 'currency',
            currency,
            currencyDisplay: 'code',
          });
          expect(parseMoney(text.format(minor / 10 ** digits), 'GBP', language)).toEqual({ minor, currency });
        },
      ),
    );
  });

  it('never gives anything but whole minor units or an error', () => {
    const anyPrice = fc.oneof(fc.string(), fc.stringMatching(/^[-$€ ]{0,2}[\d.,' ]{1,12}( EUR)?$/));
    fc.assert(
      fc.property(anyPrice, (text) => {
        try {
          expect(Number.isSafeInteger(parseMoney(text, 'EUR', 'de').minor)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'price_unreadable' });
        }
      }),
    );
  });
});

describe('formatAmount', () => {
  it.each([
    [1999, 'EUR', '19.99'],
    [5, 'EUR', '0.05'],
    [-5, 'EUR', '-0.05'],
    [500, 'JPY', '500'],
    [1234, 'KWD', '1.234'],
    [0, 'KWD', '0.000'],
  ])('writes %i minor units of %s as %s', (minor, currency, text) => {
    expect(formatAmount({ minor, currency })).toBe(text);
  });
});

describe('compareMoney', () => {
  it('orders amounts of one currency and refuses two', () => {
    expect(compareMoney({ minor: 1, currency: 'EUR' }, { minor: 2, currency: 'EUR' })).toBeLessThan(0);
    expect(() => compareMoney({ minor: 1, currency: 'EUR' }, { minor: 2, currency: 'USD' })).toThrow(
      'compared',
    );
  });
});
