/** What of an attribute may be sent to Google, and what may not. */
import type { Item } from '../../../catalog/item.ts';
import { energyClassCountries } from './limits.ts';
import type { Field } from './fields.ts';
import { splitList } from './texts.ts';

export interface FieldValue {
  /** In Google's feed text. */
  sent: string[];
  /** As they stand in the item. */
  unusable: string[];
  /** Usable, but more than the field takes. */
  over: number;
}
const nothing: FieldValue = { sent: [], unusable: [], over: 0 };

export function readField({ name, form, list }: Field, item: Item): FieldValue {
  const given = item.attributes[name];
  if (given === undefined || given === '') return nothing;
  const entries = list ? splitList(given) : [given];
  const sent: string[] = [];
  const unusable: string[] = [];
  for (const entry of entries) {
    const clean = form.clean(entry, item);
    if (clean === undefined) unusable.push(entry);
    else sent.push(clean);
  }
  if (!list) return { sent, unusable, over: 0 };
  if (list.least !== undefined && sent.length < list.least) return { sent: [], unusable: entries, over: 0 };
  return { sent: sent.slice(0, list.most), unusable, over: Math.max(0, sent.length - list.most) };
}

/** Sides of the parcel and of the product go all three or not at all. */
export const threeSides = [
  ['shipping_length', 'shipping_width', 'shipping_height'],
  ['product_length', 'product_width', 'product_height'],
] as const;

/** Since April 2025 the EU takes the class from `certification`, and only these countries take it as an attribute. */
export const takesEnergyClass = ({ country }: Item): boolean => energyClassCountries.includes(country);
