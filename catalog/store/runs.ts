/** Runs: what was done, phase by phase, with counts that add up; who works on them; what they still wait for. */
import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '../errors.ts';
import {
  openStatuses, type Counts, type Phase, type Run, type RunOwner, type RunStatus,
} from '../run.ts'; // prettier-ignore
import { defineCollection, idOf, type Connection } from './model.ts';
import { createHeldChanges } from './held-changes.ts';
import { createRunHolds } from './run-holds.ts';
import { createRunIssues } from './run-issues.ts';
import { createRunResume } from './run-resume.ts';
import { createRunLeases, defaultLeaseMs } from './run-leases.ts';

export type { Counts, Hold, Phase, Run, RunStatus } from '../run.ts';

/** A job that a run waits for, with all that is needed to queue it again when the queue has lost it. */
export interface RunWork {
  key: string;
  name: string;
  payload: object;
  /** New with each adding: only the job that began after the last adding may end it. */
  token: string;
}

/** As it is stored. */
export interface RunDocument extends Omit<Run, 'id' | 'waiting' | 'hold'> {
  _id: string;
  work: RunWork[];
}

export type RunStore = ReturnType<typeof createRunStore>;

export interface RunStart extends Pick<Run, 'catalogId' | 'kind' | 'startedBy' | 'source' | 'tick'> {
  /** Default: made from the time. Given, a second start of the same id is a ConflictError `run_started`. */
  id?: string;
  /** The first job that it waits for. */
  work?: Omit<RunWork, 'token'>;
}

export const runIdOf = (catalogId: string, now: Date): string =>
  idOf(catalogId, now.toISOString().replace(/[-:.]/g, ''), randomUUID().slice(0, 8));

const open = { $in: [...openStatuses] };

/** `leaseMs`: a run without a sign of life for so long is looked at. `onEnd` hears of each run whose end was set here. */
export function createRunStore(
  connection: Connection,
  { leaseMs = defaultLeaseMs, onEnd }: { leaseMs?: number; onEnd?: (run: Run) => void } = {},
) {
  const { collection: runs, sync } = defineCollection<RunDocument>(connection, 'runs', [
    { keys: { catalogId: 1, startedAt: -1 } },
    { keys: { status: 1, catalogId: 1 } },
    { keys: { endedAt: 1 } },
  ]);
  const leases = createRunLeases(connection, leaseMs);
  const issues = createRunIssues(connection);
  const changes = createHeldChanges(connection);
  const resume = createRunResume(connection);

  function toRun({ _id, work, holds, ...rest }: RunDocument): Run {
    const [hold] = holds;
    return { id: _id, ...rest, waiting: work.map(({ key }) => key), holds, ...(hold ? { hold } : {}) };
  }
  async function find(id: string): Promise<Run> {
    const document = await runs.findOne({ _id: id });
    if (!document) throw new NotFoundError('run_unknown', `There is no run "${id}".`);
    return toRun(document);
  }
  /** Moves an open run to its end; false when it was not open any more. */
  async function end(id: string, status: RunStatus, fields: Partial<RunDocument>): Promise<boolean> {
    const { modifiedCount } = await runs.updateOne(
      { _id: id, status: open },
      { $set: { status, work: [], ...fields } },
    );
    await leases.release(id);
    if (modifiedCount > 0 && onEnd) onEnd(await find(id));
    return modifiedCount > 0;
  }
  /** With nothing left to wait for the run is done, or held when a part of it waits for a person. */
  async function endIfDone(id: string, now: Date): Promise<void> {
    const run = await runs.findOne({ _id: id });
    if (!run || run.work.length > 0 || (run.status !== 'running' && run.status !== 'interrupted')) return;
    const { modifiedCount } = await runs.updateOne(
      { _id: id, status: run.status, work: { $size: 0 } },
      { $set: { status: run.holds.length > 0 ? 'held' : 'done', endedAt: now } },
    );
    if (modifiedCount === 0) return;
    await leases.release(id);
    onEnd?.(await find(id));
  }

  return {
    leaseMs,
    ...issues,
    ...changes,
    ...resume,
    ...createRunHolds(connection, { leases, issues, changes, find, toRun }),
    async sync() {
      await sync();
      await leases.sync();
      await issues.sync();
      await changes.sync();
      await resume.sync();
    },
    find,
    endIfDone,

    /** Starts a run; one of a kind per catalog at a time, by the unique id of the lease. */
    async start({ id: given, work, ...input }: RunStart, now: Date): Promise<Run> {
      const id = given ?? runIdOf(input.catalogId, now);
      if (given !== undefined && (await runs.findOne({ _id: given }, { projection: { _id: 1 } })))
        throw new ConflictError('run_started', `The run "${given}" was started already.`);
      if (!(await leases.take(input.catalogId, input.kind, id, now)))
        throw new ConflictError(
          'run_in_progress',
          `An ${input.kind} of "${input.catalogId}" is running already.`,
          { hint: 'Wait for it to end; follow it with: shelfcast status' },
        );
      const run: RunDocument = {
        _id: id,
        ...input,
        status: 'running',
        startedAt: now,
        heartbeatAt: now,
        products: { new: 0, changed: 0, unchanged: 0, removed: 0 },
        phases: [],
        work: work ? [{ ...work, token: randomUUID() }] : [],
        holds: [],
      };
      try {
        await runs.insertOne(run);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 11_000) throw error;
        throw new ConflictError('run_started', `The run "${id}" was started already.`, { cause: error });
      }
      return toRun(run);
    },

    async list(catalogId: string, limit: number, before?: Date): Promise<Run[]> {
      const filter = { catalogId, ...(before ? { startedAt: { $lt: before } } : {}) };
      return (await runs.find(filter).sort({ startedAt: -1 }).limit(limit).toArray()).map(toRun);
    },
    /** Catalogs with a run that is open, or has ended since then. */
    async catalogsMovedSince(since: Date): Promise<string[]> {
      const [now, then] = await Promise.all([
        runs.distinct('catalogId', { status: open }),
        runs.distinct('catalogId', { endedAt: { $gte: since } }),
      ]);
      return [...now, ...then];
    },
    async listOpen(): Promise<Run[]> {
      return (await runs.find({ status: open }).toArray()).map(toRun);
    },
    async statusOf(id: string): Promise<RunStatus | undefined> {
      return (await runs.findOne({ _id: id }, { projection: { status: 1 } }))?.status;
    },

    async update(id: string, fields: Partial<Pick<Run, 'source' | 'products'>>, now: Date): Promise<void> {
      await runs.updateOne({ _id: id }, { $set: { ...fields, heartbeatAt: now } });
    },

    /** Begins a phase; one that a killed process began goes on with the counts and the cursor it had. */
    async startPhase(id: string, name: string, unit: string, now: Date): Promise<Phase> {
      const phase: Phase = { name, unit, in: 0, done: 0, skipped: 0, blocked: 0, failed: 0, startedAt: now };
      await runs.updateOne(
        { _id: id, 'phases.name': { $ne: name } },
        { $push: { phases: phase }, $set: { heartbeatAt: now } },
      );
      const run = await runs.findOne({ _id: id }, { projection: { phases: 1 } });
      return run?.phases.find((one) => one.name === name) ?? phase;
    },
    /** Sets a phase's counts as they are now; `ended` closes it. */
    async savePhase(
      id: string,
      name: string,
      counts: Counts & { cursor?: string },
      now: Date,
      ended = false,
    ): Promise<void> {
      const set: Record<string, unknown> = { heartbeatAt: now };
      for (const [key, value] of Object.entries(counts)) set[`phases.$.${key}`] = value;
      if (ended) set['phases.$.endedAt'] = now;
      await runs.updateOne({ _id: id, 'phases.name': name }, { $set: set });
    },
    /** Adds to a phase's counts, after the work that they count is committed. */
    async addToPhase(id: string, name: string, counts: Counts, now: Date): Promise<void> {
      const add: Record<string, number> = {};
      for (const [key, value] of Object.entries(counts)) if (value) add[`phases.$.${key}`] = value;
      if (Object.keys(add).length === 0) return;
      await runs.updateOne({ _id: id, 'phases.name': name }, { $inc: add, $set: { heartbeatAt: now } });
    },

    /** The run waits for this job from now on. Answers who started the run; undefined when it is not open. */
    async addWork(id: string, work: Omit<RunWork, 'token'>): Promise<string | undefined> {
      const token = randomUUID();
      const again = await runs.findOneAndUpdate(
        { _id: id, status: open, 'work.key': work.key },
        { $set: { 'work.$.token': token, 'work.$.payload': work.payload } },
        { projection: { startedBy: 1 } },
      );
      const run =
        again ??
        (await runs.findOneAndUpdate(
          { _id: id, status: open, 'work.key': { $ne: work.key } },
          { $push: { work: { ...work, token } } },
          { projection: { startedBy: 1 } },
        ));
      return run?.startedBy;
    },
    async listWork(id: string): Promise<RunWork[]> {
      return (await runs.findOne({ _id: id }, { projection: { work: 1 } }))?.work ?? [];
    },
    /** Which runs of the catalog wait for this job as it begins; handed back to `endWork` when it has ended. */
    async findWaiting(
      catalogId: string,
      key: string,
    ): Promise<{ runId: string; status: RunStatus; token: string; payload: { catalogId: string } }[]> {
      const found = await runs
        .find({ status: open, catalogId, 'work.key': key }, { projection: { work: 1, status: 1 } })
        .toArray();
      return found.flatMap(({ _id, status, work }) =>
        work
          .filter((one) => one.key === key)
          .map(({ token, payload }) => ({ runId: _id, status, token, payload: { catalogId, ...payload } })),
      );
    },
    /** The job has ended for these runs; one that was added anew meanwhile is waited for on. */
    async endWork(
      key: string,
      waiting: readonly { runId: string; token: string }[],
      now: Date,
    ): Promise<void> {
      for (const { runId, token } of waiting) {
        await runs.updateOne({ _id: runId }, { $pull: { work: { key, token } }, $set: { heartbeatAt: now } });
        await endIfDone(runId, now);
      }
    },

    async fail(id: string, error: NonNullable<Run['error']>, now: Date): Promise<void> {
      await end(id, 'failed', { error, endedAt: now });
    },

    /** Ends an open run at a person's word; what it was about to do is left to the next run. */
    async stop(id: string, now: Date): Promise<Run> {
      const stopped = await end(id, 'stopped', { endedAt: now });
      const run = await find(id);
      if (!stopped && run.status !== 'stopped')
        throw new ConflictError('run_ended', `Run "${id}" has ended already (${run.status}).`);
      return run;
    },
    async pause(id: string, now: Date): Promise<Run> {
      await runs.updateOne(
        { _id: id, status: { $in: ['running', 'interrupted'] } },
        { $set: { status: 'paused', heartbeatAt: now } },
      );
      const run = await find(id);
      if (run.status !== 'paused')
        throw new ConflictError('run_ended', `Run "${id}" has ended already (${run.status}).`);
      return run;
    },
    async resume(id: string, now: Date): Promise<Run> {
      const { modifiedCount } = await runs.updateOne(
        { _id: id, status: 'paused' },
        { $set: { status: 'running', heartbeatAt: now } },
      );
      const run = await find(id);
      if (modifiedCount === 0 && run.status !== 'running')
        throw new ConflictError('run_not_paused', `Run "${id}" is ${run.status}, not paused.`);
      return run;
    },

    beat: async (id: string, owner: RunOwner | undefined, now: Date): Promise<void> => {
      await leases.beat(id, owner, now);
      await runs.updateOne({ _id: id, status: open }, { $set: { heartbeatAt: now } });
    },
    leaseOf: leases.find,
    listExpiredLeases: leases.listExpired,
    releaseLease: leases.release,

    /** The process that worked on it is dead. */
    async markInterrupted(id: string, now: Date): Promise<void> {
      await runs.updateOne(
        { _id: id, status: 'running' },
        { $set: { status: 'interrupted', heartbeatAt: now }, $inc: { interruptions: 1 } },
      );
    },
    async markResumed(id: string, now: Date): Promise<void> {
      await runs.updateOne(
        { _id: id, status: 'interrupted' },
        { $set: { status: 'running', heartbeatAt: now } },
      );
    },

    /** Removes runs that ended before `before`, but keeps the newest `keep` of each catalog. Answers how many went. */
    async prune(catalogId: string, before: Date, keep: number): Promise<number> {
      const newest = await runs
        .find({ catalogId }, { projection: { startedAt: 1 } })
        .sort({ startedAt: -1 })
        .skip(keep)
        .limit(1)
        .toArray();
      const bound = newest[0]?.startedAt;
      if (bound === undefined) return 0;
      const old = await runs
        .find(
          {
            catalogId,
            startedAt: { $lte: bound },
            endedAt: { $lt: before },
            status: { $nin: [...openStatuses] },
          },
          { projection: { _id: 1 } },
        )
        .limit(1_000)
        .toArray();
      for (const { _id } of old) {
        await issues.clearIssues(_id);
        await issues.clearHeldRemovals(_id);
        await changes.clearSetAside(_id);
        await resume.clearResume(_id);
        await runs.deleteOne({ _id });
      }
      return old.length;
    },
  };
}
