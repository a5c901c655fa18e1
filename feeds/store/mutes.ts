/** What people put aside: problems of items that may wait, or are fine as they are. */
import { defineCollection, idOf, inChunks, type Connection } from '../../catalog/store/model.ts';
import { problemId, type Mute } from '../card.ts';

interface MuteDocument extends Mute {
  /** `{catalogId}:{offerId}:{code}/{field}` */
  _id: string;
  catalogId: string;
  offerId: string;
  problem: string;
}

/** One problem of one item. */
export interface ProblemAt {
  offerId: string;
  code: string;
  field?: string | undefined;
}

export type MuteStore = ReturnType<typeof createMuteStore>;
/** Offer id → problem (`code/field`) → who put it aside. */
export type Mutes = Map<string, Map<string, Mute>>;

export function createMuteStore(connection: Connection) {
  const { collection, sync } = defineCollection<MuteDocument>(connection, 'mutes', [
    { keys: { catalogId: 1, offerId: 1 } },
  ]);
  const idAt = (catalogId: string, at: ProblemAt): string => idOf(catalogId, at.offerId, problemId(at));

  return {
    sync,
    async find(catalogId: string, offerIds: readonly string[]): Promise<Mutes> {
      const found: Mutes = new Map();
      // most catalogs have none: one question instead of one per item
      if ((await collection.findOne({ catalogId }, { projection: { _id: 1 } })) === null) return found;
      for (const chunk of inChunks(offerIds, 500))
        for await (const { offerId, problem, by, at, reason, until } of collection.find({
          catalogId,
          offerId: { $in: chunk },
        })) {
          const mutes = found.get(offerId) ?? new Map<string, Mute>();
          found.set(offerId, mutes.set(problem, { by, at, reason, ...(until ? { until } : {}) }));
        }
      return found;
    },
    async save(catalogId: string, places: readonly ProblemAt[], mute: Mute): Promise<void> {
      for (const chunk of inChunks(places, 500))
        await collection.bulkWrite(
          chunk.map((at) => ({
            replaceOne: {
              filter: { _id: idAt(catalogId, at) },
              replacement: { catalogId, offerId: at.offerId, problem: problemId(at), ...mute },
              upsert: true,
            },
          })),
          { ordered: false },
        );
    },
    async remove(catalogId: string, places: readonly ProblemAt[]): Promise<void> {
      for (const chunk of inChunks(places, 500))
        await collection.deleteMany({ _id: { $in: chunk.map((at) => idAt(catalogId, at)) } });
    },
  };
}
