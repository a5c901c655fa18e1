import { describe, expect, test } from '@jest/globals';
import { readWords } from '../../catalog/category-words.ts';
import { categoryPath, findCategory, isInCategory, loadTaxonomy, taxonomyVersion } from '../../catalog/taxonomy.ts'; // prettier-ignore

describe('Google’s taxonomy', () => {
  test('is whole, with a version a language', () => {
    const languages = loadTaxonomy();
    expect([...languages.keys()][0]).toBe('en-US');
    expect(languages.get('en-US')?.categories.size).toBe(5_582);
    expect(taxonomyVersion()).toBe('2019-07-10');
    for (const { version, categories } of languages.values()) {
      expect(version).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      for (const { id } of categories.values()) expect(findCategory(id)?.id).toBe(id);
    }
  });

  test('leads from every number to its path and back', () => {
    for (const { id, path } of loadTaxonomy().get('en-US')?.categories.values() ?? [])
      expect(findCategory(path)?.id).toBe(id);
  });

  test.each([
    ['a number', '212'],
    ['a path', 'Apparel & Accessories > Clothing > Shirts & Tops'],
    ['a path written carelessly', 'apparel & accessories>clothing >  Shirts & tops'],
    ['a path in British English', 'Clothing & Accessories > Clothing > Shirts & Tops'],
    ['a line of Google’s own list', '212 - Apparel & Accessories > Clothing > Shirts & Tops'],
  ])('finds %s', (_, text) => {
    expect(findCategory(text)).toMatchObject({
      id: '212',
      names: ['Apparel & Accessories', 'Clothing', 'Shirts & Tops'],
      parent: '1604',
    });
  });

  test.each(['', '99999999', 'Shirts & Tops', 'Clothing > Blue'])('does not know "%s"', (text) => {
    expect(findCategory(text)).toBeUndefined();
  });

  test('says paths in a language at hand, else in the main one', () => {
    expect(categoryPath('204', 'en-GB')).toBe('Clothing & Accessories > Clothing > Trousers & Jeans');
    expect(categoryPath('204', 'fi')).toBe('Apparel & Accessories > Clothing > Pants');
    expect(categoryPath('1', 'en')).toBe('Animals & Pet Supplies');
    expect(categoryPath('99999999')).toBeUndefined();
  });

  test('knows what lies below what', () => {
    const apparel = new Set(['166']);
    expect(isInCategory('212', apparel)).toBe(true);
    expect(isInCategory('166', apparel)).toBe(true);
    expect(isInCategory('Media > Books', apparel)).toBe(false);
    expect(isInCategory(undefined, apparel)).toBe(false);
    expect(isInCategory('nonsense', apparel)).toBe(false);
  });
});

test('our own words name categories that there are, each word once a category', () => {
  for (const { id, words } of readWords()) {
    expect({ id, known: findCategory(id) !== undefined }).toEqual({ id, known: true });
    expect(new Set(words).size).toBe(words.length);
  }
});
