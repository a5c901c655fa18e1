/** A product of the REST API in our names. Pure. */
import type { Attributes, ProductInput, VariantInput } from '../../product.ts';
import { findOptionAttribute } from '../../words.ts';
import type { ProductRecord, VariationRecord } from './records.ts';

/** What the shop's settings say of all its products: ISO 4217, and WooCommerce's word for the unit of weight. */
export interface ShopUnits {
  currency: string;
  weight: string;
}

export function toInput(
  product: ProductRecord,
  variations: readonly VariationRecord[],
  units: ShopUnits,
): ProductInput {
  const sold = variations.filter(({ status }) => status === 'publish');
  const isVariable = product.type === 'variable';
  const shown =
    product.status === 'publish' &&
    product.catalog_visibility !== 'hidden' &&
    (!isVariable || sold.length > 0);
  // a variable product with nothing to sell is kept as a draft, so that what it offered before is taken down
  const offered = sold.length > 0 ? sold : variations;
  return {
    sourceId: String(product.id),
    title: product.name,
    ...textOf('slug', product.slug),
    ...textOf('descriptionHtml', product.description || product.short_description),
    ...textOf('vendor', product.brands[0]?.name),
    ...textOf('link', product.permalink),
    tags: product.tags.map(({ name }) => name),
    status: shown ? 'active' : 'draft',
    images: product.images.map(({ src, alt }) => ({ url: src, ...textOf('alt', alt) })),
    attributes: toAttributes(product),
    variants: (isVariable && offered.length > 0 ? offered : [product]).map((one) =>
      toVariant(one, product, units),
    ),
  };
}

const textOf = <K extends string>(key: K, text: string | null | undefined): { [P in K]?: string } =>
  text === null || text === undefined || text === '' ? {} : ({ [key]: text } as { [P in K]?: string });

/** Attributes with one value describe the product; with several they are the choices of its variations. */
function toAttributes(product: ProductRecord): Attributes {
  const attributes: Attributes = {
    ...textOf('short_description', product.short_description),
    ...textOf('product_type', product.categories[0]?.name),
    ...textOf('tax_category', product.tax_class),
  };
  for (const { name, options } of product.attributes) {
    const attribute = findOptionAttribute(name) ?? (/^brand$/i.test(name) ? 'brand' : undefined);
    const [value, ...more] = options;
    if (attribute !== undefined && value && more.length === 0) attributes[attribute] = value;
  }
  return attributes;
}

function toVariant(
  record: ProductRecord | VariationRecord,
  product: ProductRecord,
  { currency, weight: unit }: ShopUnits,
): VariantInput {
  const own = record !== product;
  // stock that is counted for all variations together stands at the product
  const stock = record.manage_stock === 'parent' ? product : record;
  const attributes: Attributes = {
    ...textOf('shipping_weight', record.weight && `${record.weight} ${unit}`),
    ...(own ? textOf('tax_category', record.tax_class) : {}),
  };
  const priceOf = (amount: string | null | undefined): string | undefined =>
    amount ? `${amount} ${currency}` : undefined;
  return {
    sourceId: String(record.id),
    options: record.attributes.flatMap((one) =>
      own && 'option' in one && one.option !== '' ? [{ name: one.name, value: one.option }] : [],
    ),
    // a variation without its own SKU is given its parent's
    ...(own && record.sku === product.sku ? {} : textOf('sku', record.sku)),
    ...textOf('gtin', record.global_unique_id),
    ...textOf('price', priceOf(record.regular_price)),
    ...textOf('salePrice', priceOf(record.sale_price)),
    ...textOf('saleStarts', toUtc(record.date_on_sale_from_gmt)),
    ...textOf('saleEnds', toUtc(record.date_on_sale_to_gmt)),
    ...textOf('availability', record.stock_status),
    ...(stock.manage_stock && typeof stock.stock_quantity === 'number'
      ? { quantity: String(stock.stock_quantity) }
      : {}),
    tracked: Boolean(stock.manage_stock),
    oversell: stock.backorders === 'yes' || stock.backorders === 'notify',
    ...(own && 'image' in record ? textOf('imageUrl', record.image?.src) : {}),
    ...textOf('link', record.permalink),
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
  };
}

/** The `_gmt` fields carry no zone. */
const toUtc = (time: string | null | undefined): string | undefined =>
  time ? (/(Z|[+-]\d\d:\d\d)$/.test(time) ? time : `${time}Z`) : undefined;
