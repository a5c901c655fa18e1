/** A run: one execution of a job kind for one catalog, with its phases and counts. Types and pure words. */

/**
 * `running`; `interrupted`: the process that worked on it died, it goes on with the next look; `paused`: a person said so;
 * `held`: it has ended, a part of it waits for a person; `stopped`: a person ended it; `superseded`: it was held, and a
 * later run made its question pointless.
 */
export const runStatuses = [
  'running', 'interrupted', 'paused', 'held', 'done', 'failed', 'rejected', 'stopped', 'superseded',
] as const; // prettier-ignore
export type RunStatus = (typeof runStatuses)[number];

/** A run that has not ended: its lease is taken, and it goes on by itself or when a person says so. */
export const openStatuses: readonly RunStatus[] = ['running', 'interrupted', 'paused'];
export const isOpen = (run: { status: RunStatus }): boolean => openStatuses.includes(run.status);

/** One step of a run. `in` = `done` + `skipped` + `blocked` + `failed` at any time. */
export interface Phase {
  name: string;
  /** What is counted: rows, images, items. */
  unit: string;
  in: number;
  done: number;
  skipped: number;
  blocked: number;
  failed: number;
  /** The last thing whose work is committed and counted; where a resumed phase goes on. */
  cursor?: string;
  startedAt: Date;
  endedAt?: Date;
}
export type Counts = Partial<Pick<Phase, 'in' | 'done' | 'skipped' | 'blocked' | 'failed'>>;

/** Only the counts of a phase. */
export const toCounts = ({ in: all, done, skipped, blocked, failed }: Phase): Required<Counts> => ({
  in: all, done, skipped, blocked, failed,
}); // prettier-ignore

export const holdReasons = [
  'too_many_removals', 'unreadable_rows', 'prices_moved', 'variants_missing', 'newly_blocked',
  'feed_empty', 'feed_shrunk', 'feed_pinned', 'channel_rejects',
] as const; // prettier-ignore
export type HoldReason = (typeof holdReasons)[number];

/** Why a part of a run waits for a person. That part was not carried out; everything else was. */
export interface Hold {
  reason: HoldReason;
  /** The channel it is about; absent: the catalog as a whole. */
  channel?: string;
  message: string;
  /** How many there were before, how many there would be after, and how many are affected. */
  before: number;
  after: number;
  missing: number;
  /** Some of them, for the eye: ids, or `id: old → new`. */
  sample: string[];
}

/** Who works on a run now: `host` and `pid` for people, `id` for the comparison. */
export interface RunOwner {
  host: string;
  pid: number;
  id: string;
}

export type RunKind = 'import' | 'refresh';

export interface Run {
  id: string;
  catalogId: string;
  kind: RunKind;
  status: RunStatus;
  /** `schedule`, `api`, `cli`, or a user's name. */
  startedBy: string;
  startedAt: Date;
  endedAt?: Date;
  heartbeatAt: Date;
  /** The tick of the schedule that it belongs to. */
  tick?: Date;
  /** How often a process died under it; it went on each time. */
  interruptions?: number;
  /** What was imported: the file's name or address, and what it was recognised as. */
  source?: { name: string; format?: string; title?: string };
  products: { new: number; changed: number; unchanged: number; removed: number };
  phases: Phase[];
  /** Keys of the jobs that this run still waits for. */
  waiting: string[];
  holds: Hold[];
  /** What a person has let through in this run. */
  approved?: HoldReason[];
  /** The first of `holds`. */
  hold?: Hold;
  error?: { code: string; message: string; hint?: string };
}
