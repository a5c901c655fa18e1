/** The shop's stock of products: generated, then changed and removed by hand; as the Admin API shows it. */
import { generateProduct, placeOf, type GenerateOptions, type ShopProduct, type ShopVariant } from './generate.ts'; // prettier-ignore
import { Connection, type Args, type Node } from './select.ts';

export interface Stock {
  /** Undefined for a product that is gone, or never was. */
  find(id: number): ShopProduct | undefined;
  /** In the order of their ids; made one by one. */
  all(): Iterable<ShopProduct>;
  put(product: ShopProduct): void;
  remove(id: number): void;
  findByInventoryItem(id: number): { product: ShopProduct; variant: ShopVariant } | undefined;
}

export function createStock(size: number, options: GenerateOptions): Stock {
  const changed = new Map<number, ShopProduct>();
  const removed = new Set<number>();
  const find = (id: number): ShopProduct | undefined => {
    if (removed.has(id)) return undefined;
    const place = placeOf(id);
    return (
      changed.get(id) ??
      (Number.isInteger(place) && place >= 0 && place < size ? generateProduct(place, options) : undefined)
    );
  };
  function* all(): Generator<ShopProduct> {
    for (let place = 0; place < size; place++) {
      const product = generateProduct(place, options);
      if (!removed.has(product.id)) yield changed.get(product.id) ?? product;
    }
  }
  return {
    find,
    all,
    put: (product) => void changed.set(product.id, product),
    remove: (id) => void removed.add(id),
    findByInventoryItem(id) {
      const product = find(Math.floor((id - 5_000_000_000_000) / 100));
      const variant = product?.variants.find((one) => one.inventoryItemId === id);
      return product && variant && { product, variant };
    },
  };
}

const gid = (kind: string, id: number): string => `gid://shopify/${kind}/${id}`;

/** `domain`: of the online store, for the products' pages. */
export function toProductNode(product: ShopProduct, domain: string): Node {
  const { id, variants, images, metafields, productType } = product;
  return {
    ...product,
    __typename: 'Product',
    id: gid('Product', id),
    legacyResourceId: String(id),
    onlineStoreUrl: product.publishedAt === null ? null : `https://${domain}/products/${product.handle}`,
    category: { id: gid('TaxonomyCategory', 1), fullName: productType },
    translations: ({ locale }: Args) => [
      { key: 'title', value: `${product.title} (${String(locale)})`, locale },
    ],
    variants: new Connection(() => variants.map((variant) => toVariantNode(variant, product, domain))),
    media: new Connection(() =>
      images.map((image) => ({
        __typename: 'MediaImage',
        id: gid('MediaImage', image.id),
        alt: image.alt,
        image: { url: image.url, altText: image.alt },
      })),
    ),
    metafields: (args: Args) => {
      const keys = args['keys'] as string[] | undefined;
      return new Connection(() =>
        metafields
          .filter(({ namespace, key }) => !keys || keys.includes(`${namespace}.${key}`))
          .map((one) => ({ ...one, id: gid('Metafield', one.id) })),
      );
    },
  };
}

function toVariantNode(variant: ShopVariant, product: ShopProduct, domain: string): Node {
  return {
    ...variant,
    __typename: 'ProductVariant',
    id: gid('ProductVariant', variant.id),
    legacyResourceId: String(variant.id),
    availableForSale: variant.quantity > 0 || variant.policy === 'CONTINUE' || !variant.tracked,
    selectedOptions: variant.options,
    inventoryPolicy: variant.policy,
    inventoryQuantity: variant.quantity,
    image: null,
    unitPriceMeasurement: null,
    inventoryItem: {
      tracked: variant.tracked,
      countryCodeOfOrigin: null,
      measurement: { weight: { value: variant.grams, unit: 'GRAMS' } },
    },
    contextualPricing: () => ({
      price: { amount: variant.price, currencyCode: 'EUR' },
      compareAtPrice: variant.compareAtPrice && { amount: variant.compareAtPrice, currencyCode: 'EUR' },
    }),
    product: () => toProductNode(product, domain),
  };
}

export const toInventoryNode = (
  found: { product: ShopProduct; variant: ShopVariant },
  domain: string,
): Node => ({
  __typename: 'InventoryItem',
  id: gid('InventoryItem', found.variant.inventoryItemId),
  variant: toVariantNode(found.variant, found.product, domain),
});
