/** A Shopify export of any size, the same for the same arguments: 20 columns, four variants a product, HTML descriptions. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

const columns = [
  'URL handle', 'Title', 'Description', 'Vendor', 'Type', 'Tags', 'Published on online store', 'Status', 'Option1 name',
  'Option1 value', 'Option2 name', 'Option2 value', 'SKU', 'Barcode', 'Price', 'Compare-at price', 'Inventory tracker',
  'Inventory quantity', 'Continue selling when out of stock', 'Product image URL',
]; // prettier-ignore
const words =
  'woven linen cotton soft warm light strong blue autumn morning house garden river stone handmade slow honest simple'.split(
    ' ',
  );
const sizes = ['S', 'M', 'L', 'XL'];

const pick = (seed: number, at: number): string =>
  words[(seed * 31 + at * 17 + ((seed * at) % 7)) % words.length] ?? '';
const sentence = (seed: number, length: number): string =>
  Array.from({ length }, (_, at) => pick(seed, at)).join(' ');

function description(seed: number): string {
  const points = [1, 2, 3, 4].map((n) => `<li>${sentence(seed + n, 9)} &amp; ${pick(seed, n)}</li>`).join('');
  return `<p>${sentence(seed, 24)}.</p><p style=""color:#333""><strong>${pick(seed, 3)}</strong>, ${sentence(seed + 5, 30)}&nbsp;&ndash; ${sentence(seed + 9, 12)}.</p><ul>${points}</ul>`;
}

export async function generateExport(path: string, variants: number): Promise<void> {
  const file = createWriteStream(path);
  file.write(`${columns.join(',')}\r\n`);
  for (let product = 0; product * sizes.length < variants; product++) {
    let text = '';
    for (const [at, size] of sizes.entries()) {
      if (product * sizes.length + at >= variants) break;
      const first = at === 0;
      const handle = `product-${product}`;
      const shared = first
        ? `${sentence(product, 5)} ${product},"${description(product)}",Bench & Co.,Clothing,"${pick(product, 1)}, ${pick(product, 2)}",TRUE,active,Size`
        : ',,,,,,,';
      text += `${handle},${shared},${size},${first ? 'Color' : ''},${pick(product, 7)},SKU-${product}-${size},,${(product % 90) + 9}.95,${product % 3 === 0 ? `${(product % 90) + 19}.95` : ''},shopify,${product % 40},deny,${first ? `https://shop.example/images/${handle}.jpg` : ''}\r\n`;
    }
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
}
