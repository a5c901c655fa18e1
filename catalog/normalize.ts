/** A source's words into ours: money in minor units, a checked GTIN, plain text, and an Issue for all that is wrong. Pure. */
import type { Catalog } from './catalog.ts';
import { cleanGtin } from './gtin.ts';
import type { Issue } from './issue.ts';
import { type Report, reporter, trimmed } from './reading.ts';
import type { AttributeName, Attributes, Product, ProductInput, Variant, VariantInput } from './product.ts';
import { attributeNames } from './product.ts';
import { setPrices } from './prices.ts';
import { toHashedId, toReadableId } from './readable-id.ts';
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
  // by what is there, of some hundred names: this runs for every variant of every import
  for (const name of Object.keys(input)) {
    if (!isAttributeName(name)) continue;
    const text = trimmed(input[name]);
    if (text !== undefined) attributes[name] = attributeWords[name]?.get(text.toLowerCase()) ?? text;
  }
  return attributes;
}

const knownNames = new Set<string>(attributeNames);
const isAttributeName = (name: string): name is AttributeName => knownNames.has(name);

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
