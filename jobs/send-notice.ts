import { z } from 'zod';
import { defineJob, type JobContext } from './job.ts';

/** One message to people: a problem that has begun or is over, or the day's digest. */
export const noticeSchema = z.object({
  key: z.string(),
  catalogId: z.string(),
  severity: z.enum(['warning', 'error']),
  title: z.string(),
  message: z.string(),
  hint: z.string(),
  what: z.enum(['begun', 'over', 'digest', 'test']),
  at: z.coerce.date(),
});
export type Notice = z.infer<typeof noticeSchema>;

export const targetKinds = ['email', 'webhook', 'slack'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** Takes one notice to one kind of target; each is tried again by itself, so that none gets it twice for another's fault. */
export const sendNotice = defineJob({
  name: 'send-notice',
  payload: z.object({
    catalogId: z.string(),
    runId: z.string().optional(),
    target: z.enum(targetKinds),
    notice: noticeSchema,
  }),
  attempts: 8,
  key: ({ target, notice }) => `${target}:${notice.key}:${notice.what}:${new Date(notice.at).toISOString()}`,
  async run({ target, notice }, ctx) {
    await ctx.notify(target, { ...notice, at: new Date(notice.at) });
  },
});

/** Puts the notice into the queue, once for each target that is set. */
export async function addNotice(notice: Notice, ctx: JobContext): Promise<void> {
  for (const target of await ctx.targets())
    await ctx.queue.add(sendNotice, { catalogId: notice.catalogId, target, notice }, { priority: 'person' });
}
