import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { searchCategories, suggestCategories } from '../../catalog/category-match.ts';
import { findCategory } from '../../catalog/taxonomy.ts';

const best = (path: string, ...titles: string[]) => suggestCategories({ path, titles })[0];

test.each([
  ['Shirts', '212'],
  ['Men > T-Shirts', '212'],
  ['Damen > Kleider', '2271'],
  ['Leinenhemden', '212'],
  ['Chaussures', '187'],
  ['Bolsos', '3032'],
  ['Шарфы', '177'],
  ['Women/Earrings', '194'],
  ['Küche > Becher', '2169'],
])('"%s" means %s, in any language and as a part of a word', (path, id) => {
  const found = best(path);
  expect(found?.id).toBe(id);
  expect(found?.confidence).toBeGreaterThan(0.5);
  expect(found?.evidence).toContain('"');
});

test('titles decide where the category says nothing', () => {
  expect(best('Sale')).toBeUndefined();
  expect(best('Sale', 'Wool socks', 'Socks, 3 pairs', 'Grey socks')).toMatchObject({
    id: '209', evidence: '3 of 3 titles', confidence: expect.any(Number),
  }); // prettier-ignore
  expect(best('Sale', 'Wool socks')?.confidence).toBeLessThan(0.75);
});

test('titles that agree make it surer, and nothing makes it certain', () => {
  const alone = best('Mugs')?.confidence ?? 0;
  const titled = best('Mugs', 'Fjord mug', 'Enamel mug')?.confidence ?? 0;
  expect(titled).toBeGreaterThan(alone);
  expect(titled).toBeLessThan(1);
});

test('garbage gets no suggestion, and harms nothing', () => {
  for (const path of ['', '>>>', '💥', 'qwxyz', 'x'.repeat(10_000)]) expect(suggestCategories({ path, titles: [''] })).toEqual([]); // prettier-ignore
});

test('the search completes words, knows numbers, and puts what is named so first', () => {
  expect(searchCategories('shir')[0]?.path).toContain('Shirts');
  expect(searchCategories('212')[0]).toEqual({ id: '212', path: 'Apparel & Accessories > Clothing > Shirts & Tops' }); // prettier-ignore
  expect(searchCategories('dog toys')[0]?.id).toBe('5010');
  expect(searchCategories('hemden')[0]?.id).toBe('212');
  expect(searchCategories('')).toEqual([]);
  expect(searchCategories('shoes', 3)).toHaveLength(3);
});

/**
 * The sample shop names its own types in a dozen languages, and says beside them which of Shopify's categories they are; many of
 * those are Google's too. The suggestion sees the type and the titles only.
 */
test('on the sample shop two thirds of the suggestions are in the right branch, four fifths of the sure ones', () => {
  const figures = measureSample();
  expect(figures.types).toBeGreaterThan(80);
  expect(figures.suggested / figures.types).toBeGreaterThan(0.88);
  expect(figures.exact / figures.types).toBeGreaterThan(0.54);
  expect(figures.branch / figures.types).toBeGreaterThan(0.65);
  expect(figures.sureInBranch / figures.sure).toBeGreaterThan(0.8);
});

function measureSample() {
  const file = join(import.meta.dirname, '../../services/sandbox/shop/products.csv');
  const rows = parse(readFileSync(file), { columns: true, bom: true, relax_column_count: true, relax_quotes: true }) as Record<string, string>[]; // prettier-ignore
  const types = new Map<string, { titles: string[]; truths: string[][] }>();
  for (const { Type: type, Title: title = '', 'Product category': category } of rows) {
    if (!type || !category?.includes('>')) continue;
    const entry = types.get(type) ?? { titles: [], truths: [] };
    types.set(type, entry);
    entry.titles.push(title);
    entry.truths.push(findCategory(category)?.names.slice() ?? category.split(' > '));
  }
  const figures = { types: types.size, suggested: 0, exact: 0, branch: 0, sure: 0, sureInBranch: 0 };
  for (const [path, { titles, truths }] of types) {
    const [found] = suggestCategories({ path, titles });
    if (!found) continue;
    const names = found.path.split(' > ');
    const isExact = truths.some((truth) => truth.join() === names.join());
    // one lies on the other's way, from the second level on
    const isNear = truths.some((truth) => {
      const depth = Math.min(truth.length, names.length);
      return depth >= 2 && truth.slice(0, depth).join() === names.slice(0, depth).join();
    });
    const isSure = found.confidence >= 0.75;
    figures.suggested += 1;
    figures.exact += Number(isExact);
    figures.branch += Number(isExact || isNear);
    figures.sure += Number(isSure);
    figures.sureInBranch += Number(isSure && (isExact || isNear));
  }
  return figures;
}
