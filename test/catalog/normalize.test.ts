import { describe, expect, it } from '@jest/globals';
import { catalogSchema } from '../../catalog/catalog.ts';
import { normalizeProduct } from '../../catalog/normalize.ts';
import { productSchema, type ProductInput, type VariantInput } from '../../catalog/product.ts';

const catalog = catalogSchema.parse({
  id: 'shop', name: 'Shop', currency: 'EUR', country: 'DE', language: 'de', shopUrl: 'https://shop.example',
  defaultBrand: 'Shop', timeZone: 'Europe/Berlin',
}); // prettier-ignore

const normalize = (variants: Partial<VariantInput>[], product: Partial<ProductInput> = {}) =>
  normalizeProduct(
    {
      sourceId: 'shirt',
      title: 'Shirt',
      ...product,
      variants: variants.map((variant, at) => ({ sourceId: `v${at}`, price: '20', ...variant })),
    },
    catalog,
  );

const one = (variant: Partial<VariantInput>) => {
  const product = normalize([variant]);
  return { ...product.variants[0], issues: product.issues };
};

describe('normalizeProduct', () => {
  it('makes a product that the schema accepts', () => {
    const product = normalize([{ sku: 'A', gtin: '4006381333931', quantity: '3' }, {}], {
      descriptionHtml: '<p>Soft &amp; warm</p>', tags: [' a', 'a', ''], images: [{ url: ' x.jpg ', alt: '' }],
    }); // prettier-ignore
    expect(() => productSchema.parse(product)).not.toThrow();
    expect(product).toMatchObject({
      description: 'Soft & warm', brand: 'Shop', tags: ['a'], images: [{ url: 'x.jpg' }], issues: [],
    }); // prettier-ignore
  });

  it('takes the SKU as offer id, and makes a readable one without', () => {
    const product = normalize([{ sku: 'AB-1' }, { sourceId: 'Rot / M', sku: ' ' }]);
    expect(product.variants.map((variant) => variant.offerId)).toEqual(['AB-1', 'shirt-rot-m']);
    expect(product.variants[1]).not.toHaveProperty('sku');
  });

  it('cuts a long offer id to 100 characters and keeps it apart by a hash', () => {
    const [a, b] = normalize([{ sourceId: 'x'.repeat(200) }, { sourceId: `${'x'.repeat(199)}y` }]).variants;
    expect(a?.offerId).toHaveLength(100);
    expect(a?.offerId).not.toBe(b?.offerId);
  });

  it('blocks the second variant with the same SKU and names the first', () => {
    const product = normalize([
      { sku: 'A', line: 2 },
      { sku: 'A', line: 3 },
    ]);
    expect(product.issues).toEqual([
      expect.objectContaining({
        code: 'duplicate_sku',
        severity: 'error',
        variant: 'v1',
        line: 3,
        value: 'A',
      }),
    ]);
    expect(product.issues[0]?.message).toContain('"v0" (line 2)');
    expect(new Set(product.variants.map((variant) => variant.offerId)).size).toBe(2);
  });

  it('makes the lower of two prices the sale price, as Shopify means it', () => {
    expect(one({ price: '15', regularPrice: '20,00' })).toMatchObject({
      price: { minor: 2000, currency: 'EUR' },
      salePrice: { minor: 1500, currency: 'EUR' },
      issues: [],
    });
  });

  it.each(['20', '10', '0', ''])('sees no sale in a compare-at price of %j', (regularPrice) => {
    const variant = one({ price: '20', regularPrice });
    expect(variant).toMatchObject({ price: { minor: 2000 }, issues: [] });
    expect(variant).not.toHaveProperty('salePrice');
  });

  it('takes an explicit sale price with its dates in the time zone of the shop', () => {
    expect(one({ salePrice: '15', saleStarts: '2027-01-01', saleEnds: '2027-01-31' })).toMatchObject({
      salePrice: { minor: 1500 },
      saleStarts: new Date('2026-12-31T23:00:00Z'),
      saleEnds: new Date('2027-01-31T23:00:00Z'),
    });
  });

  it.each([
    [{ price: '' }, 'price_missing', 'error', 'price'],
    [{ price: 'ask us' }, 'price_unreadable', 'error', 'price'],
    [{ price: '0' }, 'price_not_positive', 'error', 'price'],
    [{ price: '-3' }, 'price_not_positive', 'error', 'price'],
    [{ price: 'ask us', regularPrice: '20' }, 'price_unreadable', 'error', 'price'],
    [{ salePrice: '25' }, 'sale_price_not_lower', 'warning', 'salePrice'],
    [{ salePrice: '5 USD' }, 'sale_price_not_lower', 'warning', 'salePrice'],
    [{ salePrice: '15', saleEnds: 'soon' }, 'sale_date_unreadable', 'warning', 'saleEnds'],
    [
      { salePrice: '15', saleStarts: '2027-02-01', saleEnds: '2027-01-01' },
      'sale_dates_reversed',
      'warning',
      'saleEnds',
    ],
    [{ gtin: '4.00638E+12' }, 'gtin_invalid', 'warning', 'gtin'],
    [{ quantity: 'many' }, 'quantity_unreadable', 'warning', 'quantity'],
    [{ availability: 'perhaps' }, 'availability_unknown', 'warning', 'availability'],
    [{ link: 'javascript:alert(1)' }, 'link_unreadable', 'warning', 'link'],
  ] as const)('reports %j as %s (%s) of %s', (variant, code, severity, field) => {
    const found = one({ ...variant, line: 7 });
    expect(found.issues).toEqual([
      expect.objectContaining({ code, severity, field, line: 7, variant: 'v0' }),
    ]);
    if (field === 'price') expect(found).not.toHaveProperty('price');
    expect(found).not.toHaveProperty('salePrice');
    expect(found).not.toHaveProperty('gtin');
    expect(found).not.toHaveProperty('link');
  });

  it.each([
    [{ quantity: '3' }, 'in_stock'],
    [{ quantity: '0' }, 'out_of_stock'],
    [{ quantity: '-2', oversell: true }, 'backorder'],
    [{ quantity: '0', tracked: false }, 'in_stock'],
    [{}, 'in_stock'],
    [{ quantity: '0', availability: 'in stock' }, 'in_stock'],
    [{ availability: 'https://schema.org/OutOfStock' }, 'out_of_stock'],
    [{ availability: 'onbackorder' }, 'backorder'],
    [{ availability: '0' }, 'out_of_stock'],
    [{ availability: 'perhaps', quantity: '4' }, 'in_stock'],
    [{ availability: 'perhaps' }, 'out_of_stock'],
  ] as const)('reads the stock %j as %s', (variant, availability) => {
    expect(one(variant).availability).toBe(availability);
  });

  it.each([
    ['Farbe', 'color'], ['COLOUR', 'color'], ['颜色', 'color'], ['pa_color', 'color'], ['Größe', 'size'],
    ['Shoe Size', 'size'], ['サイズ', 'size'], ['Matière', 'material'], ['Muster', 'pattern'],
  ])('takes the option %s as %s', (name, attribute) => {
    expect(one({ options: [{ name, value: 'X' }] }).attributes).toEqual({ [attribute]: 'X' });
  }); // prettier-ignore

  it('reports a product without a title once, for all its variants', () => {
    const { issues } = normalize([{}, {}], { title: ' ', line: 4 });
    expect(issues).toEqual([expect.objectContaining({ code: 'title_missing', severity: 'error', line: 4 })]);
    expect(issues[0]).not.toHaveProperty('variant');
  });

  it('cuts the value of an issue to 200 characters', () => {
    expect(one({ gtin: 'x'.repeat(500) }).issues[0]?.value).toHaveLength(200);
  });
});
