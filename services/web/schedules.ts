/** Schedules of a catalog: shown in words with their next times, changed without a restart. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { NotFoundError } from '../../catalog/errors.ts';
import { idOf } from '../../catalog/store/model.ts';
import type { Schedule } from '../../catalog/store/schedules.ts';
import { defaultSchedule, planTick } from '../../jobs/clock.ts';
import { isTimeZone, nextTimes, toWords, type Language } from '../../jobs/cron-line.ts';
import { toCron } from '../../jobs/cron-words.ts';
import type { JobContext } from '../../jobs/job.ts';
import { scheduleKinds } from '../../jobs/schedule-kinds.ts';
import type { Config } from '../config.ts';
import type { Api } from './endpoint.ts';
import { whoIs } from './who.ts';

const params = z.object({ catalogId: catalogIdSchema });
const one = params.extend({ kind: z.string().max(40) });
const language = z.enum(['en', 'de']).default('en').describe('Language of the plain words');
const timeZone = z.string().refine(isTimeZone, 'use an IANA name such as Europe/Berlin');
const shown = 5;

export function addScheduleRoutes(
  api: Api,
  config: Pick<Config, 'refreshCron' | 'cronTimeZone'>,
  ctx: JobContext,
): void {
  const { catalogs, schedules } = ctx.stores;

  const show = (schedule: Schedule, lang: Language) => ({
    ...schedule,
    title: scheduleKinds[schedule.kind]?.title,
    words: toWords(schedule.cron, lang),
    next: schedule.enabled ? nextTimes(schedule.cron, schedule.timeZone, ctx.now(), shown) : [],
  });
  const defaultCron = (kind: string): string | undefined =>
    kind === 'refresh' ? config.refreshCron : scheduleKinds[kind]?.cron;
  const known = (kind: string): void => {
    if (!Object.hasOwn(scheduleKinds, kind))
      throw new NotFoundError('schedule_unknown', `"${kind}" cannot be scheduled.`, {
        hint: `There are: ${Object.keys(scheduleKinds).join(', ')}`,
      });
  };

  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/schedules',
    summary:
      'When what starts by itself, in plain words and with the next times; `kinds`: what can be scheduled',
    params,
    query: z.object({ language }),
    async run({ params: { catalogId }, query }) {
      await catalogs.find(catalogId);
      const kinds = Object.entries(scheduleKinds).map(([kind, { title }]) => ({ kind, title, default: defaultCron(kind) })); // prettier-ignore
      return { items: (await schedules.list(catalogId)).map((each) => show(each, query.language)), kinds };
    },
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/schedules/{kind}',
    summary: 'Set a schedule; it holds from now on',
    params: one,
    query: z.object({ language }),
    body: z.object({
      cron: z.string().max(200).describe('A cron line, or words: "every 2 hours between 6 and 22"'),
      timeZone: timeZone.default(config.cronTimeZone),
      jitterSeconds: z
        .number()
        .int()
        .min(0)
        .max(3_600)
        .default(0)
        .describe('Each tick up to so many seconds late'),
      enabled: z.boolean().default(true),
    }),
    async run({ params: { catalogId, kind }, query, body }) {
      await catalogs.find(catalogId);
      known(kind);
      const plan = { catalogId, kind, ...body, cron: toCron(body.cron) };
      const lastTick = (await schedules.find(catalogId, kind))?.lastTick;
      const schedule = {
        ...plan,
        isDefault: false,
        ...planTick(plan, ctx.now()),
        ...(lastTick ? { lastTick } : {}),
      };
      await schedules.save(schedule);
      return show(schedule, query.language);
    },
  });
  api.add({
    method: 'delete',
    path: '/catalogs/{catalogId}/schedules/{kind}',
    summary: 'Back to the default: the service’s setting, or off where there is none',
    params: one,
    async run({ params: { catalogId, kind } }) {
      await catalogs.find(catalogId);
      known(kind);
      const cron = defaultCron(kind);
      if (cron === undefined) await schedules.remove(catalogId, kind);
      else await schedules.save(defaultSchedule(catalogId, kind, cron, config.cronTimeZone, ctx.now()));
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/schedules/{kind}/starts',
    summary: 'Start now what the schedule would start',
    params: one,
    async run({ params: { catalogId, kind } }, _req, res) {
      const catalog = await catalogs.find(catalogId);
      known(kind);
      const at = ctx.now();
      const runId = idOf(catalogId, at.toISOString().replace(/[-:.]/g, ''), kind);
      await scheduleKinds[kind]?.start(catalog, { runId, at, by: whoIs(res) }, ctx);
      res.status(202);
      return { catalogId, kind };
    },
  });
  api.add({
    method: 'get',
    path: '/schedule-preview',
    summary: 'What a cron line or words would mean: the line, plain words, the next times',
    query: z.object({
      cron: z.string().max(200).describe('A cron line, or words'),
      timeZone: timeZone.default(config.cronTimeZone),
      language,
    }),
    async run({ query }) {
      const cron = toCron(query.cron);
      return {
        cron,
        words: toWords(cron, query.language),
        next: nextTimes(cron, query.timeZone, ctx.now(), shown),
      };
    },
  });
}
