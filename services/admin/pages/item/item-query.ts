/** All of one item, as the service reads it. */
import type { readItem } from '../../../../jobs/read-item.ts';
import { look } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';

export type ItemPage = Wire<Awaited<ReturnType<typeof readItem>>>;
export const itemPath = (catalogId: string, offerId: string): string =>
  `/catalogs/${catalogId}/items/${encodeURIComponent(offerId)}`;
export const itemQuery = (catalogId: string, offerId: string) => look<ItemPage>(itemPath(catalogId, offerId));
