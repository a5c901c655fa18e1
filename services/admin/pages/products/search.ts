/** What the list of items is filtered by and how it stands: all of it in the address. */
import type { ListingStatus } from '../../../../feeds/listing.ts';
import { statuses } from '../../parts/status.tsx';

export interface ProductsSearch {
  q?: string;
  channel?: string;
  status?: ListingStatus | 'stale';
  code?: string;
  field?: string;
  brand?: string;
  source?: string;
  category?: string;
  /** Minor units. */
  priceFrom?: number;
  priceTo?: number;
  /** Days. */
  changed?: number;
  availability?: string;
  sort?: 'title' | 'price' | 'changed';
  order?: 'down';
  /** Names of columns, joined by commas; absent: the usual ones. */
  columns?: string;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;
const whole = (value: unknown): number | undefined => {
  const number = Number(value);
  return value === undefined || value === '' || !Number.isInteger(number) || number < 0 ? undefined : number;
};
const oneOf = <T extends string>(value: unknown, words: readonly T[]): T | undefined =>
  words.find((word) => word === value);

export const readProductsSearch = (raw: Record<string, unknown>): ProductsSearch => ({
  q: text(raw['q']),
  channel: text(raw['channel']),
  status: oneOf(raw['status'], [...statuses, 'stale']),
  code: text(raw['code']),
  field: text(raw['field']),
  brand: text(raw['brand']),
  source: text(raw['source']),
  category: text(raw['category']),
  priceFrom: whole(raw['priceFrom']),
  priceTo: whole(raw['priceTo']),
  changed: whole(raw['changed']),
  availability: text(raw['availability']),
  sort: oneOf(raw['sort'], ['title', 'price', 'changed']),
  order: oneOf(raw['order'], ['down']),
  columns: text(raw['columns']),
});

const DAY_MS = 86_400_000;
/** Days are counted from midnight, so that the address of a page of answers stays the same for a while. */
const startOfDay = (days: number): string => {
  const now = new Date(Date.now() - days * DAY_MS);
  now.setHours(0, 0, 0, 0);
  return now.toISOString();
};

/** The filter in the API's words. */
export function toQuery(search: ProductsSearch): URLSearchParams {
  const { changed, columns: _, ...rest } = search;
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) query.set(key, String(value));
  if (changed !== undefined) query.set('changedSince', startOfDay(changed));
  return query;
}

const places: readonly string[] = ['sort', 'order', 'columns'];
export const countFilters = (search: ProductsSearch): number =>
  Object.entries(search).filter(([key, value]) => value !== undefined && !places.includes(key)).length;
