/** The items of a group, a page at a time. */
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { GroupRow } from '../../../../jobs/open-group.ts';
import type { CardView } from '../../../web/cards.ts';
import { call, keyOf } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';

export type Row = Wire<Omit<GroupRow, 'card'>> & { card: Wire<CardView> };
export interface RowPage {
  items: Row[];
  next?: string;
  total: { count: number; atLeast: boolean };
}

export function groupQuery(
  catalogId: string,
  { code, field }: { code: string; field?: string },
  scope: { channel?: string; category?: string },
) {
  const query = new URLSearchParams({ limit: '50' });
  for (const [key, value] of Object.entries({ field, channel: scope.channel, category: scope.category }))
    if (value !== undefined) query.set(key, value);
  const path = `/catalogs/${catalogId}/problems/${encodeURIComponent(code)}/items?${query}`;
  return infiniteQueryOptions({
    queryKey: keyOf(path),
    queryFn: ({ pageParam }) =>
      call<RowPage>('GET', pageParam === '' ? path : `${path}&cursor=${encodeURIComponent(pageParam)}`),
    initialPageParam: '',
    getNextPageParam: ({ next }: RowPage) => next,
  });
}
