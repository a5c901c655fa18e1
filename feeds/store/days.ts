/** How many listings of each status a channel had on each day: the line of the last month. */
import { defineCollection, idOf, type Connection } from '../../catalog/store/model.ts';
import type { ListingStatus } from '../listing.ts';

export interface DayCounts {
  /** `2026-11-25`, in UTC. */
  day: string;
  counts: Record<ListingStatus, number>;
}

interface DayDocument extends DayCounts {
  _id: string;
  catalogId: string;
  channel: string;
  at: Date;
}

export type DayStore = ReturnType<typeof createDayStore>;

export function createDayStore(connection: Connection) {
  const { collection, sync } = defineCollection<DayDocument>(connection, 'days', [
    { keys: { catalogId: 1, day: 1 } },
    { keys: { catalogId: 1, at: -1 } },
  ]);
  return {
    sync,
    /** Which of these catalogs have been counted since then. */
    async countedSince(catalogIds: readonly string[], since: Date): Promise<string[]> {
      return collection.distinct('catalogId', { catalogId: { $in: [...catalogIds] }, at: { $gt: since } });
    },
    /** The last count of a day stands for it. */
    async save(catalogId: string, all: Record<string, DayCounts['counts']>, now: Date): Promise<void> {
      const day = now.toISOString().slice(0, 10);
      for (const [channel, counts] of Object.entries(all))
        await collection.replaceOne(
          { _id: idOf(catalogId, channel, day) },
          { catalogId, channel, day, at: now, counts },
          { upsert: true },
        );
    },
    /** By channel, the oldest day first. */
    async list(catalogId: string, from: Date): Promise<Record<string, DayCounts[]>> {
      const since = from.toISOString().slice(0, 10);
      const found = await collection
        .find({ catalogId, day: { $gte: since } })
        .sort({ day: 1 })
        .toArray();
      const channels: Record<string, DayCounts[]> = {};
      for (const { channel, day, counts } of found) (channels[channel] ??= []).push({ day, counts });
      return channels;
    },
  };
}
