/** What the guard rails hold back of a run, and a person's word on it. */
import { ConflictError } from '../errors.ts';
import { isOpen, type Hold, type HoldReason, type Run } from '../run.ts';
import type { Collection, Connection } from './model.ts';
import type { createHeldChanges } from './held-changes.ts';
import type { createRunIssues } from './run-issues.ts';
import type { createRunLeases } from './run-leases.ts';
import type { RunDocument } from './runs.ts';

interface Parts {
  leases: ReturnType<typeof createRunLeases>;
  issues: ReturnType<typeof createRunIssues>;
  changes: ReturnType<typeof createHeldChanges>;
  find(id: string): Promise<Run>;
  toRun(document: RunDocument): Run;
}

export function createRunHolds(connection: Connection, { leases, issues, changes, find, toRun }: Parts) {
  const runs = connection.collection('runs') as unknown as Collection<RunDocument>;
  return {
    async listHeld(catalogId?: string): Promise<Run[]> {
      const filter = { status: 'held' as const, ...(catalogId === undefined ? {} : { catalogId }) };
      return (await runs.find(filter).sort({ startedAt: -1 }).toArray()).map(toRun);
    },
    /** A part of the run waits for a person; the same reason at the same channel once. */
    async addHold(id: string, hold: Hold, now: Date): Promise<void> {
      const same = { reason: hold.reason, channel: hold.channel ?? { $exists: false } };
      await runs.updateOne({ _id: id }, { $pull: { holds: same } } as never);
      await runs.updateOne({ _id: id }, { $push: { holds: hold }, $set: { heartbeatAt: now } });
    },
    /**
     * A person's word on holds of a run (all of them, or those of a reason and channel). Approved, the run is on again
     * and the caller adds the work; rejected, it ends when no hold is left. Answers the holds decided.
     */
    async decide(
      id: string,
      decision: 'approved' | 'rejected',
      now: Date,
      which: { reason?: HoldReason | undefined; channel?: string | undefined } = {},
    ): Promise<{ run: Run; holds: Hold[] }> {
      const run = await find(id);
      const holds = run.holds.filter(
        ({ reason, channel }) =>
          (which.reason ?? reason) === reason && (which.channel ?? channel) === channel,
      );
      if (holds.length === 0 || (run.status !== 'held' && !isOpen(run)))
        throw new ConflictError('run_not_held', `Run "${id}" is ${run.status}, not held.`);
      const left = run.holds.filter((hold) => !holds.includes(hold));
      if (decision === 'approved' && run.status === 'held')
        if (!(await leases.take(run.catalogId, run.kind, id, now)))
          throw new ConflictError(
            'run_in_progress',
            `Another ${run.kind} of "${run.catalogId}" is on meanwhile.`,
            { hint: 'Wait for it to end, and look whether the question still stands.' },
          );
      const rejected = left.length > 0 ? run.status : ('rejected' as const);
      const status = isOpen(run) ? run.status : decision === 'approved' ? ('running' as const) : rejected;
      const { modifiedCount } = await runs.updateOne(
        { _id: id, status: run.status, holds: run.holds },
        {
          $set: { status, holds: left, endedAt: now },
          ...(decision === 'approved'
            ? { $addToSet: { approved: { $each: holds.map(({ reason }) => reason) } } }
            : {}),
        },
      );
      if (modifiedCount === 0)
        throw new ConflictError('run_not_held', `Run "${id}" was decided by somebody else.`);
      return { run: await find(id), holds };
    },
    /** Older questions of these reasons are pointless once a later run has asked (or found no reason to ask) anew. */
    async supersede(
      catalogId: string,
      byRunId: string,
      reasons: readonly HoldReason[],
      channel: string | undefined,
      now: Date,
    ): Promise<void> {
      const held = await runs.find({ catalogId, status: 'held', _id: { $ne: byRunId } }).toArray();
      for (const { _id, holds } of held) {
        const left = holds.filter((hold) => !reasons.includes(hold.reason) || hold.channel !== channel);
        if (left.length === holds.length) continue;
        await runs.updateOne(
          { _id, status: 'held' },
          { $set: { holds: left, ...(left.length === 0 ? { status: 'superseded', endedAt: now } : {}) } },
        );
        if (reasons.includes('too_many_removals')) await issues.clearHeldRemovals(_id);
        if (reasons.includes('prices_moved')) await changes.clearSetAside(_id);
      }
    },
  };
}
