/**
 * Pinterest's names for what is wrong, in a shop owner's words. The names and their meaning:
 * https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml (CatalogsItemValidationErrors and -Warnings).
 */
import { pages } from './limits.ts';

interface Name {
  /** Of the item, where one field mends it. */
  field?: string;
  says: string;
  hint: string;
  link?: string;
}

const fill = (field: string, name: string): Name => ({
  field,
  says: `Pinterest misses the ${name}.`,
  hint: `Fill the ${name} in the shop, or set it here.`,
});
const mend = (field: string, name: string, hint: string): Name => ({
  field,
  says: `Pinterest cannot read the ${name}.`,
  hint,
});
const policy: Name = {
  says: 'Pinterest does not show the item because it is against its merchant guidelines.',
  hint: 'Change what breaks the guidelines, or appeal in the Business Hub.',
  link: pages.guidelines,
};
const later: Name = {
  says: 'Pinterest had trouble of its own with it and tries again within 24 hours.',
  hint: 'Nothing to do: wait a day.',
};

export const names: Readonly<Record<string, Name>> = {
  ITEMID_MISSING: fill('offerId', 'id'),
  TITLE_MISSING: fill('title', 'title'),
  DESCRIPTION_MISSING: fill('description', 'description'),
  PRODUCT_LINK_MISSING: fill('link', 'link'),
  IMAGE_LINK_MISSING: fill('images', 'image'),
  PRICE_MISSING: fill('price', 'price'),
  AVAILABILITY_INVALID: mend('availability', 'availability', 'Set the stock in the shop.'),
  PRODUCT_PRICE_INVALID: mend('price', 'price', 'Give the item a price greater than 0.'),
  LIST_PRICE_INVALID: mend('price', 'price', 'Give the item a price greater than 0.'),
  PRICE_CANNOT_BE_DETERMINED: { field: 'price', says: 'Pinterest finds several prices that do not fit together.', hint: 'Let the price here be the one on the shop’s page.' },
  IMAGE_LINK_INVALID: mend('images', 'address of the image', 'Let the public address of this service be a whole https address.'),
  IMAGE_LINK_LENGTH_TOO_LONG: mend('images', 'address of the image', 'Set a shorter public address for this service.'),
  ITEM_MAIN_IMAGE_DOWNLOAD_FAILURE: { field: 'images', says: 'Pinterest could not fetch the main image.', hint: 'Check that the public address of this service can be reached from outside; Pinterest tries again with the next change.' },
  LINK_FORMAT_INVALID: mend('link', 'link', 'Write the whole address, beginning with https://, without spaces.'),
  LINK_LENGTH_TOO_LONG: { field: 'link', says: 'The link is too long for Pinterest.', hint: 'Leave out tracking parameters.' },
  INVALID_DOMAIN: { field: 'link', says: 'The link does not lead to the website that is claimed at Pinterest.', hint: 'Claim the shop’s domain in the settings of the Pinterest account, or correct the link.', link: pages.catalogs },
  DUPLICATE_PRODUCTS: { field: 'offerId', says: 'Pinterest got the id more than once and took the first.', hint: 'Give every variant a SKU of its own.' },
  MAX_ITEMS_PER_ITEM_GROUP_EXCEEDED: { field: 'itemGroupId', says: 'The product has more variants than Pinterest takes.', hint: 'Split the product in the shop.' },
  ADULT_INVALID: mend('adult', 'adult mark', 'Write yes or no.'),
  ADWORDS_FORMAT_INVALID: mend('link', 'tracking address', 'Leave it out.'),
  PARSE_LINE_ERROR: { says: 'Pinterest could not read the line of this item.', hint: 'Please report it to us: the file is made here.' },
  BLOCKLISTED_IMAGE_SIGNATURE: { ...policy, field: 'images' },
  PINJOIN_CONTENT_UNSAFE: policy,
  ITEM_NOT_FOUND: { says: 'The item is not in the catalog at Pinterest.', hint: 'The item is not in the catalog at Pinterest.' },
  TITLE_LENGTH_TOO_LONG: mend('title', 'whole title', 'Shorten the title to 500 characters.'),
  DESCRIPTION_LENGTH_TOO_LONG: mend('description', 'whole description', 'Shorten the description to 10,000 characters.'),
  OPTIONAL_CONDITION_INVALID: mend('condition', 'condition', 'Use new, used or refurbished.'),
  OPTIONAL_CONDITION_MISSING: fill('condition', 'condition'),
  OPTIONAL_PRODUCT_CATEGORY_INVALID: mend('google_product_category', 'category', 'Choose a category of Google’s taxonomy.'),
  OPTIONAL_PRODUCT_CATEGORY_MISSING: fill('google_product_category', 'category'),
  PRODUCT_CATEGORY_DEPTH_WARNING: mend('google_product_category', 'category well enough', 'Choose a category three levels deep.'),
  GENDER_INVALID: mend('gender', 'gender', 'Use male, female or unisex.'),
  AGE_GROUP_INVALID: mend('age_group', 'age group', 'Use newborn, infant, toddler, kids or adult.'),
  SIZE_TYPE_INVALID: mend('size_type', 'size type', 'Use regular, petite, plus, big_and_tall or maternity.'),
  SIZE_SYSTEM_INVALID: mend('size_system', 'size system', 'Use a system such as EU, US or UK.'),
  GTIN_INVALID: mend('gtin', 'GTIN', 'Write the number under the bar code, digits only.'),
  MPN_INVALID: mend('mpn', 'MPN', 'Write the maker’s part number, letters and digits only.'),
  SALES_PRICE_INVALID: mend('salePrice', 'sale price', 'Lower the sale price, or remove it.'),
  SALES_PRICE_TOO_HIGH: mend('salePrice', 'sale price', 'Lower the sale price, or remove it.'),
  SALES_PRICE_TOO_LOW: { field: 'salePrice', says: 'Pinterest finds the sale price much lower than the price.', hint: 'Check both prices.' },
  SALE_DATE_INVALID: mend('saleStarts', 'dates of the sale', 'Correct the first and the last day of the sale.'),
  COUNTRY_DOES_NOT_MAP_TO_CURRENCY: { field: 'price', says: 'The currency is not the usual one of the country.', hint: 'Use a catalog of its own for each country.' },
  SHIPPING_WEIGHT_INVALID: mend('shipping_weight', 'weight', 'Write it like 0.5 kg.'),
  SHIPPING_INVALID: mend('shipping', 'shipping', 'Write it like US:CA:Ground:9.99 USD.'),
  SHIPPING_HEIGHT_INVALID: mend('shipping_height', 'height of the parcel', 'Write it like 20 cm.'),
  SHIPPING_WIDTH_INVALID: mend('shipping_width', 'width of the parcel', 'Write it like 20 cm.'),
  TAX_INVALID: mend('tax', 'tax', 'Write it like US:CA:9.25:y.'),
  MIN_AD_PRICE_INVALID: mend('min_ad_price', 'minimum advertised price', 'Write it like 15.00 EUR.'),
  AD_LINK_FORMAT_WARNING: mend('ads_redirect', 'address for ads', 'Write the whole address, beginning with https://.'),
  AD_LINK_SAME_AS_LINK: { field: 'ads_redirect', says: 'The address for ads is the same as the link.', hint: 'Give the address with its tracking, or none.' },
  IOS_DEEP_LINK_INVALID: mend('ios_url', 'address for iOS', 'Write the whole address with its scheme.'),
  ANDROID_DEEP_LINK_INVALID: mend('android_url', 'address for Android', 'Write the whole address with its scheme.'),
  WEIGHT_UNIT_INVALID: mend('shipping_weight', 'unit of the weight', 'Write it like 0.5 kg.'),
  CUSTOM_LABEL_LENGTH_TOO_LONG: { says: 'A custom label is too long for Pinterest and was left out.', hint: 'Shorten the label to 511 characters.' },
  PRODUCT_TYPE_LENGTH_TOO_LONG: mend('product_type', 'whole product type', 'Shorten the path to 1,000 characters.'),
  ADDITIONAL_IMAGE_LINK_LENGTH_TOO_LONG: mend('images', 'address of a further image', 'Set a shorter public address for this service.'),
  ITEM_ADDITIONAL_IMAGE_DOWNLOAD_FAILURE: { field: 'images', says: 'Pinterest could not fetch a further image.', hint: 'Check that the public address of this service can be reached from outside.' },
  TOO_MANY_ADDITIONAL_IMAGE_LINKS: mend('images', 'further images beyond ten', 'Put the images that matter most first.'),
  AVAILABILITY_DATE_INVALID: mend('availability_date', 'date of availability', 'Write it like 2026-12-31.'),
  EXPIRATION_DATE_INVALID: mend('expiration_date', 'last day', 'Write it like 2026-12-31.'),
  // Of the file as a whole.
  FETCH_ERROR: { says: 'Pinterest could not fetch the feed file.', hint: 'Check that the public address of this service can be reached from outside.' },
  ENCODING_ERROR: { says: 'Pinterest could not read the encoding of the feed file.', hint: 'Please report it to us: the file is made here.' },
  DELIMITER_ERROR: { says: 'Pinterest could not read the columns of the feed file.', hint: 'Please report it to us: the file is made here.' },
  MALFORMED_XML: { says: 'Pinterest could not read the feed file as XML.', hint: 'Please report it to us: the file is made here.' },
  REQUIRED_COLUMNS_MISSING: { says: 'Pinterest misses columns in the feed file.', hint: 'Please report it to us: the file is made here.' },
  FEED_TOO_SMALL: { says: 'The feed file has no items.', hint: 'Import a catalog, or correct what blocks its items.' },
  FEED_LENGTH_TOO_LONG: { says: 'The feed file has more items than Pinterest takes.', hint: 'Split the catalog.' },
  NO_VERIFIED_DOMAIN: { says: 'No website is claimed at Pinterest.', hint: 'Claim the shop’s website in the settings of the Pinterest account.', link: pages.catalogs },
  ACCOUNT_FLAGGED: { says: 'Pinterest has flagged the account and takes in nothing.', hint: 'The Business Hub tells why and lets you appeal.', link: pages.guidelines },
  LARGE_PRODUCT_COUNT_DECREASE: { says: 'The feed has 99 % fewer items than before, so Pinterest took in nothing.', hint: 'If that is right, confirm it in the data source’s page at Pinterest.' },
  FETCH_INACTIVE_FEED_ERROR: { says: 'The feed has not changed for 90 days, so Pinterest stopped fetching it.', hint: 'Change an item, then switch the data source on again at Pinterest.' },
  FETCH_SAME_SIGNATURE: { says: 'The feed is the same as at the last fetch.', hint: 'Nothing to do.' },
  INTERNAL_SERVICE_ERROR: later,
  LINE_LEVEL_INTERNAL_ERROR: later,
  IMAGE_LEVEL_INTERNAL_ERROR: { ...later, field: 'images' },
}; // prettier-ignore

/** The two numbers that Pinterest publishes. */
const numbers: Record<string, string> = { '106': 'TITLE_MISSING', '112': 'AVAILABILITY_INVALID' };

/** Sentences we know by what they say: the item's own texts of the OpenAPI description. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/not found|does not exist|could not find (?:the|your) item/i, 'ITEM_NOT_FOUND'],
  [/merchant guidelines/i, 'PINJOIN_CONTENT_UNSAFE'],
  [/verified domain|claimed/i, 'INVALID_DOMAIN'],
  [/main image can.t be found|unable to download|image.*(?:unreadable|download)/i, 'ITEM_MAIN_IMAGE_DOWNLOAD_FAILURE'],
  [/duplicate/i, 'DUPLICATE_PRODUCTS'],
  [/title.*truncated/i, 'TITLE_LENGTH_TOO_LONG'],
  [/description.*truncated/i, 'DESCRIPTION_LENGTH_TOO_LONG'],
]; // prettier-ignore
const missing: Record<string, string> = {
  title: 'TITLE_MISSING', description: 'DESCRIPTION_MISSING', link: 'PRODUCT_LINK_MISSING',
  image_link: 'IMAGE_LINK_MISSING', price: 'PRICE_MISSING', availability: 'AVAILABILITY_INVALID',
}; // prettier-ignore

/** The name that a number, a name itself, or a sentence stands for. */
export function findName(code: string, message: string, attribute: string): string | undefined {
  if (names[code.toUpperCase()]) return code.toUpperCase();
  const number = numbers[code];
  if (number !== undefined) return number;
  const found = sentences.find(([pattern]) => pattern.test(message));
  if (found) return found[1];
  return /missing|required/i.test(message) ? missing[attribute.toLowerCase()] : undefined;
}

/** Pinterest's attributes whose field has another name here. */
const fields: Record<string, string> = {
  id: 'offerId', item_id: 'offerId', image_link: 'images', additional_image_link: 'images', sale_price: 'salePrice',
  sale_price_effective_date: 'saleStarts', item_group_id: 'itemGroupId', variant_names: 'options',
  variant_values: 'options', ad_link: 'ads_redirect', ios_deep_link: 'ios_url', android_deep_link: 'android_url',
  average_review_rating: 'user_rating', number_of_ratings: 'rating_count', installment_price: 'installment',
}; // prettier-ignore

export const fieldOf = (attribute: string | null | undefined): string | undefined =>
  attribute === null || attribute === undefined || attribute === ''
    ? undefined
    : (fields[attribute.toLowerCase()] ?? attribute.toLowerCase());
