/** A WooCommerce shop of any size: product number n is the same for the same seed, made when it is asked for. */
import { createRandom } from '../../misbehave.ts';

/** https://woocommerce.github.io/woocommerce-rest-api-docs/#product-properties, as far as a feed needs them. */
export interface WooRecord {
  id: number;
  parent_id: number;
  name: string;
  slug: string;
  type: 'simple' | 'variable' | 'variation';
  status: 'publish' | 'draft' | 'private' | 'trash';
  permalink: string;
  sku: string;
  global_unique_id: string;
  regular_price: string;
  sale_price: string;
  date_on_sale_from_gmt: string | null;
  date_on_sale_to_gmt: string | null;
  tax_class: string;
  manage_stock: boolean | 'parent';
  stock_quantity: number | null;
  stock_status: 'instock' | 'outofstock' | 'onbackorder';
  backorders: 'no' | 'notify' | 'yes';
  weight: string;
  description: string;
  short_description: string;
  catalog_visibility: 'visible' | 'hidden';
  categories: { id: number; name: string; slug: string }[];
  tags: { id: number; name: string; slug: string }[];
  brands: { id: number; name: string; slug: string }[];
  images: { id: number; src: string; alt: string }[];
  image: { id: number; src: string; alt: string } | null;
  attributes: { id: number; name: string; options?: string[]; option?: string; variation?: boolean }[];
  date_modified_gmt: string;
}

export interface WooProduct {
  product: WooRecord;
  variations: WooRecord[];
}

export interface GenerateOptions {
  seed: number;
  /** The most variations of a variable product; every third product is a simple one. */
  variationsPerProduct: number;
  imageUrl: (product: number, image: number) => string;
  start: Date;
}

const firstProduct = 1_000;
/** Ids from one product to the next: room for its variations. */
const step = 100;
const kinds = ['Hoodie', 'Teapot', 'Belt', 'Cap', 'Notebook', 'Lamp'];
const styles = ['Classic', 'Slim', 'Nordic', 'Summer', 'Studio'];
const colors = ['Navy', 'Sand', 'Olive', 'Black', 'White', 'Coral'];
const sizes = ['XS', 'S', 'M', 'L', 'XL'];

/** The place of a product in the shop, by its id. */
export const placeOf = (id: number): number => (id - firstProduct) / step;

/** Times of the REST API carry no zone. */
export const toGmt = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, '');

export function generateProduct(place: number, options: GenerateOptions): WooProduct {
  const random = createRandom(options.seed * 1_000_003 + place);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const id = firstProduct + place * step;
  const kind = pick(kinds);
  const name = `${pick(styles)} ${kind} ${place + 1}`;
  const cents = 990 + Math.floor(random() * 20_000);
  const count = place % 3 === 2 ? 0 : 1 + Math.floor(random() * options.variationsPerProduct);
  const isVariable = count > 0;
  const choices = Array.from({ length: Math.min(count, colors.length * sizes.length) }, (_, at) => ({
    color: colors[Math.floor(at / sizes.length)] ?? 'Black',
    size: sizes[at % sizes.length] ?? 'M',
  }));
  const product: WooRecord = {
    ...sold(id, cents, random, options.start),
    parent_id: 0,
    name,
    slug: name.toLowerCase().replaceAll(' ', '-'),
    type: isVariable ? 'variable' : 'simple',
    status: place % 97 === 96 ? 'draft' : 'publish',
    permalink: `https://shop.example/product/${id}/`,
    sku: `WC-${place + 1}`,
    ...(isVariable ? { regular_price: '', sale_price: '', manage_stock: false, stock_quantity: null } : {}),
    description: `<p>${name}, made to last.</p><p>${'Checked twice before it leaves the house. '.repeat(1 + Math.floor(random() * 4))}</p>`,
    short_description: `<p>${kind} from a small workshop.</p>`,
    categories: [{ id: 15, name: kind, slug: kind.toLowerCase() }],
    tags: [{ id: 31, name: 'new', slug: 'new' }],
    brands: [{ id: 41, name: 'Nordlicht', slug: 'nordlicht' }],
    images: [0, 1].map((image) => ({
      id: id * 10 + image,
      src: options.imageUrl(place, image),
      alt: `${name}, view ${image + 1}`,
    })),
    attributes: isVariable
      ? [
          { id: 1, name: 'Color', options: [...new Set(choices.map(({ color }) => color))], variation: true },
          { id: 2, name: 'Size', options: [...new Set(choices.map(({ size }) => size))], variation: true },
        ]
      : [{ id: 3, name: 'Material', options: ['Wool'], variation: false }],
  };
  const variations = choices.map(({ color, size }, at): WooRecord => ({
    ...sold(id + 1 + at, cents, random, options.start),
    parent_id: id,
    name: `${name} - ${color}, ${size}`,
    permalink: `${product.permalink}?attribute_color=${color}&attribute_size=${size}`,
    sku: `WC-${place + 1}-${at + 1}`,
    attributes: [
      { id: 1, name: 'Color', option: color },
      { id: 2, name: 'Size', option: size },
    ],
  }));
  return { product, variations };
}

/** What a product and a variation have alike. */
function sold(id: number, cents: number, random: () => number, start: Date): WooRecord {
  const onSale = random() < 0.2;
  const quantity = Math.floor(random() * 30);
  return {
    id,
    parent_id: 0,
    name: '',
    slug: '',
    type: 'variation',
    status: 'publish',
    permalink: '',
    sku: '',
    global_unique_id: '',
    regular_price: (cents / 100).toFixed(2),
    sale_price: onSale ? ((cents - 200) / 100).toFixed(2) : '',
    date_on_sale_from_gmt: null,
    date_on_sale_to_gmt: null,
    tax_class: '',
    manage_stock: true,
    stock_quantity: quantity,
    stock_status: quantity > 0 ? 'instock' : 'outofstock',
    backorders: 'no',
    weight: (0.1 + Math.floor(random() * 90) / 100).toFixed(2),
    description: '',
    short_description: '',
    catalog_visibility: 'visible',
    categories: [],
    tags: [],
    brands: [],
    images: [],
    image: null,
    attributes: [],
    date_modified_gmt: toGmt(start),
  };
}
