import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFile, readText } from './read-all.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

describe('a Shopify export', () => {
  it('inherits from the first row, and makes no variant of an image', async () => {
    const { products, records, issues } = await readFile({
      path: fixture('shopify-variants-and-images.csv'),
    });
    expect(issues).toEqual([]);
    expect(records).toBe(5);
    expect(products[0]).toMatchObject({
      sourceId: 'shirt', slug: 'shirt', title: 'Shirt', vendor: 'Acme', tags: ['a', ' b'], status: 'active', line: 2,
      images: [{ url: 'front.jpg', alt: 'Front' }, { url: 'https://cdn.example/back.jpg' }, { url: 'front.jpg' }],
      attributes: { product_type: 'Shirts', gender: 'unisex' },
      variants: [
        {
          sourceId: 'Red / M', sku: '0012', options: [{ name: 'Color', value: 'Red' }, { name: 'Size', value: 'M' }],
          price: '15.00', regularPrice: '20.00', quantity: '3', tracked: true, imageUrl: 'red.jpg', line: 2,
          saleStarts: '2027-01-01T00:00:00Z', saleEnds: '2027-02-01T00:00:00Z',
          attributes: { shipping_weight: '200 g' },
        },
        { sourceId: 'Red / L', options: [{ name: 'Color' }, { name: 'Size', value: 'L' }], oversell: true, line: 4 },
      ],
    }); // prettier-ignore
    expect(products[0]?.variants).toHaveLength(2);
    expect(products[0]?.variants[1]).not.toHaveProperty('sku');
  });

  it('drops "Default Title" and knows drafts and gift cards', async () => {
    const { products } = await readFile({ path: fixture('shopify-variants-and-images.csv') });
    expect(products[1]).toMatchObject({ sourceId: 'card', status: 'draft' });
    expect(products[1]?.variants).toEqual([expect.objectContaining({ sourceId: 'default', options: [] })]);
  });

  it('reads the column names of 2025, whatever their case', async () => {
    const { format, products } = await readText(
      'Title,URL HANDLE,Description,Status,Option1 name,Option1 value,sku,Barcode,Price,Compare-at price,' +
        'Inventory quantity,Continue selling when out of stock,Product image URL,Variant image URL\n' +
        'Cup,cup,<p>Nice</p>,Archived,Title,Default Title,C-1,4006381333931,9.50,,4,DENY,cup.jpg,\n',
    );
    expect(format).toBe('shopify');
    expect(products[0]).toMatchObject({
      sourceId: 'cup', status: 'archived', descriptionHtml: '<p>Nice</p>', images: [{ url: 'cup.jpg' }],
      variants: [{ sourceId: 'default', sku: 'C-1', gtin: '4006381333931', price: '9.50', quantity: '4' }],
    }); // prettier-ignore
  });

  it('reports rows without a handle and repeated variants, and keeps their neighbours', async () => {
    const { products, issues, records } = await readText(
      'Handle,Title,Option1 Name,Option1 Value,Variant Price\n' +
        'a,A,Size,M,1\n,,,L,2\na,,,M,3\na,,,XL,4\n,,,,\nb,B,,,5,extra\nc,C,,,6\n',
    );
    expect(products.map((product) => [product.sourceId, product.variants.length])).toEqual([['a', 2], ['c', 1]]);
    expect(issues.map((issue) => [issue.code, issue.line])).toEqual([
      ['row_without_identity', 3],
      ['row_too_long', 7],
      ['duplicate_variant', 4],
    ]);
    expect(issues[0]).toMatchObject({ field: 'Handle', record: ',,,L,2' });
    expect(records).toBe(7);
  }); // prettier-ignore

  it('undoes the guards that exports put before formulas', async () => {
    const { products } = await readText(
      'Handle,Title,Variant Price,Variant SKU\na,\'=A1,"=""5.00""",\'007\n',
    );
    expect(products[0]).toMatchObject({ title: '=A1', variants: [{ price: '5.00', sku: '007' }] });
  });
});

const shared = join(import.meta.dirname, '../../../../../shared/data/shopify');
const describeShared = existsSync(shared) ? describe : describe.skip;

describeShared('the catalogs in ../shared/data/shopify', () => {
  it.each([
    ['apparel.csv', 22, 20, 22],
    ['jewelery.csv', 41, 20, 23],
  ])('%s: %i rows are %i products with %i variants', async (name, rows, count, variants) => {
    const result = await readFile({ path: join(shared, name) });
    expect(result).toMatchObject({ records: rows, issues: [], skipped: [], complete: true });
    expect(result.products).toHaveLength(count);
    expect(result.products.flatMap((product) => product.variants)).toHaveLength(variants);
  });
});
