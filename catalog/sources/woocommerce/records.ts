/** What is read of the shop's records. Everything else in them is left aside. */
import { z } from 'zod';

const text = z.string().nullish();
const image = z.object({ src: z.string(), alt: text });
const sold = {
  id: z.int().positive(),
  sku: text,
  global_unique_id: text,
  permalink: text,
  regular_price: text,
  sale_price: text,
  date_on_sale_from_gmt: text,
  date_on_sale_to_gmt: text,
  tax_class: text,
  stock_status: text,
  stock_quantity: z.number().nullish(),
  backorders: text,
  weight: text,
};

/** https://woocommerce.github.io/woocommerce-rest-api-docs/#product-properties */
export const productSchema = z.object({
  ...sold,
  name: z.string(),
  slug: text,
  type: z.string(),
  status: z.string(),
  catalog_visibility: text,
  description: text,
  short_description: text,
  manage_stock: z.boolean().nullish(),
  categories: z.array(z.object({ name: z.string() })).default([]),
  tags: z.array(z.object({ name: z.string() })).default([]),
  brands: z.array(z.object({ name: z.string() })).default([]),
  images: z.array(image).default([]),
  attributes: z.array(z.object({ name: z.string(), options: z.array(z.string()).default([]) })).default([]),
});
export type ProductRecord = z.infer<typeof productSchema>;

/** https://woocommerce.github.io/woocommerce-rest-api-docs/#product-variation-properties */
export const variationSchema = z.object({
  ...sold,
  status: z.string(),
  manage_stock: z.union([z.boolean(), z.literal('parent')]).nullish(),
  image: image.nullish(),
  attributes: z.array(z.object({ name: z.string(), option: z.string() })).default([]),
});
export type VariationRecord = z.infer<typeof variationSchema>;
