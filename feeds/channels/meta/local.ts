/**
 * A catalog that gives another country or language its own texts and prices in a catalog at Meta that a first one fills.
 * https://developers.facebook.com/docs/marketing-api/catalog/reference (localized catalog)
 * https://developers.facebook.com/docs/marketing-api/reference/product-catalog/localized_items_batch
 */
import type { FeedLayout } from '../../channel.ts';
import { feed } from './feed.ts';

export interface Market {
  type: 'COUNTRY' | 'LANGUAGE';
  /** `FR`, or `fr_XX` as Meta writes languages. */
  value: string;
}

export const overrideForm = /^(?:[A-Z]{2}|[a-z]{2}_[A-Z]{2})$/;

export const toMarket = (override: string): Market => ({
  type: override.length === 2 ? 'COUNTRY' : 'LANGUAGE',
  value: override,
});

const everywhere = [
  'title', 'description', 'link', 'brand', 'color', 'size', 'material', 'pattern', 'custom_label_0', 'custom_label_1',
  'custom_label_2', 'custom_label_3', 'custom_label_4', 'short_description', 'additional_variant_attribute',
]; // prettier-ignore
/** "Must only be provided for a country." */
const countryOnly = [
  'availability',
  'price',
  'sale_price',
  'sale_price_effective_date',
  'unit_price',
  'status',
];

const fieldsOf = ({ type }: Market): ReadonlySet<string> =>
  new Set(type === 'COUNTRY' ? [...everywhere, ...countryOnly] : everywhere);

/** The file of a market: the id, the market, and what may differ there. The columns are those of the whole feed. */
export function toLocalLayout(market: Market): FeedLayout {
  const fields = fieldsOf(market);
  const [id, ...rest] = feed.columns;
  if (id?.name !== 'id') throw new Error('the first column of the feed is the id');
  const override = { name: 'override', value: () => market.value, xml: { name: 'override' } };
  return { ...feed, columns: [id, override, ...rest.filter(({ name }) => fields.has(name))] };
}

/** Of an item's data for items_batch, what a market may have of its own. */
export function toLocalData(data: Readonly<Record<string, unknown>>, market: Market): object {
  const fields = fieldsOf(market);
  return Object.fromEntries(Object.entries(data).filter(([name]) => name === 'id' || fields.has(name)));
}
