import { describe, expect, test } from '@jest/globals';
import type { Issue } from '../../catalog/issue.ts';
import type { Item } from '../../catalog/item.ts';
import type { Rule } from '../../feeds/channel.ts';
import { apparelRequired, findApparel } from '../../feeds/rules/apparel.ts';
import { distinctOptions, sameChoicesFilled } from '../../feeds/rules/groups.ts';
import { honestNoIdentifier, identified, makersGtin, realBrand } from '../../feeds/rules/identifiers.ts';
import { fitsRule, imageAtLeast, imageAtMost, imageRequired } from '../../feeds/rules/image.ts';
import { countSigns, maxLength, trimmedTo, warnLength } from '../../feeds/rules/length.ts';
import { httpUrl, notBareDomain, notOnDomain } from '../../feeds/rules/link.ts';
import { positivePrice, saleDatesInOrder, salePriceLower } from '../../feeds/rules/price.ts';
import { notPromotional } from '../../feeds/rules/promotional.ts';
import {
  matches,
  noLinks,
  notAllCaps,
  notEqual,
  notMatching,
  oneOf,
  plainText,
  required,
} from '../../feeds/rules/text.ts';
import { checkItem, checkItems, holds, when } from '../../feeds/spec.ts';
import { sampleImage, sampleItem, without } from '../support/sample-item.ts';

const about = { link: 'https://channel.example/rules' };
const image = {
  minWidth: 500, minHeight: 500, maxWidth: 2000, maxHeight: 2000, maxBytes: 1_000_000, formats: ['jpeg'],
} as const; // prettier-ignore
const run = (rule: Rule, item: Item): Issue[] => checkItem(item, { rules: [rule], image });
const day = (text: string) => new Date(`${text}T00:00:00Z`);

/** Rule, an item that keeps it, one that breaks it, and the code of the issue. */
const table: [string, Rule, Partial<Item>, Partial<Item>, string][] = [
  ['required', required('brand', about), { brand: 'Nordhem' }, { brand: '  ' }, 'brand_missing'],
  ['maxLength', maxLength('offerId', 4, about), { offerId: 'abcd' }, { offerId: 'abcde' }, 'offer_id_too_long'],
  ['maxLength counting signs', maxLength('title', 2, about, 'graphemes'), { title: '👩‍👩‍👧👍🏽' }, { title: '👩‍👩‍👧👍🏽a' }, 'title_too_long'],
  ['maxLength counting characters', maxLength('title', 2, about), { title: '😀😀' }, { title: '😀😀😀' }, 'title_too_long'],
  ['maxLength counting units', maxLength('title', 2, about, 'units'), { title: '😀' }, { title: '😀a' }, 'title_too_long'],
  ['trimmedTo', trimmedTo('title', 5, about), { title: 'Linen' }, { title: 'Linen shirt' }, 'title_too_long'],
  ['warnLength', warnLength('title', { above: 5 }, about), { title: 'Linen' }, { title: 'Linen shirt' }, 'title_long'],
  ['oneOf', oneOf('gender', ['female'], about), { attributes: {} }, { attributes: { gender: 'w' } }, 'gender_not_allowed'],
  ['matches', matches('gtin', /^\d{13}$/, '13 digits', about), { gtin: '4006381333931' }, { gtin: '40' }, 'gtin_malformed'],
  ['notMatching', notMatching('color', /^#/, 'a hex code', about), { attributes: { color: 'red' } }, { attributes: { color: '#f00' } }, 'color_not_allowed'],
  ['httpUrl', httpUrl('link', about), { link: 'https://shop.example/ä?x=1' }, { link: 'shop.example/a' }, 'link_not_a_url'],
  ['httpUrl of another scheme', httpUrl('link', about), { link: 'HTTP://shop.example' }, { link: 'ftp://shop.example/a' }, 'link_not_a_url'],
  ['httpUrl with a space', httpUrl('link', about), { link: 'https://a.example/b' }, { link: 'https://a.example/b c' }, 'link_not_a_url'],
  ['notOnDomain', notOnDomain('link', ['facebook.com'], about), { link: 'https://notfacebook.com/a' }, { link: 'https://m.facebook.com/a' }, 'link_foreign_domain'],
  ['notBareDomain', notBareDomain('link', about), { link: 'https://shop.example/a' }, { link: 'https://shop.example/' }, 'link_bare_domain'],
  ['positivePrice', positivePrice(about), { price: { minor: 1, currency: 'EUR' } }, { price: { minor: 0, currency: 'EUR' } }, 'price_not_positive'],
  ['salePriceLower', salePriceLower(about), { salePrice: { minor: 4989, currency: 'EUR' } }, { salePrice: { minor: 4990, currency: 'EUR' } }, 'sale_price_not_lower'],
  ['salePriceLower in one currency', salePriceLower(about), {}, { salePrice: { minor: 1, currency: 'USD' } }, 'sale_price_other_currency'],
  ['saleDatesInOrder', saleDatesInOrder(about), { salePrice: { minor: 1, currency: 'EUR' }, saleStarts: day('2026-01-01'), saleEnds: day('2026-01-02') }, { salePrice: { minor: 1, currency: 'EUR' }, saleStarts: day('2026-01-02'), saleEnds: day('2026-01-02') }, 'sale_ends_before_start'],
  ['imageRequired', imageRequired(about), {}, { images: [] }, 'images_missing'],
  ['imageAtLeast', imageAtLeast(500, 500, about), {}, { images: [sampleImage('a', { width: 499 })] }, 'images_too_small'],
  ['imageAtMost', imageAtMost(1000, about), { images: [sampleImage('a', { bytes: 1000 })] }, { images: [sampleImage('a', { bytes: 1001 })] }, 'images_too_heavy'],
  ['plainText', plainText('title', about), { title: 'a < b and c > d, <3' }, { title: 'a <b>bold</b> one' }, 'title_has_html'],
  ['noLinks', noLinks('description', about), { description: 'See wwwide.' }, { description: 'See www.shop.example now' }, 'description_has_link'],
  ['notAllCaps', notAllCaps('title', about), { title: 'USB-C 100W' }, { title: 'BUY THIS SHIRT' }, 'title_all_capitals'],
  ['notAllCaps in a script without capitals', notAllCaps('title', about), { title: '亜麻のシャツ' }, { title: 'КУПИТЕ РУБАШКУ' }, 'title_all_capitals'],
  ['notEqual', notEqual('description', 'title', about), {}, { title: 'Same', description: 'Same' }, 'description_same_as_title'],
  ['when', when((item) => item.country === 'IN', required('mpn', about)), {}, { country: 'IN' }, 'mpn_missing'],
  ['holds', holds('tags', (item) => item.tags.length < 2, { ...about, code: 'tags_many', message: 'Too many.', hint: 'Fewer.' }), {}, { tags: ['a', 'b'] }, 'tags_many'],
  ['apparelRequired', apparelRequired('color', about), { attributes: { google_product_category: 'Apparel & Accessories > Jewelry', color: 'Gold' } }, { attributes: { google_product_category: '188' } }, 'color_missing_for_apparel'],
  ['apparelRequired for what has no size', apparelRequired('size', about), { attributes: { google_product_category: 'Apparel & Accessories > Jewelry' } }, { attributes: { google_product_category: 'apparel & accessories > shoes' } }, 'size_missing_for_apparel'],
  ['apparelRequired in some countries', apparelRequired('gender', { ...about, countries: ['FR'] }), { attributes: { google_product_category: '1604' } }, { country: 'FR', attributes: { google_product_category: '1604' } }, 'gender_missing_for_apparel'],
  ['apparelRequired of other goods', apparelRequired('age_group', about), { attributes: { google_product_category: 'Home & Garden', product_type: 'Shirts' } }, { attributes: { product_type: 'Damen > Röcke' } }, 'age_group_missing_for_apparel'],
  ['identified', identified(about), { gtin: '', attributes: { mpn: 'A1' } }, { gtin: '', attributes: {} }, 'product_identifier_missing'],
  ['identified by an honest no', identified(about), { gtin: '', attributes: { identifier_exists: 'no' } }, { gtin: '', brand: '', attributes: { mpn: 'A1' } }, 'product_identifier_missing'],
  ['honestNoIdentifier', honestNoIdentifier(about), { gtin: '', attributes: { identifier_exists: 'no' } }, { attributes: { identifier_exists: 'FALSE' } }, 'identifier_exists_contradicted'],
  ['makersGtin', makersGtin(about), { gtin: '012345678905' }, { gtin: '2012345678900' }, 'gtin_restricted'],
  ['makersGtin of a coupon', makersGtin(about), { gtin: '9780306406157' }, { gtin: '9812345678904' }, 'gtin_restricted'],
  ['realBrand', realBrand(about), { brand: 'Nonesuch' }, { brand: 'N/A' }, 'brand_not_a_name'],
  ['notPromotional', notPromotional('title', about), { title: 'Discoteca lamp for a free spirit' }, { title: 'Linen shirt, FREE shipping' }, 'title_promotional'],
  ['notPromotional in per cent', notPromotional('title', about), { title: '100 % cotton, 50 % wool' }, { title: 'Hemd 20% Rabatt' }, 'title_promotional'],
  ['notPromotional in signs', notPromotional('title', about), { title: 'Oh! A shirt?' }, { title: 'A shirt!!' }, 'title_promotional'],
]; // prettier-ignore

describe('a rule', () => {
  test.each(table)('made by %s passes a good item and names what is wrong with a bad one', (_, rule, good, bad, code) => {
    expect(run(rule, sampleItem(good))).toEqual([]);
    const issues = run(rule, sampleItem(bad));
    expect(issues.map((issue) => issue.code)).toEqual([code]);
    for (const issue of issues) {
      expect(issue.from).toBe('check');
      expect(issue.link).toBe(about.link);
      expect(issue.message).toMatch(/^[A-Z].*\.$/);
      expect(issue.hint).toMatch(/^[A-Z].*\.$/s);
    }
  }); // prettier-ignore

  test('shows the value it found, cut to 200 characters', () => {
    const [issue] = run(maxLength('title', 10, about), sampleItem({ title: 'x'.repeat(500) }));
    expect(issue).toMatchObject({ field: 'title', value: 'x'.repeat(200), severity: 'error' });
    expect(issue?.message).toContain('500');
  });

  test('about an absent field says so once, where the field is required, and nothing where it is not', () => {
    const item = without(sampleItem(), 'gtin', 'price', 'link');
    expect(run(positivePrice(about), item)).toMatchObject([{ code: 'price_missing', field: 'price' }]);
    for (const rule of [
      matches('gtin', /x/, 'x', about), httpUrl('link', about), salePriceLower(about), notBareDomain('link', about),
    ]) expect(run(rule, item)).toEqual([]); // prettier-ignore
  });

  test('takes severity, hint and code from its line in the table', () => {
    const rule = required('mpn', { ...about, severity: 'warning', hint: 'Do it.', code: 'no_mpn' });
    expect(run(rule, sampleItem())).toMatchObject([{ severity: 'warning', hint: 'Do it.', code: 'no_mpn' }]);
  });

  test('that only advises or trims is a warning', () => {
    const item = sampleItem({ title: 'LINEN SHIRT <b>now</b>' });
    expect(run(trimmedTo('title', 5, about), item)[0]?.severity).toBe('warning');
    expect(run(warnLength('title', { above: 5 }, about), item)[0]?.severity).toBe('warning');
    expect(run(plainText('title', about), item)[0]?.severity).toBe('warning');
  });

  test('of advised length is silent above its own end', () => {
    expect(run(warnLength('title', { above: 5, upTo: 8 }, about), sampleItem({ title: 'x'.repeat(9) }))).toEqual([]);
    expect(run(warnLength('title', { above: 5, upTo: 8 }, about), sampleItem({ title: 'x'.repeat(8) }))).toHaveLength(1);
  }); // prettier-ignore
});

test('checkItem begins with what the source and the images had to say', () => {
  const known: Issue = { code: 'price_unreadable', severity: 'error', message: 'No.', from: 'source' };
  const item = sampleItem({ issues: [known], brand: '' });
  expect(checkItem(item, { rules: [required('brand', about)], image }).map((issue) => issue.code)).toEqual([
    'price_unreadable',
    'brand_missing',
  ]);
  expect(item.issues).toEqual([known]);
});

test('an image fits a rule by size, bytes and format', () => {
  expect(fitsRule(sampleImage('a'), image)).toBe(true);
  expect(fitsRule(sampleImage('a', { height: 499 }), image)).toBe(false);
  expect(fitsRule(sampleImage('a', { bytes: 1_000_001 }), image)).toBe(false);
  expect(fitsRule(sampleImage('a', { format: 'png' }), image)).toBe(false);
});

test('signs are counted in three ways', () => {
  expect((['units', 'characters', 'graphemes'] as const).map((unit) => countSigns('👍🏽e\u0301', unit))).toEqual([6, 4, 2]);
}); // prettier-ignore

const group = (...changes: Partial<Item>[]): Item[] =>
  changes.map((change, at) => sampleItem({ offerId: `V${at}`, itemGroupId: 'g', ...change }));
const blue = { options: [{ name: 'Color', value: 'Blue' }], attributes: { color: 'Blue' } };

test('two items of a product with the same choice: the second is told which has it already', () => {
  const items = group(blue, { options: [], attributes: {} }, { ...blue, attributes: { color: 'blue' } });
  const found = checkItems(items, { rules: [], groups: [distinctOptions(about)], image });
  expect(found.map((issues) => issues.map(({ code }) => code))).toEqual([[], [], ['options_same_as_other']]);
  expect(found[2]?.[0]).toMatchObject({
    message: expect.stringContaining('"V0"'),
    value: 'Color: Blue',
    ...about,
  });
});

test('what one variant fills, all fill', () => {
  const items = group({ attributes: { size: 'M' } }, { attributes: {} });
  const found = checkItems(items, { rules: [], groups: [sameChoicesFilled(about)], image });
  expect(found.map((issues) => issues.map(({ code }) => code))).toEqual([[], ['size_missing_in_group']]);
});

test('a withheld item has no issues and is nobody’s twin', () => {
  const items = group({ ...blue, withheld: 'draft' }, blue);
  const spec = { rules: [required('mpn', about)], groups: [distinctOptions(about)], image };
  expect(checkItems(items, spec).map((issues) => issues.map(({ code }) => code))).toEqual([
    [],
    ['mpn_missing'],
  ]);
});

test.each<[string, Item['attributes'][]]>([
  [
    'is',
    [{ google_product_category: '5322' }, { google_product_category: 'Bekleidung & Accessoires > Schuhe' }],
  ],
  ['looks', [{ product_type: 'Women > T-Shirts' }, { product_type: 'Kinder > Schuhe' }]],
  ['not', [{ product_type: 'Dressers' }, { google_product_category: 'Software', product_type: 'Shoes' }]],
])('an item that %s apparel is known by its category, or by the shop’s words', (likeness, all) => {
  for (const attributes of all) expect(findApparel(sampleItem({ attributes }), true)).toBe(likeness);
});
