import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { Parser } from 'htmlparser2';
import type { Item } from '../../catalog/item.ts';
import { buildFeed, hashRow, toRow, type FeedFormat } from '../../feeds/build-feed.ts';
import { listSeparator, type Column, type FeedLayout } from '../../feeds/channel.ts';
import { readBack } from '../../feeds/formats/read-back.ts';
import { sampleItem, without } from '../support/sample-item.ts';

const columns: Column[] = [
  { name: 'id', value: (item) => item.offerId },
  { name: 'title', value: (item) => item.title },
  { name: 'brand', value: (item) => item.brand },
  {
    name: 'label',
    value: (item) => item.tags.join(listSeparator),
    list: { cell: (tags) => tags.join('|'), entries: (cell) => cell.split('|') },
    xml: { name: 'label' },
  },
  {
    name: 'choice',
    value: (item) => item.options.map(({ name, value }) => `${name}:${value}`).join(listSeparator),
    list: { cell: (pairs) => pairs.join(','), entries: (cell) => cell.split(',') },
    xml: { name: 'choice', parts: (pair) => [['name', pair.split(':')[0] ?? ''], ['value', pair.split(':')[1] ?? '']] },
  },
]; // prettier-ignore
const layout: FeedLayout = { columns, formats: ['csv', 'tsv', 'xml'] };
const meta = { title: 'Demo & more', link: 'https://shop.example' };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'feed-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(items: Iterable<Item>, format: FeedFormat): Promise<{ text: string; chunks: string[]; path: string }> {
  const chunks: string[] = [];
  for await (const chunk of buildFeed(items, layout, format, meta)) chunks.push(chunk.toString());
  const path = join(folder, `feed.${format}`);
  await writeFile(path, chunks.join(''));
  return { text: chunks.join(''), chunks, path };
} // prettier-ignore
async function readText(text: string | Buffer, format: FeedFormat): Promise<number> {
  const path = join(folder, `given.${format}`);
  await writeFile(path, text);
  return readBack(path, format);
}

/** What another parser finds in the items: names and texts of the elements. */
function parseXml(text: string): [string, string][][] {
  const items: [string, string][][] = [];
  const path: string[] = [];
  const parser = new Parser(
    {
      onopentag(name) {
        path.push(name);
        if (path.length === 3 && name === 'item') items.push([]);
        if (path[2] === 'item' && path.length > 3) items.at(-1)?.push([path.slice(3).join('>'), '']);
      },
      ontext(part) {
        const last = items.at(-1)?.at(-1);
        if (path[2] === 'item' && path.length > 3 && last && last[0] === path.slice(3).join('>'))
          last[1] += part;
      },
      onclosetag() {
        path.pop();
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(text);
  return items;
}

test('asks a column of an attribute only for items that have it, one item after another', async () => {
  const asked: string[] = [];
  const of: FeedLayout = {
    formats: ['csv', 'xml'],
    columns: [
      { name: 'id', value: (item) => item.offerId },
      {
        name: 'color',
        of: 'color',
        value({ offerId, attributes }) {
          asked.push(offerId);
          return attributes.color;
        },
      },
      { name: 'size', of: 'size', value: ({ attributes }) => attributes.size },
    ],
  };
  const items = [
    sampleItem({ offerId: 'A', attributes: { size: 'M', color: 'red' } }),
    sampleItem({ offerId: 'B', attributes: { size: 'L' } }),
    sampleItem({ offerId: 'C', attributes: {} }),
    sampleItem({ offerId: 'D', attributes: { color: 'blue' } }),
  ];
  const chunks: string[] = [];
  for await (const chunk of buildFeed(items, of, 'csv', meta)) chunks.push(chunk.toString());
  expect(chunks.join('')).toBe('id,color,size\r\nA,red,M\r\nB,,L\r\nC,,\r\nD,blue,\r\n');
  expect(asked).toEqual(['A', 'D']);
  expect(items.map((item) => toRow(item, of.columns))).toEqual([
    { id: 'A', color: 'red', size: 'M' },
    { id: 'B', size: 'L' },
    { id: 'C' },
    { id: 'D', color: 'blue' },
  ]);
});

test('a row leaves out what is absent or empty, and its hash changes with what the channel sees', () => {
  const row = toRow(without(sampleItem({ tags: [] }), 'brand'), columns);
  expect(row).toEqual({ id: 'SHIRT-BLUE-M', title: 'Linen shirt', choice: 'Color:Blue\nSize:M' });
  expect(hashRow(row)).toBe(hashRow({ ...row }));
  expect(hashRow(toRow(sampleItem({ quantity: 1 }), columns))).toBe(hashRow(toRow(sampleItem(), columns)));
  expect(hashRow(toRow(sampleItem({ title: 'B' }), columns))).not.toBe(hashRow(toRow(sampleItem(), columns)));
});

describe('a CSV feed', () => {
  test('has the header, one record per item with CRLF, and quotes only where they are needed', async () => {
    const { text } = await write([sampleItem({ title: 'Shirt, "blue"\nsoft', tags: ['a', 'b'] })], 'csv');
    expect(text).toBe(
      'id,title,brand,label,choice\r\nSHIRT-BLUE-M,"Shirt, ""blue""\nsoft",Nordhem,a|b,"Color:Blue,Size:M"\r\n',
    );
  });

  test('drops control characters', async () => {
    const { text } = await write([sampleItem({ title: 'a\u0000b\u0007c\u007fd\te' })], 'csv');
    expect(text).toContain(',"abcd\te",');
  });

  test.each(['csv', 'tsv'] as const)('reads back the same with another parser, whatever the texts (%s)', async (format) => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r', '\t', ';', "'", 'ä', '亜', '😀', '=') });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), async (pairs) => {
        const items = pairs.map(([title, brand], i) => sampleItem({ offerId: `i${i}`, title, brand }));
        const { text: feed, path } = await write(items, format);
        const found = parse(feed, { delimiter: format === 'csv' ? ',' : '\t', record_delimiter: '\r\n', columns: true });
        expect(found).toMatchObject(pairs.map(([title, brand], i) => ({ id: `i${i}`, title, brand })));
        expect(await readBack(path, format)).toBe(items.length);
      }),
      { numRuns: 150 },
    );
  }); // prettier-ignore
});

describe('an XML feed', () => {
  test('is RSS 2.0 with g: elements, repeated elements for lists, and parts where an entry has them', async () => {
    const { text } = await write([sampleItem({ tags: ['a', 'b'] })], 'xml');
    expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<rss version="2.0" xmlns:g="http:\/\/base.google.com\/ns\/1.0">/);
    expect(text).toContain('<title>Demo &amp; more</title>');
    expect(parseXml(text)).toEqual([
      [
        ['g:id', 'SHIRT-BLUE-M'], ['g:title', 'Linen shirt'], ['g:brand', 'Nordhem'], ['label', 'a'], ['label', 'b'],
        ['choice', ''], ['choice>name', 'Color'], ['choice>value', 'Blue'],
        ['choice', ''], ['choice>name', 'Size'], ['choice>value', 'M'],
      ],
    ]);
  }); // prettier-ignore

  test('drops what XML forbids: control characters, halves of surrogate pairs, U+FFFE', async () => {
    const { text } = await write([sampleItem({ title: 'a\u0000\u000b\ud800b\udc00\ufffe\uffffc😀' })], 'xml');
    expect(text).toContain('<g:title>abc😀</g:title>');
  });

  test('reads back the same with another parser, whatever the texts', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '&', '<', '>', '"', "'", ']]>', '&amp;', '\n', '\r', '<b>', 'ä', '😀', '\ufffd') });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async (titles) => {
        const items = titles.map((title, i) => without(sampleItem({ offerId: `i${i}`, title: `t${title}`, tags: [], options: [] }), 'brand'));
        const { text: feed, path } = await write(items, 'xml');
        expect(parseXml(feed)).toEqual(titles.map((title, i) => [['g:id', `i${i}`], ['g:title', `t${title}`]]));
        expect(await readBack(path, 'xml')).toBe(items.length);
      }),
      { numRuns: 200 },
    );
  }); // prettier-ignore
});

describe('any feed', () => {
  test.each(['csv', 'tsv', 'xml'] as const)('comes in chunks of about 256 KB while the items come in (%s)', async (format) => {
    let made = 0;
    function* items() {
      for (; made < 12_000; made++) yield sampleItem({ offerId: `i${made}`, title: '亜😀 "x"\n& <y> '.repeat(4) });
    }
    const first = await buildFeed(items(), layout, format, meta).next();
    expect(made).toBeLessThan(8_000);
    expect(first.value?.length).toBeLessThan(270_000);
    made = 0;
    const { chunks, path } = await write(items(), format);
    expect(chunks.length).toBeGreaterThan(3);
    for (const chunk of chunks) expect(Buffer.byteLength(chunk)).toBeLessThan(270_000);
    expect(await readBack(path, format)).toBe(12_000);
  }); // prettier-ignore

  test.each(['csv', 'tsv', 'xml'] as const)('of no items is a good file with none (%s)', async (format) => {
    const { path } = await write([], format);
    expect(await readBack(path, format)).toBe(0);
  });
});

const rss = (inside: string) =>
  `<?xml version="1.0"?><rss version="2.0"><channel>${inside}</channel></rss>\n`;

describe('reading back', () => {
  test.each([
    ['csv', '', 'no header'],
    ['csv', 'a,b\r\n1\r\n', '1 fields instead of 2'],
    ['csv', 'a,b\r\n1,2,3\r\n', '3 fields instead of 2'],
    ['csv', 'a,b\r\n1,2', 'no line end'],
    ['csv', 'a,b\r\n1,', 'no line end'],
    ['csv', 'a,b\n1,2\n', 'bare line feed'],
    ['csv', 'a,b\r\n1,"2\r\n', 'never closes'],
    ['csv', 'a,b\r\n1,2"3\r\n', 'quote inside'],
    ['csv', 'a,b\r\n1,"2"3\r\n', 'after a closing quote'],
    ['csv', 'a,b\r\n1,2\r3\r\n', 'carriage return'],
    ['csv', 'a,b\r\n1,2\r', 'carriage return'],
    ['csv', 'a,b\r\n1,\u00012\r\n', 'control character'],
    ['csv', 'a,b\r\n1,"\u0001"\r\n', 'control character'],
    ['tsv', 'a\tb\r\n1,2\r\n', '1 fields instead of 2'],
    ['xml', '', 'no root'],
    ['xml', '<rss></rss>', 'no XML declaration'],
    ['xml', rss('<item><a>1</a>'), 'closes nothing'],
    ['xml', '<?xml version="1.0"?><rss><channel><item>', 'breaks off'],
    ['xml', '<?xml version="1.0"?><rss></rss><rss></rss>', 'second root'],
    ['xml', '<?xml version="1.0"?><rss></rss>x', 'outside the root'],
    ['xml', rss('<item><a>1 & 2</a></item>'), 'no entity'],
    ['xml', rss('<item><a>&nbsp;</a></item>'), 'no entity'],
    ['xml', rss('<item><a>]]></a></item>'), ']]>'],
    ['xml', rss('<item><a>\u0008</a></item>'), 'control character'],
    ['xml', rss('<item><a>\uffff</a></item>'), 'forbids'],
    ['xml', rss('<item><a></b></item>'), 'closes nothing'],
    ['xml', rss('<item><ab></a></item>'), 'closes nothing'],
    ['xml', rss('<item><a x=1></a></item>'), 'the tag'],
    ['xml', rss('<item><1></1></item>'), 'the tag'],
    ['xml', rss('<item><a</a></item>'), 'the tag'],
    ['xml', rss('<item></item'.repeat(2)), 'closes nothing'],
    ['xml', rss('<!-- x -->'), 'comment'],
  ] as const)('refuses a broken %s file: %j', async (format, text, reason) => {
    await expect(readText(text, format)).rejects.toMatchObject({ code: 'feed_malformed', message: expect.stringContaining(reason) });
  }); // prettier-ignore

  test('refuses bytes that are not UTF-8, also at the very end', async () => {
    await expect(readText(Buffer.from([0x61, 0xff, 0x0d, 0x0a]), 'csv')).rejects.toThrow('UTF-8');
    await expect(readText(Buffer.from([0x61, 0x0d, 0x0a, 0xc3]), 'csv')).rejects.toThrow('UTF-8');
  });

  test('counts only items of the channel, with attributes and empty elements', async () => {
    const text = rss('<item><item>1</item><x a="1" b:c="ä"/></item><items>2</items><item/>');
    expect(await readText(text, 'xml')).toBe(2);
  });

  test('finds a control character at any place of a long text, and takes line ends and tabs within quotes', async () => {
    const long = 'Ein Text mit Kömma, 亜 und\tso\r\nweiter. '.repeat(3);
    expect(await readText(`a,b\r\n1,"${long}"\r\n`, 'csv')).toBe(1);
    for (let at = 0; at < long.length; at++) {
      for (const control of ['\u0000', '\u001f', '\u007f']) {
        const broken = `a,b\r\n0,0\r\n1,"${long.slice(0, at)}${control}${long.slice(at)}"\r\n`;
        await expect(readText(broken, 'csv')).rejects.toThrow(`control character ${control.charCodeAt(0)} in record 3`); // prettier-ignore
      }
    }
  });

  test('is not misled by where a piece of the file ends', async () => {
    for (let shift = 0; shift < 40; shift++) {
      const long = 'x'.repeat(1024 * 1024 - 220 + shift);
      expect(await readText(`a,b\r\n1,"${long}""😀ä亜"\r\n2,"""\r\n"\r\n`, 'csv')).toBe(2);
      expect(await readText(rss(`<item><a>${long}</a><b>&amp;😀亜</b></item><item></item>`), 'xml')).toBe(2);
    }
  });
});
