/** An item that every channel takes; a test changes only what it is about. */
import type { Item, ItemImage } from '../../catalog/item.ts';

export const sampleImage = (name: string, changes: Partial<ItemImage> = {}): ItemImage => ({
  url: `https://cast.example/images/${name}.jpg`,
  width: 1200,
  height: 1200,
  bytes: 240_000,
  format: 'jpeg',
  sourceUrl: `https://shop.example/originals/${name}.webp`,
  ...changes,
});

export const sampleItem = (changes: Partial<Item> = {}): Item => ({
  catalogId: 'demo',
  productId: 'demo:linen-shirt',
  variantId: 'blue-m',
  offerId: 'SHIRT-BLUE-M',
  itemGroupId: 'linen-shirt',
  title: 'Linen shirt',
  description: 'A light shirt of washed linen with a soft collar.',
  link: 'https://shop.example/products/linen-shirt?variant=blue-m',
  images: [sampleImage('front'), sampleImage('back')],
  price: { minor: 4990, currency: 'EUR' },
  availability: 'in_stock',
  quantity: 7,
  brand: 'Nordhem',
  gtin: '4006381333931',
  options: [
    { name: 'Color', value: 'Blue' },
    { name: 'Size', value: 'M' },
  ],
  tags: ['summer'],
  attributes: { color: 'Blue', size: 'M', gender: 'unisex', age_group: 'adult', condition: 'new' },
  currency: 'EUR',
  country: 'DE',
  language: 'en',
  issues: [],
  overridden: [],
  ...changes,
});

/** The same item without some of its fields. */
export function without(item: Item, ...fields: (keyof Item)[]): Item {
  const rest = { ...item };
  for (const field of fields) delete rest[field];
  return rest;
}
