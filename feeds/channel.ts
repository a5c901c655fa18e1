/** A place that lists items. A channel is a folder in feeds/channels/ whose index.ts exports `channel`. */
import { readdir } from 'node:fs/promises';
import type { ZodType } from 'zod';
import type { Http } from '../catalog/context.ts';
import type { SyncError } from '../catalog/errors.ts';
import type { Item } from '../catalog/item.ts';
import type { ImageRule } from '../catalog/image-rule.ts';
import type { Issue } from '../catalog/issue.ts';
import type { AttributeName } from '../catalog/product.ts';
import type { ItemOutcome } from './listing.ts';

/** One rule of a channel about an item: gives an issue for each way the item breaks it. */
export type Rule = (item: Item) => Issue | Issue[] | undefined;

/** One rule about the items of a product beside each other: gives each item that breaks it with its issue. */
export type GroupRule = (items: readonly Item[]) => readonly (readonly [Item, Issue])[];

/** A channel's rules as data; every limit stands here once, with its source. */
export interface ItemSpec {
  rules: readonly Rule[];
  /** Asked where a product has several items for sale. Default: none. */
  groups?: readonly GroupRule[];
  image: ImageRule;
}

/**
 * One column of the feed, and at the same time one field of a pushed item. `value` gives the channel's own
 * text, trimmed to the channel's length where the channel would trim; undefined leaves the field out.
 */
export interface Column {
  name: string;
  value(item: Item): string | undefined;
  /** The column is nothing without this attribute, so items that lack it, which is most of them, are not even asked. */
  of?: AttributeName;
  /** The value is a list, its entries joined by `listSeparator`: XML repeats the element, CSV and TSV show `cell`. */
  list?: {
    cell: (entries: readonly string[]) => string;
    /** The opposite of `cell`, for reading an earlier feed. */
    entries: (cell: string) => readonly string[];
  };
  /** XML only: the element's name (default `g:` and the column's name), and what stands inside one entry. */
  xml?: { name?: string; parts?: (entry: string) => readonly (readonly [name: string, text: string])[] };
}

/** Between the entries of a list in a row; no entry can hold it. */
export const listSeparator = '\n';

export interface FeedLayout {
  columns: readonly Column[];
  /** The first is the default. */
  formats: readonly ('csv' | 'tsv' | 'xml')[];
}

export interface Batch {
  upserts: readonly Item[];
  /** Offer ids to take down. */
  deletes: readonly string[];
  /** Offer ids of upserts that the channel holds but for their `Channel.patchable` columns. Default: none is known to be. */
  patchable?: ReadonlySet<string>;
}

/** One thing that the channel holds, as its own list tells it; for reconciling. */
export interface HeldItem {
  offerId: string;
  title?: string;
  /** The channel's own text: `9.99 EUR`. */
  price?: string;
  availability?: string;
  link?: string;
  /** Whether it came from us, where the channel can tell (its data source, its feed). Default: unknown. */
  ours?: boolean;
}

/** Where and when the channel is to fetch our feed. */
export interface FeedToRegister {
  /** Shown in the channel's own pages; the same name again is the same feed. */
  name: string;
  url: string;
  format: FeedLayout['formats'][number];
  country: string;
  language: string;
  currency: string;
  /** Of the daily fetch, UTC, 0 to 23. */
  hour: number;
}

/** What came of the channel's last fetch (or upload) of our feed. */
export interface FeedResult {
  at: Date;
  status: 'working' | 'done' | 'failed';
  /** Rows that the channel read, took and refused, where it tells. */
  read?: number;
  accepted?: number;
  rejected?: number;
  /** Of the items it complains of; the other items of the feed are accepted. */
  outcomes: ItemOutcome[];
  /** Of the file as a whole. */
  issues: Issue[];
}

/** What became of a batch. */
export interface Sent {
  handle?: string;
  outcomes: ItemOutcome[];
  /** Where a batch is many requests: the offers that did not get through, and why. They are sent again later. */
  unsent?: { offerIds: string[]; error: SyncError };
}

export interface ChannelApi {
  /**
   * Sends one batch as an upsert by offer id: sending twice is harmless. Answers either the verdicts or a handle
   * to ask later; both when the channel says some at once.
   * Throws ChannelError (refused as a whole), BusyError, TooLargeError (halve the batch), NoAnswerError.
   * Absent: the channel takes nothing but the feed.
   */
  send?(batch: Batch): Promise<Sent>;
  /**
   * Asks for the outcomes of a handle. `offerIds` are those sent with it; offers that the channel does not
   * complain of are accepted. `working`: ask again later.
   */
  check?(handle: string, offerIds: readonly string[]): Promise<ItemOutcome[] | 'working'>;
  /** Asks what the channel says of these items now (review, policy): verdicts that come after the batch's. */
  review?(offerIds: readonly string[]): Promise<ItemOutcome[]>;
  /** Everything that the channel holds, page by page, for the reconcile report. */
  list?(): AsyncIterable<HeldItem>;
  /** Makes the channel fetch our feed by itself; the same feed again is an update, never a second registration. */
  registerFeed?(feed: FeedToRegister): Promise<{ feedId: string }>;
  /** Asks the channel to fetch now, after publishing. */
  fetchFeed?(feedId: string): Promise<{ handle: string }>;
  /** How the fetch of this handle (default: the last one) went; undefined when there was none yet. */
  feedResult?(feedId: string, handle?: string): Promise<FeedResult | undefined>;
  /** The layout of this connection's file, where it is not the channel's own: Meta's file of another country. */
  feed?: FeedLayout;
  /** Brings in order what stands beside the items (product sets). Asked after each push; costs nothing when all is done. */
  arrange?(): Promise<void>;
  /** A cheap request that proves the credentials; answers a name to show. Throws ChannelError when refused. */
  test(): Promise<{ name: string }>;
}

/** The API of a channel that takes batches. */
export type PushApi = ChannelApi & Required<Pick<ChannelApi, 'send'>>;

export interface Channel<O = unknown> {
  /** Equals the folder's name. */
  id: string;
  title: string;
  /** Credentials and ids; kept encrypted with the catalog. Field descriptions are shown in the connect form. */
  options: ZodType<O>;
  spec: ItemSpec;
  feed: FeedLayout;
  limits: ChannelLimits;
  /** Columns that the channel takes by themselves, of an item that it holds: those that change often. Default: none. */
  patchable?: ReadonlySet<string>;
  /**
   * `keep` stores changed options (a refreshed token), sealed with the catalog; what it is not given stays.
   * Absent: this channel only fetches the feed file, and nobody tells it to.
   */
  connect?(options: O, http: Http, keep: (changed: Partial<O>) => Promise<void>): ChannelApi;
}

export interface ChannelLimits {
  itemsPerBatch: number;
  bytesPerBatch: number;
  requestsPerSecond: number;
  /** Requests that the channel counts by themselves besides; each counts as the first kind that it is. Default: none. */
  kinds?: readonly RequestKind[];
  /** The channel drops an item that was not sent again for so many days. Default: never. */
  expiresAfterDays?: number;
}

/** Requests with a limit of their own. */
export interface RequestKind {
  /** As the channel calls it. */
  name: string;
  perMinute: number;
  /** `path`: of the address, without its query. */
  is(method: string, path: string): boolean;
}

/** The channels that come with the project. */
const ownChannels = new URL('./channels/', import.meta.url);

/** Finds the channel folders, also in `more` places; a folder whose `channel.id` is not its name stops the start. */
export async function loadChannels(more: readonly URL[] = []): Promise<Map<string, Channel>> {
  const channels = new Map<string, Channel>();
  for (const place of [ownChannels, ...more]) {
    const entries = await readdir(place, { withFileTypes: true });
    for (const { name } of entries
      .filter((e) => e.isDirectory())
      .sort((a, b) => a.name.localeCompare(b.name))) {
      const module = (await import(new URL(`${name}/index.ts`, place).href)) as { channel?: Channel };
      if (module.channel?.id !== name)
        throw new Error(`${name}/index.ts in ${place.pathname} must export a channel with id "${name}"`);
      channels.set(name, module.channel);
    }
  }
  return channels;
}
