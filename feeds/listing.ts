/** A listing: one item at one channel, its sync status, and every allowed move between statuses. Pure. */
import { BusyError, ChannelError, NoAnswerError } from '../catalog/errors.ts';
import { hasErrors, isSameIssue, type Issue } from '../catalog/issue.ts';

/**
 * `pending`: to be sent or taken down; `blocked`: our check found an error; `sent`: waiting for the verdict;
 * `accepted`, `rejected`: the channel's verdict; `removed`: the channel no longer has it.
 */
export const listingStatuses = ['pending', 'blocked', 'sent', 'accepted', 'rejected', 'removed'] as const;
export type ListingStatus = (typeof listingStatuses)[number];

/** What happened to a listing, newest last; capped at 20. */
export interface ListingEvent {
  at: Date;
  status: ListingStatus;
  handle?: string;
  note?: string;
}

export interface Listing {
  /** `{catalogId}:{channel}:{offerId}` */
  id: string;
  catalogId: string;
  channel: string;
  offerId: string;
  productId: string;
  title: string;
  status: ListingStatus;
  /** What should be at the channel: the item, or nothing. */
  want: 'live' | 'gone';
  /** Hash of what should be sent (the channel's own row of the item). */
  hash: string;
  /**
   * Hash of what was sent last: `goneHash` for a take-down, `unknownHash` when we cannot tell what arrived. Absent when
   * nothing was ever sent, or when all of it is taken down again: then the channel cannot hold anything of ours.
   */
  sentHash?: string;
  /** Of what was sent last, without the columns that the channel takes by themselves; where it takes any so. */
  sentRestHash?: string;
  /** Hash of what the channel has accepted and still holds; absent when it holds nothing of ours. */
  liveHash?: string;
  /** The channel's receipt while `sent`. */
  handle?: string;
  /** Ours (check, source, image) and the channel's, for the state of things now. */
  issues: Issue[];
  /** Sends that failed or got lost since the last verdict. */
  attempts: number;
  /** Not to be sent before. */
  notBefore?: Date;
  /** Since when `status` holds; while it is pending, since when this is what waits. */
  since: Date;
  sentAt?: Date;
  verdictAt?: Date;
  /** The channel holds an older version that we cannot update now (blocked or rejected after it was accepted). */
  stale: boolean;
  history: ListingEvent[];
  /** Of the write that left it so, given by the store: the next one is made only over exactly that. */
  stamp?: string;
}

/** The channel's verdict on one item of a batch. */
export interface ItemOutcome {
  offerId: string;
  /** `working`: the channel has not decided yet. */
  verdict: 'accepted' | 'rejected' | 'working';
  issues: Issue[];
}

/** In place of a hash: nothing should be (or was asked to be) at the channel. */
export const goneHash = '';
/** In place of `sentHash`: the connection broke, something may have arrived. Equals no hash. */
export const unknownHash = '?';
/** Code of a rejection that says: the channel holds no such offer. For a take-down that is as good as done. */
export const offerUnknown = 'offer_unknown';

/** Every move between statuses; `new` is the listing that does not exist yet. Staying is always allowed. */
export const allowedMoves: Readonly<Record<ListingStatus | 'new', readonly ListingStatus[]>> = {
  new: ['pending', 'blocked'],
  // accepted: the item is again what the channel holds; removed: withdrawn before anything was sent
  pending: ['sent', 'blocked', 'accepted', 'removed'],
  // sent, here and below: the item changed while its batch was on the way out
  blocked: ['pending', 'accepted', 'removed', 'sent'],
  // pending: changed, failed or lost meanwhile; blocked: our check found an error meanwhile
  sent: ['accepted', 'rejected', 'pending', 'blocked', 'removed'],
  // rejected: by a review that came after the batch's verdict
  accepted: ['pending', 'blocked', 'rejected', 'sent'],
  rejected: ['pending', 'blocked', 'accepted'],
  removed: ['pending', 'blocked', 'sent'],
};

/** What the shop wants of one item at one channel now. */
export interface Wanted {
  catalogId: string;
  channel: string;
  offerId: string;
  productId: string;
  title: string;
  /** Of the channel's row; whatever, when blocked or withheld. */
  hash: string;
  /** Of source, images and check. */
  issues: Issue[];
  /** The item is a draft, archived or removed: nothing of it should be at the channel. */
  withheld?: boolean;
}

/**
 * Decides what becomes of an item at a channel after a check. Answers `before` itself (or undefined) when there is
 * nothing to do. An item that is blocked after it was accepted stays at the channel as it was there.
 */
export function planListing(before: Listing | undefined, wanted: Wanted, now: Date): Listing | undefined {
  if (before === undefined) return wanted.withheld ? undefined : startListing(wanted, now);
  const { productId, title } = wanted;
  if (wanted.withheld) {
    if (before.want === 'gone') return before;
    const after: Listing = { ...before, productId, title, want: 'gone', hash: goneHash };
    if (before.status === 'sent') return after;
    const reset = withoutWait({ ...after, issues: [], stale: false });
    return mayHold(before)
      ? { ...move(reset, 'pending', now, 'to be taken down'), since: now }
      : move(reset, 'removed', now);
  }
  const planned: Listing = {
    ...before,
    productId,
    title,
    want: 'live',
    hash: wanted.hash,
    issues: wanted.issues,
  };
  const status = hasErrors(wanted.issues) ? 'blocked' : findFreeStatus(before, planned);
  // The channel's words hold as long as its verdict does, and while we wait for one.
  if (status === before.status && (status === 'sent' || status === 'accepted' || status === 'rejected'))
    planned.issues = [...wanted.issues, ...before.issues.filter(isFromChannel)];
  // A blocked item that is on its way is blocked when the verdict is in: until then we must know that it is sent.
  if (before.status === 'sent') return isSame(before, planned) ? before : planned;
  planned.stale = (status === 'blocked' || status === 'rejected') && before.liveHash !== undefined;
  if (status !== before.status) return move(withoutWait(planned), status, now);
  if (isSame(before, planned)) return before;
  const isOther = planned.hash !== before.hash || planned.want !== before.want;
  return status === 'pending' && isOther ? { ...planned, since: now } : planned;
}

function startListing(wanted: Wanted, now: Date): Listing {
  const { catalogId, channel, offerId, productId, title, hash, issues } = wanted;
  const status = hasErrors(issues) ? 'blocked' : 'pending';
  return {
    id: `${catalogId}:${channel}:${offerId}`,
    catalogId,
    channel,
    offerId,
    productId,
    title,
    status,
    want: 'live',
    hash,
    issues,
    attempts: 0,
    since: now,
    stale: false,
    history: [{ at: now, status }],
  };
}

/** The status of an item that nothing blocks. */
function findFreeStatus(before: Listing, planned: Listing): ListingStatus {
  if (before.status === 'sent') return 'sent';
  if (before.status === 'rejected' && before.want === 'live' && planned.hash === before.sentHash)
    return 'rejected';
  // Only when nothing else was sent since: then the channel holds exactly this.
  const isLive = planned.hash === before.liveHash && before.sentHash === before.liveHash;
  return isLive ? 'accepted' : 'pending';
}

/** Whether the channel holds the item but for columns that it takes by themselves: the last thing sent was accepted, and differs in nothing else. */
export const isPatchable = (listing: Listing, hash: string, restHash: string): boolean =>
  listing.liveHash !== undefined &&
  listing.liveHash === listing.sentHash &&
  listing.sentRestHash === restHash &&
  listing.sentHash !== hash;

/**
 * The item went out with this hash (`goneHash`: it was a take-down). Right from every status: what happened to the
 * listing while the request was under way is settled with the verdict.
 */
export function markSent(
  listing: Listing,
  hash: string,
  handle: string | undefined,
  now: Date,
  restHash?: string,
): Listing {
  const isAgain = listing.status === 'sent' && listing.sentHash === hash;
  if (isAgain && (handle === undefined || listing.handle === handle)) return listing;
  const { handle: _old, sentRestHash: _rest, ...others } = withoutWait(listing);
  const after: Listing = { ...others, sentHash: hash, sentAt: now, issues: listing.issues.filter(isOurs) };
  if (restHash !== undefined) after.sentRestHash = restHash;
  if (handle !== undefined) after.handle = handle;
  return move(after, 'sent', now, hash === goneHash ? 'take-down' : undefined);
}

/** The channel's verdict: on what was sent, or (review) on what it already holds. */
export function applyOutcome(listing: Listing, outcome: ItemOutcome, now: Date): Listing {
  const { status } = listing;
  if (status === 'sent') return settleSent(listing, outcome, now);
  if (status === 'accepted' || status === 'rejected') return settleReview(listing, outcome, now);
  // Something newer is decided already; a word about the past changes nothing.
  return listing;
}

function settleSent(listing: Listing, { verdict, issues }: ItemOutcome, now: Date): Listing {
  const words = withoutTwins([...listing.issues.filter(isFromChannel), ...issues]);
  const ours = listing.issues.filter(isOurs);
  if (verdict === 'working') {
    const after = { ...listing, issues: [...ours, ...words] };
    return isSame(listing, after) ? listing : after;
  }
  const { handle, ...rest } = listing;
  const after: Listing = { ...rest, verdictAt: now, attempts: 0 };
  const isTakeDown = listing.sentHash === goneHash;
  const isDone = verdict === 'accepted' || (isTakeDown && issues.some(({ code }) => code === offerUnknown));
  if (isTakeDown && isDone) {
    delete after.liveHash;
    delete after.sentHash;
  } else if (isDone && listing.sentHash !== undefined) after.liveHash = listing.sentHash;
  if (isTakeDown && !isDone && listing.want === 'gone')
    return postpone(
      { ...after, attempts: listing.attempts, issues: words },
      undefined,
      now,
      'take-down refused',
    );
  const isCurrent = listing.want === 'live' && listing.hash === after.sentHash;
  after.issues = isCurrent ? [...ours, ...words] : ours;
  return settle(after, isDone ? 'accepted' : 'rejected', now, handle);
}

/** Where a listing goes when nothing of it is on the way any more. */
function settle(listing: Listing, verdict: 'accepted' | 'rejected', now: Date, handle?: string): Listing {
  const status = findSettled(listing, verdict);
  const isHeld = listing.liveHash !== undefined;
  const stale = isHeld && (status === 'blocked' || status === 'rejected');
  return move({ ...listing, stale }, status, now, undefined, handle);
}

function findSettled(listing: Listing, verdict: 'accepted' | 'rejected'): ListingStatus {
  if (listing.want === 'gone') return mayHold(listing) ? 'pending' : 'removed';
  if (hasErrors(listing.issues.filter(isOurs))) return 'blocked';
  return listing.hash === listing.sentHash ? verdict : 'pending';
}

function settleReview(listing: Listing, { verdict, issues }: ItemOutcome, now: Date): Listing {
  if (verdict === 'working') return listing;
  // The word is about the older version that the channel still shows, not about the one it refused.
  if (listing.status === 'rejected' && listing.stale) return listing;
  const after: Listing = { ...listing, issues: [...listing.issues.filter(isOurs), ...issues] };
  if (verdict === listing.status) return isSame(listing, after) ? listing : { ...after, verdictAt: now };
  after.verdictAt = now;
  if (verdict === 'accepted') {
    if (listing.sentHash !== undefined) after.liveHash = listing.sentHash;
    return move(after, 'accepted', now, 'by review');
  }
  delete after.liveHash;
  if (!issues.some(({ code }) => code === offerUnknown)) return move(after, 'rejected', now, 'by review');
  delete after.sentHash;
  return move(
    { ...after, issues: listing.issues.filter(isOurs) },
    'pending',
    now,
    'no longer at the channel',
  );
}

/**
 * Sending failed. It is tried again after a growing pause, or after the one the channel asked for; at once when the
 * channel refused us as a whole, since then nothing is sent until somebody reconnects it.
 */
export function markFailed(listing: Listing, error: Error, now: Date): Listing {
  const mayHaveArrived = error instanceof NoAnswerError;
  if (listing.status !== 'pending' && listing.status !== 'sent' && !mayHaveArrived) return listing;
  const { handle: _old, ...after } = { ...listing, issues: listing.issues.filter(isOurs) };
  if (mayHaveArrived) after.sentHash = unknownHash;
  const status = findUnsent(after);
  if (status === 'blocked') return move(after, 'blocked', now, error.message);
  if (error instanceof ChannelError) return move(withoutWait(after), 'pending', now, error.message);
  return postpone(after, error instanceof BusyError ? error.retryAfterMs : undefined, now, error.message);
}

/**
 * The process ended between the request and our note of it: the channel may have taken the item in, also where by now it
 * should be again as it was before, or should not be there at all. One that was noted and decided just before is sent once
 * more: times could tell it, but not after a clock that was ahead.
 */
export function markCutOff(listing: Listing, now: Date): Listing {
  if (listing.status === 'sent') return listing;
  const after: Listing = { ...listing, sentHash: unknownHash };
  if (listing.status === 'pending' || listing.status === 'blocked') return after;
  return move(withoutWait(after), 'pending', now, 'cut off while it was sent');
}

/** A `sent` listing whose handle is missing or unknown to the channel: sent again, since sending twice is harmless. */
export function recoverLost(listing: Listing, now: Date): Listing {
  if (listing.status !== 'sent') return listing;
  const { handle: _old, ...rest } = listing;
  const after = { ...rest, attempts: listing.attempts + 1, issues: listing.issues.filter(isOurs) };
  const stale = findUnsent(after) === 'blocked' && listing.liveHash !== undefined;
  return move({ ...after, stale }, findUnsent(after), now, 'the receipt was lost');
}

const findUnsent = (listing: Listing): 'blocked' | 'pending' =>
  listing.want === 'live' && hasErrors(listing.issues.filter(isOurs)) ? 'blocked' : 'pending';

const [firstDelayMs, longestDelayMs] = [30_000, 6 * 3_600_000];

function postpone(listing: Listing, askedMs: number | undefined, now: Date, note: string): Listing {
  const attempts = listing.attempts + 1;
  const delay = Math.min(firstDelayMs * 2 ** (attempts - 1), longestDelayMs);
  const notBefore = new Date(now.getTime() + Math.max(delay, askedMs ?? 0));
  return move({ ...listing, attempts, notBefore, stale: false }, 'pending', now, note);
}

/** Whether anything of ours is, or may be, at the channel. */
const mayHold = (listing: Listing): boolean =>
  listing.liveHash !== undefined || listing.sentHash !== undefined;

const historyLength = 20;

/** The listing in this status, with the event in its history. Only for moves that `allowedMoves` has. */
export function move(
  listing: Listing,
  status: ListingStatus,
  now: Date,
  note?: string,
  ofHandle?: string,
): Listing {
  const event: ListingEvent = { at: now, status };
  const handle = ofHandle ?? listing.handle;
  if (handle !== undefined) event.handle = handle;
  if (note !== undefined) event.note = note.slice(0, 300);
  const history = [...listing.history, event].slice(-historyLength);
  return { ...listing, status, history, since: status === listing.status ? listing.since : now };
}

function withoutWait(listing: Listing): Listing {
  const { notBefore: _notBefore, ...rest } = listing;
  return rest;
}

const isFromChannel = (issue: Issue): boolean => issue.from === 'channel';
const isOurs = (issue: Issue): boolean => issue.from !== 'channel';

function withoutTwins(issues: readonly Issue[]): Issue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()];
}

const isSame = (a: Listing, b: Listing): boolean =>
  a.hash === b.hash &&
  a.want === b.want &&
  a.title === b.title &&
  a.productId === b.productId &&
  a.stale === b.stale &&
  a.issues.length === b.issues.length &&
  a.issues.every((issue, at) => isSameIssue(issue, b.issues[at]));
