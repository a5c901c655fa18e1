/** Listings and the batches that carry them to a channel. */
import { randomUUID } from 'node:crypto';
import {
  defineCollection, idOf, inCatalog, inChunks, writeBulk, type AnyBulkWriteOperation, type Connection,
} from '../../catalog/store/model.ts'; // prettier-ignore
import type { ListingState } from '../card.ts';
import { listingStatuses, type Listing, type ListingStatus } from '../listing.ts';

type ListingDocument = Omit<Listing, 'id'> & { _id: string };

/** A batch on its way: kept as soon as the channel's handle is known, until its verdicts are in. */
export interface SentBatch {
  /** `{catalogId}:{channel}:{handle}` */
  id: string;
  catalogId: string;
  channel: string;
  handle: string;
  offerIds: string[];
  sentAt: Date;
  /** `review`: the batch is through, the channel's people or machines still look at its items. */
  stage: 'sent' | 'review';
  /** The receipt of the feed's fetch that carries these items, where they went by the feed. */
  feed?: string;
}
type BatchDocument = Omit<SentBatch, 'id'> & { _id: string };

export type ListingStore = ReturnType<typeof createListingStore>;
export const listingId = (catalogId: string, channel: string, offerId: string): string =>
  idOf(catalogId, channel, offerId);

const toListing = ({ _id, ...rest }: ListingDocument): Listing => ({ id: _id, ...rest });

export interface ListingFilter {
  channel?: string;
  status?: ListingStatus;
  code?: string;
}

/** In one command: while the store works on it, the next is made ready. */
const mostWritten = 1_000;

/** Who wants to know of listings that moved: before the first is written, and after. */
export interface ListingWatch {
  expect(catalogId: string, now: Date): Promise<void>;
  touch(listings: readonly Listing[]): void;
}

export function createListingStore(connection: Connection, watch?: ListingWatch) {
  const { collection, sync } = defineCollection<ListingDocument>(connection, 'listings', [
    { keys: { catalogId: 1, channel: 1, status: 1, productId: 1 } },
    { keys: { catalogId: 1, productId: 1 } },
  ]);
  const batches = defineCollection<BatchDocument>(connection, 'batches', [
    { keys: { catalogId: 1, channel: 1 } },
  ]);

  async function findMany(ids: readonly string[]): Promise<Map<string, Listing>> {
    const found = new Map<string, Listing>();
    if (ids.length === 0) return found;
    const options = { batchSize: ids.length };
    for (const document of await collection.find({ _id: { $in: [...ids] } }, options).toArray())
      found.set(document._id, toListing(document));
    return found;
  }

  /** What the cards show of these listings. */
  async function findStates(ids: readonly string[]): Promise<Map<string, ListingState>> {
    const projection = { channel: 1, status: 1, since: 1, stale: 1, issues: 1 };
    const found = new Map<string, ListingState>();
    if (ids.length === 0) return found;
    const options = { projection, batchSize: ids.length };
    for (const { _id, ...state } of await collection.find({ _id: { $in: [...ids] } }, options).toArray())
      found.set(_id, state);
    return found;
  }

  /** Writes each listing only where it still is as it was read; the ids of the others come back. */
  async function save(
    changes: readonly { before: Listing | undefined; after: Listing }[],
  ): Promise<string[]> {
    const chunks = [...inChunks(changes, mostWritten)];
    return (await Promise.all(chunks.map(saveChunk))).flat();
  }

  async function saveChunk(
    changes: readonly { before: Listing | undefined; after: Listing }[],
  ): Promise<string[]> {
    const stamp = randomUUID().slice(0, 8);
    const operations = changes.map(
      ({ before, after: { id, ...rest } }): AnyBulkWriteOperation<ListingDocument> => {
        const fields = { ...rest, stamp };
        return before === undefined
          ? { insertOne: { document: { _id: id, ...fields } } }
          : {
              replaceOne: {
                filter: { _id: id, stamp: before.stamp ?? { $exists: false } },
                replacement: fields,
              },
            };
      },
    );
    const { inserted, matched } = await writeBulk(collection, operations);
    if (inserted + matched === changes.length) return [];
    const stored = await findMany(changes.map(({ after }) => after.id));
    return changes.map(({ after }) => after.id).filter((id) => stored.get(id)?.stamp !== stamp);
  }

  async function read(these: readonly (string | Listing)[]): Promise<Listing[]> {
    const ids = these.filter((one) => typeof one === 'string');
    const known = these.filter((one) => typeof one !== 'string');
    return ids.length === 0 ? known : [...known, ...(await findMany(ids)).values()];
  }

  return {
    async sync() {
      await sync();
      await batches.sync();
    },
    findMany,
    findStates,
    save,

    /**
     * Reads, changes and writes listings until each change met an unchanged listing (5 rounds, then an error). Listings
     * that were read a while ago need not be read again first: one that has changed since is found by its stamp.
     */
    async change(
      these: readonly string[] | readonly Listing[],
      move: (listing: Listing) => Listing | undefined,
    ): Promise<void> {
      let waiting: readonly (string | Listing)[] = these;
      for (let round = 0; waiting.length > 0; round++) {
        if (round === 5) throw new Error(`${waiting.length} listings keep changing under our hands`);
        const changes: { before: Listing; after: Listing }[] = [];
        for (const before of await read(waiting)) {
          const after = move(before);
          if (after && after !== before) changes.push({ before, after });
        }
        const [first] = changes;
        if (first) await watch?.expect(first.after.catalogId, new Date());
        waiting = await save(changes);
        watch?.touch(changes.map(({ after }) => after));
      }
    },

    async findByProducts(catalogId: string, productIds: readonly string[]): Promise<Listing[]> {
      const found = await collection.find({ catalogId, productId: { $in: [...productIds] } }).toArray();
      return found.map(toListing);
    },

    /** Pending listings that may be sent now, those of one product beside each other; `from`: of this product and later ones. */
    async takePending(
      catalogId: string,
      channel: string,
      limit: number,
      now: Date,
      { from, upTo }: { from?: string | undefined; upTo?: Date | undefined } = {},
    ): Promise<Listing[]> {
      const found = await collection
        .find({
          catalogId,
          channel,
          status: 'pending',
          ...(from === undefined ? {} : { productId: { $gte: from } }),
          $and: [
            { $or: [{ notBefore: { $exists: false } }, { notBefore: { $lte: now } }] },
            // what waits since tomorrow does so since a clock was put right
            ...(upTo === undefined ? [] : [{ $or: [{ since: { $lte: upTo } }, { since: { $gt: now } }] }]),
          ],
        })
        .sort({ productId: 1 })
        .limit(limit)
        .toArray();
      return found.map(toListing);
    },

    /** When the first of the listings that wait for their next turn may be sent; undefined: none waits. */
    async nextWait(catalogId: string, channel: string): Promise<Date | undefined> {
      const [first] = await collection
        .find({ catalogId, channel, status: 'pending', notBefore: { $exists: true } })
        .sort({ notBefore: 1 })
        .limit(1)
        .toArray();
      return first?.notBefore;
    },

    async countByStatus(catalogId: string): Promise<Record<string, Record<ListingStatus, number>>> {
      const rows = await collection
        .aggregate<{ _id: { channel: string; status: ListingStatus }; count: number }>([
          { $match: { catalogId } },
          { $group: { _id: { channel: '$channel', status: '$status' }, count: { $sum: 1 } } },
        ])
        .toArray();
      const counts: Record<string, Record<ListingStatus, number>> = {};
      for (const { _id, count } of rows) {
        const zero = Object.fromEntries(listingStatuses.map((s) => [s, 0])) as Record<ListingStatus, number>;
        const channel = (counts[_id.channel] ??= zero);
        channel[_id.status] = count;
      }
      return counts;
    },

    async count(catalogId: string, channel: string, status: ListingStatus): Promise<number> {
      return collection.countDocuments({ catalogId, channel, status });
    },

    /** Which of these catalogs have such listings at the channel. */
    async catalogsWith(
      catalogIds: readonly string[],
      channel: string,
      status: ListingStatus,
    ): Promise<string[]> {
      return collection.distinct('catalogId', { catalogId: { $in: [...catalogIds] }, channel, status });
    },

    async page(catalogId: string, filter: ListingFilter, limit: number, after?: string): Promise<Listing[]> {
      const { code, ...equal } = filter;
      const range = after === undefined ? inCatalog(catalogId) : { $gt: after, $lt: `${catalogId};` };
      const query = { _id: range, ...equal, ...(code === undefined ? {} : { 'issues.code': code }) };
      const found = await collection
        .find(query, { projection: { stamp: 0 } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(toListing);
    },

    /** Problems grouped by channel, code and field, the most frequent first. */
    async groupIssues(catalogId: string, limit: number) {
      return collection
        .aggregate<{
          channel: string; code: string; field?: string; severity: string; message: string; hint?: string;
          from: string; count: number; sample: string[];
        }>([
          { $match: { catalogId, 'issues.0': { $exists: true } } },
          { $unwind: '$issues' },
          {
            $group: {
              _id: { channel: '$channel', code: '$issues.code', field: '$issues.field' },
              severity: { $first: '$issues.severity' },
              message: { $first: '$issues.message' },
              hint: { $first: '$issues.hint' },
              from: { $first: '$issues.from' },
              count: { $sum: 1 },
              sample: { $push: '$offerId' },
            },
          },
          { $sort: { count: -1, '_id.code': 1 } },
          { $limit: limit },
          {
            $project: {
              _id: 0, channel: '$_id.channel', code: '$_id.code', field: '$_id.field', severity: 1, message: 1,
              hint: 1, from: 1, count: 1, sample: { $slice: ['$sample', 5] },
            },
          },
        ])
        .toArray(); // prettier-ignore
    },

    /** Items that the channel has and that our check has blocked since then. */
    async countNewlyBlocked(catalogId: string, channel: string, since: Date): Promise<number> {
      return collection.countDocuments({
        catalogId,
        channel,
        status: 'blocked',
        stale: true,
        since: { $gte: since },
      });
    },
    async sampleNewlyBlocked(catalogId: string, channel: string, since: Date): Promise<string[]> {
      const found = await collection
        .find({ catalogId, channel, status: 'blocked', stale: true, since: { $gte: since } })
        .limit(20)
        .toArray();
      return found.map(({ offerId, issues }) => `${offerId}: ${issues[0]?.message ?? ''}`);
    },

    /** Products with a listing that may not be in the feed of this channel, in the order of their ids. */
    async *eachWithheld(
      catalogId: string,
      channel: string,
    ): AsyncGenerator<{ productId: string; offerId: string }> {
      const cursor = collection
        .find({ catalogId, channel, status: 'blocked' }, { projection: { _id: 0, productId: 1, offerId: 1 } })
        .sort({ productId: 1 })
        .batchSize(2_000);
      for await (const document of cursor) yield document;
    },

    async saveBatch(batch: SentBatch): Promise<void> {
      const { id, ...fields } = batch;
      await batches.collection.replaceOne({ _id: id }, fields, { upsert: true });
    },
    async findBatch(id: string): Promise<SentBatch | undefined> {
      const document = await batches.collection.findOne({ _id: id });
      if (!document) return undefined;
      const { _id, ...rest } = document;
      return { id: _id, ...rest };
    },
    async endBatch(id: string): Promise<void> {
      await batches.collection.deleteOne({ _id: id });
    },
    /** Batches on their way: all, or those of one catalog (and channel). */
    async *eachBatch(catalogId?: string, channel?: string): AsyncGenerator<SentBatch> {
      const of = { ...(catalogId ? { catalogId } : {}), ...(channel ? { channel } : {}) };
      for await (const { _id, ...rest } of batches.collection.find(of)) yield { id: _id, ...rest };
    },
  };
}
