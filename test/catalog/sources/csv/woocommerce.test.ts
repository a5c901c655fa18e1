import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFile, readText } from './read-all.ts';

const header =
  'ID,Type,SKU,Name,Published,Short description,Description,Date sale price starts,Date sale price ends,In stock?,' +
  'Stock,Backorders allowed?,Weight (kg),Sale price,Regular price,Categories,Tags,Images,Parent,Attribute 1 name,' +
  'Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s)\n';
const tee =
  '10,variable,tee,Tee,1,Short,Long\\nlines,,,1,,0,,,,"Clothing > Tees, Sale",,"a.jpg, b\\,c.jpg",,Color,"Blue, Red",Size,"M, L"\n';
const blue =
  '11,variation,tee-b,Tee - Blue,1,,,2027-01-01,2027-01-31,1,5,1,"0,2",15,"19,99",,,blue.jpg,tee,Color,Blue,Size,\n';
const red = '12,variation,,Tee - Red,-1,,,,,0,,0,,,19,,,,id:10,Color,Red,Size,L\n';

describe('a WooCommerce export', () => {
  it.each([
    ['after', tee + blue + red],
    ['before', blue + red + tee],
  ])('joins variations that stand %s their parent, named by SKU or id', async (_, rows) => {
    const { format, products, issues, records } = await readText(header + rows);
    expect(format).toBe('woocommerce');
    expect(issues).toEqual([]);
    expect(records).toBe(3);
    expect(products).toHaveLength(1);
    expect(products[0]).toMatchObject({
      sourceId: '10', title: 'Tee', descriptionHtml: 'Long\nlines', link: 'https://shop.example/?p=10',
      images: [{ url: 'a.jpg' }, { url: 'b,c.jpg' }],
      attributes: { product_type: 'Clothing > Tees', short_description: 'Short' },
    });
    expect(products[0]?.variants).toEqual([
      {
        sourceId: '11', sku: 'tee-b', options: [{ name: 'Color', value: 'Blue' }], price: '19,99', salePrice: '15',
        saleStarts: '2027-01-01', saleEnds: '2027-01-31', availability: '1', quantity: '5', oversell: true,
        imageUrl: 'blue.jpg', attributes: { shipping_weight: '0.2 kg' }, line: expect.any(Number),
      },
      expect.objectContaining({
        sourceId: '12', availability: '0',
        options: [{ name: 'Color', value: 'Red' }, { name: 'Size', value: 'L' }],
      }),
    ]);
  }); // prettier-ignore

  it('leaves out grouped products and says so, and reports variations without a parent', async () => {
    const { products, skipped, issues, records } = await readText(
      `${header}1,grouped,g,Set,1${','.repeat(18)}\n` +
        `2,"simple, downloadable, virtual",s,Song,1${','.repeat(10)}3${','.repeat(8)}\n` +
        `3,variation,v,Lost,1${','.repeat(10)}3,,,,gone,,,,\n4,variable,w,Empty,1${','.repeat(18)}\n`,
    );
    expect(products.map((product) => product.sourceId)).toEqual(['2']);
    expect(skipped).toHaveLength(1);
    expect(issues.map((issue) => [issue.code, issue.line])).toEqual([['parent_missing', 4], ['no_variations', 5]]);
    expect(records).toBe(4);
  }); // prettier-ignore

  it('joins an early variation by id to a late parent with a SKU in a long file', async () => {
    const simple = Array.from({ length: 300 }, (_, at) => `${at + 100},simple,s${at},S,1${','.repeat(10)}3${','.repeat(8)}\n`);
    const { products, issues, restarts, records } = await readText(header + red + simple.join('') + tee + blue);
    expect(restarts).toBe(1);
    expect(issues).toEqual([]);
    expect(records).toBe(303);
    expect(products.find((product) => product.sourceId === '10')?.variants).toHaveLength(2);
  }); // prettier-ignore
});

const shared = join(import.meta.dirname, '../../../../../shared/data/woocommerce/sample_products.csv');
const describeShared = existsSync(shared) ? describe : describe.skip;

describeShared('the catalog in ../shared/data/woocommerce', () => {
  it('24 rows are 14 products with 21 variants and one grouped product', async () => {
    const result = await readFile({ path: shared });
    expect(result).toMatchObject({ records: 24, issues: [], complete: true });
    expect(result.skipped).toHaveLength(1);
    expect(result.products).toHaveLength(14);
    expect(result.products.flatMap((product) => product.variants)).toHaveLength(21);
  });
});
