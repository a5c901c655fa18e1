import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { cleanGtin } from '../../catalog/gtin.ts';

describe('cleanGtin', () => {
  it.each([
    ['4006381333931', '4006381333931'],
    [' 4 006381 333931 ', '4006381333931'],
    ["'4006381333931", '4006381333931'],
    ['="036000291452"', '036000291452'],
    ['4006381333931.0', '4006381333931'],
    ['96385074', '96385074'],
    ['978-0-306-40615-7', '9780306406157'],
    ['0-306-40615-2', '9780306406157'],
    ['080442957X', '9780804429573'],
  ])('reads %s as %s', (text, gtin) => {
    expect(cleanGtin(text)).toEqual({ gtin });
  });

  it.each([
    ['4.00638E+12', 'spreadsheet'],
    ['4,00638E+12', 'spreadsheet'],
    ['4006381333932', 'should be 1'],
    ['400638133393', 'should be'],
    ['36000291452', 'leading zero may be lost'],
    ['N/A', 'other than digits'],
    ['0000000000000', 'all zeros'],
    ['0306406153', 'ISBN'],
  ])('refuses %s because of: %s', (text, reason) => {
    expect(cleanGtin(text)).toEqual({ reason: expect.stringContaining(reason) });
  });

  it('notices every single wrong digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const digits = '4006381333931'.split('');
        digits[at] = String((Number(digits[at]) + by) % 10);
        expect(cleanGtin(digits.join(''))).toHaveProperty('reason');
      }),
    );
  });
});
