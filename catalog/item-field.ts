/** The fields of an item as texts a person can read and set. Pure. */
import type { Catalog } from './catalog.ts';
import { InputError } from './errors.ts';
import { overridableFields, type Item } from './item.ts';
import { formatAmount, parseMoney } from './money.ts';
import { attributeNames, availabilities, type Override, type StoredProduct } from './product.ts';
import { cleanGtin } from './gtin.ts';

/** What stands in the field now, as `setOverrides` would take it; undefined when it is empty. */
export function readField(item: Item, field: string): string | undefined {
  switch (field) {
    case 'title':
    case 'description':
    case 'link':
    case 'brand':
    case 'gtin':
    case 'availability':
      return item[field];
    case 'price':
    case 'salePrice': {
      const money = item[field];
      return money && `${formatAmount(money)} ${money.currency}`;
    }
    default: {
      const name = attributeNames.find((one) => one === field);
      return name && item.attributes[name];
    }
  }
}

export const isOverridable = (field: string): boolean => overridableFields.includes(field);

/** Refuses a value that could not be read later, while the person is there. Throws InputError. */
export function checkOverride(
  field: string,
  value: string,
  catalog: Pick<Catalog, 'currency' | 'language'>,
): void {
  if (!isOverridable(field))
    throw new InputError('override_invalid', `"${field}" is not a field that can be set by hand.`, {
      hint: `Use one of: ${overridableFields.join(', ')}`,
    });
  if (field === 'availability' && !availabilities.some((one) => one === value))
    throw new InputError('override_invalid', `"${value}" is not an availability.`, {
      hint: `Use one of: ${availabilities.join(', ')}`,
    });
  if (field === 'price' || field === 'salePrice') {
    if (parseMoney(value, catalog.currency, catalog.language).minor <= 0)
      throw new InputError('price_unreadable', 'A price must be greater than zero.');
  }
  if (field === 'gtin') {
    const result = cleanGtin(value);
    if ('reason' in result) throw new InputError('override_invalid', `This is no GTIN. ${result.reason}`);
  }
}

/** The override that decides a field of a variant: its own, else the one for the whole product. */
export function findOverride(product: StoredProduct, variant: string, field: string): Override | undefined {
  const of = product.overrides.filter((one) => one.field === field);
  return of.findLast((one) => one.variant === variant) ?? of.findLast((one) => one.variant === undefined);
}

/** The product's overrides with some set and (value undefined) some taken back, each for one variant. */
export function withOverrides(
  product: StoredProduct,
  changes: readonly { variant: string; field: string; value: string | undefined }[],
  by: string,
  at: Date,
): Override[] {
  const isChanged = (one: Override): boolean =>
    changes.some(({ variant, field }) => one.variant === variant && one.field === field);
  return [
    ...product.overrides.filter((one) => !isChanged(one)),
    ...changes.flatMap(({ variant, field, value }) =>
      value === undefined ? [] : { field, variant, value, by, at },
    ),
  ];
}
