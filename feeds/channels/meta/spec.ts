/** Meta's rules for an item, one line each, with the page that states it. */
import type { ItemSpec } from '../../channel.ts';
import { apparelRequired } from '../../rules/apparel.ts';
import { distinctOptions, sameChoicesFilled } from '../../rules/groups.ts';
import { identified, makersGtin, realBrand } from '../../rules/identifiers.ts';
import { imageAtLeast, imageAtMost, imageRequired } from '../../rules/image.ts';
import { maxLength, trimmedTo, warnLength } from '../../rules/length.ts';
import { httpUrl, notBareDomain, notOnDomain } from '../../rules/link.ts';
import { positivePrice, saleDatesInOrder, salePriceLower } from '../../rules/price.ts';
import { notPromotional } from '../../rules/promotional.ts';
import {
  matches,
  noLinks,
  notAllCaps,
  notEqual,
  notMatching,
  oneOf,
  plainText,
  required,
} from '../../rules/text.ts';
import { holds, when } from '../../spec.ts';
import {
  advised, ageGroups, countryForm, dateForm, furtherImages, genders, gtinForm, imageRule, lengths, mostLabels,
  pages, weightForm,
} from './limits.ts'; // prettier-ignore
import { rareRules } from './rare.ts';
import { variantPairs } from './variant-pairs.ts';

const fields = { link: pages.fields };
const warning = { ...fields, severity: 'warning' } as const;
const dropped = (hint: string) => ({ ...warning, hint: `${hint} Until then the field is left out.` });

export const spec: ItemSpec = {
  image: imageRule,
  // "Every item of the group must fill the same variant fields"
  groups: [distinctOptions({ link: pages.variants }), sameChoicesFilled({ link: pages.variants })],
  rules: [
    required('offerId', fields),
    maxLength('offerId', lengths.id, fields),
    maxLength('itemGroupId', lengths.item_group_id, fields),
    // Error RETAILER_ID_USED_BY_GROUP
    notEqual('itemGroupId', 'offerId', { link: pages.variants, hint: 'Give the variant a SKU of its own.' }),
    when(
      (item) => item.itemGroupId !== undefined,
      holds('options', (item) => variantPairs(item).length > 0 || hasCoreChoice(item.attributes), {
        code: 'variant_choice_missing',
        severity: 'warning',
        message:
          'Nothing tells this variant from the others of its product: no size, colour or other choice.',
        hint: 'Fill at least one choice, such as size or color, for every variant of the product.',
        link: pages.variants,
      }),
    ),

    required('title', fields),
    trimmedTo('title', lengths.title, fields),
    warnLength(
      'title',
      { above: advised.titleOnBatchPage, upTo: lengths.title },
      { link: pages.itemsBatch, code: 'title_too_long_for_batch' },
    ),
    warnLength('title', { above: advised.title, upTo: advised.titleOnBatchPage }, fields),
    plainText('title', fields),
    notAllCaps('title', fields),
    notPromotional('title', { link: pages.practices }),

    required('description', fields),
    trimmedTo('description', lengths.description, fields),
    warnLength(
      'description',
      { above: advised.descriptionOnBatchPage, upTo: lengths.description },
      { link: pages.itemsBatch },
    ),
    plainText('description', fields),
    noLinks('description', fields),
    notAllCaps('description', fields),
    notPromotional('description', { link: pages.practices }),
    // Error DUPLICATE_TITLE_AND_DESCRIPTION
    notEqual('description', 'title', warning),
    holds(
      'descriptionHtml',
      (item) => (item.descriptionHtml ?? '').length <= 5 * lengths.rich_text_description,
      {
        ...warning,
        code: 'description_html_too_long',
        message: 'The formatted description is too long for Meta; only the plain one is sent.',
        hint: `Shorten the description to ${lengths.rich_text_description} characters, tags included.`,
      },
    ),

    oneOf('condition', ['new', 'refurbished', 'used'], fields),
    positivePrice(fields),
    salePriceLower(fields),
    saleDatesInOrder(fields),

    required('link', fields),
    httpUrl('link', fields),
    notOnDomain('link', ['facebook.com', 'fb.com', 'instagram.com'], fields),
    // Error PRODUCT_URL_EQUALS_DOMAIN
    notBareDomain('link', fields),

    imageRequired(fields),
    imageAtLeast(imageRule.minWidth, imageRule.minHeight, fields),
    imageAtMost(imageRule.maxBytes, fields),
    holds('images', (item) => item.images.length <= furtherImages.most + 1, {
      ...warning,
      code: 'images_too_many',
      message: `Meta takes ${furtherImages.most + 1} images of an item; the rest is left out.`,
      hint: 'Put the images that matter most first.',
    }),

    required('brand', {
      ...fields,
      hint: "Fill the vendor in the shop, or set the catalog's default brand.",
    }),
    trimmedTo('brand', lengths.brand, fields),
    matches(
      'gtin',
      gtinForm,
      '8, 12, 13 or 14 digits',
      dropped('Write the number under the bar code, digits only.'),
    ),
    trimmedTo('mpn', lengths.mpn, fields),
    identified({
      link: pages.practices,
      hint: 'Fill the GTIN (the number under the bar code), or the maker’s part number and the brand: Meta shows items with one to more people.',
    }),
    makersGtin({ ...warning, link: pages.practices }),
    realBrand(warning),

    // "Required for clothing and shoes with checkout at Meta", which exists in the United States only.
    apparelRequired('size', { ...warning, countries: ['US'] }),
    trimmedTo('color', lengths.color, fields),
    notMatching('color', /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, 'a hex code', {
      ...warning,
      hint: 'Write the colour as a word, such as "dark red".',
    }),
    trimmedTo('size', lengths.size, fields),
    trimmedTo('material', lengths.material, fields),
    trimmedTo('pattern', lengths.pattern, fields),
    oneOf('gender', genders, dropped(`Use one of: ${genders.join(', ')}.`)),
    oneOf('age_group', ageGroups, dropped(`Use one of: ${ageGroups.join(', ')}.`)),
    maxLength(
      'google_product_category',
      lengths.google_product_category,
      dropped("Use the category's number instead of its path."),
    ),
    trimmedTo('product_type', lengths.product_type, fields),
    holds(
      'tags',
      (item) =>
        item.tags.length <= mostLabels && item.tags.every((tag) => tag.length <= lengths.internal_label),
      {
        ...warning,
        code: 'tags_too_long',
        message: `Meta takes ${mostLabels} tags of ${lengths.internal_label} characters; the others are left out.`,
        hint: 'Shorten the tags.',
      },
      (item) => item.tags.find((tag) => tag.length > lengths.internal_label),
    ),
    matches(
      'shipping_weight',
      weightForm,
      'a number, a space and lb, oz, g or kg',
      dropped('Example: 0.5 kg.'),
    ),
    matches('expiration_date', dateForm, 'a date such as 2026-12-31', dropped('Example: 2026-12-31.')),
    httpUrl('video_link', dropped('Give the address of the video file itself.')),
    httpUrl('mobile_link', dropped('Give the whole address.')),
    ...(
      ['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const
    ).map((label) => trimmedTo(label, lengths.custom_label, fields)),
    matches(
      'origin_country',
      countryForm,
      'two capital letters such as IN',
      dropped('Use an ISO 3166-1 code.'),
    ),
    when(
      (item) => item.country === 'IN',
      required('origin_country', { ...fields, hint: 'India asks for the country of origin, such as IN.' }),
    ),
    ...rareRules,
    // Error INVENTORY_ZERO_AVAILABILITY_IN_STOCK; only checkout at Meta looks at the quantity.
    when(
      (item) => item.country === 'US' && item.availability === 'in_stock',
      holds('quantity', (item) => item.quantity !== 0, {
        ...warning,
        code: 'quantity_zero_in_stock',
        message: 'The item is in stock with a quantity of 0; it cannot be bought at checkout on Meta.',
        hint: 'Correct the stock in the shop, or mark the item as out of stock.',
      }),
    ),
  ],
};

const hasCoreChoice = (attributes: Readonly<Record<string, string | undefined>>): boolean =>
  ['color', 'size', 'material', 'pattern', 'gender', 'age_group'].some((name) => !!attributes[name]);
