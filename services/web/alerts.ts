/** Alerts: what is wrong now and was lately, and where they are sent. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import type { Engine } from '../engine.ts';
import { alertSettingsSchema, type AlertSettings, type Notifier } from '../notify.ts';
import { noteChange, type Api } from './endpoint.ts';

/** Passwords and secret addresses are not told again; `set` says that there is one. */
const withoutSecrets = ({ email, webhook, slack }: AlertSettings) => ({
  ...(email ? { email: { from: email.from, to: email.to, set: true } } : {}),
  ...(webhook
    ? { webhook: { host: new URL(webhook.url).host, signed: webhook.secret !== undefined, set: true } }
    : {}),
  ...(slack ? { slack: { host: new URL(slack.url).host, set: true } } : {}),
});

/** For the audit log, in which nothing below the names of the settings is kept. */
const toTold = ({ email, webhook, slack }: ReturnType<typeof withoutSecrets>) => ({
  mailTo: email?.to,
  callsTo: webhook?.host,
  chatAt: slack?.host,
});

const { email, webhook, slack } = alertSettingsSchema.shape;
/** What is secret may be left out where it is set already: it stays as it was. */
const changeSchema = z.object({
  email: email.unwrap().partial({ smtpUrl: true }).optional(),
  webhook: webhook.unwrap().partial({ url: true }).optional(),
  slack: slack.unwrap().partial({ url: true }).optional(),
});

const withKept = (
  change: z.infer<typeof changeSchema>,
  kept: Awaited<ReturnType<Notifier['settings']>>,
): AlertSettings =>
  alertSettingsSchema.parse({
    ...(change.email ? { email: { ...kept.email, ...change.email } } : {}),
    ...(change.webhook ? { webhook: { ...kept.webhook, ...change.webhook } } : {}),
    ...(change.slack ? { slack: { ...kept.slack, ...change.slack } } : {}),
  });

export function addAlertRoutes(api: Api, { ctx, notifier }: Engine): void {
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/alerts',
    summary: 'Problems, the newest first; those without `endedAt` are on now',
    params: z.object({ catalogId: catalogIdSchema }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
    run: async ({ params: { catalogId }, query: { limit } }) => ({
      items: await ctx.stores.alerts.list(catalogId, limit),
    }),
  });
  api.add({
    method: 'get',
    path: '/alert-settings',
    summary: 'Where alerts go: by mail, webhook, Slack-style message; without secrets',
    run: async () => withoutSecrets(await notifier.settings()),
  });
  api.add({
    method: 'put',
    path: '/alert-settings',
    summary: 'Set where alerts go; a kind that is left out gets none, a secret that is left out stays',
    role: 'owner',
    body: changeSchema,
    async run({ body }, _req, res) {
      const before = await notifier.settings();
      await notifier.save(withKept(body, before));
      const now = withoutSecrets(await notifier.settings());
      noteChange(res, { before: toTold(withoutSecrets(before)), after: toTold(now) });
      return now;
    },
  });
  api.add({
    method: 'post',
    path: '/alert-settings/test',
    summary: 'Send a test to every target now; answers what each said',
    role: 'owner',
    async run() {
      const notice = { key: 'test', catalogId: 'test', severity: 'warning', title: 'This is a test', message: 'Alerts arrive here.', hint: '', what: 'test', at: ctx.now() } as const; // prettier-ignore
      const items = [];
      for (const target of await notifier.targets())
        items.push(
          await notifier.notify(target, notice).then(
            () => ({ target, ok: true }),
            (error: unknown) => ({
              target,
              ok: false,
              message: error instanceof Error ? error.message : String(error),
            }),
          ),
        );
      return { items };
    },
  });
}
