import { describe, expect, it } from '@jest/globals';
import iconv from 'iconv-lite';
import { inspectCsv } from '../../../../catalog/tables/read-table.ts';
import type { Row } from '../../../../catalog/tables/format.ts';
import { eachPlanned, findScattered } from '../../../../catalog/tables/scattered.ts';
import { shopify } from '../../../../catalog/tables/shopify.ts';
import { toHeader } from '../../../../catalog/tables/header.ts';
import { catalog, readFile, readText, withFile } from './read-all.ts';

const text = 'Handle,Title,Variant Price\nweiß,Größe “M” – café €,5\nb,Bär,6\n';
const titles = ['Größe “M” – café €', 'Bär'];

describe('the CSV source', () => {
  it.each([
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`), 'utf-8'],
    ['UTF-16 LE with a mark', iconv.encode(text, 'utf-16le', { addBOM: true }), 'utf-16le'],
    ['UTF-16 BE with a mark', iconv.encode(text, 'utf-16be', { addBOM: true }), 'utf-16be'],
    ['UTF-16 LE', iconv.encode(text, 'utf-16le'), 'utf-16le'],
    ['Windows-1252', iconv.encode(text, 'windows-1252'), 'windows-1252'],
  ])('reads %s', async (_, bytes, encoding) => {
    const result = await readText(bytes);
    expect(result.products.map((product) => product.title)).toEqual(titles);
    expect(result.details).toMatchObject({ encoding });
  });

  it('finds Windows-1252 also when the first accent comes a megabyte later', async () => {
    const plain = Array.from({ length: 60_000 }, (_, at) => `plain-${at},Plain,5`).join('\n');
    const { products } = await readText(
      iconv.encode(`${text.split('\n')[0]}\n${plain}\nlast,Größe,7\n`, 'windows-1252'),
    );
    expect(products.at(-1)?.title).toBe('Größe');
  });

  it('keeps a UTF-8 file readable around one broken byte', async () => {
    const bytes = Buffer.concat([
      Buffer.from(text),
      Buffer.from('c,X'),
      Buffer.from([0xfc]),
      Buffer.from(',7\n'),
    ]);
    expect((await readText(bytes)).products.map((product) => product.title)).toEqual([...titles, 'X\uFFFD']);
  });

  it.each([
    [';', '"'],
    ['\t', '"'],
    ['|', '"'],
    [',', "'"],
  ])('finds the delimiter %j and the quote %s', async (delimiter, quote) => {
    const row = (cells: string[]) => cells.map((cell) => quote + cell + quote).join(delimiter);
    const rows = [row(['Handle', 'Title', 'Variant Price']), row(['a', `A, or; B | C\tD`, '5,00'])];
    const { products, details } = await readText(`${rows.join('\r\n')}\r\n`);
    expect(products[0]).toMatchObject({ title: 'A, or; B | C\tD', variants: [{ price: '5,00' }] });
    expect(details).toMatchObject({ delimiter });
  });

  it('reads files of old Macs, and the line in which Excel names the delimiter', async () => {
    expect((await readText(text.replaceAll('\n', '\r'))).products).toHaveLength(2);
    const { products } = await readText(`sep=;\r\n${text.replaceAll(',', ';')}`);
    expect(products.map((product) => product.line)).toEqual([3, 4]);
  });

  it.each([
    ['', 'empty'],
    [' \n\n', 'blank lines'],
    ['PK\u0003\u0004rest of a workbook', 'Excel'],
    ['<!doctype html><html></html>', 'HTML'],
    ['[{"id": 1}]', 'JSON'],
    ['just some words\nand more\n', 'not a header'],
    ['Handle,Title,Variant Price\0\na,b,c\n', 'binary'],
  ])('refuses %j and says what was found', async (content, found) => {
    await expect(readText(content)).rejects.toMatchObject({
      name: 'SourceError', code: 'csv_not_a_catalog', message: expect.stringContaining(found),
    }); // prettier-ignore
  });

  it('refuses a table that is no catalog, naming its columns and what is expected', async () => {
    await expect(readText('Date,Amount,Payee\n2027-01-01,5,Ann\n')).rejects.toMatchObject({
      code: 'csv_unknown_format',
      message: expect.stringContaining('Date, Amount, Payee'),
      hint: expect.stringContaining('Shopify product export'),
    });
  });

  it('gives a complete, empty reading for a catalog with a header only', async () => {
    expect(await readText('Handle,Title,Variant Price\n')).toMatchObject({
      products: [],
      records: 0,
      complete: true,
    });
  });
});

const header = 'Handle,Title,Option1 Name,Option1 Value,Variant Price\n';
/** Each product's two rows stand 400 rows apart. */
const scattered =
  header +
  Array.from({ length: 400 }, (_, at) => `p${at},P ${at},Size,M,5\n`).join('') +
  Array.from({ length: 400 }, (_, at) => `p${at},,,L,6\n`).join('');

describe('rows of one product that stand far apart', () => {
  it('are found while reading, and joined after a restart', async () => {
    const result = await readText(scattered);
    expect(result).toMatchObject({
      restarts: 1,
      records: 800,
      complete: true,
      bookmark: { scattered: true },
    });
    expect(result.products).toHaveLength(400);
    expect(result.products.every((product) => product.variants.length === 2)).toBe(true);
  });

  it('need no restart when the bookmark remembers them', async () => {
    const result = await readText(scattered, {}, { scattered: true });
    expect(result).toMatchObject({ restarts: 0, records: 800 });
    expect(result.products).toHaveLength(400);
  });

  it('are forgotten once the file is in order again', async () => {
    const result = await readText(`${header}a,A,Size,M,5\na,,,L,6\n`, {}, { scattered: true });
    expect(result).toMatchObject({ restarts: 0, records: 2, bookmark: { scattered: false } });
  });

  it('need no restart when only a few products lie between', async () => {
    const result = await readText(`${header}a,A,Size,M,5\nb,B,Size,M,5\na,,,L,6\n`);
    expect(result.restarts).toBe(0);
    expect(result.products.map((product) => product.variants.length)).toEqual([2, 1]);
  });

  it('are spread over several readings when they are too large to hold at once', async () => {
    const rows: Row[] = scattered
      .trim()
      .split('\n')
      .slice(1)
      .map((line, at) => ({ cells: line.split(','), line: at + 2, size: line.length }));
    let readings = 0;
    async function* readRows() {
      readings++;
      yield await Promise.resolve(rows);
    }
    const grouping = shopify.open(toHeader(header.trim().split(',')), catalog);
    const plan = await findScattered(readRows, grouping, 4_000);
    const seen = new Set<string>();
    for await (const read of eachPlanned(readRows, grouping, plan)) {
      expect(read).toMatchObject({ kind: 'product', records: 2 });
      if (read.kind === 'product') seen.add(read.input.sourceId);
    }
    expect(plan.parts).toBeGreaterThan(1);
    expect(readings).toBe(1 + plan.parts);
    expect(seen.size).toBe(400);
  });
});

describe('inspectCsv', () => {
  it('shows what a file seems to be', async () => {
    expect(await withFile(text, (path) => inspectCsv(path))).toEqual({
      format: 'shopify', title: 'Shopify product export', delimiter: ',', encoding: 'utf-8',
      columns: ['Handle', 'Title', 'Variant Price'],
      sampleRows: [['weiß', 'Größe “M” – café €', '5'], ['b', 'Bär', '6']],
    });
  }); // prettier-ignore

  it('guesses a mapping for a header that it does not know, and reading with it works', async () => {
    await withFile('Nummer;Titel;Preis\n1;Tee;3,50\n', async (path) => {
      const { format, mapping } = await inspectCsv(path);
      expect(format).toBeUndefined();
      expect(mapping).toEqual({ Nummer: 'id', Titel: 'title', Preis: 'price' });
      const { products } = await readFile({ path }, undefined, { ...catalog, mapping });
      expect(products[0]).toMatchObject({ sourceId: '1', title: 'Tee' });
    });
  });
});
