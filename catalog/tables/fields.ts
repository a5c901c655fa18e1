/** Rows whose columns are known as fields: the common part of channel feeds and of mapped files. One row is one item. */
import { attributeNames, type Attributes, type ProductInput, type VariantInput } from '../product.ts';
import type { Read } from '../source.ts';
import { type Grouping, type Row, setText, toIssueRead } from './format.ts';
import { readCell, readCode } from './header.ts';

/** Fields that a column may be mapped to, besides `option:NAME`. */
export const fieldNames = [
  'id', 'group_id', 'sku', 'slug', 'title', 'description', 'link', 'image_link', 'additional_image_link', 'price',
  'regular_price', 'sale_price', 'sale_starts', 'sale_ends', 'sale_dates', 'availability', 'quantity', 'gtin',
  'status', 'tags', ...attributeNames,
] as const; // prettier-ignore
export type FieldName = (typeof fieldNames)[number];

/** A field, or `option:Flavour` for a choice that is no attribute. */
export type Target = FieldName | `option:${string}`;

interface Columns {
  at: (field: FieldName) => number;
  additionalImages: number[];
  attributes: { name: (typeof attributeNames)[number]; at: number }[];
  options: { name: string; at: number }[];
}

/** `targets` by column; `names` are those of the header, for issues. */
export function openFields(targets: readonly (Target | undefined)[], names: readonly string[]): Grouping {
  const columns = toColumns(targets);
  const idAt = columns.at('id') >= 0 ? columns.at('id') : columns.at('sku');
  const groupAt = columns.at('group_id');
  return {
    keyColumn: names[idAt] ?? 'id',
    key(cells) {
      const id = readCode(cells, idAt);
      return id === '' ? '' : readCode(cells, groupAt) || id;
    },
    gather: (rows) => gather(rows, columns, idAt, names[idAt] ?? 'id'),
  };
}

function toColumns(targets: readonly (Target | undefined)[]): Columns {
  const byField = new Map<string, number>();
  for (const [at, target] of targets.entries()) {
    if (target !== undefined && !byField.has(target)) byField.set(target, at);
  }
  return {
    at: (field) => byField.get(field) ?? -1,
    additionalImages: targets.flatMap((target, at) => (target === 'additional_image_link' ? [at] : [])),
    attributes: attributeNames.flatMap((name) => {
      const at = byField.get(name);
      return at === undefined ? [] : [{ name, at }];
    }),
    options: targets.flatMap((target, at) =>
      target?.startsWith('option:') ? [{ name: target.slice('option:'.length), at }] : [],
    ),
  };
}

function gather(rows: readonly Row[], columns: Columns, idAt: number, idName: string): Read[] {
  const main = rows.find((row) => readCell(row.cells, columns.at('title')) !== '') ?? rows[0];
  if (!main) return [];
  const again: Read[] = [];
  const byId = new Map<string, Row>();
  for (const row of rows) {
    const id = readCode(row.cells, idAt);
    const first = byId.get(id);
    if (!first) byId.set(id, row);
    else {
      again.push(
        toIssueRead(row, {
          code: 'duplicate_id', field: idName, value: id,
          message: `Line ${first.line} has the same ${idName}.`, hint: 'Give each row its own.',
        }),
      ); // prettier-ignore
    }
  }
  const own = [...byId.values()];
  const product = toProduct(main, own, columns, idAt);
  return [{ kind: 'product', input: product, records: own.length }, ...again];
}

function toProduct(main: Row, rows: readonly Row[], columns: Columns, idAt: number): ProductInput {
  const { cells, line } = main;
  const attributes: Attributes = {};
  for (const { name, at } of columns.attributes) setText(attributes, name, readCell(cells, at));
  const choices = findChoices(rows, columns);
  // What tells the variants apart belongs to each of them, not to the product.
  for (const choice of choices) if (choice.attribute !== undefined) delete attributes[choice.attribute];
  const product: ProductInput = {
    sourceId: readCode(cells, columns.at('group_id')) || readCode(cells, idAt),
    variants: rows.map((row) => toVariant(row, columns, idAt, choices, attributes)),
    line,
    status: readStatus(readCell(cells, columns.at('status'))),
    attributes,
    images: readImages(rows, columns),
  };
  setText(product, 'slug', readCell(cells, columns.at('slug')));
  setText(product, 'title', readCell(cells, columns.at('title')));
  setText(product, 'descriptionHtml', readCell(cells, columns.at('description')));
  setText(product, 'vendor', readCell(cells, columns.at('brand')));
  if (rows.length === 1) setText(product, 'link', readCell(cells, columns.at('link')));
  const tags = readCell(cells, columns.at('tags'));
  if (tags !== '') product.tags = tags.split(',');
  return product;
}

interface Choice {
  name: string;
  at: number;
  attribute?: Columns['attributes'][number]['name'];
}

const choiceNames = { color: 'Color', size: 'Size', material: 'Material', pattern: 'Pattern' } as const;

/** The options are columns in which the rows of one product differ. */
function findChoices(rows: readonly Row[], columns: Columns): Choice[] {
  const known = columns.attributes.flatMap(({ name, at }) => {
    if (name !== 'color' && name !== 'size' && name !== 'material' && name !== 'pattern') return [];
    const values = new Set(rows.map((row) => readCell(row.cells, at)));
    return values.size > 1 ? [{ name: choiceNames[name], at, attribute: name }] : [];
  });
  return [...columns.options, ...known];
}

function toVariant(
  row: Row,
  columns: Columns,
  idAt: number,
  choices: readonly Choice[],
  product: Attributes,
): VariantInput {
  const { cells, line } = row;
  const id = readCode(cells, idAt);
  const variant: VariantInput = { sourceId: id, line };
  // The id of a feed is what the channels already know the item by.
  setText(variant, 'sku', columns.at('sku') >= 0 ? readCode(cells, columns.at('sku')) : id);
  const options = choices
    .map(({ name, at }) => ({ name, value: readCell(cells, at) }))
    .filter((option) => option.value !== '');
  if (options.length > 0) variant.options = options;
  for (const [name, field] of variantTexts) setText(variant, name, readCell(cells, columns.at(field)));
  // A feed gives both ends of a sale in one cell.
  const [starts = '', ends = ''] = readCell(cells, columns.at('sale_dates')).split('/');
  if (starts !== '') variant.saleStarts = starts;
  if (ends !== '') variant.saleEnds = ends;
  const attributes: Attributes = {};
  for (const { name, at } of columns.attributes) {
    const text = readCell(cells, at);
    if (text !== '' && text !== product[name]) attributes[name] = text;
  }
  if (Object.keys(attributes).length > 0) variant.attributes = attributes;
  return variant;
}

const variantTexts = [
  ['gtin', 'gtin'], ['price', 'price'], ['regularPrice', 'regular_price'], ['salePrice', 'sale_price'],
  ['saleStarts', 'sale_starts'], ['saleEnds', 'sale_ends'], ['availability', 'availability'],
  ['quantity', 'quantity'], ['imageUrl', 'image_link'], ['link', 'link'],
] as const; // prettier-ignore

/** Main images of all rows first, then the further ones. */
function readImages(rows: readonly Row[], columns: Columns): { url: string }[] {
  const main = rows.map((row) => readCell(row.cells, columns.at('image_link')));
  const more = rows.flatMap((row) =>
    columns.additionalImages.flatMap((at) => readCell(row.cells, at).split(/[,|]\s*(?=\S)/)),
  );
  return [...new Set([...main, ...more].map((url) => url.trim()))]
    .filter((url) => url !== '')
    .map((url) => ({ url }));
}

function readStatus(text: string): 'active' | 'draft' | 'archived' {
  if (/^(archived|deleted)$/i.test(text)) return 'archived';
  return /^(draft|hidden|staging|private|pending|inactive|0|-1|false|no)$/i.test(text) ? 'draft' : 'active';
}
