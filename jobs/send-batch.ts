/** One batch on its way out: its items built anew, sent whole or in halves, and what came of it written down. */
import type { Catalog } from '../catalog/catalog.ts';
import { NoAnswerError, SyncError, TooLargeError } from '../catalog/errors.ts';
import { toItems, type Item } from '../catalog/item.ts';
import { isTurnDue, letTurn } from '../catalog/loop-turn.ts';
import { idOf } from '../catalog/store/model.ts';
import { hashRest, hashRow, toEarlierItem, toKeptRow, type FeedRow } from '../feeds/build-feed.ts';
import type { Channel, ChannelApi } from '../feeds/channel.ts';
import {
  applyOutcome,
  goneHash,
  isPatchable,
  markFailed,
  markSent,
  type ItemOutcome,
  type Listing,
} from '../feeds/listing.ts';
import { policyOf, underPolicy } from '../feeds/policy.ts';
import { checkBatch } from './check-batch.ts';
import { findEarlierRows } from './earlier-rows.ts';
import { addToRun, type JobContext } from './job.ts';
import { listPinned } from './published-feed.ts';

export interface Ready {
  listing: Listing;
  /** Absent: take it down. */
  item?: Item;
  hash: string;
  /** Where the channel takes some columns by themselves: of the row without them. */
  restHash?: string;
  bytes: number;
}

function toReady(listing: Listing, item: Item, row: FeedRow, { patchable }: Channel): Ready {
  const ready: Ready = { listing, item, hash: hashRow(row), bytes: JSON.stringify(row).length + 60 };
  if (patchable) ready.restHash = hashRest(row, patchable);
  return ready;
}

/** The items of pending listings, built anew from the products: a listing holds a hash, never a copy. */
export async function rebuild(
  catalog: Catalog,
  channel: Channel,
  pending: readonly Listing[],
  ctx: JobContext,
): Promise<Ready[]> {
  if ((await listPinned(catalog.id, ctx)).has(channel.id))
    return rebuildEarlier(catalog, channel, pending, ctx);
  const ids = new Set(pending.map((listing) => listing.productId));
  const items = new Map<string, Item>();
  for (const product of await ctx.stores.products.findScanned([...ids])) {
    if (isTurnDue()) await letTurn();
    for (const item of toItems(product, catalog, ctx.settings.fileUrl)) items.set(item.offerId, item);
  }
  const policy = policyOf(catalog, channel.id);
  const ready: Ready[] = [];
  for (const listing of pending) {
    if (isTurnDue()) await letTurn();
    const own = items.get(listing.offerId);
    const item = own && underPolicy(own, policy, listing);
    const isGone = listing.want === 'gone' || !item || item.withheld !== undefined;
    ready.push(
      isGone
        ? { listing, hash: goneHash, bytes: 60 }
        : toReady(listing, item, toKeptRow(item, channel.feed.columns), channel),
    );
  }
  return ready;
}

/** Of a channel that is held at an earlier feed: the rows as they stand there. What is not in it waits to be taken down. */
async function rebuildEarlier(
  catalog: Catalog,
  channel: Channel,
  pending: readonly Listing[],
  ctx: JobContext,
): Promise<Ready[]> {
  const rows = await findEarlierRows(catalog.id, channel, pending, ctx);
  return pending.flatMap((listing): Ready[] => {
    if (listing.want === 'gone') return [{ listing, hash: goneHash, bytes: 60 }];
    const row = rows.get(listing.offerId);
    if (row === undefined) return [];
    return [toReady(listing, toEarlierItem(listing, catalog, row), row, channel)];
  });
}

export interface Way {
  catalogId: string;
  channelId: string;
  runId: string | undefined;
  phase: string;
}

/** Cuts by bytes, and in halves where the channel finds it too large. */
export async function sendWhole(
  ready: readonly Ready[],
  channel: Channel,
  api: ChannelApi,
  way: Way,
  ctx: JobContext,
): Promise<void> {
  if (ready.length === 0) return;
  const bytes = ready.reduce((sum, one) => sum + one.bytes, 0);
  const halves = async (): Promise<void> => {
    const middle = Math.ceil(ready.length / 2);
    await sendWhole(ready.slice(0, middle), channel, api, way, ctx);
    await sendWhole(ready.slice(middle), channel, api, way, ctx);
  };
  if (bytes > channel.limits.bytesPerBatch && ready.length > 1) return halves();
  const { sends } = ctx.stores;
  const ids = ready.map(({ listing }) => listing.id);
  const send = await sends.begin(way.catalogId, way.channelId, ids);
  let unsent: Unsent | undefined;
  try {
    unsent = await sendOne(ready, api, way, ctx);
  } catch (error) {
    if (error instanceof TooLargeError && ready.length > 1) {
      await sends.end(send);
      return halves();
    }
    unsent = { ready, error: error instanceof Error ? error : new Error(String(error)) };
  }
  if (unsent) await giveBack(unsent, ctx);
  // an error that is not the channel's word says nothing of what the channel has: the next push looks at it
  if (!unsent || unsent.error instanceof SyncError) await sends.end(send);
  if (unsent && !isOwn(unsent)) throw unsent.error;
}

interface Unsent {
  ready: readonly Ready[];
  error: Error;
  /** Others of the same batch went out. */
  isPart?: true;
}

/** An error that is about more than these items ends this job. */
const isOwn = ({ error, isPart }: Unsent): boolean =>
  error instanceof TooLargeError || (isPart === true && error instanceof NoAnswerError);

/** What did not go out waits for its next turn. */
async function giveBack(unsent: Unsent, ctx: JobContext): Promise<void> {
  const { ready, error } = unsent;
  // the channel may have taken it in all the same: that is kept, so that a later take-down is not forgotten
  await ctx.stores.listings.change(
    ready.map(({ listing }) => listing.id),
    (listing) => {
      const { notBefore, ...after } = markFailed(listing, error, ctx.now());
      // a whole batch that failed waits as this job does; single items wait by themselves
      return isOwn(unsent) && notBefore ? { ...after, notBefore } : after;
    },
  );
}

/** Answers what the channel says it did not get to. */
async function sendOne(
  all: readonly Ready[],
  api: ChannelApi,
  way: Way,
  ctx: JobContext,
): Promise<Unsent | undefined> {
  const { listings, runs } = ctx.stores;
  const { catalogId, channelId, runId, phase } = way;
  if (!api.send) return undefined;
  const { handle, outcomes, unsent } = await api.send({
    upserts: all.flatMap(({ item }) => item ?? []),
    deletes: all.flatMap(({ item, listing }) => (item ? [] : listing.offerId)),
    patchable: new Set(
      all.flatMap(({ listing, hash, restHash }) =>
        restHash !== undefined && isPatchable(listing, hash, restHash) ? listing.offerId : [],
      ),
    ),
  });
  const now = ctx.now();
  const missed = new Set(unsent?.offerIds);
  const ready = all.filter(({ listing }) => !missed.has(listing.offerId));
  const decided = new Map(outcomes.filter((o) => o.verdict !== 'working').map((o) => [o.offerId, o]));
  const waiting = ready.filter(({ listing }) => !decided.has(listing.offerId));
  // the handle first: without it nobody could ask for the verdicts
  if (handle !== undefined) {
    const id = idOf(catalogId, channelId, handle);
    const offerIds = waiting.map(({ listing }) => listing.offerId);
    await listings.saveBatch({
      id,
      catalogId,
      channel: channelId,
      handle,
      offerIds,
      sentAt: now,
      stage: 'sent',
    });
  }
  const sent = new Map(ready.map((one) => [one.listing.id, one]));
  await listings.change(
    ready.map(({ listing }) => listing),
    (listing) => {
      const one = sent.get(listing.id);
      if (!one) return undefined;
      const outcome = decided.get(listing.offerId);
      // the row may be newer than the last check (another public address, a new version): it is what should be there
      const current =
        listing.hash === one.listing.hash && one.item ? { ...listing, hash: one.hash } : listing;
      const after = markSent(current, one.hash, handle, now, one.restHash);
      return outcome ? applyOutcome(after, outcome, now) : after;
    },
  );
  if (runId) await runs.addToPhase(runId, phase, countOutcomes(ready.length, [...decided.values()]), now);
  if (handle !== undefined)
    await addToRun(
      ctx,
      checkBatch,
      { catalogId, channel: channelId, handle, runId },
      { delayMs: ctx.settings.checkEveryMs },
    );
  if (unsent === undefined) return undefined;
  const rest = all.filter(({ listing }) => missed.has(listing.offerId));
  return { ready: rest, error: unsent.error, isPart: true };
}

/** In the push phase `done` is what the channel took in; the verdicts are a phase of their own. */
function countOutcomes(all: number, decided: readonly ItemOutcome[]) {
  const failed = decided.filter((outcome) => outcome.verdict === 'rejected').length;
  return { in: all, done: all - failed, failed };
}
