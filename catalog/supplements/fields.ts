/** The columns of a second source: by what it knows an item, and which fields it fills. */
import { cleanGtin } from '../gtin.ts';
import { checkOverride } from '../item-field.ts';
import { overridableFields } from '../item.ts';
import type { Catalog } from '../catalog.ts';
import { InputError } from '../errors.ts';

/** By what a row names its item: the item's id at the channels, its SKU, its GTIN. */
export const supplementKeys = ['id', 'sku', 'gtin'] as const;
export type SupplementKey = (typeof supplementKeys)[number];

const keyColumns: Record<string, SupplementKey> = {
  id: 'id', offer_id: 'id', item_id: 'id', sku: 'sku', variant_sku: 'sku', gtin: 'gtin', ean: 'gtin', upc: 'gtin', barcode: 'gtin', isbn: 'gtin',
}; // prettier-ignore

/** Fields that a second source may fill: all that a person may set by hand, and the stock. */
export const suppliedFields: readonly string[] = ['quantity', ...overridableFields];
const otherNames: Record<string, string> = {
  stock: 'quantity', inventory: 'quantity', qty: 'quantity', sale_price: 'salePrice', saleprice: 'salePrice', url: 'link', name: 'title',
  label_0: 'custom_label_0', label_1: 'custom_label_1', label_2: 'custom_label_2', label_3: 'custom_label_3', label_4: 'custom_label_4',
}; // prettier-ignore

export type Column = { key: SupplementKey } | { field: string };

/** What a column means, by its name; undefined: nothing to us. `g:` and case and spaces do not count. */
export function toColumn(name: string): Column | undefined {
  const plain = name.trim().toLowerCase().replace(/^g:/, '').replace(/[\s-]+/g, '_'); // prettier-ignore
  const key = keyColumns[plain];
  if (key) return { key };
  const field = otherNames[plain] ?? plain;
  return suppliedFields.includes(field) ? { field } : undefined;
}

/** Far beyond any SKU, and well within what the store takes as a key. */
const longestKey = 200;

/** The text under which rows and items meet; undefined when the cell can be no such key. */
export function toKey(key: SupplementKey, text: string): string | undefined {
  if (text === '' || text.length > longestKey) return undefined;
  if (key !== 'gtin') return `${key}:${text}`;
  // a spreadsheet takes the zero in front away, which makes no other number of it
  const read = cleanGtin(/^\d{7}$|^\d{11}$/.test(text) ? `0${text}` : text);
  return 'gtin' in read ? `gtin:${read.gtin.replace(/^0+/, '')}` : undefined;
}

/** Refuses a value that could not be used later. Throws `InputError`, or `SyncError` for an unreadable price. */
export function checkSupplied(field: string, value: string, catalog: Catalog): void {
  if (field !== 'quantity') return checkOverride(field, value, catalog);
  if (!/^-?\d{1,9}$/.test(value))
    throw new InputError('quantity_unreadable', `"${value.slice(0, 60)}" is no whole number.`, {
      hint: 'Write the stock as a whole number such as 12.',
    });
}
