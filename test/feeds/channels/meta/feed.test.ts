import { describe, expect, test } from '@jest/globals';
import type { Item } from '../../../../catalog/item.ts';
import { buildFeed, toRow } from '../../../../feeds/build-feed.ts';
import { feed } from '../../../../feeds/channels/meta/feed.ts';
import { toRichText } from '../../../../feeds/channels/meta/rich-text.ts';
import { sampleImage, sampleItem } from '../../../support/sample-item.ts';

const row = (changes: Partial<Item> = {}) => toRow(sampleItem(changes), feed.columns);
const attributes = (changes: Item['attributes']) => ({
  attributes: { ...sampleItem().attributes, ...changes },
});

const images = (count: number, name = 'i') =>
  Array.from({ length: count }, (_, i) => sampleImage(`${name}${i}`));

const links = (list: Item['images']) => row({ images: list })['additional_image_link']?.split('\n') ?? [];

describe("Meta's row of an item", () => {
  test('has every field that the item can fill', () => {
    expect(
      row({
        salePrice: { minor: 3990, currency: 'EUR' },
        saleStarts: new Date('2026-11-01T00:00:00Z'),
        saleEnds: new Date('2026-11-30T23:59:00Z'),
        descriptionHtml: '<p>A <b>light</b> shirt</p>',
        options: [...sampleItem().options, { name: 'Scent', value: 'Rose, fresh: new' }],
        ...attributes({
          material: 'Linen', pattern: 'Plain', mpn: 'LS-1', google_product_category: '212', product_type: 'Men > Shirts',
          short_description: 'Light shirt', shipping_weight: '0.3 kg', expiration_date: '2027-01-01',
          video_link: 'https://shop.example/v.mp4', mobile_link: 'https://m.shop.example/a', origin_country: 'PT',
          custom_label_0: 'a', custom_label_4: 'e',
        }),
      }),
    ).toEqual({
      id: 'SHIRT-BLUE-M', title: 'Linen shirt', description: 'A light shirt of washed linen with a soft collar.',
      availability: 'in stock', condition: 'new', price: '49.90 EUR',
      link: 'https://shop.example/products/linen-shirt?variant=blue-m',
      image_link: 'https://cast.example/images/front.jpg',
      additional_image_link: 'https://cast.example/images/back.jpg', brand: 'Nordhem', sale_price: '39.90 EUR',
      sale_price_effective_date: '2026-11-01T00:00+00:00/2026-11-30T23:59+00:00', item_group_id: 'linen-shirt',
      color: 'Blue', size: 'M', gender: 'unisex', age_group: 'adult', material: 'Linen', pattern: 'Plain',
      additional_variant_attribute: 'Scent:Rose fresh new', gtin: '4006381333931', mpn: 'LS-1',
      google_product_category: '212', product_type: 'Men > Shirts',
      rich_text_description: '<p>A <b>light</b> shirt</p>', short_description: 'Light shirt',
      quantity_to_sell_on_facebook: '7', status: 'active', internal_label: 'summer', shipping_weight: '0.3 kg',
      expiration_date: '2027-01-01', 'video[0].url': 'https://shop.example/v.mp4',
      mobile_link: 'https://m.shop.example/a', origin_country: 'PT', custom_label_0: 'a', custom_label_4: 'e',
    });
  }); // prettier-ignore

  test.each([
    [500, 'JPY', '500 JPY'],
    [1234, 'KWD', '1.234 KWD'],
    [5, 'USD', '0.05 USD'],
  ])('writes %d minor units of %s as %s', (minor, currency, text) => {
    expect(row({ price: { minor, currency } })['price']).toBe(text);
  });

  test('says in Meta’s words what is in stock', () => {
    const words = (['in_stock', 'out_of_stock', 'preorder', 'backorder', 'discontinued'] as const).map(
      (availability) => row({ availability })['availability'],
    );
    expect(words).toEqual(['in stock', 'out of stock', 'available for order', 'available for order', 'discontinued']);
  }); // prettier-ignore

  test('cuts at a word what is too long', () => {
    const long = row({
      title: 'word '.repeat(50),
      description: 'word '.repeat(2500),
      brand: 'b'.repeat(120),
    });
    expect(long['title']?.length).toBeLessThanOrEqual(200);
    expect(long['title']).toMatch(/word$/);
    expect(long['description']?.length).toBeLessThanOrEqual(9999);
    expect(long['brand']).toBe('b'.repeat(100));
  });

  test('leaves out what Meta would refuse', () => {
    const bad = row({ gtin: '123', ...attributes({ gender: 'w', age_group: 'x', shipping_weight: '5', mobile_link: 'm' }) }); // prettier-ignore
    for (const field of ['gtin', 'gender', 'age_group', 'shipping_weight', 'mobile_link'])
      expect(bad).not.toHaveProperty(field);
  });

  test('leaves out further images that break the rule, beyond 20, or beyond 2,000 characters', () => {
    expect(links(images(30))).toHaveLength(20);
    expect(links(images(15, 'n'.repeat(300))).join(',').length).toBeLessThanOrEqual(2000);
    expect(links([sampleImage('a'), sampleImage('b', { width: 100 }), sampleImage('c,d')])).toEqual([
      'https://cast.example/images/c%2Cd.jpg',
    ]);
  }); // prettier-ignore

  test('gives a sale with one date the other one far away, and no dates where there are none', () => {
    const sale = { salePrice: { minor: 1, currency: 'EUR' } };
    const date = (changes: Partial<Item>) => row({ ...sale, ...changes })['sale_price_effective_date'];
    expect(date({ saleEnds: new Date('2026-12-24T18:00:00Z') })).toBe('1970-01-29T00:00+00:00/2026-12-24T18:00+00:00');
    expect(date({ saleStarts: new Date('2026-12-24T18:00:00Z') })).toBe('2026-12-24T18:00+00:00/2038-01-17T23:59+00:00');
    expect(date({})).toBeUndefined();
    expect(row({ saleEnds: new Date() })).not.toHaveProperty('sale_price_effective_date');
  }); // prettier-ignore

  test('sends no quantity of 0 for what is in stock, since Meta takes that for an error', () => {
    expect(row({ quantity: 0 })).not.toHaveProperty('quantity_to_sell_on_facebook');
    expect(row({ quantity: -3, availability: 'out_of_stock' })['quantity_to_sell_on_facebook']).toBe('0');
  });
});

test('the feed writes lists as Meta asks: labels in brackets, further images with commas, XML elements repeated', async () => {
  const item = sampleItem({
    tags: ["kid's", 'b'],
    images: [sampleImage('a'), sampleImage('b'), sampleImage('c')],
    options: [{ name: 'Scent', value: 'Rose' }, { name: 'Taste', value: 'Sweet' }],
  }); // prettier-ignore
  const read = async (format: 'csv' | 'xml') => {
    let text = '';
    for await (const chunk of buildFeed([item], feed, format, { title: 'T', link: 'https://l' }))
      text += chunk;
    return text;
  };
  const csv = await read('csv');
  expect(csv).toContain(`"['kid’s','b']"`);
  expect(csv).toContain('"https://cast.example/images/b.jpg,https://cast.example/images/c.jpg"');
  expect(csv).toContain('"Scent:Rose,Taste:Sweet"');
  const xml = await read('xml');
  expect(xml).toContain("<internal_label>kid's</internal_label>\n<internal_label>b</internal_label>");
  expect(xml).toContain('<additional_image_link>https://cast.example/images/c.jpg</additional_image_link>');
  expect(xml).toContain('<additional_variant_attribute><label>Taste</label><value>Sweet</value></additional_variant_attribute>'); // prettier-ignore
});

test('rich text keeps known tags without attributes, and nothing that runs', () => {
  const html = '<div class="a>b" onclick=\'x\'><script>alert(1)</script><P style=x>Hi<br/><img src=x onerror=y></p><!-- <b> --></div><style>p{}';
  expect(toRichText(sampleItem({ descriptionHtml: html }))).toBe('<div><p>Hi<br></p></div>');
  expect(toRichText(sampleItem({ descriptionHtml: '<p>5 < 6</p><p class="y">a</p><p class="y">b</p> <' }))).toBe('<p>5 &lt; 6</p><p>a</p><p>b</p> &lt;');
  expect(toRichText(sampleItem({ descriptionHtml: '<p title="x">a</p><p title="x>y">b</p><p title="x>z">c</p>' }))).toBe('<p>a</p><p>b</p><p>c</p>');
  expect(toRichText(sampleItem({ descriptionHtml: 'no tags' }))).toBeUndefined();
  expect(toRichText(sampleItem({ descriptionHtml: `<p>${'x'.repeat(10_000)}</p>` }))).toBeUndefined();
  expect(toRichText(sampleItem())).toBeUndefined();
}); // prettier-ignore
