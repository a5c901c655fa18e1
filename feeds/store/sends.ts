/**
 * What is being sent to a channel: kept from before the request until its outcome stands in the listings. What is left of
 * a process that died in between tells which items the channel may hold in a version that nobody noted.
 */
import { randomUUID } from 'node:crypto';
import { defineCollection, idOf, type Connection } from '../../catalog/store/model.ts';

export interface Send {
  /** `{catalogId}:{channel}:{random}` */
  id: string;
  catalogId: string;
  channel: string;
  listingIds: string[];
}
type SendDocument = Omit<Send, 'id'> & { _id: string };

export type SendStore = ReturnType<typeof createSendStore>;

export function createSendStore(connection: Connection) {
  const { collection, sync } = defineCollection<SendDocument>(connection, 'sends', [
    { keys: { catalogId: 1, channel: 1 } },
  ]);
  return {
    sync,
    /** Answers what to end it by. */
    async begin(catalogId: string, channel: string, listingIds: string[]): Promise<string> {
      const id = idOf(catalogId, channel, randomUUID());
      await collection.insertOne({ _id: id, catalogId, channel, listingIds });
      return id;
    },
    async end(id: string): Promise<void> {
      await collection.deleteOne({ _id: id });
    },
    /** Those that have not ended, one after the other. */
    async *each(catalogId: string, channel: string): AsyncGenerator<Send> {
      for await (const { _id, ...rest } of collection.find({ catalogId, channel }))
        yield { id: _id, ...rest };
    },
  };
}
