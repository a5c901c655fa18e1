/** Runs: what was done, phase by phase, with counts that add up, and the rows that went wrong. */
import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { Issue } from '../issue.ts';
import { defineCollection, idOf, type Connection } from './model.ts';

export type RunStatus = 'running' | 'held' | 'done' | 'failed' | 'rejected';

/** One step of a run. `in` = `done` + `skipped` + `blocked` + `failed` once it has ended. */
export interface Phase {
  name: string;
  /** What is counted: rows, images, items. */
  unit: string;
  in: number;
  done: number;
  skipped: number;
  blocked: number;
  failed: number;
  startedAt: Date;
  endedAt?: Date;
}
export type Counts = Partial<Pick<Phase, 'in' | 'done' | 'skipped' | 'blocked' | 'failed'>>;

/** Why a run waits for a person. Nothing was removed yet. */
export interface Hold {
  reason: 'too_many_removals' | 'unreadable_rows';
  message: string;
  /** Products in the store before, and products in what was read. */
  before: number;
  after: number;
  missing: number;
  sample: string[];
}

export interface Run {
  id: string;
  catalogId: string;
  kind: 'import' | 'refresh';
  status: RunStatus;
  startedBy: string;
  startedAt: Date;
  endedAt?: Date;
  heartbeatAt: Date;
  /** What was imported: the file's name or address, and what it was recognised as. */
  source?: { name: string; format?: string; title?: string };
  products: { new: number; changed: number; unchanged: number; removed: number };
  phases: Phase[];
  /** Keys of the jobs that this run still waits for. */
  waiting: string[];
  hold?: Hold;
  error?: { code: string; message: string; hint?: string };
}

interface RunDocument extends Omit<Run, 'id'> {
  _id: string;
  /** Present while the run is on: one run per catalog and kind at a time (unique). */
  lease?: string;
}
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

export type RunStore = ReturnType<typeof createRunStore>;

export function createRunStore(connection: Connection) {
  const runs = defineCollection<RunDocument>(connection, 'runs', [
    { keys: { catalogId: 1, startedAt: -1 } },
    { keys: { status: 1 } },
  ]);
  const issues = defineCollection<RunIssueDocument>(connection, 'run_issues', [
    { keys: { runId: 1, at: 1 } },
  ]);
  const held = defineCollection<HeldRemoval>(connection, 'held_removals', [{ keys: { runId: 1 } }]);
  const leases = defineCollection<{ _id: string; runId: string }>(connection, 'run_leases', []);

  const toRun = ({ _id, lease: _, ...rest }: RunDocument): Run => ({ id: _id, ...rest });
  async function find(id: string): Promise<Run> {
    const document = await runs.collection.findOne({ _id: id });
    if (!document) throw new NotFoundError('run_unknown', `There is no run "${id}".`);
    return toRun(document);
  }
  const release = (runId: string): Promise<unknown> => leases.collection.deleteMany({ runId });

  return {
    async sync() {
      for (const each of [runs, issues, held, leases]) await each.sync();
    },

    /** Starts a run; one of a kind per catalog at a time, by the unique id of the lease. */
    async start(input: Pick<Run, 'catalogId' | 'kind' | 'startedBy' | 'source'>, now: Date): Promise<Run> {
      const id = idOf(input.catalogId, now.toISOString().replace(/[-:.]/g, ''), randomUUID().slice(0, 8));
      try {
        await leases.collection.insertOne({ _id: idOf(input.catalogId, input.kind), runId: id });
      } catch (error) {
        if ((error as { code?: unknown }).code !== 11_000) throw error;
        throw new ConflictError(
          'run_in_progress',
          `An ${input.kind} of "${input.catalogId}" is running already.`,
          {
            hint: 'Wait for it to end; follow it with: shelfcast status',
            cause: error,
          },
        );
      }
      const run: RunDocument = {
        _id: id,
        ...input,
        status: 'running',
        startedAt: now,
        heartbeatAt: now,
        products: { new: 0, changed: 0, unchanged: 0, removed: 0 },
        phases: [],
        waiting: [],
      };
      await runs.collection.insertOne(run);
      return toRun(run);
    },

    find,

    async list(catalogId: string, limit: number, before?: Date): Promise<Run[]> {
      const filter = { catalogId, ...(before ? { startedAt: { $lt: before } } : {}) };
      return (await runs.collection.find(filter).sort({ startedAt: -1 }).limit(limit).toArray()).map(toRun);
    },

    async listRunning(): Promise<Run[]> {
      return (await runs.collection.find({ status: 'running' }).toArray()).map(toRun);
    },

    async update(
      id: string,
      fields: Partial<Pick<Run, 'source' | 'products' | 'hold' | 'status'>>,
      now: Date,
    ): Promise<void> {
      await runs.collection.updateOne({ _id: id }, { $set: { ...fields, heartbeatAt: now } });
    },

    /** Begins a phase, or begins it anew when a killed job is run again. */
    async startPhase(id: string, name: string, unit: string, now: Date): Promise<void> {
      await runs.collection.updateOne({ _id: id }, { $pull: { phases: { name } } });
      const phase: Phase = { name, unit, in: 0, done: 0, skipped: 0, blocked: 0, failed: 0, startedAt: now };
      await runs.collection.updateOne({ _id: id }, { $push: { phases: phase }, $set: { heartbeatAt: now } });
    },

    /** Sets a phase's counts as they are now; `ended` closes it. */
    async savePhase(id: string, name: string, counts: Counts, now: Date, ended = false): Promise<void> {
      const set: Record<string, unknown> = { heartbeatAt: now };
      for (const [key, value] of Object.entries(counts)) set[`phases.$.${key}`] = value;
      if (ended) set['phases.$.endedAt'] = now;
      await runs.collection.updateOne({ _id: id, 'phases.name': name }, { $set: set });
    },

    /** Adds to a phase's counts. */
    async addToPhase(id: string, name: string, counts: Counts, now: Date): Promise<void> {
      const add: Record<string, number> = {};
      for (const [key, value] of Object.entries(counts)) if (value) add[`phases.$.${key}`] = value;
      if (Object.keys(add).length === 0) return;
      await runs.collection.updateOne(
        { _id: id, 'phases.name': name },
        { $inc: add, $set: { heartbeatAt: now } },
      );
    },

    async addWaiting(id: string, key: string): Promise<void> {
      await runs.collection.updateOne({ _id: id }, { $addToSet: { waiting: key } });
    },

    /** One job of the run has ended; with none left the run is done (a held run stays held). */
    async endWaiting(id: string, key: string, now: Date): Promise<void> {
      await runs.collection.updateOne({ _id: id }, { $pull: { waiting: key }, $set: { heartbeatAt: now } });
      const run = await runs.collection.findOne({ _id: id });
      if (!run || run.waiting.length > 0 || run.status !== 'running') return;
      await runs.collection.updateOne(
        { _id: id, status: 'running', waiting: { $size: 0 } },
        { $set: { status: run.hold ? 'held' : 'done', endedAt: now } },
      );
      await release(id);
    },

    async fail(
      id: string,
      error: { code: string; message: string; hint?: string },
      now: Date,
    ): Promise<void> {
      await runs.collection.updateOne(
        { _id: id },
        { $set: { status: 'failed', error, endedAt: now, waiting: [] } },
      );
      await release(id);
    },

    async decide(id: string, decision: 'approved' | 'rejected', now: Date): Promise<Run> {
      const { modifiedCount } = await runs.collection.updateOne(
        { _id: id, status: 'held' },
        {
          $set: { status: decision === 'approved' ? 'running' : 'rejected', endedAt: now },
          $unset: { hold: '' },
        },
      );
      if (modifiedCount === 0) {
        const run = await find(id);
        throw new ConflictError('run_not_held', `Run "${id}" is ${run.status}, not held.`);
      }
      return find(id);
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
