/** A list of the shop, page by page in the order of ids, such that a list that moves while it is read loses nothing. */
import { NoAnswerError } from '../../errors.ts';
import type { WooCommerceClient } from './client.ts';

/** The most that the shop gives at once. https://woocommerce.github.io/woocommerce-rest-api-docs/#pagination */
const perPage = 100;

/** All up to the record `lastId` has been read; it stood just before `offset`. */
export interface Place {
  offset: number;
  lastId: number;
}
export interface Page extends Place {
  /** Records not read before; those without a readable id are among them. */
  records: unknown[];
  /** False when the shop says that there is more than it gave. */
  complete: boolean;
}

export const idOf = (record: unknown): number | undefined => {
  const id = typeof record === 'object' && record !== null ? (record as { id?: unknown }).id : undefined;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined;
};

/**
 * Each page begins with the last record of the one before. When another stands there, something before it was removed
 * and all has moved up: then it goes back until it is on known ground.
 */
export async function* eachPage(
  client: WooCommerceClient,
  path: string,
  query: Record<string, string>,
  from: Place = { offset: 0, lastId: 0 },
): AsyncGenerator<Page, void> {
  let { offset, lastId } = from;
  for (;;) {
    const at = Math.max(0, offset - 1);
    const { body, total } = await client.get(path, {
      ...query, orderby: 'id', order: 'asc', per_page: perPage, offset: at,
    }); // prettier-ignore
    if (!Array.isArray(body)) {
      if (body === undefined) return;
      throw new NoAnswerError('woocommerce_list_unreadable', 'The shop answered a list with something else.');
    }
    const list = body as unknown[];
    const [first] = list;
    const moved = lastId > 0 && at > 0 && (first === undefined || (idOf(first) ?? 0) > lastId);
    if (moved) {
      offset = Math.max(0, offset - perPage);
      continue;
    }
    const records = list.filter((record) => (idOf(record) ?? Infinity) > lastId);
    lastId = Math.max(lastId, ...records.map((record) => idOf(record) ?? 0));
    offset = at + list.length;
    const last = list.length < perPage;
    // a cache or plugin that leaves the offset aside would go round for ever
    if (!last && offset > (total ?? 0) + perPage)
      throw new NoAnswerError('woocommerce_list_endless', 'The shop’s list does not come to its end.');
    yield { records, offset, lastId, complete: !last || (total !== undefined && offset >= total) };
    if (last) return;
  }
}
