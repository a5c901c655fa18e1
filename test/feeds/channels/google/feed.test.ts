import { expect, test } from '@jest/globals';
import { buildFeed, toRow } from '../../../../feeds/build-feed.ts';
import { columns, feed } from '../../../../feeds/channels/google/feed.ts';
import { joinGroup, joinList, splitGroup, splitList } from '../../../../feeds/channels/google/texts.ts';
import type { Item } from '../../../../catalog/item.ts';
import { sampleImage, sampleItem } from '../../../support/sample-item.ts';
import { fullItem } from './full-item.ts';

const row = (item: Item) => toRow(item, columns);
const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, ...changes },
});

async function build(format: 'xml' | 'tsv', ...items: Item[]): Promise<string> {
  let all = '';
  for await (const chunk of buildFeed(items, feed, format, { title: 'Shop', link: 'https://shop.example' }))
    all += chunk;
  return all;
}

test('a row has Google’s words and forms', () => {
  expect(row(fullItem())).toMatchObject({
    id: 'SHIRT-BLUE-M',
    availability: 'in_stock',
    price: '49.90 EUR',
    sale_price: '39.90 EUR',
    sale_price_effective_date: '2026-11-24T13:00Z/2026-12-24T13:00Z',
    google_product_category: '212',
    gtin: '4006381333931',
    shipping: 'CH::Standard:6.49 CHF:0:1:2:4\nDE:::9.00 EUR',
    cost_of_goods_sold: '12.50 EUR',
    variant_option: 'Color:Blue\nSize:M',
  });
});

test.each<[string, Partial<Item>, Record<string, string | undefined>]>([
  ['discontinued is out of stock', { availability: 'discontinued' }, { availability: 'out_of_stock' }],
  ['yen have no decimals', { price: { minor: 500, currency: 'JPY' } }, { price: '500 JPY' }],
  ['dinars have three', { price: { minor: 1234, currency: 'KWD' } }, { price: '1.234 KWD' }],
  ['a brand that is none stays away', { brand: 'N/A' }, { brand: undefined }],
  ['a number of the shop’s own stays away', { gtin: '2012345678903' }, { gtin: undefined }],
  ['a wrong word stays away', attributes({ gender: 'Damen' }), { gender: undefined }],
  ['a long title is cut at a word', { title: 'linen '.repeat(30) }, { title: 'linen '.repeat(25).trim() }],
  ['no identifier is said where it is true', { gtin: '', ...attributes({ identifier_exists: 'false' }) }, { identifier_exists: 'no' }],
  ['and not where there is one', attributes({ identifier_exists: 'no' }), { identifier_exists: undefined }],
  ['a sale without an end ends in ten years', { salePrice: { minor: 1, currency: 'EUR' }, saleStarts: new Date('2026-01-01T00:00:00Z') }, { sale_price_effective_date: '2026-01-01T00:00Z/2035-12-30T00:00Z' }],
  ['the energy class stays away in the EU', attributes({ energy_efficiency_class: 'B' }), { energy_efficiency_class: undefined }],
  ['a path of the taxonomy goes as its number', attributes({ google_product_category: 'Media > Books' }), { google_product_category: '784' }],
  ['a category we do not know goes as it is', attributes({ google_product_category: '999999' }), { google_product_category: '999999' }],
])('%s', (_, changes, expected) => {
  const made = row(sampleItem(changes));
  for (const [name, value] of Object.entries(expected)) expect(made[name]).toBe(value);
}); // prettier-ignore

test('eleven images go, and a comma in an address does no harm', () => {
  const images = Array.from({ length: 13 }, (_, at) => sampleImage(`${at},x`));
  const links = row(sampleItem({ images }))['additional_image_link']?.split('\n');
  expect(links).toHaveLength(10);
  expect(links?.[0]).toBe('https://cast.example/images/1%2Cx.jpg');
});

test('XML repeats lists and nests groups', async () => {
  const xml = await build('xml', fullItem({ title: 'Tom & Jerry <3' }));
  expect(xml).toContain('<g:title>Tom &amp; Jerry &lt;3</g:title>');
  expect(xml).toContain('<g:size_type>big</g:size_type>\n<g:size_type>tall</g:size_type>');
  expect(xml).toContain(
    '<g:shipping><g:country>CH</g:country><g:service>Standard</g:service><g:price>6.49 CHF</g:price>',
  );
  expect(xml).toContain('<g:product_highlight>Cool, even in summer</g:product_highlight>');
  expect(xml).toContain(
    '<g:certification><g:certification_authority>EC</g:certification_authority><g:certification_name>EPREL</g:certification_name><g:certification_code>123456</g:certification_code></g:certification>',
  );
});

test('TSV has lists in a cell, quoted where an entry holds a comma', async () => {
  const tsv = await build('tsv', fullItem());
  const [head = '', line = ''] = tsv.split('\n');
  const cell = (name: string) => line.split('\t')[head.split('\t').indexOf(name)];
  expect(cell('size_type')).toBe('big,tall');
  expect(cell('shipping')).toBe('CH::Standard:6.49 CHF:0:1:2:4,DE:::9.00 EUR');
  expect(cell('price')).toBe('49.90 EUR');
  expect(cell('variant_option')).toBe('Color:Blue,Size:M');
});

test('what joins lists and groups is read back as it was', () => {
  for (const parts of [['a', 'b:c', ''], ['', 'x\\y', 'z'], ['10:30', '', 'a,b']])
    expect(splitGroup(joinGroup(parts)).slice(0, 3).join('|')).toBe(parts.join('|').replace(/\|+$/, ''));
  for (const list of [['a', 'b, c', 'say "x"'], ['one']]) expect(splitList(joinList(list))).toEqual(list);
  expect(splitList('one, with comma\ntwo')).toEqual(['one, with comma', 'two']);
}); // prettier-ignore
