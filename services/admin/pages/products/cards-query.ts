/** The items that fit, a page at a time by cursor. */
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import type { CardView } from '../../../web/cards.ts';
import { call, keyOf } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { toQuery, type ProductsSearch } from './search.ts';

export type Card = Wire<CardView>;
interface CardPage {
  cards: Card[];
  next?: string;
  total: { count: number; atLeast: boolean };
}

export function cardsQuery(catalogId: string, search: ProductsSearch) {
  const query = toQuery(search);
  query.set('limit', '100');
  const path = `/catalogs/${catalogId}/cards?${query}`;
  return infiniteQueryOptions({
    queryKey: keyOf(path),
    queryFn: ({ pageParam }) =>
      call<CardPage>('GET', pageParam === '' ? path : `${path}&cursor=${encodeURIComponent(pageParam)}`),
    initialPageParam: '',
    getNextPageParam: ({ next }: CardPage) => next,
    // the table does not jump while a filter is being written
    placeholderData: keepPreviousData,
  });
}
