/** A place that lists items. A channel is a folder in feeds/channels/ whose index.ts exports `channel`. */
import { readdir } from 'node:fs/promises';
import type { ZodType } from 'zod';
import type { Http } from '../catalog/context.ts';
import type { Item } from '../catalog/item.ts';
import type { ImageRule } from '../catalog/image-rule.ts';
import type { Issue } from '../catalog/issue.ts';
import type { ItemOutcome } from './listing.ts';

/** One rule of a channel about an item: gives an issue for each way the item breaks it. */
export type Rule = (item: Item) => Issue | Issue[] | undefined;

/** A channel's rules as data; every limit stands here once, with its source. */
export interface ItemSpec {
  rules: readonly Rule[];
  image: ImageRule;
}

/**
 * One column of the feed, and at the same time one field of a pushed item. `value` gives the channel's own
 * text, trimmed to the channel's length where the channel would trim; undefined leaves the field out.
 */
export interface Column {
  name: string;
  value(item: Item): string | undefined;
  /** The value is a list, its entries joined by `listSeparator`: XML repeats the element, CSV and TSV show `cell`. */
  list?: { cell: (entries: readonly string[]) => string };
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
}

export interface ChannelApi {
  /**
   * Sends one batch as an upsert by offer id: sending twice is harmless. Answers either the verdicts or a handle
   * to ask later; both when the channel says some at once.
   * Throws ChannelError (refused as a whole), BusyError, TooLargeError (halve the batch), NoAnswerError.
   */
  send(batch: Batch): Promise<{ handle?: string; outcomes: ItemOutcome[] }>;
  /**
   * Asks for the outcomes of a handle. `offerIds` are those sent with it; offers that the channel does not
   * complain of are accepted. `working`: ask again later.
   */
  check?(handle: string, offerIds: readonly string[]): Promise<ItemOutcome[] | 'working'>;
  /** Asks what the channel says of these items now (review, policy): verdicts that come after the batch's. */
  review?(offerIds: readonly string[]): Promise<ItemOutcome[]>;
  /** A cheap request that proves the credentials; answers a name to show. Throws ChannelError when refused. */
  test(): Promise<{ name: string }>;
}

export interface Channel<O = unknown> {
  /** Equals the folder's name. */
  id: string;
  title: string;
  /** Credentials and ids; kept encrypted with the catalog. Field descriptions are shown in the connect form. */
  options: ZodType<O>;
  spec: ItemSpec;
  feed: FeedLayout;
  limits: { itemsPerBatch: number; bytesPerBatch: number; requestsPerSecond: number };
  /** Absent: this channel only fetches the feed file. */
  connect?(options: O, http: Http): ChannelApi;
}

/** Finds the channel folders; a folder whose `channel.id` is not its name stops the start. */
export async function loadChannels(
  folder: URL = new URL('./channels/', import.meta.url),
): Promise<Map<string, Channel>> {
  const channels = new Map<string, Channel>();
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.filter((e) => e.isDirectory()).sort((a, b) => a.name.localeCompare(b.name))) {
    const module = (await import(new URL(`${entry.name}/index.ts`, folder).href)) as { channel?: Channel };
    if (module.channel?.id !== entry.name)
      throw new Error(`feeds/channels/${entry.name}/index.ts must export a channel with id "${entry.name}"`);
    channels.set(entry.name, module.channel);
  }
  return channels;
}
