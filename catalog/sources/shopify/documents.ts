/**
 * Every GraphQL document that is sent to a shop. They are valid against the Admin schema; the arguments that the stated
 * version has and older ones lack are listed in `laterArguments`.
 */
import type { ShopifyOptions } from './options.ts';

/** Not in the schema of 2025-01. `groupObjects`: https://shopify.dev/changelog (2025-12-15, API 2026-01). */
export const laterArguments = [
  { field: 'Mutation.bulkOperationRunQuery', argument: 'groupObjects' },
] as const;

/** Sent instead of a title when the shop is asked who it is. */
export const shopDocument = `query ShelfcastShop {
  shop { name myshopifyDomain currencyCode }
  currentAppInstallation { accessScopes { handle } }
}`;

/** Children directly after their parent: only so can a file of any size be read in one go. */
export const startBulkDocument = `mutation ShelfcastStartBulk($query: String!, $groupObjects: Boolean!) {
  bulkOperationRunQuery(query: $query, groupObjects: $groupObjects) {
    bulkOperation { id status createdAt }
    userErrors { field message code }
  }
}`;

const operationFields = `id status errorCode createdAt completedAt objectCount fileSize url partialDataUrl query`;

export const bulkDocument = `query ShelfcastBulk($id: ID!) {
  node(id: $id) { ... on BulkOperation { ${operationFields} } }
}`;

/** An operation of ours that a killed import left behind, or one that keeps a new one from starting. */
export const currentBulkDocument = `query ShelfcastCurrentBulk {
  currentBulkOperation(type: QUERY) { ${operationFields} }
}`;

/** All products with the time of their last change: what is left of the shop when nothing is read anew. */
export const idsBulkQuery = `{
  products { edges { node { id legacyResourceId updatedAt } } }
}`;

const variantFields = ({ market }: ShopifyOptions): string => `
  id legacyResourceId sku barcode price compareAtPrice availableForSale
  selectedOptions { name value }
  inventoryPolicy inventoryQuantity
  image { url }
  unitPriceMeasurement { quantityUnit quantityValue referenceUnit referenceValue }
  inventoryItem { tracked countryCodeOfOrigin measurement { weight { value unit } } }
  ${market ? `contextualPricing(context: { country: ${market} }) { price { amount currencyCode } compareAtPrice { amount currencyCode } }` : ''}`;

const productFields = ({ locale }: ShopifyOptions): string => `
  id legacyResourceId handle title descriptionHtml vendor productType tags status publishedAt onlineStoreUrl
  isGiftCard updatedAt
  category { id fullName }
  ${locale ? `translations(locale: ${JSON.stringify(locale)}) { key value }` : ''}`;

const mediaFields = `
  __typename id alt
  ... on MediaImage { image { url altText } }
  ... on Video { sources { url mimeType } }`;

const metafieldFields = 'id namespace key type value';

const metafieldsOf = ({ metafields }: ShopifyOptions, first: string): string => {
  const keys = Object.keys(metafields);
  if (keys.length === 0) return '';
  return `metafields(${first}keys: ${JSON.stringify(keys)}) { edges { node { ${metafieldFields} } } }`;
};

/**
 * The whole catalog, or what changed since a time. Four connections, two deep: the limits are five and two.
 * https://shopify.dev/docs/api/usage/bulk-operations/queries
 */
export function productsBulkQuery(options: ShopifyOptions, changedSince?: string): string {
  const filter = changedSince === undefined ? '' : `(query: "updated_at:>='${changedSince}'")`;
  return `{
  products${filter} { edges { node { ${productFields(options)}
    variants { edges { node { ${variantFields(options)} } } }
    media { edges { node { ${mediaFields} } } }
    ${metafieldsOf(options, '')}
  } } }
}`;
}

/** How many children of a product are read at a time; larger ones are read page by page. */
export const pageSize = { products: 20, variants: 100, media: 50 } as const;

/** Some products by their ids, as they are now. A product that is gone comes as null. */
export const productsDocument = (options: ShopifyOptions): string => `query ShelfcastProducts($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Product { ${productFields(options)}
      variants(first: ${pageSize.variants}) { edges { node { ${variantFields(options)} } } pageInfo { hasNextPage endCursor } }
      media(first: ${pageSize.media}) { edges { node { ${mediaFields} } } }
      ${metafieldsOf(options, 'first: 50, ')}
    }
  }
}`;

/** The further variants of one product; up to 2,048 of them. */
export const variantsDocument = (
  options: ShopifyOptions,
): string => `query ShelfcastVariants($id: ID!, $after: String) {
  node(id: $id) {
    ... on Product {
      variants(first: ${pageSize.variants}, after: $after) { edges { node { ${variantFields(options)} } } pageInfo { hasNextPage endCursor } }
    }
  }
}`;

/** Which products these stock records belong to: a stock webhook names only the record. */
export const inventoryDocument = `query ShelfcastInventory($ids: [ID!]!) {
  nodes(ids: $ids) { ... on InventoryItem { id variant { product { id } } } }
}`;

export const subscriptionsDocument = `query ShelfcastSubscriptions($topics: [WebhookSubscriptionTopic!], $callbackUrl: URL) {
  webhookSubscriptions(first: 50, topics: $topics, callbackUrl: $callbackUrl) { edges { node { id topic } } }
}`;

export const subscribeDocument = `mutation ShelfcastSubscribe($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}`;
