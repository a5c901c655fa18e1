/** Schedules: when a kind of job starts by itself for a catalog. Changed at any time; the clock reads them from here. */
import { defineCollection, idOf, type Connection } from './model.ts';

export interface Schedule {
  catalogId: string;
  /** What starts: see jobs/schedule-kinds.ts. */
  kind: string;
  /** Five fields. */
  cron: string;
  /** IANA name. */
  timeZone: string;
  /** Each tick comes up to so many seconds late, the same for every process. */
  jitterSeconds: number;
  enabled: boolean;
  /** Nobody has set it: it follows the service's settings. */
  isDefault: boolean;
  /** The tick to come, and when it is due with its jitter. */
  nextTick: Date;
  dueAt: Date;
  /** The last tick that was put into the queue. */
  lastTick?: Date;
  /** What came of the last tick, where nothing could be started. */
  lastProblem?: { at: Date; message: string };
}
type ScheduleDocument = Schedule & { _id: string };

export type ScheduleStore = ReturnType<typeof createScheduleStore>;

const toSchedule = ({ _id: _, ...rest }: ScheduleDocument): Schedule => rest;

export function createScheduleStore(connection: Connection) {
  const { collection, sync } = defineCollection<ScheduleDocument>(connection, 'schedules', [
    { keys: { catalogId: 1 } },
    { keys: { enabled: 1, dueAt: 1 } },
  ]);
  return {
    sync,
    async save(schedule: Schedule): Promise<void> {
      const id = idOf(schedule.catalogId, schedule.kind);
      await collection.replaceOne({ _id: id }, schedule as ScheduleDocument, { upsert: true });
    },
    /** Only where there is none yet. */
    async saveFirst(schedule: Schedule): Promise<void> {
      const id = idOf(schedule.catalogId, schedule.kind);
      await collection
        .updateOne({ _id: id }, { $setOnInsert: schedule }, { upsert: true })
        // two processes that start together: one of them was first
        .catch((error: { code?: unknown }) => {
          if (error.code !== 11_000) throw error;
        });
    },
    async remove(catalogId: string, kind: string): Promise<void> {
      await collection.deleteOne({ _id: idOf(catalogId, kind) });
    },
    async find(catalogId: string, kind: string): Promise<Schedule | undefined> {
      const found = await collection.findOne({ _id: idOf(catalogId, kind) });
      return found ? toSchedule(found) : undefined;
    },
    async list(catalogId: string): Promise<Schedule[]> {
      return (await collection.find({ catalogId }).sort({ _id: 1 }).toArray()).map(toSchedule);
    },
    /** Of all these catalogs. */
    async listOf(catalogIds: readonly string[]): Promise<Schedule[]> {
      return (await collection.find({ catalogId: { $in: [...catalogIds] } }).toArray()).map(toSchedule);
    },
    async listDue(now: Date, limit: number): Promise<Schedule[]> {
      const due = collection
        .find({ enabled: true, dueAt: { $lte: now } })
        .sort({ dueAt: 1 })
        .limit(limit);
      return (await due.toArray()).map(toSchedule);
    },
    /** The tick is in the queue: the next one is waited for. Of several processes one moves it on. */
    async moveOn(
      { catalogId, kind, nextTick }: Schedule,
      next: Pick<Schedule, 'nextTick' | 'dueAt'> & { lastTick?: Date },
    ): Promise<boolean> {
      const same = { _id: idOf(catalogId, kind), nextTick };
      const { modifiedCount } = await collection.updateOne(same, { $set: next });
      return modifiedCount > 0;
    },
    async tellProblem(catalogId: string, kind: string, problem: { at: Date; message: string } | undefined) {
      await collection.updateOne(
        { _id: idOf(catalogId, kind) },
        problem ? { $set: { lastProblem: problem } } : { $unset: { lastProblem: '' } },
      );
    },
  };
}
