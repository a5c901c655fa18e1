/** Pinterest's rules for an item, one line each, with the page that states it. */
import type { ItemSpec } from '../../channel.ts';
import { apparelFields } from '../../rules/apparel.ts';
import { distinctOptions, sameChoicesFilled } from '../../rules/groups.ts';
import { honestNoIdentifier, identified, makersGtin, realBrand } from '../../rules/identifiers.ts';
import { imageAtLeast, imageAtMost, imageRequired } from '../../rules/image.ts';
import { maxLength, trimmedTo } from '../../rules/length.ts';
import { httpUrl, notBareDomain } from '../../rules/link.ts';
import { positivePrice, saleDatesInOrder, salePriceLower } from '../../rules/price.ts';
import { notPromotional } from '../../rules/promotional.ts';
import { matches, notAllCaps, notEqual, oneOf, plainText, required } from '../../rules/text.ts';
import { holds, when } from '../../spec.ts';
import { toTruth } from '../../columns.ts';
import { toSizeSystem, toSizeType } from './feed.ts';
import {
  ageGroups, conditions, dateForm, furtherImages, genders, gtinForm, imageRule, lengths, measureForm, mpnForm, pages,
  sizeSystems, sizeTypes, videoForm, weightForm,
} from './limits.ts'; // prettier-ignore
import { rareRules } from './rare.ts';

const api = { link: pages.api };
const columns = { link: pages.columns };
const warning = { ...api, severity: 'warning' } as const;
const dropped = (hint: string) => ({ ...warning, hint: `${hint} Until then the field is left out.` });

export const spec: ItemSpec = {
  image: imageRule,
  groups: [distinctOptions(api), sameChoicesFilled(api)],
  rules: [
    // ITEMID_MISSING
    required('offerId', api),
    maxLength('offerId', lengths.id, columns),
    maxLength('itemGroupId', lengths.item_group_id, columns),
    notEqual('itemGroupId', 'offerId', {
      ...warning,
      hint: 'Give the variant a SKU of its own, so that product and variant can be told apart.',
    }),

    // TITLE_MISSING, TITLE_LENGTH_TOO_LONG
    required('title', api),
    trimmedTo('title', lengths.title, api),
    plainText('title', columns),
    notAllCaps('title', { link: pages.guidelines }),
    notPromotional('title', { link: pages.guidelines }),
    // DESCRIPTION_MISSING, DESCRIPTION_LENGTH_TOO_LONG
    required('description', api),
    trimmedTo('description', lengths.description, api),
    plainText('description', columns),
    notAllCaps('description', { link: pages.guidelines }),
    notPromotional('description', { link: pages.guidelines }),

    // PRODUCT_LINK_MISSING, LINK_FORMAT_INVALID, LINK_LENGTH_TOO_LONG
    required('link', api),
    httpUrl('link', api),
    maxLength('link', lengths.link, {
      ...columns,
      hint: `Shorten the address to ${lengths.link} characters: leave out tracking parameters.`,
    }),
    notBareDomain('link', columns),

    // IMAGE_LINK_MISSING, IMAGE_LINK_LENGTH_TOO_LONG
    imageRequired(api),
    imageAtLeast(imageRule.minWidth, imageRule.minHeight, api),
    imageAtMost(imageRule.maxBytes, warning),
    holds('images', ({ images: [main] }) => (main?.url.length ?? 0) <= lengths.image_link, {
      ...api,
      code: 'image_link_too_long',
      message: `The address of the main image has more than ${lengths.image_link} characters.`,
      hint: 'Set a shorter public address for this service.',
    }, ({ images: [main] }) => main?.url),
    // TOO_MANY_ADDITIONAL_IMAGE_LINKS
    holds('images', (item) => item.images.length <= furtherImages + 1, {
      ...warning,
      code: 'images_too_many',
      message: `Pinterest takes ${furtherImages + 1} images of an item; the rest is left out.`,
      hint: 'Put the images that matter most first.',
    }, ({ images }) => `${images.length} images`),
    httpUrl('video_link', dropped('Give the address of the video file itself.')),
    matches('video_link', videoForm, 'the address of a .mp4, .mov or .m4v file', dropped('Use such a file.')),
    maxLength('video_link', lengths.video_link, dropped('Use a shorter address.')),

    // PRICE_MISSING, PRODUCT_PRICE_INVALID, SALES_PRICE_TOO_HIGH, SALE_DATE_INVALID
    positivePrice(api),
    salePriceLower(dropped('Lower the sale price, or remove it.')),
    saleDatesInOrder(warning),
    // AVAILABILITY_INVALID: there are three words only
    when(
      (item) => item.availability === 'backorder' || item.availability === 'discontinued',
      holds('availability', () => false, {
        ...warning,
        code: 'availability_approximated',
        message: 'Pinterest has no such word: backorder is sent as "preorder", discontinued as "out of stock".',
        hint: 'Nothing to do, if that is what buyers should read.',
      }, (item) => item.availability), // prettier-ignore
    ),
    matches('availability_date', dateForm, 'a date such as 2026-12-31', dropped('Example: 2026-12-31.')),
    matches('expiration_date', dateForm, 'a date such as 2026-12-31', dropped('Example: 2026-12-31.')),

    // OPTIONAL_CONDITION_INVALID
    oneOf('condition', conditions, dropped(`Use one of: ${conditions.join(', ')}.`)),
    // "which may limit visibility": Pinterest asks for none of these, and shows items that have them to more people
    identified(warning),
    honestNoIdentifier(warning),
    makersGtin(warning),
    realBrand(warning),
    ...apparelFields(warning),
    // GTIN_INVALID and MPN_INVALID only warn
    matches('gtin', gtinForm, '8, 12, 13 or 14 digits', dropped('Write the number under the bar code, digits only.')),
    matches('mpn', mpnForm, 'letters and digits', dropped('Write the maker’s part number without other signs.')),
    // OPTIONAL_PRODUCT_CATEGORY_MISSING, PRODUCT_CATEGORY_DEPTH_WARNING
    required('google_product_category', {
      ...warning,
      hint: 'Choose a category of Google’s taxonomy; Pinterest shows the item in more places then.',
    }),
    matches('google_product_category', /^\d+$|>.*>/, 'a number, or a path of three levels', {
      ...warning,
      code: 'google_product_category_shallow',
      hint: 'Choose a category three levels deep, such as Apparel & Accessories > Clothing > Shirts & Tops.',
    }),
    trimmedTo('product_type', lengths.product_type, api),

    oneOf('gender', genders, dropped(`Use one of: ${genders.join(', ')}.`)),
    oneOf('age_group', ageGroups, dropped(`Use one of: ${ageGroups.join(', ')}.`)),
    // SIZE_TYPE_INVALID, SIZE_SYSTEM_INVALID
    holds('size_type', (item) => !item.attributes.size_type || toSizeType(item) !== undefined, {
      ...dropped(`Use one of: ${sizeTypes.join(', ')}.`),
      code: 'size_type_not_allowed',
      message: 'The size type is not a word Pinterest knows.',
    }, (item) => item.attributes.size_type),
    holds('size_system', (item) => !item.attributes.size_system || toSizeSystem(item) !== undefined, {
      ...dropped(`Use one of: ${sizeSystems.join(', ')}.`),
      code: 'size_system_not_allowed',
      message: 'The size system is not one Pinterest knows.',
    }, (item) => item.attributes.size_system),
    // ADULT_INVALID is an error there, so we send only what it takes
    holds('adult', ({ attributes: { adult } }) => adult === undefined || toTruth(adult) !== undefined, {
      ...dropped('Write yes or no.'),
      code: 'adult_not_allowed',
      message: 'Whether the item is for adults must be yes or no.',
    }, (item) => item.attributes.adult),
    holds('adult', ({ attributes: { adult } }) => toTruth(adult) !== 'true', {
      ...warning,
      code: 'adult_not_shown',
      message: 'Pinterest takes items for adults but shows them to nobody.',
      hint: 'Nothing to do; correct the field if the item is for everybody.',
    }, ({ attributes }) => attributes.adult),
    holds('is_bundle', ({ attributes: { is_bundle: bundle } }) => bundle === undefined || toTruth(bundle) !== undefined, {
      ...dropped('Write yes or no.'),
      code: 'is_bundle_not_allowed',
      message: 'Whether the item is a bundle must be yes or no.',
    }, (item) => item.attributes.is_bundle),
    matches('multipack', /^\d{1,9}$/, 'a whole number', dropped('Example: 6.')),
    matches('shipping_weight', weightForm, 'a number, a space and lb, oz, g or kg', dropped('Example: 0.5 kg.')),
    matches('unit_pricing_measure', measureForm, 'a number, a space and a unit', dropped('Example: 500 ml.')),
    matches('unit_pricing_base_measure', measureForm, 'a number, a space and a unit', dropped('Example: 100 ml.')),
    httpUrl('mobile_link', dropped('Give the whole address.')),
    ...(
      ['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const
    ).map((label) => trimmedTo(label, lengths.custom_label, api)),
    ...rareRules,
  ],
}; // prettier-ignore
