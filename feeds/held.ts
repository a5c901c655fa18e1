/** Moves of listings that follow from what a channel holds, not from the shop nor from a verdict. Pure. */
import { move, unknownHash, type Listing } from './listing.ts';

/** The channel drops what it is not sent for a while: an accepted item goes again, unchanged. */
export function confirmAgain(listing: Listing, now: Date): Listing {
  return listing.status === 'accepted'
    ? move(listing, 'pending', now, 'sent again before it expires')
    : listing;
}

/** The channel has replaced all it had by a file without this blocked item: there is nothing of it any more. */
export function markLeftOut(listing: Listing, now: Date): Listing {
  if (listing.status !== 'blocked' || listing.liveHash === undefined) return listing;
  const { liveHash: _live, sentHash: _sent, ...rest } = listing;
  return move({ ...rest, stale: false }, 'blocked', now, 'left out of the feed, so no longer at the channel');
}

/** The channel holds nothing of an item that it should hold: it goes again as if it had never been sent. */
export function markMissing(listing: Listing, now: Date): Listing {
  if (listing.status !== 'accepted' && listing.status !== 'rejected') return listing;
  const { liveHash: _live, sentHash: _sent, ...rest } = listing;
  return move({ ...rest, stale: false }, 'pending', now, 'not at the channel, sent again');
}

/** We took it down, and the channel still has it: it is taken down again. */
export function markLeft(listing: Listing, now: Date): Listing {
  if (listing.status !== 'removed' || listing.want !== 'gone') return listing;
  return move(
    { ...listing, sentHash: unknownHash },
    'pending',
    now,
    'still at the channel, taken down again',
  );
}
