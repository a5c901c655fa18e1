/** A product of the Admin API in our names. Pure. */
import type { Attributes, ProductInput, VariantInput } from '../../product.ts';
import type { MetafieldNode, ProductNode, VariantNode, WholeProduct } from './nodes.ts';
import type { ShopifyOptions } from './options.ts';

/** `currency`: the shop's own (ISO 4217); its prices carry none. */
export function toInput(whole: WholeProduct, options: ShopifyOptions, currency: string): ProductInput {
  const { product, variants, media, metafields } = whole;
  const title = translated(product.translations, 'title') ?? product.title;
  const images = media.flatMap(({ image, alt }) => (image ? [toImage(image.url, image.altText ?? alt)] : []));
  const video = media.find(({ sources }) => sources && sources.length > 0)?.sources?.[0]?.url;
  const attributes = toAttributes(metafields, options);
  setText(attributes, 'product_type', product.productType || product.category?.fullName);
  setText(attributes, 'video_link', video);
  const input: ProductInput = {
    sourceId: product.legacyResourceId,
    slug: product.handle,
    title,
    tags: product.tags,
    status: toStatus(product),
    images,
    attributes,
    variants: variants.map((variant) => toVariant(variant, product, currency)),
  };
  setText(input, 'descriptionHtml', translated(product.translations, 'body_html') ?? product.descriptionHtml);
  setText(input, 'vendor', product.vendor);
  setText(input, 'link', product.onlineStoreUrl);
  return input;
}

type TextKey<T> = { [K in keyof T]-?: string extends T[K] ? K : never }[keyof T];

/** What is blank is absent. Set one by one: spreading an object for each text takes three times as long. */
function setText<T extends object>(on: T, key: TextKey<T>, text: string | null | undefined): void {
  if (text !== null && text !== undefined && text !== '') (on as Record<TextKey<T>, string>)[key] = text;
}

const translated = (translations: ProductNode['translations'], key: string): string | undefined =>
  translations?.find((one) => one.key === key && one.value)?.value ?? undefined;

/** What the shop itself does not show (unlisted, unpublished, drafts) goes nowhere; gift cards are sold by no channel. */
function toStatus({ status, publishedAt, isGiftCard }: ProductNode): 'active' | 'draft' | 'archived' {
  if (status === 'ARCHIVED') return 'archived';
  return status === 'ACTIVE' && publishedAt !== null && !isGiftCard ? 'active' : 'draft';
}

/** Lists come as JSON text; the first value is the one a channel takes. https://shopify.dev/docs/apps/build/custom-data/metafields/list-of-data-types */
function toAttributes(
  metafields: readonly MetafieldNode[],
  { metafields: wanted }: ShopifyOptions,
): Attributes {
  const attributes: Attributes = {};
  for (const { namespace, key, type, value } of metafields) {
    const field = wanted[`${namespace}.${key}`];
    const text = field && (type.startsWith('list.') ? firstOfList(value) : value);
    if (text) attributes[field] = text;
  }
  return attributes;
}

function firstOfList(value: string): string | undefined {
  try {
    const list = JSON.parse(value) as unknown;
    return Array.isArray(list) && list.length > 0 ? String(list[0]) : undefined;
  } catch {
    return undefined;
  }
}

function toImage(url: string, alt: string | null | undefined): { url: string; alt?: string } {
  return alt ? { url, alt } : { url };
}

/** Its options are those of the only variant of a product that has nothing to choose. */
const isDefault = ({ selectedOptions: [only, ...more] }: VariantNode): boolean =>
  more.length === 0 && only?.name === 'Title' && only.value === 'Default Title';

function toVariant(variant: VariantNode, product: ProductNode, currency: string): VariantInput {
  const { contextualPricing, inventoryItem, inventoryQuantity, unitPriceMeasurement } = variant;
  const price = contextualPricing ? toPrice(contextualPricing.price) : `${variant.price} ${currency}`;
  const before = contextualPricing
    ? contextualPricing.compareAtPrice && toPrice(contextualPricing.compareAtPrice)
    : variant.compareAtPrice && `${variant.compareAtPrice} ${currency}`;
  const attributes: Attributes = {};
  setText(attributes, 'shipping_weight', toWeight(inventoryItem.measurement.weight));
  setText(attributes, 'origin_country', inventoryItem.countryCodeOfOrigin);
  setUnitPrice(attributes, unitPriceMeasurement);
  const input: VariantInput = {
    sourceId: variant.legacyResourceId,
    options: isDefault(variant) ? [] : variant.selectedOptions,
    price,
    tracked: inventoryItem.tracked,
    oversell: variant.inventoryPolicy === 'CONTINUE',
  };
  setText(input, 'sku', variant.sku);
  setText(input, 'gtin', variant.barcode);
  setText(input, 'regularPrice', before);
  if (inventoryQuantity !== null) input.quantity = String(inventoryQuantity);
  if (!variant.availableForSale && !inventoryItem.tracked) input.availability = 'out_of_stock';
  setText(input, 'imageUrl', variant.image?.url);
  if (product.onlineStoreUrl) input.link = `${product.onlineStoreUrl}?variant=${variant.legacyResourceId}`;
  if (Object.keys(attributes).length > 0) input.attributes = attributes;
  return input;
}

const toPrice = ({ amount, currencyCode }: { amount: string; currencyCode: string }): string =>
  `${amount} ${currencyCode}`;

/** https://shopify.dev/docs/api/admin-graphql/latest/enums/WeightUnit */
const weightUnits: Record<string, string> = { KILOGRAMS: 'kg', GRAMS: 'g', POUNDS: 'lb', OUNCES: 'oz' };

function toWeight(weight: VariantNode['inventoryItem']['measurement']['weight']): string | undefined {
  const unit = weight && weightUnits[weight.unit];
  return unit && weight.value > 0 ? `${weight.value} ${unit}` : undefined;
}

function setUnitPrice(attributes: Attributes, measure: VariantNode['unitPriceMeasurement']): void {
  if (!measure?.quantityUnit || !(measure.quantityValue > 0)) return;
  const { quantityValue, quantityUnit, referenceValue, referenceUnit } = measure;
  attributes.unit_pricing_measure = `${quantityValue} ${quantityUnit.toLowerCase()}`;
  if (referenceUnit && referenceValue > 0)
    attributes.unit_pricing_base_measure = `${referenceValue} ${referenceUnit.toLowerCase()}`;
}
