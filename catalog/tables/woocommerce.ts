/** WooCommerce's product export: variations point to their parent by SKU or by `id:123`, before or after it. */
import type { Attributes, ProductInput, VariantInput } from '../product.ts';
import type { Read } from '../source.ts';
import { findOptionAttribute } from '../words.ts';
import { type Format, type Row, setText, toIssueRead } from './format.ts';
import { type Header, readCell, readCode } from './header.ts';

export const woocommerce: Format = {
  id: 'woocommerce',
  title: 'WooCommerce product export',
  expects: 'Type, SKU (or ID), Name and Regular price',
  recognise: (header) =>
    header.find('Type') >= 0 &&
    header.find('Name') >= 0 &&
    header.find('Regular price') >= 0 &&
    header.find('ID', 'SKU') >= 0,
  open(header, catalog) {
    const columns = { ...findColumns(header), shopUrl: catalog.shopUrl.replace(/\/+$/, '') };
    /** `id:…` of a parent that its variations may also call by its SKU; about 100 bytes for each such parent. */
    const aliases = new Map<string, string>();
    const otherKey = (cells: readonly string[]): string | undefined => {
      if (readType(cells, columns) !== 'variable') return undefined;
      const id = readCode(cells, columns.id);
      return id === '' || readCode(cells, columns.sku) === '' ? undefined : `id:${id}`;
    };
    return {
      keyColumn: columns.id >= 0 ? 'ID' : 'SKU',
      otherKey,
      learn(cells) {
        const alias = otherKey(cells);
        if (alias === undefined || aliases.has(alias)) return undefined;
        aliases.set(alias, `sku:${readCode(cells, columns.sku)}`);
        return alias;
      },
      key(cells) {
        const own = ownKey(cells, columns);
        return aliases.get(own) ?? own;
      },
      gather: (rows) => gather(rows, columns),
    };
  },
};

type Columns = ReturnType<typeof findColumns> & { shopUrl: string };

function findColumns({ find, findAll }: Header) {
  const [weight] = findAll(/^Weight \((\w+)\)$/i);
  return {
    id: find('ID'),
    type: find('Type'),
    sku: find('SKU'),
    gtin: find('GTIN, UPC, EAN, or ISBN'),
    name: find('Name'),
    published: find('Published'),
    short: find('Short description'),
    description: find('Description'),
    saleStarts: find('Date sale price starts'),
    saleEnds: find('Date sale price ends'),
    inStock: find('In stock?'),
    stock: find('Stock'),
    backorders: find('Backorders allowed?'),
    weight: weight ? { at: weight.at, unit: weight.match[1] ?? '' } : undefined,
    salePrice: find('Sale price'),
    regularPrice: find('Regular price'),
    categories: find('Categories'),
    tags: find('Tags'),
    images: find('Images'),
    parent: find('Parent'),
    url: find('External URL'),
    brands: find('Brands', 'Brand'),
    attributes: findAll(/^Attribute (\d+) name$/i).map(({ at, match }) => ({
      name: at,
      values: find(`Attribute ${match[1]} value(s)`),
    })),
  };
}

type Kind = 'simple' | 'variable' | 'variation' | 'grouped' | 'external';
const kinds: readonly string[] = ['variable', 'variation', 'grouped', 'external'] satisfies Kind[];

/** The cell may say more, as in "simple, downloadable, virtual"; without a base type the product is simple. */
function readType(cells: readonly string[], columns: Columns): string {
  const cell = readCell(cells, columns.type).toLowerCase();
  if (cell === 'simple') return cell;
  return (
    cell
      .split(',')
      .map((word) => word.trim())
      .find((word) => kinds.includes(word)) ?? 'simple'
  );
}

/** A parent is called by its SKU if it has one, as its variations do; a product of its own by its id. */
function ownKey(cells: readonly string[], columns: Columns): string {
  const type = readType(cells, columns);
  if (type === 'variation') {
    const parent = readCode(cells, columns.parent);
    if (parent !== '') return /^id:\d+$/.test(parent) ? parent : `sku:${parent}`;
  }
  const [id, sku] = [readCode(cells, columns.id), readCode(cells, columns.sku)];
  if (type === 'variable' && sku !== '') return `sku:${sku}`;
  if (id !== '') return `id:${id}`;
  return sku === '' ? '' : `sku:${sku}`;
}

function gather(rows: readonly Row[], columns: Columns): Read[] {
  const variations = rows.filter((row) => readType(row.cells, columns) === 'variation');
  const [main, ...others] = rows.filter((row) => readType(row.cells, columns) !== 'variation');
  const again = others.map((row) =>
    toIssueRead(row, {
      code: 'duplicate_product', field: 'SKU', value: readCode(row.cells, columns.sku),
      message: `The row names the same product as line ${main?.line ?? 0}.`,
      hint: 'Give each product its own ID and SKU.',
    }),
  ); // prettier-ignore
  if (!main || readType(main.cells, columns) !== 'variable') {
    const single = main ? gatherSingle(main, columns) : [];
    return [...single, ...again, ...variations.map((row) => toOrphanRead(row, columns))];
  }
  return [...gatherVariable(main, variations, columns), ...again];
}

function gatherSingle(row: Row, columns: Columns): Read[] {
  if (readType(row.cells, columns) === 'grouped') {
    return [{ kind: 'skip', reason: 'a grouped product only lists other products', records: 1 }];
  }
  const attributes = readAttributes(row.cells, columns);
  const product = toProduct(row, columns, attributes);
  product.variants.push(toVariant(row, row, columns, []));
  return [{ kind: 'product', input: product, records: 1 }];
}

const toOrphanRead = (row: Row, columns: Columns): Read =>
  toIssueRead(row, {
    code: 'parent_missing', field: 'Parent', value: readCell(row.cells, columns.parent),
    message: 'The file has no variable product that this variation names as its parent.',
    hint: 'Export the parent together with its variations.',
  }); // prettier-ignore

function gatherVariable(main: Row, variations: readonly Row[], columns: Columns): Read[] {
  // A variation that is switched off reads 0; -1 means the same as 1 there.
  const sold = variations.filter((row) => !/^(0|false)$/i.test(readCell(row.cells, columns.published)));
  const off: Read[] = variations
    .filter((row) => !sold.includes(row))
    .map(() => ({ kind: 'skip', reason: 'the variation is switched off', records: 1 }));
  if (sold.length === 0) {
    const issue = toIssueRead(main, {
      code: 'no_variations', field: 'Type', value: 'variable',
      message: 'The variable product has no variation that could be sold.',
      hint: 'Add a variation, or make it a simple product.',
    }); // prettier-ignore
    return [issue, ...off];
  }
  const product = toProduct(main, columns, readAttributes(main.cells, columns));
  const again: Read[] = [];
  const taken = new Map<string, number>();
  for (const row of sold) {
    const variant = toVariant(row, main, columns, readOptions(row.cells, columns));
    const first = taken.get(variant.sourceId);
    if (first === undefined) {
      taken.set(variant.sourceId, row.line);
      product.variants.push(variant);
    } else {
      again.push(
        toIssueRead(row, {
          code: 'duplicate_variant', field: 'ID', value: variant.sourceId,
          message: `The row names the same variation as line ${first}.`, hint: 'Remove one of the two rows.',
        }),
      ); // prettier-ignore
    }
  }
  return [{ kind: 'product', input: product, records: 1 + product.variants.length }, ...again, ...off];
}

function toProduct(row: Row, columns: Columns, attributes: Attributes): ProductInput {
  const { cells, line } = row;
  const product: ProductInput = {
    sourceId: readCode(cells, columns.id) || readCode(cells, columns.sku),
    variants: [],
    line,
    status: /^(1|true|)$/i.test(readCell(cells, columns.published)) ? 'active' : 'draft',
  };
  const short = readLines(cells, columns.short);
  setText(product, 'title', readCell(cells, columns.name));
  setText(product, 'descriptionHtml', readLines(cells, columns.description) || short);
  setText(product, 'vendor', readCell(cells, columns.brands).split(/[,>]/)[0]?.trim() ?? '');
  // The export has no address of the product; WordPress leads its short one to the product's page.
  const id = readCode(cells, columns.id);
  setText(product, 'link', readCell(cells, columns.url) || (id === '' ? '' : `${columns.shopUrl}/?p=${id}`));
  const tags = readList(cells, columns.tags);
  if (tags.length > 0) product.tags = tags;
  product.images = readList(cells, columns.images).map((url) => ({ url }));
  setText(attributes, 'short_description', short);
  setText(attributes, 'product_type', readList(cells, columns.categories)[0] ?? '');
  product.attributes = attributes;
  return product;
}

function toVariant(
  row: Row,
  main: Row,
  columns: Columns,
  options: { name: string; value: string }[],
): VariantInput {
  const { cells, line } = row;
  const sku = readCode(cells, columns.sku);
  const named = options.map((option) => option.value).join(' / ');
  const variant: VariantInput = {
    sourceId: readCode(cells, columns.id) || sku || named || 'default',
    options,
    line,
  };
  // A variation that repeats its parent's SKU has none of its own.
  if (row === main || sku !== readCode(main.cells, columns.sku)) setText(variant, 'sku', sku);
  setText(variant, 'gtin', readCode(cells, columns.gtin));
  setText(variant, 'price', readCell(cells, columns.regularPrice));
  setText(variant, 'salePrice', readCell(cells, columns.salePrice));
  setText(variant, 'saleStarts', readCell(cells, columns.saleStarts));
  setText(variant, 'saleEnds', readCell(cells, columns.saleEnds));
  setText(variant, 'availability', readCell(cells, columns.inStock) || readCell(main.cells, columns.inStock));
  setText(variant, 'quantity', readCell(cells, columns.stock));
  if (/^(1|true|yes|notify)$/i.test(readCell(cells, columns.backorders))) variant.oversell = true;
  if (row !== main) setText(variant, 'imageUrl', readList(cells, columns.images)[0] ?? '');
  const weight = columns.weight ? readCell(cells, columns.weight.at) : '';
  if (columns.weight && weight !== '') {
    variant.attributes = { shipping_weight: `${weight.replace(',', '.')} ${columns.weight.unit}` };
  }
  return variant;
}

/** What a variation leaves empty may be anything ("any size"): no choice, so no option. */
function readOptions(cells: readonly string[], columns: Columns): { name: string; value: string }[] {
  return columns.attributes.flatMap(({ name, values }) => {
    const value = readCell(cells, values).replaceAll('\\,', ',');
    return value === '' ? [] : [{ name: readCell(cells, name).replace(/^pa_/, ''), value }];
  });
}

/** Attributes with one value describe the product; with several they are the choices of its variations. */
function readAttributes(cells: readonly string[], columns: Columns): Attributes {
  const attributes: Attributes = {};
  for (const { name, values } of columns.attributes) {
    const attribute = findOptionAttribute(readCell(cells, name)) ?? findBrand(readCell(cells, name));
    const [value, ...more] = readList(cells, values);
    if (attribute !== undefined && value !== undefined && more.length === 0) attributes[attribute] = value;
  }
  return attributes;
}

const findBrand = (name: string): 'brand' | undefined => (/^(pa_)?brand$/i.test(name) ? 'brand' : undefined);

/** A line break is written as backslash and n. */
const readLines = (cells: readonly string[], at: number): string =>
  readCell(cells, at).replaceAll(String.raw`\n`, '\n');

/** Comma separated; a comma within a value is written `\,`. */
function readList(cells: readonly string[], at: number): string[] {
  const cell = readCell(cells, at);
  if (cell === '') return [];
  return cell
    .split(/(?<!\\),/)
    .map((value) => value.replaceAll('\\,', ',').trim())
    .filter((value) => value !== '');
}
