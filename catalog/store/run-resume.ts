/** Where the import of a run goes on after a kill: a point, and what was seen up to it. */
import { Binary, defineCollection, idOf, type Connection } from './model.ts';

interface SeenPart {
  _id: string;
  runId: string;
  seen: Binary;
}
interface ResumeDocument {
  _id: string;
  point: unknown;
  parts: number;
}

export interface KeptResume {
  point: unknown;
  seen: AsyncIterable<Uint8Array>;
}

export function createRunResume(connection: Connection) {
  const points = defineCollection<ResumeDocument>(connection, 'run_resume', []);
  const parts = defineCollection<SeenPart>(connection, 'run_seen', [{ keys: { runId: 1 } }]);

  return {
    async sync() {
      await points.sync();
      await parts.sync();
    },

    /** First what was seen, then the point that counts it: a kill in between leaves the point before. */
    async saveResume(runId: string, point: unknown, seen: Uint8Array): Promise<void> {
      const count = (await points.collection.findOne({ _id: runId }))?.parts ?? 0;
      await parts.collection.replaceOne(
        { _id: idOf(runId, String(count)) },
        { runId, seen: new Binary(seen) },
        { upsert: true },
      );
      await points.collection.replaceOne({ _id: runId }, { point, parts: count + 1 }, { upsert: true });
    },

    async findResume(runId: string): Promise<KeptResume | undefined> {
      const kept = await points.collection.findOne({ _id: runId });
      if (!kept) return undefined;
      async function* eachPart(count: number): AsyncGenerator<Uint8Array> {
        for (let part = 0; part < count; part++) {
          const found = await parts.collection.findOne({ _id: idOf(runId, String(part)) });
          if (found) yield found.seen.value();
        }
      }
      return { point: kept.point, seen: eachPart(kept.parts) };
    },

    async clearResume(runId: string): Promise<void> {
      await points.collection.deleteOne({ _id: runId });
      await parts.collection.deleteMany({ runId });
    },
  };
}
