/** Google's columns: https://support.google.com/merchants/answer/7052112 */
import { cleanGtin } from '../../../catalog/gtin.ts';
import type { Item } from '../../../catalog/item.ts';
import { formatAmount, type Money } from '../../../catalog/money.ts';
import { cutAtWord } from '../../../catalog/text.ts';
import { listSeparator, type Column, type FeedLayout } from '../../channel.ts';
import { atCommas } from '../../columns.ts';
import { isBrandName, isMakersGtin } from '../../rules/identifiers.ts';
import { fitsRule } from '../../rules/image.ts';
import { isHttpUrl } from '../../rules/link.ts';
import { readCategory } from './category.ts';
import { energyClass, fields, type Field } from './fields.ts';
import { dates, group, label, price, text, toStamp, url, word, yesNo, type Form } from './forms.ts';
import { imageRule, lengths, mostFurtherImages, variantOptions } from './limits.ts';
import { readField, takesEnergyClass, threeSides } from './read-field.ts';
import { joinList, splitList } from './texts.ts';

/** A column, and how the Merchant API has it: a name under `productAttributes`, and the value of one entry. */
export interface GoogleColumn extends Column {
  api?: string;
  form: Form;
  /** The API has a list even where the feed has one value. */
  isApiList?: true;
}

/** Google has no word for what will not come back: it is out of stock for good. */
const availabilities: Record<Item['availability'], string> = {
  in_stock: 'in_stock',
  out_of_stock: 'out_of_stock',
  preorder: 'preorder',
  backorder: 'backorder',
  discontinued: 'out_of_stock',
};

const listOf = { cell: joinList, entries: splitList };
const own = (name: string, api: string, form: Form, value: Column['value']): GoogleColumn => ({ name, api, form, value }); // prettier-ignore

const optionForm = group(
  { name: 'name', api: 'name', form: label(variantOptions.characters), required: true },
  { name: 'value', api: 'value', form: label(variantOptions.characters), required: true },
);

const ownColumns: readonly GoogleColumn[] = [
  { name: 'id', form: label(lengths.id), value: (item) => item.offerId },
  own('title', 'title', text(lengths.title), (item) =>
    isStructured('structured_title', item) ? undefined : cutAtWord(item.title, lengths.title)),
  own('description', 'description', text(lengths.description), (item) =>
    isStructured('structured_description', item) ? undefined : cutAtWord(item.description, lengths.description)),
  own('link', 'link', url, ({ link }) => (link !== undefined && isHttpUrl(link) ? link : undefined)),
  own('image_link', 'imageLink', url, (item) => item.images[0]?.url),
  {
    ...own('additional_image_link', 'additionalImageLinks', url, toFurtherImages),
    list: atCommas,
  },
  own('availability', 'availability', word([]), (item) => availabilities[item.availability]),
  own('price', 'price', price, (item) => toPrice(item.price)),
  own('sale_price', 'salePrice', price, (item) => toPrice(item.salePrice)),
  own('sale_price_effective_date', 'salePriceEffectiveDate', dates, toSaleDates),
  own('google_product_category', 'googleProductCategory', label(lengths.product_type), (item) => readCategory(item).sent),
  {
    ...own('product_type', 'productTypes', text(lengths.product_type), ({ attributes: { product_type: type } }) =>
      type === undefined ? undefined : cutAtWord(type.replace(/\s+/g, ' '), lengths.product_type)),
    isApiList: true,
  },
  own('brand', 'brand', text(lengths.brand), ({ brand }) =>
    brand === undefined || !isBrandName(brand) ? undefined : cutAtWord(brand, lengths.brand)),
  { ...own('gtin', 'gtins', label(lengths.id), toGtin), isApiList: true },
  // "yes" is what Google takes anyway, and "no" beside a GTIN would be a lie
  own('identifier_exists', 'identifierExists', yesNo, (item) =>
    yesNo.clean(item.attributes.identifier_exists ?? '', item) === 'no' && toGtin(item) === undefined ? 'no' : undefined),
  own('item_group_id', 'itemGroupId', label(lengths.item_group_id), (item) => item.itemGroupId),
  { ...own('variant_option', 'variantOptions', optionForm, toVariantOptions), list: listOf, xml: { parts: partsOf(optionForm) } },
  ...(['energy_efficiency_class', 'min_energy_efficiency_class', 'max_energy_efficiency_class'] as const).map((name) =>
    own(name, name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), energyClass, (item) =>
      takesEnergyClass(item) ? energyClass.clean(item.attributes[name] ?? '', item) : undefined)),
]; // prettier-ignore

export const columns: readonly GoogleColumn[] = [...ownColumns, ...fields.map(toColumn)];

/** What a shop changes by the hour; Google takes it without the rest of the item. */
export const patchable: ReadonlySet<string> = new Set([
  'availability',
  'availability_date',
  'price',
  'sale_price',
  'sale_price_effective_date',
]);

export const feed: FeedLayout = { columns, formats: ['xml', 'tsv'] };

function toColumn(field: Field): GoogleColumn {
  const { name, api, form, list } = field;
  const sides = threeSides.find((names) => names.some((side) => side === name));
  const column: GoogleColumn = {
    name,
    of: name,
    api,
    form,
    value(item) {
      if (item.attributes[name] === undefined) return undefined;
      if (sides && !hasAllSides(sides, item)) return undefined;
      const { sent } = readField(field, item);
      return sent.length === 0 ? undefined : sent.join(listSeparator);
    },
  };
  if (list) column.list = listOf;
  if (form.parts) column.xml = { parts: partsOf(form) };
  return column;
}

function partsOf(form: Form): (entry: string) => readonly (readonly [name: string, text: string])[] {
  return (entry) => form.parts?.(entry) ?? [];
}

const fieldByName = new Map(fields.map((field) => [field.name, field]));

/** The three sides are all there and usable, in one unit. */
export function hasAllSides(sides: (typeof threeSides)[number], item: Item): boolean {
  const units = sides.map((side) => {
    const field = fieldByName.get(side);
    return field && readField(field, item).sent[0]?.split(' ')[1];
  });
  return units[0] !== undefined && units.every((unit) => unit === units[0]);
}

/** A text made by a machine goes as such, in place of the plain one. */
export function isStructured(name: 'structured_title' | 'structured_description', item: Item): boolean {
  const field = item.attributes[name] === undefined ? undefined : fieldByName.get(name);
  return field !== undefined && readField(field, item).sent.length > 0;
}

/** What shops number for themselves, and what has lost a digit, would be disapproved: left out. */
function toGtin({ gtin }: Item): string | undefined {
  if (gtin === undefined || !isMakersGtin(gtin)) return undefined;
  const result = cleanGtin(gtin);
  return 'gtin' in result ? result.gtin : undefined;
}

/** `9.99 USD`: as many decimals as the currency has. */
const toPrice = (money: Money | undefined): string | undefined =>
  money === undefined ? undefined : `${formatAmount(money)} ${money.currency}`;

/** Commas part the addresses in a text feed. */
function toFurtherImages({ images }: Item): string | undefined {
  if (images.length < 2) return undefined;
  const fitting = images.slice(1).filter((image) => fitsRule(image, imageRule));
  return fitting
    .slice(0, mostFurtherImages)
    .map(({ url: address }) => address.replaceAll(',', '%2C'))
    .join(listSeparator);
}

const manyYears = 10 * 365 * 86_400_000;

/** Google wants both ends. Where the shop gives one, the other is ten years off. */
function toSaleDates({ salePrice, saleStarts, saleEnds }: Item): string | undefined {
  if (salePrice === undefined || (saleStarts === undefined && saleEnds === undefined)) return undefined;
  const from = saleStarts ?? new Date((saleEnds?.getTime() ?? 0) - manyYears);
  const to = saleEnds ?? new Date(from.getTime() + manyYears);
  return `${toStamp(from)}/${toStamp(to)}`;
}

/** All choices; those with a field of their own stand there too. */
function toVariantOptions(item: Item): string | undefined {
  if (item.itemGroupId === undefined || item.options.length === 0) return undefined;
  const pairs: string[] = [];
  let characters = 0;
  for (const { name, value } of item.options) {
    const pair = toPair(name, value, item);
    if (pair === undefined) continue;
    characters += name.length + value.length;
    if (pairs.length === variantOptions.most || characters > variantOptions.inAll) break;
    pairs.push(pair);
  }
  return pairs.join(listSeparator);
}

/** The options of a shop repeat, and this runs for every item of every feed: each is cleaned once. */
const cleanPairs = new Map<string, string | undefined>();
const mostPairs = 5_000;

function toPair(name: string, value: string, item: Item): string | undefined {
  const key = `${name}\n${value}`;
  const known = cleanPairs.get(key);
  if (known !== undefined || cleanPairs.has(key)) return known;
  const pair = optionForm.clean(`${escape(name)}:${escape(value)}`, item);
  if (cleanPairs.size < mostPairs) cleanPairs.set(key, pair);
  return pair;
}
const escape = (part: string): string => part.replace(/\s+/g, ' ').replace(/[\\:]/g, '\\$&');
