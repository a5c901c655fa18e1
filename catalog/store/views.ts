/** Saved views: a name for the filters, order and columns of a list, for everybody who works on the catalog. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { NotFoundError } from '../errors.ts';
import { defineCollection, idOf, type Connection } from './model.ts';

export const viewSchema = z.object({
  name: z.string().trim().min(1).max(80),
  /** The list it belongs to. */
  list: z.enum(['items', 'problems']),
  /** The list's own search parameters. */
  search: z.record(z.string().max(40), z.union([z.string().max(500), z.number(), z.boolean()])),
});
export type View = z.infer<typeof viewSchema> & { id: string; by: string; at: Date };

interface ViewDocument extends Omit<View, 'id'> {
  _id: string;
  catalogId: string;
}

export type ViewStore = ReturnType<typeof createViewStore>;

export function createViewStore(connection: Connection) {
  const { collection, sync } = defineCollection<ViewDocument>(connection, 'views', [
    { keys: { catalogId: 1, name: 1 } },
  ]);
  return {
    sync,
    async list(catalogId: string): Promise<View[]> {
      const found = await collection.find({ catalogId }).sort({ name: 1 }).toArray();
      return found.map(({ _id, catalogId: _, ...view }) => ({ id: _id, ...view }));
    },
    /** A view of the same name on the same list is replaced. */
    async save(catalogId: string, view: z.infer<typeof viewSchema>, by: string, at: Date): Promise<View> {
      const before = await collection.findOne({ catalogId, name: view.name, list: view.list });
      const id = before?._id ?? idOf(catalogId, randomUUID().slice(0, 12));
      await collection.replaceOne({ _id: id }, { catalogId, ...view, by, at }, { upsert: true });
      return { id, ...view, by, at };
    },
    async remove(catalogId: string, id: string): Promise<void> {
      const { deletedCount } = await collection.deleteOne({ _id: id, catalogId });
      if (deletedCount === 0) throw new NotFoundError('view_unknown', `There is no view "${id}".`);
    },
  };
}
