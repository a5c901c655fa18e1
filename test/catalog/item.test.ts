import { describe, expect, it } from '@jest/globals';
import { catalogSchema } from '../../catalog/catalog.ts';
import { toItems } from '../../catalog/item.ts';
import { normalizeProduct } from '../../catalog/normalize.ts';
import type { ProductInput, StoredProduct } from '../../catalog/product.ts';

const catalog = catalogSchema.parse({
  id: 'shop', name: 'Shop', currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example/',
}); // prettier-ignore
const at = new Date('2027-01-01T00:00:00Z');

function stored(input: Partial<ProductInput>, more: Partial<StoredProduct> = {}): StoredProduct {
  const product = normalizeProduct(
    {
      sourceId: 'shirt', slug: 'shirt', title: 'Shirt', vendor: 'Acme', images: [{ url: 'main.jpg', alt: 'Front' }],
      attributes: { material: 'cotton', color: 'white' },
      variants: [
        { sourceId: 'M', sku: 'S-M', price: '20', options: [{ name: 'Size', value: 'M' }] },
        { sourceId: 'L', sku: 'S-L', price: 'x', imageUrl: 'l.jpg', attributes: { color: 'red' } },
      ],
      ...input,
    },
    catalog,
  ); // prettier-ignore
  return {
    ...product, id: 'shop:shirt', catalogId: 'shop', hash: 'h', overrides: [], prepared: {}, revision: 1,
    createdAt: at, updatedAt: at, ...more,
  }; // prettier-ignore
}

const items = (product: StoredProduct) => toItems(product, catalog, (key) => `https://cdn.example/${key}`);
const override = (field: string, value: string, variant?: string) => ({
  field, value, by: 'ann', at, ...(variant === undefined ? {} : { variant }),
}); // prettier-ignore
const rendition = (url: string) => ({
  url, key: `${url}.key`, width: 800, height: 600, bytes: 9, format: 'jpeg' as const, ruleKey: 'r', checkedAt: at,
}); // prettier-ignore

describe('toItems', () => {
  it('gives each variant the fields of its product, and its own where it has them', () => {
    const [m, l] = items(stored({}));
    expect(m).toMatchObject({
      offerId: 'S-M', itemGroupId: 'shirt', title: 'Shirt', brand: 'Acme', link: 'https://shop.example/products/shirt',
      price: { minor: 2000, currency: 'EUR' }, attributes: { material: 'cotton', color: 'white', size: 'M' },
    }); // prettier-ignore
    expect(l?.attributes).toEqual({ material: 'cotton', color: 'red' });
  });

  it('shows an item only its own issues', () => {
    const [m, l] = items(stored({}));
    expect(m?.issues).toEqual([]);
    expect(l?.issues.map((issue) => issue.code)).toEqual(['price_unreadable']);
  });

  it('names a group only where there are several variants', () => {
    const [only] = items(stored({ variants: [{ sourceId: 'default', price: '1' }] }));
    expect(only).not.toHaveProperty('itemGroupId');
  });

  it('puts the image of the variant first', () => {
    const prepared = { 'main.jpg': rendition('main.jpg'), 'l.jpg': rendition('l.jpg') };
    const [m, l] = items(stored({}, { prepared }));
    expect(m?.images.map((image) => image.sourceUrl)).toEqual(['main.jpg']);
    expect(l?.images.map((image) => image.sourceUrl)).toEqual(['l.jpg', 'main.jpg']);
    expect(l?.images[1]).toMatchObject({ url: 'https://cdn.example/main.jpg.key', alt: 'Front' });
  });

  it('tells why an image is not there', () => {
    const issue = { code: 'image_broken', severity: 'error', message: 'Cut off.', from: 'image' } as const;
    const prepared = { 'l.jpg': { url: 'l.jpg', ruleKey: 'r', checkedAt: at, issue } };
    const [m, l] = items(stored({}, { prepared }));
    expect(m?.issues).toEqual([]);
    expect(l?.issues).toContainEqual(issue);
    expect(l?.images).toEqual([]);
  });

  it.each([
    ['draft', { status: 'draft' }],
    ['archived', { status: 'archived' }],
    ['removed', { removedAt: at }],
  ] as const)('withholds what is %s', (withheld, more) => {
    expect(items(stored({}, more)).map((item) => item.withheld)).toEqual([withheld, withheld]);
  });

  it('lets a person’s value win, for the product or for one variant', () => {
    const overrides = [
      override('title', 'Hemd', 'L'),
      override('title', 'Shirt!'),
      override('color', 'blue'),
    ];
    const [m, l] = items(stored({}, { overrides }));
    expect([m?.title, l?.title]).toEqual(['Shirt!', 'Hemd']);
    expect([m?.attributes.color, l?.attributes.color]).toEqual(['blue', 'blue']);
    expect(l?.overridden).toEqual(['title', 'color']);
  });

  it('drops the issue of a price that a person has put right', () => {
    const [, l] = items(stored({}, { overrides: [override('price', '19,99 EUR', 'L')] }));
    expect(l?.price).toEqual({ minor: 1999, currency: 'EUR' });
    expect(l?.issues).toEqual([]);
  });

  it('keeps the source’s value where the override cannot be used, and says so', () => {
    const [m] = items(stored({}, { overrides: [override('price', 'cheap'), override('shape', 'round')] }));
    expect(m?.price).toEqual({ minor: 2000, currency: 'EUR' });
    expect(m?.issues.map((issue) => [issue.code, issue.field])).toEqual([
      ['override_unusable', 'price'],
      ['override_unusable', 'shape'],
    ]);
    expect(m?.overridden).toEqual([]);
  });

  it('drops a sale price that is not lower than the price set by hand', () => {
    const variants = [{ sourceId: 'M', price: '15', regularPrice: '20' }];
    const [m] = items(stored({ variants }, { overrides: [override('price', '10')] }));
    expect(m).not.toHaveProperty('salePrice');
    expect(m?.issues.map((issue) => issue.code)).toEqual(['sale_price_not_lower']);
  });
});
