/** Catalogs with their settings, source, bookmark and encrypted credentials. */
import { catalogSchema, type Catalog, type MappedCategory } from '../catalog.ts';
import { toCategoryKey } from '../categories.ts';
import { NotFoundError } from '../errors.ts';
import type { Bookmark } from '../source.ts';
import { defineCollection, type Connection } from './model.ts';

/** The shop or address that a catalog is read from by itself. */
export interface ConnectedSource {
  id: string;
  /** Its options, see services/vault.ts. */
  sealed: string;
  /** What the source calls itself. */
  name: string;
  connectedAt: Date;
  /** Why it is not read until a person connects it again. */
  paused?: { code: string; message: string; at: Date };
}

interface CatalogDocument extends Omit<Catalog, 'id'> {
  _id: string;
  bookmark?: Bookmark;
  /** Where images named without an address lie, as the last import said. */
  imageFolder?: string;
  source?: ConnectedSource;
  /** By channel id: sealed text, see services/vault.ts. */
  credentials?: Record<string, string>;
  /** By channel id: why pushing is paused until a person reconnects. */
  paused?: Record<string, { code: string; message: string; at: Date }>;
  /** By channel id: the secret in the feed's address. */
  feedSecrets?: Record<string, string>;
}

export type CatalogStore = ReturnType<typeof createCatalogStore>;

export function createCatalogStore(connection: Connection) {
  const { collection, sync } = defineCollection<CatalogDocument>(connection, 'catalogs', []);

  async function load(id: string): Promise<CatalogDocument> {
    const document = await collection.findOne({ _id: id });
    if (!document)
      throw new NotFoundError('catalog_unknown', `There is no catalog "${id}".`, {
        hint: 'List them with: shelfcast status',
      });
    return document;
  }
  const toCatalog = ({ _id, ...rest }: CatalogDocument): Catalog => catalogSchema.parse({ id: _id, ...rest });
  const set = async (id: string, fields: Record<string, unknown>): Promise<void> => {
    const { matchedCount } = await collection.updateOne({ _id: id }, { $set: fields });
    if (matchedCount === 0) await load(id);
  };

  return {
    sync,
    /** Creates the catalog, or changes the settings of an existing one. */
    async save(input: Catalog): Promise<Catalog> {
      // these two have their own ways in, and must not be overwritten by what a form has read before
      const { id, categories: _, sourceOrder: __, ...fields } = catalogSchema.parse(input);
      await collection.updateOne({ _id: id }, { $set: fields }, { upsert: true });
      return { id, ...fields };
    },
    /** Sets what some of the shop's categories mean, or (`undefined`) forgets it; the others stay. */
    async saveCategories(
      id: string,
      changes: readonly { path: string; mapped: MappedCategory | undefined }[],
    ): Promise<void> {
      const keys = new Set(changes.map(({ path }) => toCategoryKey(path)));
      const before = (await load(id)).categories ?? [];
      const gone = before.filter(({ path }) => keys.has(toCategoryKey(path))).map(({ path }) => path);
      const added = changes.flatMap(({ mapped }) => mapped ?? []);
      if (gone.length > 0)
        await collection.updateOne({ _id: id }, { $pull: { categories: { path: { $in: gone } } } });
      if (added.length > 0)
        await collection.updateOne({ _id: id }, { $push: { categories: { $each: added } } });
    },
    async find(id: string): Promise<Catalog> {
      return toCatalog(await load(id));
    },
    async list(): Promise<Catalog[]> {
      const all = await collection.find().sort({ _id: 1 }).toArray();
      return all.map(toCatalog);
    },
    /** Those whose source, or one of whose channels, waits for a person to connect it again. */
    async listPaused(): Promise<string[]> {
      const isPaused = [
        { 'source.paused': { $exists: true } },
        { paused: { $exists: true, $ne: {} as NonNullable<CatalogDocument['paused']> } },
      ];
      const found = await collection.find({ $or: isPaused }, { projection: { _id: 1 } }).toArray();
      return found.map(({ _id }) => _id);
    },
    /** Whose value wins, see `sourceOrder` of the catalog. */
    async saveSourceOrder(id: string, sourceOrder: readonly string[]): Promise<void> {
      await set(id, { sourceOrder });
    },
    async imageFolder(id: string): Promise<string | undefined> {
      return (await load(id)).imageFolder;
    },
    async saveImageFolder(id: string, imageFolder: string): Promise<void> {
      await set(id, { imageFolder });
    },
    async bookmark(id: string): Promise<Bookmark | undefined> {
      return (await load(id)).bookmark;
    },
    async saveBookmark(id: string, bookmark: Bookmark): Promise<void> {
      await set(id, { bookmark });
    },
    /** Where the catalog is read from again by the clock; undefined for uploads only. */
    async source(id: string): Promise<ConnectedSource | undefined> {
      return (await load(id)).source;
    },
    /** Connects a source (anew); the next import reads it whole. */
    async connectSource(id: string, source: Omit<ConnectedSource, 'paused'>): Promise<void> {
      await load(id);
      await collection.updateOne({ _id: id }, { $set: { source }, $unset: { bookmark: '' } });
    },
    async disconnectSource(id: string): Promise<void> {
      await collection.updateOne({ _id: id }, { $unset: { source: '', bookmark: '' } });
    },
    /**
     * One refused token pauses the source; what it has brought, and its settings, stay. `sealed`: the settings that were
     * refused; when somebody has connected it anew meanwhile, nothing is paused.
     */
    async pauseSource(
      id: string,
      sealed: string,
      reason: NonNullable<ConnectedSource['paused']>,
    ): Promise<void> {
      await collection.updateOne({ _id: id, 'source.sealed': sealed }, { $set: { 'source.paused': reason } });
    },
    async credentials(id: string): Promise<Record<string, string>> {
      return (await load(id)).credentials ?? {};
    },
    async saveCredentials(id: string, channel: string, sealed: string): Promise<void> {
      await collection.updateOne(
        { _id: id },
        { $set: { [`credentials.${channel}`]: sealed }, $unset: { [`paused.${channel}`]: '' } },
      );
    },
    /** Swaps the sealed text for another, unless somebody else did so first: then false. A pause stays. */
    async replaceCredentials(id: string, channel: string, before: string, after: string): Promise<boolean> {
      const field = `credentials.${channel}`;
      const { matchedCount } = await collection.updateOne(
        { _id: id, [field]: before },
        { $set: { [field]: after } },
      );
      return matchedCount === 1;
    },
    async removeCredentials(id: string, channel: string): Promise<void> {
      await collection.updateOne(
        { _id: id },
        { $unset: { [`credentials.${channel}`]: '', [`paused.${channel}`]: '' } },
      );
    },
    async paused(id: string): Promise<NonNullable<CatalogDocument['paused']>> {
      return (await load(id)).paused ?? {};
    },
    /** One refused token pauses that channel only; its queue and settings stay. */
    async pause(
      id: string,
      channel: string,
      reason: { code: string; message: string; at: Date },
    ): Promise<void> {
      await set(id, { [`paused.${channel}`]: reason });
    },
    /** The same for settings that were refused: false, and nothing is paused, when others have taken their place. */
    async pauseRefused(
      id: string,
      channel: string,
      sealed: string,
      reason: { code: string; message: string; at: Date },
    ): Promise<boolean> {
      const { matchedCount } = await collection.updateOne(
        { _id: id, [`credentials.${channel}`]: sealed },
        { $set: { [`paused.${channel}`]: reason } },
      );
      return matchedCount === 1;
    },
    async resume(id: string, channel: string): Promise<void> {
      await collection.updateOne({ _id: id }, { $unset: { [`paused.${channel}`]: '' } });
    },
    async feedSecret(id: string, channel: string): Promise<string | undefined> {
      return (await collection.findOne({ _id: id }))?.feedSecrets?.[channel];
    },
    /** Sets the first secret (when two processes race, one wins and both get it) or, with `rotate`, a new one. */
    async saveFeedSecret(
      id: string,
      channel: string,
      secret: string,
      how: 'first' | 'rotate',
    ): Promise<string> {
      const field = `feedSecrets.${channel}`;
      await collection.updateOne(how === 'first' ? { _id: id, [field]: { $exists: false } } : { _id: id }, {
        $set: { [field]: secret },
      });
      return (await load(id)).feedSecrets?.[channel] ?? secret;
    },
  };
}
