/**
 * Fields that few shops have; each is sent only where it is filled, since an empty number or list is an error at Meta.
 * https://developers.facebook.com/docs/marketing-api/catalog/reference
 */
import type { AttributeName } from '../../../catalog/product.ts';
import { listSeparator, type Column, type Rule } from '../../channel.ts';
import { appUrl, isAppUrl } from '../../rules/link.ts';
import { matches, oneOf } from '../../rules/text.ts';
import { holds, when } from '../../spec.ts';
import { pages } from './limits.ts';

const wholeNumber = /^\d{1,10}$/;
const numbers = [
  'custom_number_0',
  'custom_number_1',
  'custom_number_2',
  'custom_number_3',
  'custom_number_4',
] as const;
const applinks = [
  'ios_url',
  'ios_app_store_id',
  'ios_app_name',
  'android_url',
  'android_package',
  'android_app_name',
] as const;
/** Exempt goods are those that are not things; then India asks for nothing of the origin. */
const complianceWords = ['COUNTRY_ORIGIN_EXEMPT', 'DEFAULT'];

const plain = (field: AttributeName, isGood: (text: string) => boolean = () => true): Column => ({
  name: field,
  of: field,
  value: ({ attributes }) => {
    const text = attributes[field]?.trim();
    return text !== undefined && text !== '' && isGood(text) ? text : undefined;
  },
  xml: { name: field },
});
const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
};

/** Meta's own form of a list in a cell: single quotes inside. */
export const inBrackets: NonNullable<Column['list']> = {
  cell: (entries) => `[${entries.map((entry) => `'${entry.replaceAll("'", '’')}'`).join(',')}]`,
  entries: (cell) => cell.slice(2, -2).split("','"),
};

export const rareColumns: Column[] = [
  plain('fb_product_category'),
  plain('shipping'),
  plain('return_policy_info', isObject),
  {
    name: 'disabled_capabilities',
    of: 'disabled_capabilities',
    value: ({ attributes }) =>
      attributes.disabled_capabilities?.split(/[,;]/).map((word) => word.trim()).filter(Boolean).join(listSeparator),
    list: inBrackets,
    xml: { name: 'disabled_capabilities' },
  },
  plain('ordering_index', (text) => wholeNumber.test(text)),
  plain('vendor_id'),
  plain('rating_count', (text) => wholeNumber.test(text)),
  plain('user_rating', (text) => /^[1-5](?:\.\d+)?$/.test(text)),
  plain('importer_name'),
  plain('importer_address', isObject),
  plain('manufacturer_info'),
  plain('wa_compliance_category', (text) => complianceWords.includes(text)),
  ...numbers.map((field) => plain(field, (text) => wholeNumber.test(text))),
  ...applinks.map((field): Column => ({ ...plain(field, field.endsWith('_url') ? isAppUrl : undefined), name: `applink.${field}`, xml: { name: 'applink', parts: (text) => [[field, text]] } })),
]; // prettier-ignore

/** In the request: numbers as numbers, JSON as JSON, the links to apps as one object. */
export function toRareData(row: Readonly<Record<string, string>>): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  const applink: Record<string, string> = {};
  for (const { name, list } of rareColumns) {
    const text = row[name];
    if (text === undefined) continue;
    if (name.startsWith('applink.')) applink[name.slice('applink.'.length)] = text;
    else if (list) data[name] = text.split(listSeparator);
    else if (name === 'return_policy_info' || name === 'importer_address') data[name] = JSON.parse(text);
    else if (numeric.has(name)) data[name] = Number(text);
    else data[name] = text;
  }
  if (Object.keys(applink).length > 0) data['applink'] = applink;
  return data;
}

const numeric = new Set<string>([...numbers, 'ordering_index', 'rating_count', 'user_rating']);
const dropped = (hint: string) =>
  ({ link: pages.fields, severity: 'warning', hint: `${hint} Until then the field is left out.` }) as const;
const json = (field: 'return_policy_info' | 'importer_address', example: string): Rule =>
  holds(field, ({ attributes }) => !attributes[field]?.trim() || isObject(attributes[field]), {
    ...dropped(`Write it like ${example}.`), code: `${field}_not_json`, message: `The ${field.replaceAll('_', ' ')} is not the JSON that Meta asks for.`,
  }, ({ attributes }) => attributes[field]); // prettier-ignore

export const rareRules: Rule[] = [
  ...numbers.map((field) => matches(field, wholeNumber, 'a whole number from 0 to 4294967295', dropped('Use digits only.'))),
  matches('ordering_index', wholeNumber, 'a whole number from 0', dropped('Use digits only.')),
  matches('rating_count', wholeNumber, 'a whole number', dropped('Use digits only.')),
  matches('user_rating', /^[1-5](?:\.\d+)?$/, 'a number from 1.0 to 5.0', dropped('Example: 4.5.')),
  oneOf('wa_compliance_category', complianceWords, dropped(`Use one of: ${complianceWords.join(', ')}.`)),
  json('return_policy_info', '{"is_final_sale":"false","return_policy_days":"30"}'),
  json('importer_address', '{"street1":"1 Long Road","city":"Delhi","country":"IN"}'),
  appUrl('ios_url', dropped('Give the whole address.')),
  appUrl('android_url', dropped('Give the whole address.')),
  when(
    ({ country, attributes }) => country === 'IN' && attributes.origin_country !== undefined && attributes.origin_country !== 'IN',
    ...(['importer_name', 'importer_address'] as const).map((field) =>
      holds(field, ({ attributes }) => !!attributes[field]?.trim(), {
        code: `${field}_missing`, link: pages.fields, message: `Goods that come to India from elsewhere need the ${field.replaceAll('_', ' ')}.`,
        hint: `Set ${field} for the item.`,
      }),
    ),
  ),
]; // prettier-ignore
