import { describe, expect, it } from '@jest/globals';
import { applicableFrom, mostCommon, suggest, type Surroundings } from '../../../catalog/suggest/suggest.ts';
import { findSize, findWord } from '../../../catalog/suggest/words.ts';
import { sampleItem } from '../../support/sample-item.ts';

const bare = { options: [], attributes: {}, tags: [], description: '' };
const alone: Surroundings = { siblings: [] };

describe('a suggestion', () => {
  it.each([
    ['color', 'Leinenhemd Slim Fit, marine, Gr. M', 'Marine'],
    ['color', 'Chemise en lin bleu clair', 'Bleu clair'],
    ['color', 'Camiseta negra y azul marino', 'Azul marino'],
    ['color', '連衣裙 黑色', '黑色'],
    ['material', 'Baumwolle T-Shirt', 'Baumwolle'],
    ['pattern', 'Gestreift: Hemd', 'Gestreift'],
    ['gender', "Women's rain jacket", 'female'],
    ['gender', 'Herren Chino', 'male'],
    ['age_group', 'Bébé pyjama', 'infant'],
    ['age_group', 'T-Shirt für Kinder', 'kids'],
    ['size', 'Leinenhemd Slim Fit, Marine, Gr. XL', 'XL'],
    ['size', 'Sneaker low (EU 42)', 'EU 42'],
  ])('for %s is read from the title "%s"', (field, title, value) => {
    const found = suggest(sampleItem({ ...bare, title, offerId: 'X' }), field, alone);
    expect(found).toMatchObject({ value, from: 'title' });
    expect(found?.confidence).toBeGreaterThanOrEqual(applicableFrom);
  });

  it("trusts the variant's own option more than the title", () => {
    const item = sampleItem({ ...bare, title: 'Red shirt', options: [{ name: 'Farbe', value: 'Oliv' }] });
    expect(suggest(item, 'color', alone)).toMatchObject({ value: 'Oliv', from: 'option' });
  });

  it('is sure of a whole word, less of the front of a compound, and least of a description', () => {
    const of = (changes: object) =>
      suggest(sampleItem({ ...bare, ...changes }), 'material', alone)?.confidence ?? 0;
    const [whole, front, text] = [of({ title: 'Leinen Hemd' }), of({ title: 'Leinenhemd' }), of({ title: 'Hemd', description: 'Aus Leinen.' })]; // prettier-ignore
    expect(whole).toBeGreaterThan(front);
    expect(front).toBeGreaterThan(text);
    expect(text).toBeLessThan(applicableFrom);
  });

  it('takes what all siblings share, but never their colour', () => {
    const sibling = sampleItem({ offerId: 'S', attributes: { material: 'Wool', color: 'Red' } });
    const item = sampleItem({ ...bare, title: 'Scarf' });
    expect(suggest(item, 'material', { siblings: [sibling] })).toMatchObject({
      value: 'Wool',
      from: 'sibling',
    });
    expect(suggest(item, 'color', { siblings: [sibling] })).toBeUndefined();
    const other = sampleItem({ offerId: 'T', attributes: { material: 'Silk' } });
    expect(suggest(item, 'material', { siblings: [sibling, other] })).toBeUndefined();
  });

  it('asks the neighbours only when most of them agree', () => {
    const item = sampleItem({ ...bare, title: 'Thing' });
    const around = (values: string[]) => ({
      siblings: [],
      neighbours: mostCommon(values.map((gender) => ({ gender }))),
    });
    expect(suggest(item, 'gender', around(['female', 'female', 'female', 'male']))).toMatchObject({
      value: 'female',
      evidence: '3 / 4',
    });
    expect(suggest(item, 'gender', around(['female', 'male', 'female', 'male']))).toBeUndefined();
  });

  it('finds a GTIN in a SKU that is a bar code, and none in one whose check digit is wrong', () => {
    expect(
      suggest(sampleItem({ offerId: '4006381333931', attributes: {}, gtin: '' }), 'gtin', alone)?.value,
    ).toBe('4006381333931');
    expect(suggest(sampleItem({ offerId: '4006381333932', attributes: {} }), 'gtin', alone)).toBeUndefined();
  });

  it('cuts a title at a word, and calms one that shouts without touching sizes', () => {
    const title = 'A very long title that goes on, and on, and on';
    expect(suggest(sampleItem({ title }), 'title', { siblings: [], maxLength: 32 })?.value).toBe(
      'A very long title that goes on',
    );
    expect(suggest(sampleItem({ title: 'LEINENHEMD SLIM FIT XL' }), 'title', alone)?.value).toBe(
      'Leinenhemd Slim FIT XL',
    );
    expect(suggest(sampleItem({ title: 'Linen shirt' }), 'title', alone)).toBeUndefined();
  });

  it('never suggests what stands there already', () => {
    expect(suggest(sampleItem({ attributes: { color: 'Blue' } }), 'color', alone)).toBeUndefined();
  });
});

describe('words in texts', () => {
  it('are whole words: a rose is a colour, a prose is not', () => {
    expect(findWord('color', 'Prose and redwood')).toBeUndefined();
    expect(findWord('color', 'Kleid in Rose')).toMatchObject({ name: 'pink', isPart: false });
  });
  it('hold a size only where one is meant', () => {
    expect(findSize('Vitamin M complex')).toBeUndefined();
    expect(findSize('Shirt, XXL')).toBe('XXL');
    expect(findSize('Taille 38, robe')).toBe('38');
  });
});
