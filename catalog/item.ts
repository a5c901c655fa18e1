/** One variant, flattened with its product, in channel-neutral words: the unit of checking and syncing. */
import type { Issue } from './issue.ts';
import type { Money } from './money.ts';
import { attributeNames, type Attributes, type Variant } from './product.ts';

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
  withheld?: 'draft' | 'archived' | 'removed';
  /** What the source and the images have to say about it. */
  issues: Issue[];
  /** Fields whose value a person set. */
  overridden: string[];
}

/** Item fields a person may set beside the source's value; attributes are all overridable too. */
export const overridableTexts = ['title', 'description', 'link', 'brand', 'gtin', 'availability'] as const;
export const overridableMoney = ['price', 'salePrice'] as const;
export const overridableFields: readonly string[] = [
  ...overridableTexts,
  ...overridableMoney,
  ...attributeNames,
];
