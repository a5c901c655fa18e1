/** Google's rules for an item, one line each, with the page that states it. */
import { cleanGtin } from '../../../catalog/gtin.ts';
import type { Item } from '../../../catalog/item.ts';
import { taxonomyVersion } from '../../../catalog/taxonomy.ts';
import type { ItemSpec } from '../../channel.ts';
import { apparelFields } from '../../rules/apparel.ts';
import { distinctOptions, sameChoicesFilled } from '../../rules/groups.ts';
import { honestNoIdentifier, identified, makersGtin, realBrand, saysNone } from '../../rules/identifiers.ts';
import { imageAtLeast, imageAtMost, imageRequired } from '../../rules/image.ts';
import { maxLength, trimmedTo } from '../../rules/length.ts';
import { httpUrl, notBareDomain } from '../../rules/link.ts';
import { positivePrice, saleDatesInOrder, salePriceLower } from '../../rules/price.ts';
import { notPromotional } from '../../rules/promotional.ts';
import { noLinks, notAllCaps, notEqual, notMatching, plainText, required } from '../../rules/text.ts';
import { holds, when } from '../../spec.ts';
import { hasEnergyLabel, isApparel, isMedia, readCategory } from './category.ts';
import { isStructured } from './feed.ts';
import { attributeRules } from './attribute-rules.ts';
import {
  detailCountries,
  europeanUnion,
  imageRule,
  imageSides,
  lengths,
  mostFurtherImages,
  pages,
} from './limits.ts';
import { takesEnergyClass } from './read-field.ts';

const fields = { link: pages.spec };
const warning = { ...fields, severity: 'warning' } as const;
const isDetailed = ({ country }: Item): boolean => detailCountries.includes(country);
const isUnstructured = (name: 'structured_title' | 'structured_description') => (item: Item) => !isStructured(name, item); // prettier-ignore

export const spec: ItemSpec = {
  image: imageRule,
  groups: [distinctOptions(fields), sameChoicesFilled(fields)],
  rules: [
    required('offerId', fields),
    maxLength('offerId', lengths.id, fields),
    maxLength('itemGroupId', lengths.item_group_id, fields),
    notEqual('itemGroupId', 'offerId', { ...warning, hint: 'Give the variant a SKU of its own.' }),

    when(isUnstructured('structured_title'), required('title', { link: pages.title })),
    trimmedTo('title', lengths.title, { link: pages.title }),
    plainText('title', { link: pages.title }),
    notAllCaps('title', { link: pages.title }),
    notPromotional('title', { link: pages.title }),
    when(isUnstructured('structured_description'), required('description', { link: pages.description })),
    trimmedTo('description', lengths.description, { link: pages.description }),
    plainText('description', { link: pages.description }),
    noLinks('description', { link: pages.description }),
    notAllCaps('description', { link: pages.description }),
    notPromotional('description', { link: pages.description }),

    required('link', fields),
    httpUrl('link', fields),
    notBareDomain('link', fields),

    imageRequired({ link: pages.image }),
    imageAtLeast(imageRule.minWidth, imageRule.minHeight, { link: pages.image }),
    when(
      (item) => isApparel(item) && mainSide(item) >= imageRule.minWidth,
      imageAtLeast(imageSides.apparel, imageSides.apparel, {
        link: pages.image,
        code: 'images_too_small_for_apparel',
      }),
    ),
    // from that day on small images are disapproved; until then Google warns too
    when((item) => Date.now() >= imageSides.comesOn && isTaken(item), imageAtLeast(imageSides.coming, imageSides.coming, { link: pages.image })),
    when((item) => Date.now() < imageSides.comesOn && isTaken(item), imageAtLeast(imageSides.coming, imageSides.coming, {
      link: pages.image,
      severity: 'warning',
      code: 'images_too_small_soon',
      hint: 'Upload an image of at least 500 x 500 pixels: from 31 January 2027 Google refuses smaller ones.',
    })),
    imageAtMost(imageRule.maxBytes, { link: pages.image }),
    holds('images', (item) => item.images.length <= mostFurtherImages + 1, {
      ...warning,
      code: 'images_too_many',
      message: `Google takes ${mostFurtherImages + 1} images of an item; the rest is left out.`,
      hint: 'Put the images that matter most first.',
    }),

    // a subscription to goods has its price elsewhere, and 0 here
    when((item) => item.attributes.subscription_cost === undefined, positivePrice(fields)),
    salePriceLower(fields),
    saleDatesInOrder(fields),
    when((item) => item.availability === 'preorder', required('availability_date', {
      ...fields,
      hint: 'Set the day on which a pre-ordered item can be delivered, such as 2026-12-01.',
    })),
    when((item) => item.availability === 'backorder', required('availability_date', {
      ...warning,
      hint: 'Set the day on which the item can be delivered again, such as 2026-12-01.',
    })),

    when((item) => !isMedia(item) && !saysNone(item) && isNew(item), required('brand', {
      link: pages.brand,
      hint: "Fill the vendor in the shop, or set the catalog's default brand; where there is no maker, set identifier_exists to no.",
    })),
    trimmedTo('brand', lengths.brand, { link: pages.brand }),
    realBrand({ link: pages.brand, severity: 'warning' }),
    when((item) => item.gtin !== undefined && 'reason' in cleanGtin(item.gtin), holds('gtin', () => false, {
      link: pages.gtin,
      severity: 'warning',
      code: 'gtin_malformed',
      message: 'The GTIN is not a right one: its length or its last digit is wrong. It is left out.',
      hint: 'Write the number under the bar code, digits only.',
    }, (item) => item.gtin)),
    makersGtin({ link: pages.gtin, severity: 'warning' }),
    identified({ link: pages.identifierExists }),
    honestNoIdentifier({ link: pages.identifierExists, severity: 'warning' }),

    holds('google_product_category', (item) => readCategory(item).isKnown, {
      link: pages.category,
      severity: 'warning',
      code: 'google_product_category_unknown',
      message: "The category is not in the list of Google's product taxonomy that is known here; Google may ignore it.",
      hint: `Choose a category by its number or whole path (list of ${taxonomyVersion()}).`,
    }, (item) => item.attributes.google_product_category),
    trimmedTo('product_type', lengths.product_type, fields),

    ...apparelFields({ ...fields, countries: detailCountries }),
    when((item) => !isDetailed(item), ...apparelFields(warning)),
    notMatching('color', /^(?:#?(?:[0-9a-f]{3}|[0-9a-f]{6})|\d+|[a-z]|multicolou?r|various|n\/?a|see (?:image|picture))$/i, 'a code, a number or a word for "several"', {
      ...warning,
      hint: 'Write the colour as a word; up to three with a slash between, the main one first.',
    }),
    when(
      (item) => item.options.length > 0 && isDetailed(item),
      holds('itemGroupId', (item) => item.itemGroupId !== undefined || item.options.every(({ value }) => value !== ''), {
        ...warning,
        code: 'item_group_id_missing',
        message: 'The variants of a product need a group in common.',
        hint: 'Give all variants of the product the same parent.',
      }),
    ),

    when(
      (item) => europeanUnion.includes(item.country) && hasEnergyLabel(item),
      required('certification', {
        link: pages.energy,
        hint: 'Set certification to EC:EPREL: and the number of the entry in the EU’s EPREL database, such as EC:EPREL:123456.',
      }),
    ),
    when((item) => takesEnergyClass(item) && hasEnergyLabel(item), required('energy_efficiency_class', {
      link: pages.energy,
      severity: 'warning',
      hint: 'Set the class on the energy label, A to G.',
    })),
    holds('energy_efficiency_class', (item) => item.attributes.energy_efficiency_class === undefined || takesEnergyClass(item), {
      link: pages.energy,
      severity: 'warning',
      code: 'energy_efficiency_class_not_used',
      message: 'Google takes the energy class as a field in Switzerland, Norway and the United Kingdom only; it is left out.',
      hint: 'In the EU set certification to EC:EPREL: and the number of the EPREL entry: Google reads the class there.',
    }, (item) => item.attributes.energy_efficiency_class),

    ...attributeRules,
  ],
}; // prettier-ignore

const mainSide = ({ images: [main] }: Item): number => (main ? Math.min(main.width, main.height) : 0);
/** Large enough for today's minimum, which has its own rule. */
const isTaken = (item: Item): boolean => mainSide(item) >= (isApparel(item) ? imageSides.apparel : imageRule.minWidth); // prettier-ignore
const isNew = ({ attributes: { condition } }: Item): boolean =>
  condition === undefined || condition === 'new';
