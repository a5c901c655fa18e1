import { describe, expect, test } from '@jest/globals';
import type { Catalog } from '../../catalog/catalog.ts';
import { findInCategories, findMapped, reportCategories, toCategoryKey, type CategoryUse } from '../../catalog/categories.ts'; // prettier-ignore

const map = (...pairs: [path: string, category: string][]): Pick<Catalog, 'categories'> => ({
  categories: pairs.map(([path, category]) => ({ path, category, by: 'me', at: new Date(0) })),
});
const use = (id: string, type: string | undefined, changes: Partial<CategoryUse> = {}): CategoryUse => ({
  id,
  title: `Title ${id}`,
  attributes: type === undefined ? {} : { product_type: type },
  variants: [{ sourceId: 'a' }],
  overrides: [],
  ...changes,
});
const override = (field: string, value: string, variant?: string) => ({
  field, value, by: 'me', at: new Date(0), ...(variant === undefined ? {} : { variant }),
}); // prettier-ignore

test('a path is the same however it is spaced and capitalised', () => {
  expect(toCategoryKey(' Men>Shirts ')).toBe(toCategoryKey('men  >  shirts'));
  expect(findMapped(map(['Men > Shirts', '212']), 'MEN>SHIRTS')).toBe('212');
  expect(findMapped(map(['Men > Shirts', '212']), 'Men')).toBeUndefined();
  expect(findMapped({}, 'Men')).toBeUndefined();
  expect(findMapped(map(), undefined)).toBeUndefined();
});

describe('the report', () => {
  const products = [
    use('1', 'Shirts', { variants: [{ sourceId: 'a' }, { sourceId: 'b' }] }),
    use('2', 'shirts ', { attributes: { product_type: 'shirts ', google_product_category: '212' } }),
    use('3', 'Mugs'),
    use('4', undefined),
    use('5', 'Mugs', { overrides: [override('product_type', 'Vases')] }),
    use('6', 'Mugs', { overrides: [override('google_product_category', '2169')] }),
  ];

  test('counts products and items, tells what has a category of its own, and covers per cent of all items', async () => {
    const { items, coverage } = await reportCategories(products, map(['Mugs', '2169']));
    expect(items.map(({ path, products: count, items: all, own }) => [path, count, all, own])).toEqual([
      ['Shirts', 2, 3, 1],
      ['Mugs', 2, 2, 1],
      ['Vases', 1, 1, 0],
    ]);
    expect(items[1]?.mapped).toEqual({ id: '2169', path: expect.stringMatching(/> Mugs$/) });
    expect(items[0]?.suggestions[0]).toMatchObject({ id: '212' });
    // one shirt by its source, one mug by hand, one by the mapping
    expect(coverage).toEqual({ items: 7, withCategory: 3, percent: 42.8 });
  });

  test('of an empty shop is empty', async () => {
    const { items, coverage } = await reportCategories([], {});
    expect(items).toEqual([]);
    expect(coverage).toEqual({ items: 0, withCategory: 0, percent: 0 });
  });

  test('finds the products of some categories, by hand or by their source', async () => {
    async function* each() {
      yield* products;
    }
    expect(await findInCategories(each(), ['VASES', 'shirts'])).toEqual(['1', '2', '5']);
  });
});
