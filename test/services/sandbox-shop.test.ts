import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { cleanGtin } from '../../catalog/gtin.ts';
import { drawShopImages } from '../../services/sandbox/shop/draw-images.ts';
import { loadPictures } from '../../services/sandbox/shop/pictures.ts';
import { prepareSampleShop, sampleShop, type PreparedShop } from '../../services/sandbox/shop/shop.ts';

interface Row {
  /** Where the row begins; 1 is the header. */
  line: number;
  cells: string[];
}

let rows: Row[];
let header: string[];
let folder: string;
let shop: PreparedShop;

beforeAll(async () => {
  const all: Row[] = [];
  let line = 1;
  parse(await readFile(sampleShop.csvPath), {
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    on_record: (cells: string[], { lines }) => {
      all.push({ line, cells });
      line = lines + 1;
      return cells;
    },
  });
  header = all[0]?.cells ?? [];
  rows = all.slice(1);
  folder = await mkdtemp(join(tmpdir(), 'sandbox-shop-'));
  shop = await prepareSampleShop(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const cell = (row: Row, name: string): string => row.cells[header.indexOf(name)] ?? '';
const handleOf = (row: Row): string => cell(row, 'URL handle');
const variantColumns = ['Price', 'SKU', 'Option1 value'];
const isVariant = (row: Row): boolean => variantColumns.some((name) => cell(row, name) !== '');
const inFolder = (name: string): string => join(shop.imagesFolder, name);
const isBad = (row: Row): boolean => row.cells.length !== header.length || handleOf(row) === '';
const goodRows = (): Row[] => rows.filter((row) => !isBad(row));
const rowAt = (line: number): Row | undefined => rows.find((row) => row.line === line);

const imagesOf = (row: Row): string[] =>
  ['Product image URL', 'Variant image URL'].map((name) => cell(row, name)).filter((name) => name !== '');

/** Cells of the tables of the README, without the header rows. */
async function readTables(): Promise<string[][]> {
  const text = await readFile(new URL('../../services/sandbox/shop/README.md', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s:|-]+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((text_) => text_.trim()),
    );
}

describe('the sample shop', () => {
  it('holds as many rows, products and variants as its README says', async () => {
    const counts = new Map(
      (await readTables()).map(([what = '', count]) => [what.replace(/ \(.*/, ''), Number(count)]),
    );
    const good = goodRows();
    const referred = new Set(good.flatMap(imagesOf));
    expect(rows).toHaveLength(counts.get('rows after the header') ?? 0);
    expect(rows.at(-1)?.line).toBe(counts.get('lines'));
    expect(new Set(good.map(handleOf)).size).toBe(counts.get('products'));
    expect(good.filter(isVariant)).toHaveLength(counts.get('variants, each one an item') ?? 0);
    expect(good.filter((row) => !isVariant(row))).toHaveLength(counts.get('rows with an image only') ?? 0);
    expect(rows.filter(isBad)).toHaveLength(counts.get('rows that no product can be made of') ?? 0);
    expect(referred.size).toBe(counts.get('pictures referred to'));
    expect(await loadPictures()).toHaveLength(counts.get('pictures drawn') ?? 0);
    expect(sampleShop.products).toBe(counts.get('products'));
    expect(sampleShop.variants).toBe(counts.get('variants, each one an item'));
    const statuses = ['accepted', 'blocked', 'rejected', 'withheld'].map((name) => counts.get(name) ?? 0);
    expect(statuses.reduce((sum, count) => sum + count)).toBe(sampleShop.variants);
  });

  it('has every row that the README speaks of on the line it names', async () => {
    const named = (await readTables()).filter(([line, handle]) => /^\d+$/.test(line ?? '') && handle);
    expect(named.length).toBeGreaterThan(30);
    const found = named.map(([line]) => [
      line,
      handleOf(rowAt(Number(line)) ?? { line: 0, cells: [] }) || '(none)',
    ]);
    expect(found).toEqual(named.map(([line, handle]) => [line, handle]));
  });

  it('has the faults in the cells, as the README tells', () => {
    const at = (line: number, name: string): string => cell(rowAt(line) ?? { line, cells: [] }, name);
    expect([221, 222, 224, 225, 226, 227].map((line) => at(line, 'Price'))).toEqual([
      'call us',
      '-5.00',
      '',
      '0.00',
      "'=19.99",
      '64,90',
    ]);
    expect(at(223, 'Price')).toBe('12.50');
    expect(at(229, 'Barcode')).toBe('4.00638E+12');
    expect(at(233, 'SKU')).toBe(at(2, 'SKU'));
    expect(at(234, 'Title')).toBe('');
    expect(at(235, 'Title')).toContain('"Hafen"');
    expect(at(242, 'Description')).toBe('');
    expect(at(244, 'Title')).toBe(at(244, 'Title').toUpperCase());
    expect(at(245, 'Title').length).toBeGreaterThan(200);
    expect(at(246, 'Description')).toBe(at(246, 'Title'));
    expect(Number(at(249, 'Compare-at price'))).toBeLessThan(Number(at(249, 'Price')));
    expect([rowAt(232), rowAt(239)].map((row) => row?.cells.length)).toEqual([5, 61]);
  });

  it('says "replica" in one product only, so that the review rejects just that', () => {
    const handles = rows.filter((row) => /replica/i.test(row.cells.join(' '))).map(handleOf);
    expect(new Set(handles)).toEqual(new Set(['leather-weekender']));
  });

  it('has right check digits in all barcodes but the three that the README names', () => {
    const wrong = goodRows().filter((row) => {
      const barcode = cell(row, 'Barcode');
      return barcode !== '' && !('gtin' in cleanGtin(barcode));
    });
    expect(wrong.map((row) => row.line)).toEqual([229, 230, 231]);
  });

  it('gives every variant a SKU of its own, or none', () => {
    const skus = goodRows()
      .map((row) => cell(row, 'SKU'))
      .filter((sku) => sku !== '');
    const twice = skus.filter((sku, at) => skus.indexOf(sku) !== at);
    expect(twice).toEqual(['NL-FJM-SND-S']);
  });

  it('is drawn whole, but for the picture that is missing on purpose', async () => {
    const drawn = await readdir(shop.imagesFolder);
    const referred = new Set(
      goodRows()
        .flatMap(imagesOf)
        .map((name) => basename(name)),
    );
    expect([...referred].filter((name) => !drawn.includes(name))).toEqual(['glass-carafe.jpg']);
    expect(drawn.filter((name) => !referred.has(name))).toEqual([]);
  });

  it('has pictures of many kinds, and files that are none', async () => {
    const look = async (name: string) => {
      const { format, width, height, space, orientation, hasAlpha } = await sharp(inFolder(name)).metadata();
      return { format, width, height, space, orientation, hasAlpha };
    };
    expect(await look('mini-magnet.jpg')).toMatchObject({ width: 300, height: 200 });
    expect(await look('poster-leuchtturm-scene.jpg')).toMatchObject({ width: 5000, height: 3750 });
    expect(await look('coussin-lin-lave-scene.jpg')).toMatchObject({ space: 'cmyk' });
    expect(await look('canvas-tote-atelier-close.jpg')).toMatchObject({ orientation: 6 });
    expect(await look('necklace-hilal.png')).toMatchObject({ format: 'png', hasAlpha: true });
    expect(await look('bol-du-matin-scene.webp')).toMatchObject({ format: 'webp' });
    expect(await look('trinkflasche-ostsee-scene.avif')).toMatchObject({ format: 'heif' });
    expect(await look('vase-duene-close.tiff')).toMatchObject({ format: 'tiff' });
    expect(await look('cafe-creme-postcards.gif')).toMatchObject({ format: 'gif' });
    await expect(sharp(inFolder('apfelkiste.jpg')).metadata()).rejects.toThrow('unsupported image format');
    await expect(sharp(inFolder('schal-ebbe.jpg')).toBuffer()).rejects.toThrow('premature end');
  });

  it('is not drawn again where it lies already', async () => {
    const before = await stat(inFolder('fjord-mug-sand.jpg'));
    expect(await drawShopImages(shop.imagesFolder)).toBe(0);
    const after = await stat(inFolder('fjord-mug-sand.jpg'));
    expect(after.mtimeMs).toBe(before.mtimeMs);
    expect(await readFile(shop.csvPath)).toEqual(await readFile(sampleShop.csvPath));
  });
});
