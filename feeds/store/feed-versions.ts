/** Which run published which version of a feed, and to which version a person went back. */
import { defineCollection, idOf, type Connection } from '../../catalog/store/model.ts';

/** One publishing of a channel's feed, in all its formats. */
export interface FeedVersion {
  catalogId: string;
  channel: string;
  /** Its time, as it stands in the files' names: `20261125T031500123Z`. */
  version: string;
  publishedAt: Date;
  items: number;
  /** Absent for one that was built outside of a run. */
  runId?: string;
}

/** A feed that stays at a version until a person lets it go on. */
export interface FeedPin {
  catalogId: string;
  channel: string;
  version: string;
  items: number;
  /** The version that was served before. */
  from?: string;
  at: Date;
  /** Who went back. */
  by: string;
  /**
   * `returning`: what the channel should have is being set to the version; `held`: it is; `leaving`: a person let it go
   * on, every item is checked against the shop's data again.
   */
  state: 'returning' | 'held' | 'leaving';
}

export type FeedVersionStore = ReturnType<typeof createFeedVersionStore>;

export function createFeedVersionStore(connection: Connection) {
  const versions = defineCollection<FeedVersion & { _id: string }>(connection, 'feed_versions', [
    { keys: { catalogId: 1, channel: 1, version: 1 } },
  ]);
  const pins = defineCollection<FeedPin & { _id: string }>(connection, 'feed_pins', [
    { keys: { catalogId: 1 } },
  ]);
  const pinId = (catalogId: string, channel: string): string => idOf(catalogId, channel);
  return {
    async sync() {
      await versions.sync();
      await pins.sync();
    },
    async save(version: FeedVersion): Promise<void> {
      const _id = idOf(version.catalogId, version.channel, version.version);
      await versions.collection.replaceOne({ _id }, version, { upsert: true });
    },
    /** By version. */
    async find(catalogId: string, channel: string): Promise<Map<string, FeedVersion>> {
      const found = await versions.collection
        .find({ catalogId, channel }, { projection: { _id: 0 } })
        .toArray();
      return new Map(found.map((one) => [one.version, one]));
    },
    async remove(catalogId: string, channel: string, version: string): Promise<void> {
      await versions.collection.deleteOne({ _id: idOf(catalogId, channel, version) });
    },

    async pin(pin: FeedPin): Promise<void> {
      await pins.collection.replaceOne({ _id: pinId(pin.catalogId, pin.channel) }, pin, { upsert: true });
    },
    /** By channel: those of one catalog. */
    async pins(catalogId: string): Promise<Map<string, FeedPin>> {
      const found = await pins.collection.find({ catalogId }, { projection: { _id: 0 } }).toArray();
      return new Map(found.map((pin) => [pin.channel, pin]));
    },
    /** Of all catalogs: those that are on their way, to a version or back to the shop. */
    async movingPins(): Promise<FeedPin[]> {
      const moving = { state: { $in: ['returning' as const, 'leaving' as const] } };
      return pins.collection.find(moving, { projection: { _id: 0 } }).toArray();
    },
    async findPin(catalogId: string, channel: string): Promise<FeedPin | undefined> {
      const found = await pins.collection.findOne(
        { _id: pinId(catalogId, channel) },
        { projection: { _id: 0 } },
      );
      return found ?? undefined;
    },
    /** False when a person pinned it elsewhere, or let it go on, meanwhile. */
    async movePin({ catalogId, channel, version, state }: FeedPin, to: FeedPin['state']): Promise<boolean> {
      const { matchedCount } = await pins.collection.updateOne(
        { _id: pinId(catalogId, channel), version, state },
        { $set: { state: to } },
      );
      return matchedCount === 1;
    },
    async unpin({ catalogId, channel, version }: FeedPin): Promise<void> {
      await pins.collection.deleteOne({ _id: pinId(catalogId, channel), version, state: 'leaving' });
    },
  };
}
