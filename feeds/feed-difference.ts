/** What differs between two versions of a feed, item by item and field by field. Pure. */
import type { FeedRow } from './build-feed.ts';
import type { IdentifiedRow } from './formats/read-rows.ts';

export interface FieldChange {
  field: string;
  /** Absent: the field was, or is, not there. */
  before?: string;
  after?: string;
}

/** An item that only one of the two has, or that both have with other values. */
export interface ItemChange {
  offerId: string;
  title?: string;
  change: 'added' | 'removed' | 'changed';
  fields: FieldChange[];
}

/**
 * Reads both side by side. Feeds have their items in the same order, so only what differs waits in memory for its
 * partner. First the changed items as they come, in the end the removed ones, then those added.
 */
export async function* compareFeeds(
  before: AsyncIterator<IdentifiedRow>,
  after: AsyncIterator<IdentifiedRow>,
): AsyncGenerator<ItemChange | 'same'> {
  const [left, right] = [new Map<string, FeedRow>(), new Map<string, FeedRow>()];
  const meet = (
    { offerId, row }: IdentifiedRow,
    mine: Map<string, FeedRow>,
    others: Map<string, FeedRow>,
  ): FeedRow | undefined => {
    const other = others.get(offerId);
    if (other === undefined) mine.set(offerId, row);
    else others.delete(offerId);
    return other;
  };
  try {
    for (;;) {
      const [old, now] = [await before.next(), await after.next()];
      if (!old.done) {
        const other = meet(old.value, left, right);
        if (other) yield toChange(old.value.offerId, old.value.row, other);
      }
      if (!now.done) {
        const other = meet(now.value, right, left);
        if (other) yield toChange(now.value.offerId, other, now.value.row);
      }
      if (old.done && now.done) break;
    }
    for (const [offerId, row] of left) yield toChange(offerId, row, undefined);
    for (const [offerId, row] of right) yield toChange(offerId, undefined, row);
  } finally {
    // who asked may have seen enough: the files are closed
    await before.return?.();
    await after.return?.();
  }
}

function toChange(
  offerId: string,
  before: FeedRow | undefined,
  after: FeedRow | undefined,
): ItemChange | 'same' {
  const fields: FieldChange[] = [];
  for (const field of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    const [was, is] = [before?.[field], after?.[field]];
    if (was === is) continue;
    fields.push({
      field,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    });
  }
  if (before && after && fields.length === 0) return 'same';
  const title = (after ?? before)?.['title'];
  return {
    offerId,
    ...(title === undefined ? {} : { title }),
    change: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
    fields,
  };
}
