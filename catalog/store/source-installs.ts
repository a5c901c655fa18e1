/** Installations that were begun: the way back is believed once, and only with the state it was begun with. */
import { createHash, randomBytes } from 'node:crypto';
import { defineCollection, idOf, type Connection, type StoredDocument } from './model.ts';

interface InstallDocument extends StoredDocument {
  catalogId: string;
  source: string;
  /** The shop that it was begun for. */
  shop: string;
  by: string;
  at: Date;
}
export type BegunInstall = Omit<InstallDocument, '_id'>;

const MINUTE = 60_000;
const goodForMs = 10 * MINUTE;

export type SourceInstallStore = ReturnType<typeof createSourceInstallStore>;

export function createSourceInstallStore(connection: Connection) {
  const { collection, sync } = defineCollection<InstallDocument>(connection, 'source_installs', [
    { keys: { at: 1 }, expireAfterSeconds: goodForMs / 1_000 },
  ]);
  /** Only a hash is kept: who reads the database cannot end somebody's installation. */
  const toId = (state: string): string => {
    const [catalogId = ''] = state.split('.');
    return idOf(catalogId, createHash('sha256').update(state).digest('hex'));
  };
  return {
    sync,
    makeState: (catalogId: string): string => `${catalogId}.${randomBytes(24).toString('base64url')}`,
    async begin(state: string, install: BegunInstall): Promise<void> {
      await collection.insertOne({ _id: toId(state), ...install });
    },
    /** Undefined when there is none of this state, it was used before, or is too old. */
    async take(state: string, now: Date): Promise<BegunInstall | undefined> {
      const found = await collection.findOneAndDelete({ _id: toId(state) });
      return found && now.getTime() - found.at.getTime() <= goodForMs ? found : undefined;
    },
  };
}
