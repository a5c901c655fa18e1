/** The feeds that channels fetch by themselves: under which id, what was fetched last, and how that went. */
import { defineCollection, idOf, type Connection } from '../../catalog/store/model.ts';
import type { Issue } from '../../catalog/issue.ts';
import type { FeedResult } from '../channel.ts';

export interface Registration {
  catalogId: string;
  channel: string;
  /** The channel's id of the feed. */
  feedId: string;
  /** As it was registered; another address is registered anew. */
  url: string;
  registeredAt: Date;
  /** The published version that the channel was asked to fetch last, and its receipt. */
  fetched?: { key: string; handle: string; at: Date };
  /** How the last fetch went; the first issues of the file as a whole. */
  result?: Omit<FeedResult, 'outcomes'>;
}
type RegistrationDocument = Registration & { _id: string };

/** Issues of a file that are kept; a broken file says the same of every row. */
const mostIssues = 100;

export type RegistrationStore = ReturnType<typeof createRegistrationStore>;

export function createRegistrationStore(connection: Connection) {
  const { collection, sync } = defineCollection<RegistrationDocument>(connection, 'registrations', []);
  const change = async (catalogId: string, channel: string, fields: Partial<Registration>): Promise<void> => {
    await collection.updateOne({ _id: idOf(catalogId, channel) }, { $set: fields });
  };
  return {
    sync,
    async find(catalogId: string, channel: string): Promise<Registration | undefined> {
      const found = await collection.findOne({ _id: idOf(catalogId, channel) });
      if (!found) return undefined;
      const { _id, ...rest } = found;
      return rest;
    },
    /** A new feed id forgets what was fetched under the old one. */
    async save(registration: Registration): Promise<void> {
      const { catalogId, channel } = registration;
      await collection.replaceOne({ _id: idOf(catalogId, channel) }, registration, { upsert: true });
    },
    async saveFetched(
      catalogId: string,
      channel: string,
      fetched: NonNullable<Registration['fetched']>,
    ): Promise<void> {
      await change(catalogId, channel, { fetched });
    },
    async saveResult(catalogId: string, channel: string, result: FeedResult): Promise<void> {
      const { outcomes: _, issues, ...counts } = result;
      const first: Issue[] = issues.slice(0, mostIssues);
      await change(catalogId, channel, { result: { ...counts, issues: first } });
    },
    async remove(catalogId: string, channel: string): Promise<void> {
      await collection.deleteOne({ _id: idOf(catalogId, channel) });
    },
  };
}
