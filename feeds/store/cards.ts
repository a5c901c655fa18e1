/**
 * Cards of all items: the read model of the admin page. They follow the listings within a moment; whatever a kill leaves
 * behind is found by its mark and made anew, since a card holds nothing that is not in products and listings.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  defineCollection, idOf, inCatalog, inChunks, writeBulk, type AnyBulkWriteOperation, type Connection,
} from '../../catalog/store/model.ts'; // prettier-ignore
import type { Issue } from '../../catalog/issue.ts';
import { withListings, withNewListings, type CardBase, type ItemCard, type ListingState } from '../card.ts';
import { mutedKey } from '../card-keys.ts';
import type { Listing } from '../listing.ts';
import type { CardChange, IssueGroupStore } from './issue-groups.ts';
import type { MuteStore } from './mutes.ts';
import { createCardReader, type CardDocument } from './card-reader.ts';

export type CardStore = ReturnType<typeof createCardStore>;

interface MarkDocument {
  /** `{catalogId}:{process}` */
  _id: string;
  catalogId: string;
  at: Date;
}

/** What the cards are made from beside themselves. */
export interface CardParts {
  mutes: MuteStore;
  groups: IssueGroupStore;
  findListings(ids: readonly string[]): Promise<Map<string, ListingState>>;
}

/** What becomes of a card; undefined leaves it away. */
type Plan = (before: ItemCard | undefined) => ItemCard | undefined;

const flushAfterMs = 150;
/** While very much moves, cards take a third of the time: what moves twice meanwhile is written once. */
const longestPauseMs = 5_000;
const quietMs = 5_000;
/** A mark that nobody renews belongs to a process that is gone. */
const deadAfterMs = 60_000;
const mostAtOnce = 1_000;

export function createCardStore(connection: Connection, parts: CardParts) {
  const { collection, sync } = defineCollection<CardDocument>(connection, 'item_cards', [
    { keys: { catalogId: 1, keys: 1 } },
    { keys: { catalogId: 1, title: 1, _id: 1 } },
    { keys: { catalogId: 1, price: 1, _id: 1 } },
    { keys: { catalogId: 1, changedAt: 1, _id: 1 } },
    { keys: { catalogId: 1, productId: 1 } },
  ]);
  const marks = defineCollection<MarkDocument>(connection, 'card_marks', []);
  const me = randomUUID().slice(0, 8);
  const marked = new Map<string, Date>();
  /** Catalogs that were seen to have cards. */
  const filled = new Set<string>();
  /** Card ids of listings that moved, not yet looked at. */
  let touched = new Set<string>();
  /** Those that are being looked at. */
  let underway = 0;
  let pauseMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  const reader = createCardReader(collection);

  async function findMany(ids: readonly string[]): Promise<Map<string, CardDocument>> {
    const found = new Map<string, CardDocument>();
    for (const chunk of inChunks(ids, mostAtOnce))
      for await (const document of collection.find({ _id: { $in: chunk } }))
        found.set(document._id, document);
    return found;
  }

  /**
   * Plans against what is stored (at first: what was `read` just now) and writes only over exactly that, until every plan
   * met an unchanged card.
   */
  async function change(
    plans: ReadonlyMap<string, Plan>,
    read?: ReadonlyMap<string, CardDocument>,
  ): Promise<void> {
    let waiting = [...plans.keys()];
    for (let round = 0; waiting.length > 0; round++) {
      if (round === 5) throw new Error(`${waiting.length} cards keep changing under our hands`);
      const stored = (round === 0 ? read : undefined) ?? (await findMany(waiting));
      const stamp = randomUUID();
      const changes = waiting.flatMap((id): (CardChange & { id: string; was: string | undefined })[] => {
        const document = stored.get(id);
        const before = document && reader.toCard(document);
        const after = plans.get(id)?.(before);
        if (isDeepStrictEqual(before, after)) return [];
        return [{ id, before, after, was: document?.stamp }];
      });
      if (changes.length === 0) return;
      const written = await write(changes, stamp);
      await parts.groups.apply(written);
      const done = new Set(written.map(({ id }) => id));
      waiting = changes.flatMap(({ id }) => (done.has(id) ? [] : id));
    }
  }

  async function write<T extends CardChange & { id: string; was: string | undefined }>(
    changes: readonly T[],
    stamp: string,
  ): Promise<T[]> {
    const { inserted, modified, deleted } = await writeBulk(
      collection,
      changes.map(({ id, after, was }): AnyBulkWriteOperation<CardDocument> => {
        if (after === undefined) return { deleteOne: { filter: { _id: id, stamp: was ?? '' } } };
        const { id: _, ...fields } = after;
        if (was === undefined) return { insertOne: { document: { _id: id, ...fields, stamp } } };
        return { replaceOne: { filter: { _id: id, stamp: was }, replacement: { ...fields, stamp } } };
      }),
    );
    if (inserted + modified + deleted === changes.length) return [...changes];
    const stored = await findMany(changes.map(({ id }) => id));
    return changes.filter(({ id, after }) => (after ? stored.get(id)?.stamp === stamp : !stored.has(id)));
  }

  /** Before the first write: if we are killed now, somebody must look at this catalog's cards again. */
  async function expect(catalogId: string, now: Date): Promise<void> {
    const last = marked.get(catalogId);
    if (last && now.getTime() - last.getTime() < deadAfterMs / 4) return;
    marked.set(catalogId, now);
    await marks.collection.updateOne(
      { _id: idOf(catalogId, me) },
      { $set: { catalogId, at: now } },
      { upsert: true },
    );
  }

  /** Looks at the listings of touched cards and brings the cards in step. */
  async function reconsider(ids: readonly string[], now: Date): Promise<void> {
    for (const chunk of inChunks(ids, mostAtOnce)) {
      const stored = await findMany(chunk);
      const byCatalog = Map.groupBy(stored.values(), ({ catalogId }) => catalogId);
      for (const [catalogId, cards] of byCatalog) {
        const offerIds = cards.map(({ offerId }) => offerId);
        const mutes = await parts.mutes.find(catalogId, offerIds);
        const listings = await parts.findListings(
          cards.flatMap((card) => card.listings.map(({ channel }) => idOf(catalogId, channel, card.offerId))),
        );
        const plans = cards.map(({ _id, offerId }): [string, Plan] => [
          _id,
          (before) => {
            if (!before) return undefined;
            const own = before.listings.flatMap(
              ({ channel }) => listings.get(idOf(catalogId, channel, offerId)) ?? [],
            );
            return kept(withNewListings(before, own, mutes.get(offerId) ?? new Map(), now));
          },
        ]);
        await change(new Map(plans), stored);
      }
    }
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // one after the other: what moves meanwhile, however often, is looked at once
    const work = flushing.then(async () => {
      const ids = [...touched];
      touched = new Set();
      underway = ids.length;
      const from = performance.now();
      await reconsider(ids, new Date()).finally(() => (underway = 0));
      pauseMs = Math.min(longestPauseMs, 2 * (performance.now() - from));
    });
    flushing = work.catch(() => undefined);
    await work;
  }

  function touch(listings: readonly Listing[]): void {
    for (const { catalogId, offerId } of listings) touched.add(idOf(catalogId, offerId));
    if (touched.size === 0) return;
    // a card that cannot be written now keeps its mark, by which it is found later
    timer ??= setTimeout(() => void flush().catch(() => undefined), Math.max(flushAfterMs, pauseMs));
    timer.unref();
  }

  return {
    ...reader,
    async sync() {
      await sync();
      await marks.sync();
    },
    expect,
    touch,
    flush,

    /** Items as they are now, with their listings as stored; `gone` are offers that these products have no more. */
    async saveItems(
      catalogId: string,
      entries: readonly {
        base: CardBase;
        listings: readonly Listing[];
        issues: readonly Issue[];
      }[],
      gone: readonly { offerId: string; productId: string; listings: readonly Listing[] }[],
      now: Date,
    ): Promise<void> {
      await expect(catalogId, now);
      const mutes = await parts.mutes.find(
        catalogId,
        entries.map(({ base }) => base.offerId),
      );
      const plans = new Map<string, Plan>();
      for (const { base, listings, issues } of entries) {
        const card = kept(withListings(base, listings, issues, mutes.get(base.offerId) ?? new Map(), now));
        plans.set(base.id, () => card);
      }
      for (const { offerId, productId, listings } of gone)
        plans.set(idOf(catalogId, offerId), (before) =>
          // the offer may have gone over to another product meanwhile
          before?.productId === productId
            ? kept(withListings({ ...toBase(before), withheld: 'removed' }, listings, [], new Map(), now))
            : before,
        );
      for (const chunk of inChunks([...plans], mostAtOnce)) await change(new Map(chunk));
    },

    /** After a person put problems aside or took them back. */
    async reconsiderOffers(catalogId: string, offerIds: readonly string[], now: Date): Promise<void> {
      await expect(catalogId, now);
      await reconsider(
        offerIds.map((offerId) => idOf(catalogId, offerId)),
        now,
      );
    },

    /** Wakes what was put aside until now. */
    async endMutes(catalogIds: readonly string[], now: Date): Promise<void> {
      const of = { catalogId: { $in: [...catalogIds] }, keys: mutedKey, mutedUntil: { $lte: now } };
      const due = await collection.find(of, { projection: { _id: 1 } }).toArray();
      await reconsider(
        due.map(({ _id }) => _id),
        now,
      );
    },

    /** Takes quiet marks back; answers the catalogs whose cards may be wrong because a process died over them. */
    async listAbandoned(now: Date): Promise<string[]> {
      for (const [catalogId, at] of marked)
        if (touched.size + underway === 0 && now.getTime() - at.getTime() > quietMs) {
          marked.delete(catalogId);
          await marks.collection.deleteOne({ _id: idOf(catalogId, me) });
        }
      const dead = await marks.collection
        .find({ at: { $lt: new Date(now.getTime() - deadAfterMs) } })
        .toArray();
      const lost = dead.filter(({ _id }) => !_id.endsWith(`:${me}`));
      await marks.collection.deleteMany({ _id: { $in: lost.map(({ _id }) => _id) } });
      return [...new Set(lost.map(({ catalogId }) => catalogId))];
    },

    async recount(catalogId: string): Promise<void> {
      await parts.groups.recount(catalogId, reader.each(catalogId));
    },

    async stop(): Promise<void> {
      await flush();
      for (const catalogId of marked.keys()) await marks.collection.deleteOne({ _id: idOf(catalogId, me) });
      marked.clear();
    },

    /** Whether any card of the catalog exists. */
    async any(catalogId: string): Promise<boolean> {
      if (filled.has(catalogId)) return true;
      const found = await collection.findOne({ _id: inCatalog(catalogId) }, { projection: { _id: 1 } });
      if (found) filled.add(catalogId);
      return found !== null;
    },
  };
}

function toBase({ listings: _, problems: __, keys: ___, mutedUntil: ____, ...base }: ItemCard): CardBase {
  return base;
}

/** A removed item has a card until every channel has let it go. */
function kept(card: ItemCard): ItemCard | undefined {
  return card.withheld === 'removed' && card.listings.every(({ status }) => status === 'removed')
    ? undefined
    : card;
}
