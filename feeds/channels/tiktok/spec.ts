/** TikTok's rules for an item of an E-commerce catalog, one line each, with the page that states it. */
import type { ItemSpec } from '../../channel.ts';
import { apparelFields } from '../../rules/apparel.ts';
import { distinctOptions, sameChoicesFilled } from '../../rules/groups.ts';
import { honestNoIdentifier, identified, makersGtin, realBrand } from '../../rules/identifiers.ts';
import { imageAtLeast, imageAtMost, imageRequired } from '../../rules/image.ts';
import { maxLength, trimmedTo } from '../../rules/length.ts';
import { appUrl, httpUrl, notBareDomain } from '../../rules/link.ts';
import { readShipping } from '../../shipping.ts';
import { positivePrice, saleDatesInOrder, salePriceLower } from '../../rules/price.ts';
import { notPromotional } from '../../rules/promotional.ts';
import { cleanedOfSigns, withoutSigns, withoutSignsOnly } from '../../rules/signs.ts';
import { matches, noLinks, notAllCaps, oneOf, plainText, required } from '../../rules/text.ts';
import { holds } from '../../spec.ts';
import { appFields } from './feed.ts';
import {
  ageGroups, categoryLevels, conditions, furtherImages, genders, imageRule, lengths, pages, weightForm,
} from './limits.ts'; // prettier-ignore

const fields = { link: pages.fields };
const upload = { link: pages.upload };
const images = { link: pages.images };
const issues = { link: pages.issues };
const warning = { ...upload, severity: 'warning' } as const;
const dropped = (hint: string) => ({ ...warning, hint: `${hint} Until then the field is left out.` });
const issueWarning = { ...issues, severity: 'warning' } as const;

export const spec: ItemSpec = {
  image: imageRule,
  groups: [distinctOptions(upload), sameChoicesFilled(upload)],
  rules: [
    // "Use only valid unicode characters, avoid invalid characters like control or function characters"
    required('offerId', fields),
    maxLength('offerId', lengths.sku_id, upload),
    withoutSignsOnly('offerId', fields),

    required('title', fields),
    cleanedOfSigns('title', fields),
    holds('title', ({ title }) => title.trim() === '' || withoutSigns(title).trim() !== '', {
      ...fields,
      code: 'title_only_signs',
      message: 'The title is nothing but emoji or control characters, which TikTok does not take.',
      hint: 'Write a title in words.',
    }),
    trimmedTo('title', lengths.title, upload),
    plainText('title', fields),
    // Issue 1108
    notAllCaps('title', issues),
    notPromotional('title', fields),

    required('description', fields),
    // Issue 1113
    cleanedOfSigns('description', issues),
    trimmedTo('description', lengths.description, upload),
    plainText('description', fields),
    // "Must not lead to other shops"
    noLinks('description', upload),
    notAllCaps('description', issues),
    notPromotional('description', fields),

    oneOf('condition', conditions, fields),
    positivePrice(fields),
    salePriceLower(upload),
    saleDatesInOrder(upload),

    // Issues 1111, 4001
    required('link', fields),
    httpUrl('link', fields),
    notBareDomain('link', { ...upload, hint: 'Use the address of the page of exactly this item.' }),

    // Issue 2002
    imageRequired(fields),
    imageAtLeast(imageRule.minWidth, imageRule.minHeight, images),
    imageAtMost(imageRule.maxBytes, { ...images, severity: 'warning' }),
    // Issue 1109
    holds('images', (item) => item.images.length <= furtherImages + 1, {
      ...issueWarning,
      code: 'images_too_many',
      message: `TikTok takes ${furtherImages + 1} images of an item; the rest is left out.`,
      hint: 'Put the images that matter most first.',
    }, ({ images: all }) => `${all.length} images`),
    // Issue 4006
    holds('images', (item) => item.images.length > 1, {
      ...issueWarning,
      code: 'images_only_one',
      message: 'There is no further image; TikTok shows items with several to more people.',
      hint: 'Add a second image in the shop.',
    }, ({ images: all }) => `${all.length} images`),
    httpUrl('video_link', dropped('Give the address of the video file itself.')),

    required('brand', { ...fields, hint: "Fill the vendor in the shop, or set the catalog's default brand." }),
    cleanedOfSigns('brand', issueWarning),
    trimmedTo('brand', lengths.brand, upload),
    // "A meaningless filler is discouraged"
    realBrand(warning),
    identified(issueWarning),
    honestNoIdentifier(warning),
    makersGtin(warning),

    // Issues 4007, 4008: "only three levels are read"
    holds('google_product_category', ({ attributes }) => !!attributes.google_product_category?.trim(), {
      ...issueWarning,
      code: 'google_product_category_missing',
      message: 'The item has no category of Google’s taxonomy; TikTok shows it to fewer people.',
      hint: 'Choose a category.',
    }),
    holds('product_type', ({ attributes }) => levelsOf(attributes.product_type) <= categoryLevels, {
      ...warning,
      code: 'product_type_deep',
      message: `TikTok reads ${categoryLevels} levels of the product type; the others are left out.`,
      hint: 'Nothing to do, if the first levels say enough.',
    }, ({ attributes }) => attributes.product_type),
    // Issue 1105: a bad value is left out
    oneOf('age_group', ageGroups, dropped(`Use one of: ${ageGroups.join(', ')}.`)),
    oneOf('gender', genders, dropped(`Use one of: ${genders.join(', ')}.`)),
    ...apparelFields(issueWarning),
    trimmedTo('color', lengths.color, upload),
    trimmedTo('material', lengths.material, upload),
    trimmedTo('pattern', lengths.pattern, upload),
    matches('shipping_weight', weightForm, 'a number and lb, oz, g or kg', dropped('Example: 0.5 kg.')),
    holds('shipping', ({ attributes: { shipping } }) => !shipping?.trim() || readShipping(shipping).length > 0, {
      ...dropped('Write it like US:CA:Ground:9.99 USD.'),
      code: 'shipping_malformed',
      message: 'TikTok cannot read what the item says of shipping.',
    }, ({ attributes }) => attributes.shipping),
    ...appFields
      .filter(({ field }) => field.endsWith('_url'))
      .map(({ field }) => appUrl(field, dropped('Give the whole address.'))),
    ...(
      ['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const
    ).map((label) => trimmedTo(label, lengths.custom_label, upload)),
  ],
}; // prettier-ignore

function levelsOf(path: string | undefined): number {
  return path === undefined ? 0 : path.split('>').length;
}
