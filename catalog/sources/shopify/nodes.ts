/** What comes back for our documents, as far as it is read. https://shopify.dev/docs/api/admin-graphql */

interface Money {
  amount: string;
  currencyCode: string;
}
interface Translation {
  key: string;
  value: string | null;
}

export interface VariantNode {
  id: string;
  legacyResourceId: string;
  sku: string | null;
  barcode: string | null;
  price: string;
  compareAtPrice: string | null;
  availableForSale: boolean;
  selectedOptions: { name: string; value: string }[];
  inventoryPolicy: 'DENY' | 'CONTINUE';
  inventoryQuantity: number | null;
  image: { url: string } | null;
  unitPriceMeasurement: {
    quantityUnit: string | null;
    quantityValue: number;
    referenceUnit: string | null;
    referenceValue: number;
  } | null;
  inventoryItem: {
    tracked: boolean;
    countryCodeOfOrigin: string | null;
    measurement: { weight: { value: number; unit: string } | null };
  };
  contextualPricing?: { price: Money; compareAtPrice: Money | null };
}

export interface MediaNode {
  __typename: string;
  id: string;
  alt: string | null;
  image?: { url: string; altText: string | null } | null;
  sources?: { url: string; mimeType: string }[];
}

export interface MetafieldNode {
  id: string;
  namespace: string;
  key: string;
  type: string;
  value: string;
}

export interface ProductNode {
  id: string;
  legacyResourceId: string;
  handle: string;
  title: string;
  descriptionHtml: string;
  vendor: string;
  productType: string;
  tags: string[];
  status: string;
  publishedAt: string | null;
  onlineStoreUrl: string | null;
  isGiftCard: boolean;
  updatedAt: string;
  category: { id: string; fullName: string } | null;
  translations?: Translation[];
}

/** A product with its children, however they came. */
export interface WholeProduct {
  product: ProductNode;
  variants: VariantNode[];
  media: MediaNode[];
  metafields: MetafieldNode[];
}
