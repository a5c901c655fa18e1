/** The clock's look at the schedules: what is due is put into the queue, once per tick over any number of processes. */
import { hash } from 'node:crypto';
import { inChunks } from '../catalog/store/model.ts';
import type { Schedule } from '../catalog/store/schedules.ts';
import { lastTime, nextTime } from './cron-line.ts';
import { catalogsAtOnce, type JobContext } from './job.ts';
import { scheduleKinds } from './schedule-kinds.ts';
import { startScheduled } from './start-scheduled.ts';

/** Schedules looked at in one go; the rest a second later. */
const perLook = 500;

/** The same tick of the same schedule is late by the same time in every process. */
function jitterMs(
  { catalogId, kind, jitterSeconds }: Pick<Schedule, 'catalogId' | 'kind' | 'jitterSeconds'>,
  tick: Date,
): number {
  const share =
    Number.parseInt(hash('sha1', `${catalogId}:${kind}:${tick.toISOString()}`).slice(0, 8), 16) / 2 ** 32;
  return Math.floor(share * jitterSeconds * 1_000);
}

/** When a schedule is due next, after `from`. */
export function planTick(
  schedule: Pick<Schedule, 'catalogId' | 'kind' | 'cron' | 'timeZone' | 'jitterSeconds'>,
  from: Date,
): Pick<Schedule, 'nextTick' | 'dueAt'> {
  const nextTick = nextTime(schedule.cron, schedule.timeZone, from);
  return { nextTick, dueAt: new Date(nextTick.getTime() + jitterMs(schedule, nextTick)) };
}

/**
 * Puts every due tick into the queue. Ticks missed while nobody looked are made up for once, by the newest of them. The
 * queue comes first: a kill in between puts the tick there twice, and a tick that comes twice starts one run.
 */
export async function tickSchedules(ctx: JobContext): Promise<void> {
  const { schedules } = ctx.stores;
  const now = ctx.now();
  for (const schedule of await schedules.listDue(now, perLook)) {
    const { catalogId, kind, cron, timeZone, nextTick } = schedule;
    const last = lastTime(cron, timeZone, now);
    // with a jitter longer than the pause between two ticks the newest may be one that is not due yet
    const tick =
      last > nextTick && last.getTime() + jitterMs(schedule, last) <= now.getTime() ? last : nextTick;
    await ctx.queue.add(startScheduled, { catalogId, kind, tick });
    await schedules.moveOn(schedule, { ...planTick(schedule, tick > now ? tick : now), lastTick: tick });
  }
}

/**
 * Every catalog has the schedules that are on by default; those that nobody set follow the service's settings. A plan made
 * by a clock that was ahead is made anew, or it would wait for that time.
 */
export async function settleSchedules(
  defaults: { refreshCron: string; timeZone: string },
  ctx: JobContext,
): Promise<void> {
  const { catalogs, schedules } = ctx.stores;
  const now = ctx.now();
  const ids = (await catalogs.list()).map(({ id }) => id);
  for (const some of inChunks(ids, catalogsAtOnce)) {
    const stored = Map.groupBy(await schedules.listOf(some), ({ catalogId }) => catalogId);
    for (const id of some) await settleOf(id, stored.get(id) ?? []);
  }

  async function settleOf(id: string, all: readonly Schedule[]): Promise<void> {
    const known = new Map(all.map((one) => [one.kind, one]));
    for (const [kind, { cron: standard }] of Object.entries(scheduleKinds)) {
      const cron = kind === 'refresh' ? defaults.refreshCron : standard;
      const stored = known.get(kind);
      if (!stored && cron !== undefined)
        await schedules.saveFirst(defaultSchedule(id, kind, cron, defaults.timeZone, now));
      if (!stored) continue;
      const follows =
        stored.isDefault &&
        cron !== undefined &&
        (stored.cron !== cron || stored.timeZone !== defaults.timeZone);
      if (follows) await schedules.save(defaultSchedule(id, kind, cron, defaults.timeZone, now));
      else if (stored.nextTick > planTick(stored, now).nextTick)
        await schedules.moveOn(stored, planTick(stored, now));
    }
  }
}

export function defaultSchedule(
  catalogId: string,
  kind: string,
  cron: string,
  timeZone: string,
  now: Date,
): Schedule {
  const plan = { catalogId, kind, cron, timeZone, jitterSeconds: 0 };
  return { ...plan, enabled: true, isDefault: true, ...planTick(plan, now) };
}
