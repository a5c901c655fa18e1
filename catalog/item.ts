/** One variant, flattened with its product, in channel-neutral words: the unit of checking and syncing. */
import type { Catalog } from './catalog.ts';
import { findMapped } from './categories.ts';
import { SyncError } from './errors.ts';
import { cleanGtin } from './gtin.ts';
import type { Issue } from './issue.ts';
import { compareMoney, formatAmount, type Money, parseMoney } from './money.ts';
import {
  attributeNames,
  type Attributes,
  type Override,
  type ScannedProduct,
  type Variant,
} from './product.ts';
import { toReadableId } from './readable-id.ts';
import { chooseSupplied } from './supplements/apply.ts';
import { findAvailability } from './words.ts';

/** One image of an item. `url` is what a channel may fetch: our rendition. */
export interface ItemImage {
  url: string;
  width: number;
  height: number;
  bytes: number;
  format: 'jpeg' | 'png';
  alt?: string;
  /** The address at the source. */
  sourceUrl: string;
}

export interface Item {
  catalogId: string;
  productId: string;
  /** `sourceId` of the variant. */
  variantId: string;
  offerId: string;
  /** Only where the product has several variants: the id they share. */
  itemGroupId?: string;
  title: string;
  /** Plain text. */
  description: string;
  descriptionHtml?: string;
  link?: string;
  /** The first is the main image; empty when none could be prepared. */
  images: ItemImage[];
  price?: Money;
  /** Only when lower than `price`. */
  salePrice?: Money;
  saleStarts?: Date;
  saleEnds?: Date;
  availability: Variant['availability'];
  quantity?: number;
  brand?: string;
  gtin?: string;
  /** The choices that make this variant: Size = M. */
  options: { name: string; value: string }[];
  tags: string[];
  attributes: Attributes;
  /** ISO 4217 and ISO 3166-1 of the catalog. */
  currency: string;
  country: string;
  language: string;
  /** Why the item may not go to any channel; absent when it may. */
  withheld?: 'draft' | 'archived' | 'removed' | 'sold-out';
  /** What the source and the images have to say about it. */
  issues: Issue[];
  /** Fields whose value a person set. */
  overridden: string[];
  /** Field → the second source whose value it is; absent when there is none. */
  supplied?: Record<string, string>;
}

/** Item fields a person may set beside the source's value; attributes are all overridable too. */
export const overridableTexts = ['title', 'description', 'link', 'brand', 'gtin', 'availability'] as const;
export const overridableMoney = ['price', 'salePrice'] as const;
export const overridableFields: readonly string[] = [
  ...overridableTexts,
  ...overridableMoney,
  ...attributeNames,
];

/** The items of a product, one per variant; `publicUrl` gives the address of a prepared image's key. Pure. */
export function toItems(
  product: ScannedProduct,
  catalog: Catalog,
  publicUrl: (key: string) => string,
): Item[] {
  const shared: Shared = {
    group: product.variants.length > 1 ? toReadableId([product.sourceId], maxGroupId) : undefined,
    link: product.link ?? shopLink(product, catalog),
    pictures: findPictures(product, undefined, publicUrl),
  };
  return product.variants.map((variant) => toItem(product, variant, shared, catalog, publicUrl));
}

/** What the items of a product have in common, made once. */
interface Shared {
  group: string | undefined;
  link: string | undefined;
  pictures: Pictures;
}
interface Pictures {
  images: ItemImage[];
  issues: Issue[];
}

/** Google takes 50 characters for an item group id, the least of all channels. */
const maxGroupId = 50;

function toItem(
  product: ScannedProduct,
  variant: Variant,
  { group, link, pictures }: Shared,
  catalog: Catalog,
  publicUrl: (key: string) => string,
): Item {
  const { images, issues } =
    variant.imageUrl === undefined ? pictures : findPictures(product, variant.imageUrl, publicUrl);
  const item: Item = {
    catalogId: product.catalogId,
    productId: product.id,
    variantId: variant.sourceId,
    offerId: variant.offerId,
    title: product.title,
    description: product.description,
    images,
    availability: variant.availability,
    options: variant.options,
    tags: product.tags,
    attributes: {},
    currency: catalog.currency,
    country: catalog.country,
    language: catalog.language,
    issues: product.issues.filter(
      (issue) => issue.variant === undefined || issue.variant === variant.sourceId,
    ),
    overridden: [],
  };
  Object.assign(item.attributes, product.attributes, variant.attributes);
  setPresent(item, 'itemGroupId', group);
  setPresent(item, 'descriptionHtml', product.descriptionHtml);
  setPresent(item, 'link', variant.link ?? link);
  setPresent(item, 'price', variant.price);
  setPresent(item, 'salePrice', variant.salePrice);
  setPresent(item, 'saleStarts', variant.saleStarts);
  setPresent(item, 'saleEnds', variant.saleEnds);
  setPresent(item, 'quantity', variant.quantity);
  setPresent(item, 'brand', item.attributes.brand ?? product.brand);
  setPresent(item, 'gtin', variant.gtin);
  setPresent(item, 'withheld', findWithheld(product));
  // The item has a field of its own for it.
  if (item.attributes.brand !== undefined) delete item.attributes.brand;
  item.issues.push(...issues);
  if (product.supplements) applySupplements(item, product, catalog);
  applyOverrides(item, product, catalog);
  // neither the source nor a person says which: what the shop's own category means, as it was mapped once
  if (!item.attributes.google_product_category) {
    const mapped = findMapped(catalog, item.attributes.product_type);
    if (mapped !== undefined) item.attributes.google_product_category = mapped;
  }
  return item;
}

/** Absent and undefined must not be told apart; one line per field, because this runs for every item of every feed. */
function setPresent<K extends keyof Item>(item: Item, field: K, value: Item[K] | undefined): void {
  if (value !== undefined) item[field] = value;
}

const shopLink = (product: ScannedProduct, catalog: Catalog): string | undefined =>
  product.slug === undefined
    ? undefined
    : `${catalog.shopUrl.replace(/\/+$/, '')}/products/${encodeURIComponent(product.slug)}`;

function findWithheld(product: ScannedProduct): Item['withheld'] {
  if (product.removedAt !== undefined) return 'removed';
  return product.status === 'active' ? undefined : product.status;
}

/** The variant's own image first, then the product's in their order; and what is wrong with them. */
function findPictures(
  product: ScannedProduct,
  own: string | undefined,
  publicUrl: (key: string) => string,
): Pictures {
  const pictures: Pictures = { images: [], issues: [] };
  const alts = new Map(product.images.map((image) => [image.url, image.alt]));
  for (const sourceUrl of new Set([...(own === undefined ? [] : [own]), ...alts.keys()])) {
    const prepared = product.prepared[sourceUrl];
    if (prepared?.issue) pictures.issues.push(prepared.issue);
    if (!prepared) continue;
    const { key, width, height, bytes, format } = prepared;
    if (key === undefined || format === undefined) continue;
    if (width === undefined || height === undefined || bytes === undefined) continue;
    const alt = alts.get(sourceUrl);
    const image: ItemImage = { url: publicUrl(key), width, height, bytes, format, sourceUrl };
    if (alt !== undefined) image.alt = alt;
    pictures.images.push(image);
  }
  return pictures;
}

/** What second sources say, by the order of sources; see catalog/supplements/. */
function applySupplements(item: Item, product: ScannedProduct, catalog: Catalog): void {
  for (const { field, value, from, fills } of chooseSupplied(product, item.variantId, catalog)) {
    if (fills && hasValue(item, field)) continue;
    const problem = setField(item, field, value, catalog, `of "${from}"`);
    if (problem === undefined) {
      (item.supplied ??= {})[field] = from;
      item.issues = item.issues.filter((issue) => issue.from !== 'source' || issue.field !== field);
    } else
      item.issues.push({
        code: 'supplement_unusable', severity: 'error', field, value: value.slice(0, 200), message: problem,
        hint: 'Correct it in the second source, or take that away.', from: 'source', variant: item.variantId,
      }); // prettier-ignore
  }
  checkSale(item);
}

function hasValue(item: Item, field: string): boolean {
  const own: unknown = field in item ? item[field as keyof Item] : item.attributes[field as keyof Attributes];
  return own !== undefined && own !== '';
}

/** A value for this variant wins over one for the whole product. */
function applyOverrides(item: Item, product: ScannedProduct, catalog: Catalog): void {
  if (product.overrides.length === 0) return checkSale(item);
  const byField = new Map<string, Override>();
  for (const override of product.overrides) {
    if (override.variant !== undefined && override.variant !== item.variantId) continue;
    if (override.variant === undefined && byField.get(override.field)?.variant !== undefined) continue;
    byField.set(override.field, override);
  }
  for (const { field, value } of byField.values()) {
    const problem = setField(item, field, value, catalog);
    if (problem === undefined) {
      item.overridden.push(field);
      // What the source says about this field no longer holds for the person's value.
      item.issues = item.issues.filter((issue) => issue.from !== 'source' || issue.field !== field);
    } else {
      item.issues.push({
        code: 'override_unusable', severity: 'error', field, value: value.slice(0, 200), message: problem,
        hint: 'Change the override, or take it back.', from: 'source', variant: item.variantId,
      }); // prettier-ignore
    }
  }
  checkSale(item);
}

/** Sets the field, or tells in one sentence why the value cannot be used. */
function setField(
  item: Item,
  field: string,
  value: string,
  catalog: Catalog,
  whose = 'set by hand',
): string | undefined {
  switch (field) {
    case 'quantity':
      return setQuantity(item, value, whose);
    case 'title':
    case 'link':
    case 'brand':
      item[field] = value;
      return undefined;
    case 'description':
      // The HTML would still be the source's: channels that take HTML must not show another text.
      item.description = value;
      delete item.descriptionHtml;
      return undefined;
    case 'gtin': {
      const result = cleanGtin(value);
      if ('reason' in result) return `The GTIN ${whose} cannot be used. ${result.reason}`;
      item.gtin = result.gtin;
      return undefined;
    }
    case 'availability': {
      const availability = findAvailability(value);
      if (availability === undefined) return `The availability ${whose} is not a word known here.`;
      item.availability = availability;
      return undefined;
    }
    case 'price':
    case 'salePrice':
      return setMoney(item, field, value, catalog, whose);
    default: {
      const attribute = attributeNames.find((name) => name === field);
      if (attribute === undefined) return `"${field}" is not a field that can be set by hand.`;
      item.attributes[attribute] = value;
      return undefined;
    }
  }
}

/** Stock decides between the two words that mean nothing but stock; the others are a decision of the shop. */
function setQuantity(item: Item, value: string, whose: string): string | undefined {
  if (!/^-?\d{1,9}$/.test(value)) return `The stock ${whose} is no whole number.`;
  item.quantity = Number(value);
  if (item.availability === 'in_stock' || item.availability === 'out_of_stock')
    item.availability = item.quantity > 0 ? 'in_stock' : 'out_of_stock';
  return undefined;
}

function setMoney(
  item: Item,
  field: 'price' | 'salePrice',
  value: string,
  catalog: Catalog,
  whose: string,
): string | undefined {
  try {
    const money = parseMoney(value, catalog.currency, catalog.language);
    if (money.minor <= 0) return `The price ${whose} is not greater than zero.`;
    item[field] = money;
    return undefined;
  } catch (error) {
    if (error instanceof SyncError) return error.message;
    throw error;
  }
}

/** A price set by hand may now lie below the source's sale price, and the other way round. */
function checkSale(item: Item): void {
  const { price, salePrice } = item;
  if (salePrice === undefined) return;
  if (price?.currency === salePrice.currency && compareMoney(salePrice, price) < 0) return;
  delete item.salePrice;
  delete item.saleStarts;
  delete item.saleEnds;
  item.issues.push({
    code: 'sale_price_not_lower', severity: 'warning', field: 'salePrice', value: formatAmount(salePrice),
    message: 'The sale price is not lower than the price and was left out.',
    hint: 'Change the price or the sale price that was set.', from: 'source', variant: item.variantId,
  }); // prettier-ignore
}
