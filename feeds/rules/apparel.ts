/**
 * Rules for clothes, shoes and what goes with them. Google's taxonomy calls the branch "Apparel & Accessories" (166) and
 * the two parts that have sizes "Clothing" (1604) and "Shoes" (187); the other channels follow it.
 * https://support.google.com/merchants/answer/6324487 https://support.google.com/merchants/answer/6324492
 */
import type { Item } from '../../catalog/item.ts';
import { findCached, isInCategory } from '../../catalog/taxonomy.ts';
import type { Rule } from '../channel.ts';
import { nameOf, toIssue, type About } from '../spec.ts';

export type ApparelField = 'color' | 'size' | 'gender' | 'age_group';

/** What the item says of itself: `looks` when only the shop's own words say so, which may be wrong. */
export type Likeness = 'is' | 'looks' | 'not';

/** Whether the item is apparel or an accessory; `sized`: only the parts of the branch that have sizes. */
export function findApparel({ attributes }: Item, sized: boolean): Likeness {
  const category = attributes.google_product_category?.trim();
  if (category !== undefined && category !== '') return isInBranch(category, sized) ? 'is' : 'not';
  const words = attributes.product_type;
  return words !== undefined && (sized ? sizedWords : apparelWords).test(words) ? 'looks' : 'not';
}

/**
 * Apparel has this field. Where only the shop's own category says that it is apparel, it is a warning in any case.
 * `countries`: only there (ISO 3166-1). Size is asked for clothes and shoes only.
 */
export function apparelRequired(field: ApparelField, about: About & { countries?: readonly string[] }): Rule {
  const sized = field === 'size';
  return (item) => {
    if (item.attributes[field]?.trim() || (about.countries && !about.countries.includes(item.country)))
      return;
    const likeness = findApparel(item, sized);
    if (likeness === 'not') return;
    const kind = sized ? 'Clothes and shoes need' : 'Clothes, shoes and accessories need';
    const article = field === 'age_group' ? 'an' : 'a';
    return toIssue(
      field,
      'missing_for_apparel',
      `${kind} ${article} ${nameOf(field)}.`,
      likeness === 'looks' ? { ...about, severity: 'warning' } : about,
      { hint: hints[field] },
    );
  };
}

/** All four, in the order in which people fill them. */
export const apparelFields = (about: About & { countries?: readonly string[] }): Rule[] =>
  (['color', 'size', 'gender', 'age_group'] as const).map((field) => apparelRequired(field, about));

const hints: Record<ApparelField, string> = {
  color: 'Fill the color in the shop (an option named color is enough), or set it here.',
  size: 'Fill the size in the shop (an option named size is enough), or set it here: one_size where there is one only.',
  gender: 'Set the gender: female, male or unisex.',
  age_group: 'Set the age group: newborn, infant, toddler, kids or adult.',
};

/** By the taxonomy at hand; a path in a language that is not, by the names of its first two steps. */
function isInBranch(category: string, sized: boolean): boolean {
  if (findCached(category)) return isInCategory(category, sized ? sizedIds : apparelIds);
  const [branch = '', part = ''] = category.split('>').map((name) => name.trim().toLowerCase());
  if (!branchNames.has(branch)) return false;
  return !sized || sizedNames.has(part);
}

const apparelIds = new Set(['166']);
const sizedIds = new Set(['1604', '187']);

/** The branch by its name in English, German, French, Spanish, Italian, Dutch, Portuguese. */
const branchNames = new Set([
  'apparel & accessories', 'bekleidung & accessoires', 'vêtements et accessoires', 'ropa y accesorios',
  'abbigliamento e accessori', 'kleding en accessoires', 'vestuário e acessórios',
]); // prettier-ignore
const sizedNames = new Set([
  'clothing', 'shoes', 'bekleidung', 'schuhe', 'vêtements', 'chaussures', 'ropa', 'zapatos', 'calzado',
  'abbigliamento', 'scarpe', 'kleding', 'schoenen', 'roupas', 'sapatos',
]); // prettier-ignore

const whole = (words: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.trim().split(/\s+/).join('|')})(?![\\p{L}\\p{N}])`, 'iu');

const sizedPlain = `
  clothing clothes shirts? t-shirts? tshirts? tees? tops? blouses? hoodies? sweaters? sweatshirts? jumpers? jackets? coats?
  dress(?:es)? skirts? trousers pants jeans shorts leggings socks underwear lingerie swimwear shoes? sneakers? boots? sandals?
  bekleidung kleidung kleider oberteile hemden pullover jacken mäntel hosen röcke schuhe socken unterwäsche
  vêtements chemises robes jupes pantalons vestes manteaux chaussures chaussettes
  ropa camisas camisetas vestidos faldas pantalones chaquetas zapatos calzado
  abbigliamento camicie magliette vestiti gonne pantaloni giacche scarpe
  kleding hemden jurken rokken broeken jassen schoenen`;
const sizedWords = whole(sizedPlain);
const apparelWords = whole(`${sizedPlain}
  apparel fashion jewell?ery handbags? wallets? belts? scarves scarf hats? caps? gloves? sunglasses watches
  mode schmuck handtaschen gürtel schals? hüte mützen handschuhe bijoux sacs ceintures joyería bolsos cinturones
  gioielli borse cinture sieraden handtassen riemen`);
