/** A source's words into ours: money in minor units, a checked GTIN, plain text, and an Issue for all that is wrong. Pure. */
import type { Catalog } from './catalog.ts';
import { SyncError } from './errors.ts';
import { cleanGtin } from './gtin.ts';
import type { Issue } from './issue.ts';
import { compareMoney, type Money, parseMoney } from './money.ts';
import type { Attributes, Product, ProductInput, Variant, VariantInput } from './product.ts';
import { attributeNames } from './product.ts';
import { toHashedId, toReadableId } from './readable-id.ts';
import { parseSaleDate } from './sale-dates.ts';
import { htmlToText } from './text.ts';
import { attributeWords, findAvailability, findOptionAttribute } from './words.ts';

/** The strictest channel (Meta) takes 100 characters. */
const maxOfferId = 100;

export function normalizeProduct(input: ProductInput, catalog: Catalog): Product {
  const issues: Issue[] = [];
  const report = reporter(issues, input.line, undefined);
  const title = toTitle(input.title);
  if (title === '') {
    report({
      code: 'title_missing', severity: 'error', field: 'title', message: 'The product has no title.',
      hint: 'Give the product a title at the source.',
    }); // prettier-ignore
  }
  const { brand: attributeBrand, ...attributes } = toAttributes(input.attributes);
  const brand = trimmed(input.vendor) ?? attributeBrand ?? catalog.defaultBrand;
  const slug = trimmed(input.slug);
  const link = readLink(input.link, report);
  return {
    sourceId: input.sourceId,
    ...(slug === undefined ? {} : { slug }),
    title,
    description: input.descriptionHtml ? htmlToText(input.descriptionHtml) : '',
    ...(input.descriptionHtml ? { descriptionHtml: input.descriptionHtml } : {}),
    ...(brand === undefined ? {} : { brand }),
    tags: toTags(input.tags),
    ...(link === undefined ? {} : { link }),
    status: input.status ?? 'active',
    images: toImages(input.images),
    attributes,
    variants: toVariants(input, catalog, issues),
    issues,
  };
}

type Report = (issue: Omit<Issue, 'from' | 'line' | 'variant'>) => void;

function reporter(issues: Issue[], line: number | undefined, variant: string | undefined): Report {
  return (issue) => {
    const found: Issue = { ...issue, from: 'source' };
    if (found.value !== undefined && found.value.length > 200) found.value = found.value.slice(0, 200);
    if (line !== undefined) found.line = line;
    if (variant !== undefined) found.variant = variant;
    issues.push(found);
  };
}

function trimmed(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const clean = text.trim();
  return clean === '' ? undefined : clean;
}

/** Titles are plain text, but WooCommerce writes `&amp;` into them and people paste line breaks. */
function toTitle(text: string | undefined): string {
  const title = text?.trim() ?? '';
  return /[<&]|\s\s|[^\S ]|\p{Cc}/u.test(title) ? htmlToText(title).replace(/\s+/g, ' ') : title;
}

const toTags = (tags: string[] | undefined): string[] =>
  tags ? [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))] : [];

function toImages(images: ProductInput['images']): Product['images'] {
  const byUrl = new Map<string, { url: string; alt?: string }>();
  for (const image of images ?? []) {
    const url = image.url.trim();
    const alt = trimmed(image.alt);
    if (url !== '' && !byUrl.has(url)) byUrl.set(url, alt === undefined ? { url } : { url, alt });
  }
  return [...byUrl.values()];
}

function toAttributes(input: Attributes | undefined): Attributes {
  const attributes: Attributes = {};
  if (!input) return attributes;
  for (const name of attributeNames) {
    const value = input[name];
    const text = value === undefined ? undefined : trimmed(value);
    if (text !== undefined) attributes[name] = attributeWords[name]?.get(text.toLowerCase()) ?? text;
  }
  return attributes;
}

function readLink(text: string | undefined, report: Report): string | undefined {
  const link = trimmed(text);
  if (link === undefined || /^https?:\/\/[^\s/]+\S*$/i.test(link)) return link;
  report({
    code: 'link_unreadable', severity: 'warning', field: 'link', value: link,
    message: 'The link is not a web address and was left out.',
    hint: 'Give the whole address, beginning with https://.',
  }); // prettier-ignore
  return undefined;
}

function toVariants(input: ProductInput, catalog: Catalog, issues: Issue[]): Variant[] {
  const offerIds = new Set<string>();
  const bySku = new Map<string, VariantInput>();
  const sourceIds = new Set<string>();
  const variants: Variant[] = [];
  // A product that lists no variant is sold as it is, so it has one.
  const inputs = input.variants.length > 0 ? input.variants : [{ sourceId: 'default' }];
  for (const variant of inputs) {
    const report = reporter(issues, variant.line ?? input.line, variant.sourceId);
    if (sourceIds.has(variant.sourceId)) {
      report({
        code: 'duplicate_variant', severity: 'error', value: variant.sourceId,
        message: `The product has a second variant "${variant.sourceId}"; only the first was read.`,
        hint: 'Give each variant its own option values.',
      }); // prettier-ignore
      continue;
    }
    sourceIds.add(variant.sourceId);
    const sku = trimmed(variant.sku);
    const first = sku === undefined ? undefined : bySku.get(sku);
    if (sku !== undefined && first) reportDuplicateSku(sku, first, report);
    else if (sku !== undefined) bySku.set(sku, variant);
    const offerId = toOfferId(first ? undefined : sku, input.sourceId, variant.sourceId, offerIds);
    offerIds.add(offerId);
    variants.push(toVariant(variant, offerId, sku, catalog, report));
  }
  return variants;
}

function reportDuplicateSku(sku: string, first: VariantInput, report: Report): void {
  const line = first.line === undefined ? '' : ` (line ${first.line})`;
  report({
    code: 'duplicate_sku', severity: 'error', field: 'sku', value: sku,
    message: `The SKU already belongs to the variant "${first.sourceId}"${line} of this product.`,
    hint: 'Give each variant its own SKU.',
  }); // prettier-ignore
}

/** The SKU as it is; without one (or when it belongs to another variant) the names of product and variant. */
function toOfferId(
  sku: string | undefined,
  product: string,
  variant: string,
  taken: ReadonlySet<string>,
): string {
  if (sku !== undefined && !taken.has(sku)) {
    return sku.length <= maxOfferId ? sku : toHashedId([sku], maxOfferId);
  }
  const parts = variant === product || variant === 'default' ? [product] : [product, variant];
  const id = toReadableId(parts, maxOfferId);
  return taken.has(id) ? toHashedId(parts, maxOfferId) : id;
}

function toVariant(
  input: VariantInput,
  offerId: string,
  sku: string | undefined,
  catalog: Catalog,
  report: Report,
): Variant {
  const options = toOptions(input.options);
  const variant: Variant = {
    sourceId: input.sourceId,
    offerId,
    options,
    availability: 'in_stock',
    attributes: withOptions(toAttributes(input.attributes), options),
  };
  if (sku !== undefined) variant.sku = sku;
  const gtin = readGtin(input.gtin, report);
  if (gtin !== undefined) variant.gtin = gtin;
  setPrices(variant, input, catalog, report);
  setStock(variant, input, report);
  const imageUrl = trimmed(input.imageUrl);
  if (imageUrl !== undefined) variant.imageUrl = imageUrl;
  const link = readLink(input.link, report);
  if (link !== undefined) variant.link = link;
  return variant;
}

function toOptions(options: VariantInput['options']): Variant['options'] {
  if (!options) return [];
  return options
    .map((option) => ({ name: option.name.trim(), value: option.value.trim() }))
    .filter((option) => option.value !== '');
}

function withOptions(attributes: Attributes, options: Variant['options']): Attributes {
  for (const { name, value } of options) {
    const attribute = findOptionAttribute(name);
    if (attribute !== undefined) attributes[attribute] ??= value;
  }
  return attributes;
}

function readGtin(input: string | undefined, report: Report): string | undefined {
  const text = trimmed(input);
  if (text === undefined) return undefined;
  const result = cleanGtin(text);
  if ('gtin' in result) return result.gtin;
  report({
    code: 'gtin_invalid', severity: 'warning', field: 'gtin', value: text,
    message: `The GTIN was left out. ${result.reason}`,
    hint: 'Copy the digits under the barcode, as text.',
  }); // prettier-ignore
  return undefined;
}

function setPrices(variant: Variant, input: VariantInput, catalog: Catalog, report: Report): void {
  const now = readMoney('price', input.price, catalog, report);
  const regular = readMoney('regularPrice', input.regularPrice, catalog, report);
  const explicit = readMoney('salePrice', input.salePrice, catalog, report);
  if (trimmed(input.price) === undefined && regular === undefined) {
    report({
      code: 'price_missing', severity: 'error', field: 'price', message: 'The price is missing.',
      hint: 'Give the variant a price at the source.',
    }); // prettier-ignore
  }
  if (now === undefined) {
    // A price that could not be read may be a sale price: the regular price alone would be a guess.
    if (regular === undefined || trimmed(input.price) !== undefined) return;
  } else if (now.minor <= 0) {
    report({
      code: 'price_not_positive', severity: 'error', field: 'price', value: input.price ?? '',
      message: 'The price is not greater than zero.', hint: 'Give the variant a price at the source.',
    }); // prettier-ignore
    return;
  }
  const struck = now !== undefined && regular !== undefined && isLower(now, regular);
  const price = struck ? regular : (now ?? regular);
  const sale = explicit ?? (struck ? now : undefined);
  if (price === undefined || price.minor <= 0) return;
  variant.price = price;
  if (sale !== undefined && isSale(sale, price, input, report))
    setSale(variant, sale, input, catalog, report);
}

const isLower = (a: Money, b: Money): boolean => a.currency === b.currency && compareMoney(a, b) < 0;

function isSale(sale: Money, price: Money, input: VariantInput, report: Report): boolean {
  if (sale.minor > 0 && isLower(sale, price)) return true;
  // WooCommerce and some feeds repeat the price, or write 0, where there is no sale.
  if (sale.minor === 0 || (sale.currency === price.currency && sale.minor === price.minor)) return false;
  report({
    code: 'sale_price_not_lower', severity: 'warning', field: 'salePrice',
    value: input.salePrice ?? input.price ?? '',
    message: `The sale price is not lower than the price (${input.price ?? input.regularPrice ?? ''}) and was left out.`,
    hint: 'A sale price must be greater than zero, lower than the price and in the same currency.',
  }); // prettier-ignore
  return false;
}

/** With a window that cannot be read the sale would run for ever, or today: better no sale, and a person looks. */
function setSale(variant: Variant, sale: Money, input: VariantInput, catalog: Catalog, report: Report): void {
  const startText = trimmed(input.saleStarts);
  const endText = trimmed(input.saleEnds);
  const starts = startText === undefined ? undefined : parseSaleDate(startText, catalog.timeZone, 'start');
  const ends = endText === undefined ? undefined : parseSaleDate(endText, catalog.timeZone, 'end');
  for (const [field, text, date] of [
    ['saleStarts', startText, starts],
    ['saleEnds', endText, ends],
  ] as const) {
    if (text === undefined || date !== undefined) continue;
    report({
      code: 'sale_date_unreadable', severity: 'warning', field, value: text,
      message: 'The date of the sale cannot be read, so the sale was left out.',
      hint: 'Write it like 2027-01-31 or 2027-01-31T10:00+01:00.',
    }); // prettier-ignore
    return;
  }
  if (starts !== undefined && ends !== undefined && ends <= starts) {
    report({
      code: 'sale_dates_reversed', severity: 'warning', field: 'saleEnds', value: endText ?? '',
      message: `The sale ends before it starts (${startText ?? ''}), so it was left out.`,
      hint: 'Check the two dates at the source.',
    }); // prettier-ignore
    return;
  }
  variant.salePrice = sale;
  if (starts !== undefined) variant.saleStarts = starts;
  if (ends !== undefined) variant.saleEnds = ends;
}

/** Only the price itself blocks an item; without a readable second price it is sold at the first. */
function readMoney(
  field: 'price' | 'regularPrice' | 'salePrice',
  input: string | undefined,
  catalog: Catalog,
  report: Report,
): Money | undefined {
  const text = trimmed(input);
  if (text === undefined) return undefined;
  try {
    return parseMoney(text, catalog.currency, catalog.language);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    report({
      code: 'price_unreadable', severity: field === 'price' ? 'error' : 'warning', field, value: text,
      message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }),
    }); // prettier-ignore
    return undefined;
  }
}

function setStock(variant: Variant, input: VariantInput, report: Report): void {
  const quantity = readQuantity(input.quantity, report);
  if (quantity !== undefined) variant.quantity = quantity;
  const counted = byQuantity(quantity, input);
  const text = trimmed(input.availability);
  if (text === undefined) {
    variant.availability = counted ?? 'in_stock';
    return;
  }
  const known = findAvailability(text);
  variant.availability = known ?? counted ?? 'out_of_stock';
  if (known !== undefined) return;
  report({
    code: 'availability_unknown', severity: 'warning', field: 'availability', value: text,
    message: `The availability is not a word known here; the item counts as ${variant.availability}.`,
    hint: 'Use in_stock, out_of_stock, preorder, backorder or discontinued.',
  }); // prettier-ignore
}

function byQuantity(quantity: number | undefined, input: VariantInput): Variant['availability'] | undefined {
  if (quantity === undefined) {
    // Shops with several places export no quantity at all; an unreadable one must not sell what may be gone.
    return trimmed(input.quantity) === undefined || input.tracked === false ? undefined : 'out_of_stock';
  }
  if (input.tracked === false || quantity > 0) return 'in_stock';
  return input.oversell === true ? 'backorder' : 'out_of_stock';
}

function readQuantity(input: string | undefined, report: Report): number | undefined {
  const text = trimmed(input);
  if (text === undefined) return undefined;
  const whole = /^'?([+-]?\d{1,12})(?:[.,]0+)?$/.exec(text);
  if (whole) return Number(whole[1]);
  report({
    code: 'quantity_unreadable', severity: 'warning', field: 'quantity', value: text,
    message: 'The quantity is not a whole number.', hint: 'Write the stock as a whole number.',
  }); // prettier-ignore
  return undefined;
}
