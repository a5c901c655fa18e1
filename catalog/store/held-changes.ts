/** Changed products that are set aside by the guard rails, until the import's end or a person's word. */
import type { SetAside } from '../set-aside.ts';
import type { HoldReason } from '../run.ts';
import { defineCollection, idOf, type Connection } from './model.ts';

interface HeldChange {
  _id: string;
  runId: string;
  change: SetAside;
}

export function createHeldChanges(connection: Connection) {
  const { collection, sync } = defineCollection<HeldChange>(connection, 'held_changes', [
    { keys: { runId: 1 } },
  ]);
  return {
    sync,
    async setAside(runId: string, changes: readonly SetAside[]): Promise<void> {
      if (changes.length === 0) return;
      await collection.bulkWrite(
        changes.map((change) => ({
          replaceOne: {
            filter: { _id: idOf(runId, change.product.sourceId) },
            replacement: { runId, change },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    },
    countSetAside: (runId: string): Promise<number> => collection.countDocuments({ runId }),
    async *eachSetAside(runId: string): AsyncGenerator<SetAside> {
      for await (const { change } of collection.find({ runId }).batchSize(200)) yield change;
    },
    /** Forgets the changes of a run, but for those that are held for one of the reasons. */
    async clearSetAside(runId: string, held: readonly HoldReason[] = []): Promise<void> {
      const isHeld = held.map((reason) => ({ [`change.doubts.${reason}`]: { $exists: true } }));
      await collection.deleteMany({ runId, ...(isHeld.length > 0 ? { $nor: isHeld } : {}) });
    },
    /** Forgets the changes of a run that are doubted for one of the reasons. */
    async dropSetAside(runId: string, reason: HoldReason): Promise<void> {
      await collection.deleteMany({ runId, [`change.doubts.${reason}`]: { $exists: true } });
    },
  };
}
