/** Snapchat's rules for an item, one line each, with the page that states it. */
import type { ItemSpec } from '../../channel.ts';
import { toPriceText } from '../../columns.ts';
import { apparelFields } from '../../rules/apparel.ts';
import { distinctOptions, sameChoicesFilled } from '../../rules/groups.ts';
import { honestNoIdentifier, makersGtin, realBrand } from '../../rules/identifiers.ts';
import { imageAtLeast, imageAtMost, imageRequired } from '../../rules/image.ts';
import { maxLength, trimmedTo, warnLength } from '../../rules/length.ts';
import { httpUrl, notBareDomain } from '../../rules/link.ts';
import { saleDatesInOrder, salePriceLower } from '../../rules/price.ts';
import { notPromotional } from '../../rules/promotional.ts';
import { matches, notAllCaps, oneOf, plainText, required } from '../../rules/text.ts';
import { holds, when } from '../../spec.ts';
import { toSizeType, toYes } from './feed.ts';
import {
  advisedSide, advisedTitle, ageGroups, conditions, furtherImages, genders, gtinForm, imageRule, lengths, mpnForm, pages,
  sizeTypes,
} from './limits.ts'; // prettier-ignore

const columns = { link: pages.columns };
const warning = { ...columns, severity: 'warning' } as const;
const dropped = (hint: string) => ({ ...warning, hint: `${hint} Until then the field is left out.` });

export const spec: ItemSpec = {
  image: imageRule,
  groups: [distinctOptions(columns), sameChoicesFilled(columns)],
  rules: [
    required('offerId', columns),
    maxLength('offerId', lengths.id, columns),
    maxLength('itemGroupId', lengths.item_group_id, columns),

    required('title', columns),
    trimmedTo('title', lengths.title, columns),
    warnLength('title', { above: advisedTitle, upTo: lengths.title }, columns),
    plainText('title', columns),
    notAllCaps('title', columns),
    notPromotional('title', columns),
    required('description', columns),
    trimmedTo('description', lengths.description, columns),
    plainText('description', columns),
    notAllCaps('description', columns),
    notPromotional('description', columns),

    required('link', columns),
    httpUrl('link', columns),
    maxLength('link', lengths.link, columns),
    notBareDomain('link', columns),

    imageRequired(columns),
    imageAtLeast(imageRule.minWidth, imageRule.minHeight, columns),
    when(
      ({ images: [main] }) => main !== undefined && main.width >= imageRule.minWidth && main.height >= imageRule.minHeight,
      imageAtLeast(advisedSide, advisedSide, { ...warning, code: 'images_small' }),
    ),
    imageAtMost(imageRule.maxBytes, warning),
    holds('images', ({ images: [main] }) => (main?.url.length ?? 0) <= lengths.link, {
      ...columns,
      code: 'image_link_too_long',
      message: `The address of the main image has more than ${lengths.link} characters.`,
      hint: 'Set a shorter public address for this service.',
    }),
    holds('images', (item) => item.images.length <= furtherImages + 1, {
      ...warning,
      code: 'images_too_many',
      message: `${furtherImages + 1} images of an item are sent to Snapchat; the rest is left out.`,
      hint: 'Put the images that matter most first.',
    }),

    // "Price cannot be null. Price can be zero 0.00"
    holds('price', (item) => item.price !== undefined, {
      ...columns,
      code: 'price_missing',
      message: 'The price is missing.',
      hint: 'Give the item a price in the shop.',
    }),
    holds('price', ({ price }) => price === undefined || price.minor > 0, {
      ...warning,
      code: 'price_zero',
      message: 'The price is 0; Snapchat takes it, and shows it on the ad.',
      hint: 'Give the item a price greater than 0, if it is not free.',
    }, ({ price }) => toPriceText(price)),
    salePriceLower(columns),
    saleDatesInOrder(columns),
    oneOf('condition', conditions, columns),

    // "brand, gtin or mpn (required)"
    holds('brand', (item) => !!item.brand?.trim() || gtinForm.test(item.gtin ?? '') || mpnForm.test(item.attributes.mpn ?? ''), {
      link: pages.olderColumns,
      code: 'product_identifier_missing',
      message: 'There is no brand, no GTIN, and no MPN of digits; Snapchat asks for one of them.',
      hint: "Fill the vendor in the shop, or set the catalog's default brand.",
    }),
    trimmedTo('brand', lengths.brand, columns),
    realBrand(warning),
    honestNoIdentifier(warning),
    makersGtin(warning),
    matches('gtin', gtinForm, 'up to 70 letters and digits', dropped('Write the number under the bar code, digits only.')),
    matches('mpn', mpnForm, 'up to 50 digits', {
      ...dropped('Snapchat takes part numbers of digits only; brand and GTIN say as much.'),
      link: pages.olderColumns,
    }),

    ...apparelFields(warning),
    maxLength('google_product_category', lengths.google_product_category, dropped("Use the category's number instead of its path.")),
    trimmedTo('product_type', lengths.product_type, columns),
    oneOf('age_group', ageGroups, dropped(`Use one of: ${ageGroups.join(', ')}.`)),
    oneOf('gender', genders, dropped(`Use one of: ${genders.join(', ')}.`)),
    holds('size_type', (item) => !item.attributes.size_type || toSizeType(item) !== undefined, {
      ...dropped(`Use one of: ${sizeTypes.join(', ')}.`),
      code: 'size_type_not_allowed',
      message: 'The size type is not a word Snapchat knows.',
    }, (item) => item.attributes.size_type),
    holds('adult', ({ attributes: { adult } }) => adult === undefined || toYes(adult) !== undefined, {
      ...dropped('Write yes or no.'),
      code: 'adult_not_allowed',
      message: 'Whether the item is for adults must be yes or no.',
    }, (item) => item.attributes.adult),
    httpUrl('mobile_link', dropped('Give the whole address.')),
    trimmedTo('color', lengths.color, columns),
    trimmedTo('size', lengths.size, columns),
    trimmedTo('material', lengths.material, columns),
    ...(
      ['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const
    ).map((label) => trimmedTo(label, lengths.custom_label, columns)),
  ],
}; // prettier-ignore
