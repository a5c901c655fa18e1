/** A product of the Admin API in our names. Pure. */
import type { AttributeName, Attributes, ProductInput, VariantInput } from '../../product.ts';
import type { MetafieldNode, ProductNode, VariantNode, WholeProduct } from './nodes.ts';
import type { ShopifyOptions } from './options.ts';

/** `currency`: the shop's own (ISO 4217); its prices carry none. */
export function toInput(whole: WholeProduct, options: ShopifyOptions, currency: string): ProductInput {
  const { product, variants, media, metafields } = whole;
  const title = translated(product.translations, 'title') ?? product.title;
  const images = media.flatMap(({ image, alt }) =>
    image ? [{ url: image.url, ...textOf('alt', image.altText ?? alt) }] : [],
  );
  const video = media.find(({ sources }) => sources && sources.length > 0)?.sources?.[0]?.url;
  const attributes: Attributes = {
    ...toAttributes(metafields, options),
    ...textOf('product_type', product.productType || product.category?.fullName),
    ...textOf('video_link', video),
  };
  return {
    sourceId: product.legacyResourceId,
    slug: product.handle,
    title,
    ...textOf('descriptionHtml', translated(product.translations, 'body_html') ?? product.descriptionHtml),
    ...textOf('vendor', product.vendor),
    tags: product.tags,
    ...textOf('link', product.onlineStoreUrl),
    status: toStatus(product),
    images,
    attributes,
    variants: variants.map((variant) => toVariant(variant, product, currency)),
  };
}

const textOf = <K extends string>(key: K, text: string | null | undefined): { [P in K]?: string } =>
  text === null || text === undefined || text === '' ? {} : ({ [key]: text } as { [P in K]?: string });

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

/** Its options are those of the only variant of a product that has nothing to choose. */
const isDefault = ({ selectedOptions: [only, ...more] }: VariantNode): boolean =>
  more.length === 0 && only?.name === 'Title' && only.value === 'Default Title';

function toVariant(variant: VariantNode, product: ProductNode, currency: string): VariantInput {
  const { contextualPricing, inventoryItem, inventoryQuantity, unitPriceMeasurement } = variant;
  const price = contextualPricing ? toPrice(contextualPricing.price) : `${variant.price} ${currency}`;
  const before = contextualPricing
    ? contextualPricing.compareAtPrice && toPrice(contextualPricing.compareAtPrice)
    : variant.compareAtPrice && `${variant.compareAtPrice} ${currency}`;
  const attributes: Attributes = {
    ...textOf('shipping_weight', toWeight(inventoryItem.measurement.weight)),
    ...textOf('origin_country', inventoryItem.countryCodeOfOrigin),
    ...toUnitPrice(unitPriceMeasurement),
  };
  const link = product.onlineStoreUrl && `${product.onlineStoreUrl}?variant=${variant.legacyResourceId}`;
  return {
    sourceId: variant.legacyResourceId,
    options: isDefault(variant) ? [] : variant.selectedOptions,
    ...textOf('sku', variant.sku),
    ...textOf('gtin', variant.barcode),
    price,
    ...textOf('regularPrice', before),
    tracked: inventoryItem.tracked,
    oversell: variant.inventoryPolicy === 'CONTINUE',
    ...(inventoryQuantity === null ? {} : { quantity: String(inventoryQuantity) }),
    ...(variant.availableForSale || inventoryItem.tracked ? {} : { availability: 'out_of_stock' }),
    ...textOf('imageUrl', variant.image?.url),
    ...textOf('link', link),
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
  };
}

const toPrice = ({ amount, currencyCode }: { amount: string; currencyCode: string }): string =>
  `${amount} ${currencyCode}`;

/** https://shopify.dev/docs/api/admin-graphql/latest/enums/WeightUnit */
const weightUnits: Record<string, string> = { KILOGRAMS: 'kg', GRAMS: 'g', POUNDS: 'lb', OUNCES: 'oz' };

function toWeight(weight: VariantNode['inventoryItem']['measurement']['weight']): string | undefined {
  const unit = weight && weightUnits[weight.unit];
  return unit && weight.value > 0 ? `${weight.value} ${unit}` : undefined;
}

function toUnitPrice(
  measure: VariantNode['unitPriceMeasurement'],
): Pick<Attributes, Extract<AttributeName, `unit_pricing_${string}`>> {
  if (!measure?.quantityUnit || !(measure.quantityValue > 0)) return {};
  const { quantityValue, quantityUnit, referenceValue, referenceUnit } = measure;
  return {
    unit_pricing_measure: `${quantityValue} ${quantityUnit.toLowerCase()}`,
    ...(referenceUnit && referenceValue > 0
      ? { unit_pricing_base_measure: `${referenceValue} ${referenceUnit.toLowerCase()}` }
      : {}),
  };
}
