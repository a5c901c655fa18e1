/** Shopify's product export, with the column names before and since 2025. */
import type { AttributeName, Attributes, ProductInput, VariantInput } from '../product.ts';
import type { Read } from '../source.ts';
import { type Format, type Row, setText, toIssueRead } from './format.ts';
import { type Header, readCell, readCode } from './header.ts';

export const shopify: Format = {
  id: 'shopify',
  title: 'Shopify product export',
  expects: 'Handle (or URL handle), Title, and Variant Price (or Price)',
  recognise: (header) =>
    header.find('Handle', 'URL handle') >= 0 &&
    header.find('Title') >= 0 &&
    header.find('Variant Price', 'Option1 Name', 'Image Src', 'Product image URL', 'Variant SKU') >= 0,
  open(header) {
    const columns = findColumns(header);
    return {
      keyColumn: header.names[columns.handle] ?? 'Handle',
      key: (cells) => readCell(cells, columns.handle),
      gather: (rows) => gather(rows, columns),
    };
  },
};

/** Attributes that stand in a column of their own: on the first row for the product, on others for the variant. */
const attributeColumns: [AttributeName, ...string[]][] = [
  [
    'google_product_category',
    'Google Shopping / Google Product Category',
    ...metafield('google_product_category'),
  ],
  ['gender', 'Google Shopping / Gender', ...metafield('gender')],
  ['age_group', 'Google Shopping / Age Group', ...metafield('age_group')],
  ['mpn', 'Google Shopping / MPN', 'Google Shopping / Manufacturer part number (MPN)', ...metafield('mpn')],
  ['condition', 'Google Shopping / Condition', ...metafield('condition')],
  ['custom_label_0', 'Google Shopping / Custom Label 0', ...metafield('custom_label_0')],
  ['custom_label_1', 'Google Shopping / Custom Label 1', ...metafield('custom_label_1')],
  ['custom_label_2', 'Google Shopping / Custom Label 2', ...metafield('custom_label_2')],
  ['custom_label_3', 'Google Shopping / Custom Label 3', ...metafield('custom_label_3')],
  ['custom_label_4', 'Google Shopping / Custom Label 4', ...metafield('custom_label_4')],
  ['size_type', ...metafield('size_type')],
  ['size_system', ...metafield('size_system')],
  ['tax_category', 'Variant Tax Code', 'Tax code'],
];

/** Shopify's Google app keeps its fields as metafields; an export names the column `Any name (product.metafields.…)`. */
function metafield(key: string): string[] {
  return [`product.metafields.mm-google-shopping.${key}`];
}

type Columns = ReturnType<typeof findColumns>;

function findColumns(original: Header) {
  const header = withMetafields(original);
  const { find } = header;
  return {
    handle: find('Handle', 'URL handle'),
    title: find('Title'),
    description: find('Body (HTML)', 'Description'),
    vendor: find('Vendor'),
    category: find('Product Category', 'Standardized Product Type'),
    type: find('Type', 'Custom Product Type'),
    tags: find('Tags'),
    published: find('Published', 'Published on online store'),
    status: find('Status'),
    giftCard: find('Gift Card'),
    options: [1, 2, 3].map((n) => ({ name: find(`Option${n} Name`), value: find(`Option${n} Value`) })),
    sku: find('Variant SKU', 'SKU'),
    barcode: find('Variant Barcode', 'Barcode'),
    price: find('Variant Price', 'Price'),
    compareAt: find('Variant Compare At Price', 'Compare-at price'),
    tracker: find('Variant Inventory Tracker', 'Inventory tracker'),
    quantity: find('Variant Inventory Qty', 'Inventory quantity'),
    policy: find('Variant Inventory Policy', 'Continue selling when out of stock'),
    grams: find('Variant Grams', 'Weight value (grams)'),
    measure: find('Unit Price Total Measure'),
    measureUnit: find('Unit Price Total Measure Unit'),
    baseMeasure: find('Unit Price Base Measure'),
    baseMeasureUnit: find('Unit Price Base Measure Unit'),
    image: find('Image Src', 'Product image URL'),
    imagePosition: find('Image Position'),
    imageAlt: find('Image Alt Text'),
    variantImage: find('Variant Image', 'Variant image URL'),
    saleStarts: find('product.metafields.custom.sale_price_starts_at'),
    saleEnds: find('product.metafields.custom.sale_price_ends_at'),
    attributes: attributeColumns.flatMap(([name, ...names]) => {
      const at = find(...names);
      return at < 0 ? [] : [{ name, at }];
    }),
  };
}

/** Finds `Any name (product.metafields.ns.key)` also by what stands in the brackets. */
function withMetafields(header: Header): Header {
  const byPath = new Map(
    header
      .findAll(/\((product\.metafields\.[^()]+)\)\s*$/i)
      .map(({ at, match }) => [(match[1] ?? '').toLowerCase(), at]),
  );
  return {
    ...header,
    find(...names) {
      const at = header.find(...names);
      if (at >= 0) return at;
      return byPath.get(names.find((name) => byPath.has(name.toLowerCase()))?.toLowerCase() ?? '') ?? -1;
    },
  };
}

function gather(rows: readonly Row[], columns: Columns): Read[] {
  const main = rows.find((row) => readCell(row.cells, columns.title) !== '') ?? rows[0];
  if (!main) return [];
  const reads: Read[] = [];
  const variants = new Map<string, VariantInput>();
  const attributes = readAttributes(main.cells, columns);
  const optionNames = columns.options.map(({ name }) => readCell(main.cells, name));
  for (const row of rows) {
    if (!isVariant(row.cells, columns)) continue;
    const variant = toVariant(row, columns, optionNames, main, attributes);
    const sourceId = freeId(variant, variants);
    const first = variants.get(sourceId);
    if (first) reads.push(toDuplicateRead(row, first, columns));
    else variants.set(sourceId, { ...variant, sourceId });
  }
  if (variants.size === 0) variants.set('default', toVariant(main, columns, optionNames, main, attributes));
  const product = toProduct(main, rows, columns, attributes, [...variants.values()]);
  return [{ kind: 'product', input: product, records: rows.length - reads.length }, ...reads];
}

/** A row with nothing but a handle and an image adds an image only. */
const isVariant = (cells: readonly string[], columns: Columns): boolean =>
  readCell(cells, columns.price) !== '' ||
  readCell(cells, columns.sku) !== '' ||
  columns.options.some(({ value }) => readCell(cells, value) !== '');

/** The option values; a second row with the same ones but a SKU of its own is told apart by that. */
function freeId(variant: VariantInput, taken: ReadonlyMap<string, VariantInput>): string {
  const first = taken.get(variant.sourceId);
  return first && variant.sku !== undefined && variant.sku !== first.sku
    ? `${variant.sourceId} / ${variant.sku}`
    : variant.sourceId;
}

const toDuplicateRead = (row: Row, first: VariantInput, columns: Columns): Read =>
  toIssueRead(row, {
    code: 'duplicate_variant',
    field: 'Option1 Value',
    value: readCell(row.cells, columns.options[0]?.value ?? -1),
    message: `The row has the same option values as line ${first.line ?? 0} of the same product.`,
    hint: 'Give each variant its own option values, or remove one of the rows.',
  });

function toVariant(
  row: Row,
  columns: Columns,
  optionNames: readonly string[],
  main: Row,
  productAttributes: Attributes,
): VariantInput {
  const { cells } = row;
  const options = columns.options.flatMap(({ name, value }, at) => {
    const text = readCell(cells, value);
    const optionName = readCell(cells, name) || (optionNames[at] ?? '');
    // Shopify's way to say that there is nothing to choose.
    if (text === '' || text.toLowerCase() === 'default title') return [];
    return [{ name: optionName || `Option ${at + 1}`, value: text }];
  });
  const variant: VariantInput = {
    sourceId: options.map((option) => option.value).join(' / ') || 'default',
    options,
    line: row.line,
  };
  setText(variant, 'sku', readCode(cells, columns.sku));
  setText(variant, 'gtin', readCode(cells, columns.barcode));
  setText(variant, 'price', readCell(cells, columns.price));
  setText(variant, 'regularPrice', readCell(cells, columns.compareAt));
  setText(
    variant,
    'saleStarts',
    readCell(cells, columns.saleStarts) || readCell(main.cells, columns.saleStarts),
  );
  setText(variant, 'saleEnds', readCell(cells, columns.saleEnds) || readCell(main.cells, columns.saleEnds));
  setText(variant, 'quantity', readCell(cells, columns.quantity));
  setText(variant, 'imageUrl', readCell(cells, columns.variantImage));
  if (columns.tracker >= 0) variant.tracked = readCell(cells, columns.tracker) !== '';
  if (/^(continue|true)$/i.test(readCell(cells, columns.policy))) variant.oversell = true;
  const attributes = readVariantAttributes(cells, columns, productAttributes);
  if (Object.keys(attributes).length > 0) variant.attributes = attributes;
  return variant;
}

function readAttributes(cells: readonly string[], columns: Columns): Attributes {
  const attributes: Attributes = {};
  for (const { name, at } of columns.attributes) setText(attributes, name, readCell(cells, at));
  return attributes;
}

function readVariantAttributes(cells: readonly string[], columns: Columns, product: Attributes): Attributes {
  const attributes: Attributes = {};
  for (const { name, at } of columns.attributes) {
    const text = readCell(cells, at);
    if (text !== '' && text !== product[name]) attributes[name] = text;
  }
  const grams = readCell(cells, columns.grams);
  if (Number(grams) > 0) attributes.shipping_weight = `${grams} g`;
  setText(attributes, 'unit_pricing_measure', readMeasure(cells, columns.measure, columns.measureUnit));
  setText(
    attributes,
    'unit_pricing_base_measure',
    readMeasure(cells, columns.baseMeasure, columns.baseMeasureUnit),
  );
  return attributes;
}

function readMeasure(cells: readonly string[], amount: number, unit: number): string {
  const text = readCell(cells, amount);
  return Number(text) > 0 ? `${text} ${readCell(cells, unit)}`.trim() : '';
}

function toProduct(
  main: Row,
  rows: readonly Row[],
  columns: Columns,
  attributes: Attributes,
  variants: VariantInput[],
): ProductInput {
  const { cells, line } = main;
  const handle = readCell(cells, columns.handle);
  const product: ProductInput = { sourceId: handle, slug: handle, variants, line };
  setText(product, 'title', readCell(cells, columns.title));
  setText(product, 'descriptionHtml', readCell(cells, columns.description));
  setText(product, 'vendor', readCell(cells, columns.vendor));
  const tags = readCell(cells, columns.tags);
  if (tags !== '') product.tags = tags.split(',');
  product.status = readStatus(cells, columns);
  product.images = readImages(rows, columns);
  setText(attributes, 'product_type', readCell(cells, columns.type) || readCell(cells, columns.category));
  product.attributes = attributes;
  return product;
}

/** Gift cards are sold by no channel; a product that the shop does not show must not be shown elsewhere. */
function readStatus(cells: readonly string[], columns: Columns): 'active' | 'draft' | 'archived' {
  const status = readCell(cells, columns.status).toLowerCase();
  if (status === 'archived') return 'archived';
  if (status !== '' && status !== 'active') return 'draft';
  if (/^false$/i.test(readCell(cells, columns.published))) return 'draft';
  return /^true$/i.test(readCell(cells, columns.giftCard)) ? 'draft' : 'active';
}

function readImages(rows: readonly Row[], columns: Columns): { url: string; alt?: string }[] {
  const images: { url: string; alt?: string; position: number }[] = [];
  for (const [at, { cells }] of rows.entries()) {
    const url = readCell(cells, columns.image);
    if (url === '') continue;
    const position = Number(readCell(cells, columns.imagePosition)) || at + 1;
    const alt = readCell(cells, columns.imageAlt);
    images.push(alt === '' ? { url, position } : { url, alt, position });
  }
  return images
    .sort((a, b) => a.position - b.position)
    .map(({ url, alt }) => (alt === undefined ? { url } : { url, alt }));
}
