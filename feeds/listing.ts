/** A listing: one item at one channel, its sync status, and every allowed move between statuses. Pure. */
import type { Issue } from '../catalog/issue.ts';

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
  /** Hash of what was sent last; absent when nothing was ever sent. */
  sentHash?: string;
  /** Hash of what the channel has accepted and still holds; absent when it holds nothing of ours. */
  liveHash?: string;
  /** The channel's receipt while `sent`. */
  handle?: string;
  /** Ours (check, source, image) and the channel's, for the state of things now. */
  issues: Issue[];
  /** Sends since the last verdict. */
  attempts: number;
  /** Not to be sent before. */
  notBefore?: Date;
  /** Since when `status` holds. */
  since: Date;
  sentAt?: Date;
  verdictAt?: Date;
  /** The channel holds an older version that we cannot update now (blocked or rejected after it was accepted). */
  stale: boolean;
  history: ListingEvent[];
}

/** The channel's verdict on one item of a batch. */
export interface ItemOutcome {
  offerId: string;
  /** `working`: the channel has not decided yet. */
  verdict: 'accepted' | 'rejected' | 'working';
  issues: Issue[];
}
