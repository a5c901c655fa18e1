/** An item as the Merchant API's ProductInput: https://developers.google.com/merchant/api/reference/rest/products_v1/accounts.productInputs */
import type { Item } from '../../../catalog/item.ts';
import { toRow } from '../../build-feed.ts';
import { listSeparator } from '../../channel.ts';
import { columns, patchable } from './feed.ts';

/** Where an item stands at Google: one list of products per language and label. */
export interface Market {
  /** ISO 639-1: `de`. */
  contentLanguage: string;
  /** Up to 20 of `A-Z 0-9 -`; a country's code unless a person chose otherwise. */
  feedLabel: string;
}

export interface ProductInput extends Market {
  offerId: string;
  productAttributes: Record<string, unknown>;
}

/** Made from the feed's row, so that feed, preview and push say the same. */
export function toProductInput(item: Item, market: Market): ProductInput {
  const row = toRow(item, columns);
  const productAttributes: Record<string, unknown> = {};
  for (const { name, api, form, list, isApiList } of columns) {
    const text = row[name];
    if (api === undefined || text === undefined) continue;
    const values = (list ? text.split(listSeparator) : [text]).map((entry) => form.toApi(entry));
    productAttributes[api] = list || isApiList ? values : values[0];
  }
  const { contentLanguage, feedLabel } = market;
  return { offerId: item.offerId, contentLanguage, feedLabel, productAttributes };
}

const patchedNames = columns.flatMap(({ name, api }) =>
  patchable.has(name) && api !== undefined ? api : [],
);

/**
 * What changes often, alone. The mask names all of it, since Google deletes what the mask names and the body lacks: the
 * sale that is over. https://developers.google.com/merchant/api/reference/rest/products_v1/accounts.productInputs/patch
 */
export function toPatch(input: ProductInput): { body: ProductInput; updateMask: string } {
  const productAttributes = Object.fromEntries(
    Object.entries(input.productAttributes).filter(([name]) => patchedNames.includes(name)),
  );
  return {
    body: { ...input, productAttributes },
    updateMask: patchedNames.map((name) => `productAttributes.${name}`).join(','),
  };
}

/**
 * The last segment of a product's name. Google recommends the encoded form, which alone can hold "/", "%" and "~":
 * `en~US~sku/123` is `ZW5-VVN-c2t1LzEyMw`.
 */
export const toSegment = (offerId: string, { contentLanguage, feedLabel }: Market): string =>
  Buffer.from(`${contentLanguage}~${feedLabel}~${offerId}`).toString('base64url');
