/** Nordlicht & Co., the shop that `shelfcast demo` imports. README.md tells what is wrong with it, on purpose. */
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawShopImages } from './draw-images.ts';

export const sampleShop = {
  name: 'Nordlicht & Co.',
  shopUrl: 'https://nordlicht.example',
  currency: 'EUR',
  country: 'DE',
  language: 'en',
  csvPath: fileURLToPath(new URL('./products.csv', import.meta.url)),
  /** What a complete import of the file finds; the test counts them. */
  products: 93,
  variants: 212,
} as const;

export interface PreparedShop {
  csvPath: string;
  imagesFolder: string;
  products: number;
  variants: number;
}

/** Puts `products.csv` into `folder` and its pictures into `folder/images`; what is drawn already stays. */
export async function prepareSampleShop(folder: string): Promise<PreparedShop> {
  const imagesFolder = join(folder, 'images');
  const csvPath = join(folder, 'products.csv');
  await mkdir(folder, { recursive: true });
  await drawShopImages(imagesFolder);
  // Two starts at once must not write into one half-made file.
  const part = `${csvPath}.${process.pid}.part`;
  await copyFile(sampleShop.csvPath, part);
  await rename(part, csvPath);
  return { csvPath, imagesFolder, products: sampleShop.products, variants: sampleShop.variants };
}
