import { expect, it } from '@jest/globals';
import { hash } from 'node:crypto';
import { readFile as readBytes } from 'node:fs/promises';
import { join } from 'node:path';
import { normalizeProduct } from '../../../../catalog/normalize.ts';
import { catalog, readText } from './read-all.ts';

const woo = `ID,Type,SKU,Name,Published,Description,Regular price,Sale price,In stock?,Stock,Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s)
1,variable,P,Shirt,1,"<p>Soft &amp; warm</p>",,,1,,Clothing > Shirts,https://shop.example/a.jpg,,Size,"S, M"
2,variation,P-S,Shirt S,1,,"19,99","9,99",1,3,,,P,Size,S
3,variation,P-M,Shirt M,1,,19.99,,0,0,,,id:1,Size,M
4,simple,Q,Cap &amp; hat,1,,5,,1,,,,,,
`;
const feed = `id\ttitle\tdescription\tlink\timage_link\tprice\tavailability\titem_group_id\tcolor\tgtin
A1\tMug\tA mug\thttps://shop.example/mug\thttps://shop.example/mug.jpg\t1.234,50 EUR\tin stock\tA\tred\t4006381333931
A2\tMug\tA mug\thttps://shop.example/mug\thttps://shop.example/mug.jpg\tJPY 500\tpreorder\tA\tblue\t'0012
`;

/**
 * Products that are known by their bytes are not read again, so whoever changes what the same bytes become must say
 * so. When this fails: raise `readingVersion` in catalog/tables/read-table.ts (another input), or `normalizeVersion`
 * in catalog/import.ts (another product), and write the new hash here.
 */
it('makes the same products of the same files as long as the versions of reading and normalizing are the same', async () => {
  const shopify = await readBytes(join(import.meta.dirname, 'fixtures/shopify-variants-and-images.csv'));
  const inputs = [];
  for (const file of [shopify, woo, feed]) inputs.push(...(await readText(file)).products);
  expect(inputs.length).toBeGreaterThan(4);
  const made = inputs.map((input) => normalizeProduct(input, catalog));
  expect({
    'reading version 2': hash('sha1', JSON.stringify(inputs)),
    'normalize version 1': hash('sha1', JSON.stringify(made)),
  }).toEqual({
    'reading version 2': '7db2f941810b387fcfe2663c67f21b5ca737599e',
    'normalize version 1': 'bfb4cd1decb8f08c616e9f3612b5d94a6f50e791',
  });
});
