/** What goes with a run and with it away: the rows that went wrong, and what a hold keeps from being done. */
import type { Issue } from '../issue.ts';
import { defineCollection, type Connection } from './model.ts';

interface RunIssueDocument {
  _id: string;
  runId: string;
  at: number;
  issue: Issue;
  record?: string;
}
interface HeldRemoval {
  _id: string;
  runId: string;
  sourceIds: string[];
}

export function createRunIssues(connection: Connection) {
  const issues = defineCollection<RunIssueDocument>(connection, 'run_issues', [
    { keys: { runId: 1, at: 1 } },
  ]);
  const held = defineCollection<HeldRemoval>(connection, 'held_removals', [{ keys: { runId: 1 } }]);

  return {
    async sync() {
      await issues.sync();
      await held.sync();
    },
    /** Rows that went wrong, by their place in the run; the same place twice is one. */
    async saveIssues(
      runId: string,
      entries: readonly { at: number; issue: Issue; record?: string }[],
    ): Promise<void> {
      if (entries.length === 0) return;
      await issues.collection.bulkWrite(
        entries.map((entry) => ({
          replaceOne: {
            filter: { _id: `${runId}:${String(entry.at).padStart(9, '0')}` },
            replacement: { runId, ...entry },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    },
    async *eachIssue(runId: string): AsyncGenerator<{ at: number; issue: Issue; record?: string }> {
      for await (const { at, issue, record } of issues.collection.find({ runId }).sort({ runId: 1, at: 1 }))
        yield { at, issue, ...(record === undefined ? {} : { record }) };
    },
    async clearIssues(runId: string): Promise<void> {
      await issues.collection.deleteMany({ runId });
    },

    async holdRemovals(runId: string, part: number, sourceIds: string[]): Promise<void> {
      await held.collection.replaceOne({ _id: `${runId}:${part}` }, { runId, sourceIds }, { upsert: true });
    },
    async *eachHeldRemoval(runId: string): AsyncGenerator<string[]> {
      for await (const part of held.collection.find({ runId })) yield part.sourceIds;
    },
    async clearHeldRemovals(runId: string): Promise<void> {
      await held.collection.deleteMany({ runId });
    },
  };
}
