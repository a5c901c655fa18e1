/** What people changed by hand, entry by entry, so that it can be shown and undone. */
import { randomUUID } from 'node:crypto';
import { NotFoundError } from '../errors.ts';
import { defineCollection, idOf, inCatalog, inChunks, type Connection } from './model.ts';

export const changeKinds = ['fix', 'undo', 'put_aside', 'take_back'] as const;

/** One field of one item: what stood there and what stands there now; null: the source's own value. */
export interface ChangeEntry {
  offerId: string;
  field: string;
  before: string | null;
  after: string | null;
  /** The value that was to be seen before, wherever it came from. */
  seen?: string;
}

/** One act of a person over any number of items. */
export interface Change {
  id: string;
  catalogId: string;
  kind: (typeof changeKinds)[number];
  by: string;
  at: Date;
  /** How many entries it has. */
  count: number;
  /** The problem it was about, where it was about one. */
  problem?: { code: string; field?: string };
  /** The change that this one takes back. */
  undoes?: string;
  /** The change that took this one back. */
  undoneBy?: string;
}

interface ChangeDocument extends Omit<Change, 'id'> {
  _id: string;
}
interface EntryDocument {
  /** `{changeId}:{part}` */
  _id: string;
  catalogId: string;
  changeId: string;
  offerIds: string[];
  entries: ChangeEntry[];
}

export type ChangeStore = ReturnType<typeof createChangeStore>;
const entriesPerPart = 200;

export function createChangeStore(connection: Connection) {
  const changes = defineCollection<ChangeDocument>(connection, 'changes', [
    { keys: { catalogId: 1, at: -1 } },
  ]);
  const parts = defineCollection<EntryDocument>(connection, 'change_entries', [
    { keys: { changeId: 1 } },
    { keys: { catalogId: 1, offerIds: 1 } },
  ]);
  const toChange = ({ _id, ...rest }: ChangeDocument): Change => ({ id: _id, ...rest });

  return {
    async sync() {
      await changes.sync();
      await parts.sync();
    },
    /** An id under which entries may be added while the change goes on; its record follows with `save`. */
    newId: (catalogId: string, now: Date): string =>
      idOf(catalogId, now.toISOString().replace(/[-:.]/g, ''), randomUUID().slice(0, 8)),

    async addEntries(
      catalogId: string,
      changeId: string,
      part: number,
      entries: readonly ChangeEntry[],
    ): Promise<void> {
      const chunks = [...inChunks(entries, entriesPerPart)];
      if (chunks.length === 0) return;
      await parts.collection.bulkWrite(
        chunks.map((chunk, at) => ({
          replaceOne: {
            filter: { _id: `${changeId}:${part}.${at}` },
            replacement: {
              catalogId,
              changeId,
              offerIds: [...new Set(chunk.map((one) => one.offerId))],
              entries: chunk,
            },
            upsert: true,
          },
        })),
      );
    },
    async save(change: Change): Promise<void> {
      const { id, ...fields } = change;
      await changes.collection.replaceOne({ _id: id }, fields, { upsert: true });
      if (change.undoes)
        await changes.collection.updateOne({ _id: change.undoes }, { $set: { undoneBy: id } });
    },
    async find(catalogId: string, id: string): Promise<Change> {
      const document = await changes.collection.findOne({ _id: id, catalogId });
      if (!document) throw new NotFoundError('change_unknown', `There is no change "${id}".`);
      return toChange(document);
    },
    /** The newest first; `before` is the `at` of the last one of the page before. */
    async list(catalogId: string, limit: number, before?: Date): Promise<Change[]> {
      const range = before === undefined ? {} : { at: { $lt: before } };
      const found = await changes.collection
        .find({ catalogId, _id: inCatalog(catalogId), ...range })
        .sort({ at: -1 })
        .limit(limit)
        .toArray();
      return found.map(toChange);
    },
    async *eachPart(changeId: string): AsyncGenerator<ChangeEntry[]> {
      for await (const { entries } of parts.collection.find({ changeId })) yield entries;
    },
    /** What people did to one item, the newest first. */
    async ofItem(
      catalogId: string,
      offerId: string,
      limit: number,
    ): Promise<(Change & { entries: ChangeEntry[] })[]> {
      const found = await parts.collection
        .find({ catalogId, offerIds: offerId })
        .limit(limit * 2)
        .toArray();
      const byId = Map.groupBy(found, ({ changeId }) => changeId);
      const heads = await changes.collection.find({ _id: { $in: [...byId.keys()] } }).toArray();
      return heads
        .map((head) => ({
          ...toChange(head),
          entries: (byId.get(head._id) ?? [])
            .flatMap(({ entries }) => entries)
            .filter((one) => one.offerId === offerId),
        }))
        .sort((a, b) => b.at.getTime() - a.at.getTime())
        .slice(0, limit);
    },
  };
}
