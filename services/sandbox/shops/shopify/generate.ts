/** A Shopify shop of any size: product number n is the same for the same seed, made when it is asked for. */
import { createRandom } from '../../misbehave.ts';

export interface ShopVariant {
  id: number;
  sku: string | null;
  barcode: string | null;
  price: string;
  compareAtPrice: string | null;
  options: { name: string; value: string }[];
  quantity: number;
  policy: 'DENY' | 'CONTINUE';
  tracked: boolean;
  grams: number;
  inventoryItemId: number;
}

export interface ShopProduct {
  id: number;
  handle: string;
  title: string;
  descriptionHtml: string;
  vendor: string;
  productType: string;
  tags: string[];
  status: 'ACTIVE' | 'DRAFT' | 'ARCHIVED';
  publishedAt: string | null;
  updatedAt: string;
  isGiftCard: boolean;
  variants: ShopVariant[];
  images: { id: number; url: string; alt: string }[];
  metafields: { id: number; namespace: string; key: string; type: string; value: string }[];
}

export interface GenerateOptions {
  seed: number;
  /** Average number of variants of a product. */
  variantsPerProduct: number;
  /** Where the images lie. */
  imageUrl: (product: number, image: number) => string;
  start: Date;
}

const firstProduct = 8_000_000_000_000;
const kinds = ['Linen shirt', 'Wool scarf', 'Oak stool', 'Ceramic bowl', 'Rain jacket', 'Canvas bag'];
const styles = ['Classic', 'Slim', 'Wide', 'Nordic', 'Summer', 'Travel', 'Studio'];
const vendors = ['Nordlicht', 'Atelier Ría', 'Kobo', 'Maison Vert'];
const colors = ['Navy', 'Sand', 'Olive', 'Black', 'White', 'Coral'];
const sizes = ['XS', 'S', 'M', 'L', 'XL'];

/** The place of a product in the shop, by its id. */
export const placeOf = (id: number): number => id - firstProduct - 1;

export function generateProduct(place: number, options: GenerateOptions): ShopProduct {
  const random = createRandom(options.seed * 1_000_003 + place);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const id = firstProduct + 1 + place;
  const kind = pick(kinds);
  const title = `${pick(styles)} ${kind} ${place + 1}`;
  const count = Math.max(
    1,
    Math.min(colors.length * sizes.length, Math.round(options.variantsPerProduct * (0.5 + random()))),
  );
  const cents = 990 + Math.floor(random() * 20_000);
  return {
    id,
    handle: title.toLowerCase().replaceAll(' ', '-'),
    title,
    descriptionHtml: `<p>${title} by hand, made to last.</p><ul><li>Washed at 30&nbsp;°C</li><li>From a small workshop</li></ul><p>${'Every piece is checked twice before it leaves the house. '.repeat(1 + Math.floor(random() * 6))}</p>`,
    vendor: pick(vendors),
    productType: kind,
    tags: [pick(styles), 'new'],
    status: place % 97 === 96 ? 'DRAFT' : 'ACTIVE',
    publishedAt: options.start.toISOString(),
    updatedAt: options.start.toISOString(),
    isGiftCard: false,
    variants: Array.from({ length: count }, (_, at) => makeVariant(id, at, count, cents, random)),
    images: [0, 1].map((image) => ({
      id: id * 10 + image,
      url: options.imageUrl(place, image),
      alt: `${title}, view ${image + 1}`,
    })),
    metafields: [
      {
        id: id * 10 + 5,
        namespace: 'custom',
        key: 'material',
        type: 'single_line_text_field',
        value: kind.split(' ')[0] ?? '',
      },
    ],
  };
}

function makeVariant(
  productId: number,
  at: number,
  count: number,
  cents: number,
  random: () => number,
): ShopVariant {
  const id = productId * 100 + at;
  const onSale = random() < 0.2;
  const options =
    count === 1
      ? [{ name: 'Title', value: 'Default Title' }]
      : [
          { name: 'Color', value: colors[Math.floor(at / sizes.length)] ?? 'Black' },
          { name: 'Size', value: sizes[at % sizes.length] ?? 'M' },
        ];
  return {
    id,
    sku: `SH-${productId % 10_000_000}-${at}`,
    barcode: null,
    price: (cents / 100).toFixed(2),
    compareAtPrice: onSale ? ((cents + 1_000) / 100).toFixed(2) : null,
    options,
    quantity: Math.floor(random() * 30),
    policy: random() < 0.1 ? 'CONTINUE' : 'DENY',
    tracked: true,
    grams: 100 + Math.floor(random() * 900),
    inventoryItemId: id + 5_000_000_000_000,
  };
}
