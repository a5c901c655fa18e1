/** What the walk has yet to do with each product: its images, or its check. Workers claim pages of it. */
import type { PreparedImage } from '../prepared-image.ts';
import type { StoredProduct } from '../product.ts';
import { inCatalog, inChunks, type Collection } from './model.ts';
import type { ProductDocument } from './products.ts';

export type Step = 'images' | 'listings';

export function createProductNeeds(
  collection: Collection<ProductDocument>,
  toStored: (document: ProductDocument) => StoredProduct,
) {
  return {
    /** A page of products that a step has yet to look at, in the order of their ids. */
    async takeNeeding(
      catalogId: string,
      step: Step,
      limit: number,
      after?: string,
    ): Promise<StoredProduct[]> {
      const range = after === undefined ? {} : { _id: { $gt: after } };
      const page = await collection
        .find({ catalogId, needs: step, ...range })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return page.map(toStored);
    },

    /**
     * A page of products for one of several workers: what another has claimed less than `claimMs` ago is left to it; the
     * same worker, begun again, has what it had claimed.
     */
    async claimNeeding(
      catalogId: string,
      step: Step,
      limit: number,
      worker: string,
      now: Date,
      claimMs: number,
    ): Promise<StoredProduct[]> {
      const free = [
        { claim: { $exists: false } },
        { 'claim.by': worker },
        { 'claim.until': { $lt: now } },
        // of a clock that was ahead
        { 'claim.until': { $gt: new Date(now.getTime() + 2 * claimMs) } },
      ];
      const claim = { by: worker, until: new Date(now.getTime() + claimMs) };
      for (;;) {
        const found = await collection
          .find({ catalogId, needs: step, $or: free }, { projection: { _id: 1 } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray();
        const ids = found.map(({ _id }) => _id);
        if (ids.length === 0) return [];
        await collection.updateMany({ _id: { $in: ids }, needs: step, $or: free }, { $set: { claim } });
        const mine = { _id: { $in: ids }, needs: step, 'claim.by': worker };
        const page = (await collection.find(mine).sort({ _id: 1 }).toArray()).map(toStored);
        // another was quicker with all of them: look again
        if (page.length > 0) return page;
      }
    },

    /** Whoever claimed them is gone. */
    async freeClaims(catalogId: string, step: Step): Promise<void> {
      await collection.updateMany({ catalogId, needs: step }, { $unset: { claim: '' as const } });
    },

    async countNeeding(catalogId: string, step: Step): Promise<number> {
      return collection.countDocuments({ catalogId, needs: step });
    },

    /** Which of these catalogs have products that a step has yet to look at. */
    async catalogsNeeding(catalogIds: readonly string[], step: Step): Promise<string[]> {
      return collection.distinct('catalogId', { catalogId: { $in: [...catalogIds] }, needs: step });
    },

    /** Keeps what became of the images, unless the product changed meanwhile (then it is looked at again). */
    async savePrepared(
      entries: readonly { id: string; revision: number; prepared: readonly PreparedImage[] }[],
    ): Promise<void> {
      if (entries.length === 0) return;
      await collection.bulkWrite(
        entries.map(({ id, revision, prepared }) => ({
          updateOne: {
            filter: { _id: id, revision },
            update: {
              $set: { prepared: [...prepared], needs: 'listings' as const },
              $unset: { claim: '' as const },
            },
          },
        })),
        { ordered: false },
      );
    },

    /** The listings are up to date with these revisions. */
    async saveRefreshed(entries: readonly { id: string; revision: number }[]): Promise<void> {
      if (entries.length === 0) return;
      await collection.bulkWrite(
        entries.map(({ id, revision }) => ({
          updateOne: { filter: { _id: id, revision }, update: { $unset: { needs: '' as const } } },
        })),
        { ordered: false },
      );
    },

    /** Every product must be looked at again: a channel was added, a rule changed. */
    async needAll(catalogId: string, step: Step, which: 'live' | 'all' = 'live'): Promise<void> {
      const live = which === 'live' ? { removedAt: { $exists: false } } : {};
      await collection.updateMany(
        { _id: inCatalog(catalogId), needs: { $exists: false }, ...live },
        { $set: { needs: step } },
      );
    },

    /** These products must be checked again: what their category means has changed. */
    async needCheck(ids: readonly string[]): Promise<void> {
      for (const chunk of inChunks(ids, 5_000))
        await collection.updateMany({ _id: { $in: chunk } }, [
          { $set: { needs: { $ifNull: ['$needs', 'listings'] }, revision: { $add: ['$revision', 1] } } },
        ]);
    },
  };
}
