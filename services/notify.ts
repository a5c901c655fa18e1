/** Alerts on their way to people: mail, a webhook, a Slack-style message. Where to is kept sealed in the database. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Http } from '../catalog/context.ts';
import { ConfigError, NoAnswerError } from '../catalog/errors.ts';
import type { AlertStore } from '../catalog/store/alerts.ts';
import { targetKinds, type Notice, type TargetKind } from '../jobs/send-notice.ts';
import type { Vault } from './vault.ts';

const address = z.url({ protocol: /^https?$/ });

export const alertSettingsSchema = z.object({
  email: z
    .object({
      /** `smtps://user:password@host:465`; nodemailer's form. */
      smtpUrl: z.string().regex(/^smtps?:\/\//, 'use an smtp:// or smtps:// address'),
      from: z.string().min(3).max(200),
      to: z.array(z.email()).min(1).max(20),
    })
    .optional(),
  /** Gets the notice as JSON; with a secret its HMAC-SHA256 stands in `x-shelfcast-signature`. */
  webhook: z.object({ url: address, secret: z.string().min(16).optional() }).optional(),
  /** An incoming webhook: `{"text": …}`, as Slack, Mattermost and others take it. */
  slack: z.object({ url: address }).optional(),
});
export type AlertSettings = z.infer<typeof alertSettingsSchema>;

export interface Notifier {
  settings(): Promise<AlertSettings>;
  save(settings: AlertSettings): Promise<void>;
  targets(): Promise<TargetKind[]>;
  /** Throws when the target did not take it; the queue tries again. */
  notify(target: TargetKind, notice: Notice): Promise<void>;
}

const words: Record<Notice['what'], string> = {
  begun: 'Problem',
  over: 'Over',
  digest: 'Digest',
  test: 'Test',
};

/** One line for subjects and chats. */
export const toSubject = ({ what, title, catalogId }: Notice): string =>
  `[${catalogId}] ${words[what]}: ${title}`;
const toText = (notice: Notice): string =>
  [toSubject(notice), notice.message, notice.what === 'begun' ? notice.hint : ''].filter(Boolean).join('\n');

export function createNotifier(alerts: AlertStore, vault: Vault, http: Http): Notifier {
  async function settings(): Promise<AlertSettings> {
    const sealed = await alerts.sealedSettings();
    return sealed === undefined ? {} : alertSettingsSchema.parse(vault.open(sealed));
  }
  async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<void> {
    const response = await http.fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }); // prettier-ignore
    await response.body?.cancel();
    if (!response.ok)
      throw new NoAnswerError(
        'alert_not_taken',
        `${new URL(url).host} answered ${response.status} to an alert.`,
      );
  }
  async function mail(
    { smtpUrl, from, to }: NonNullable<AlertSettings['email']>,
    notice: Notice,
  ): Promise<void> {
    // only those who use mail load its library
    const { createTransport } = await import('nodemailer');
    const transport = createTransport(smtpUrl);
    try {
      await transport.sendMail({ from, to, subject: toSubject(notice), text: toText(notice) });
    } catch (cause) {
      throw new NoAnswerError('alert_not_taken', 'The mail server did not take an alert.', { cause });
    } finally {
      transport.close();
    }
  }
  return {
    settings,
    async save(next) {
      await alerts.saveSettings(vault.seal(alertSettingsSchema.parse(next)));
    },
    async targets() {
      const now = await settings();
      return targetKinds.filter((kind) => now[kind] !== undefined);
    },
    async notify(target, notice) {
      const { email, webhook, slack } = await settings();
      if (target === 'email' && email) return mail(email, notice);
      if (target === 'slack' && slack) return post(slack.url, JSON.stringify({ text: toText(notice) }));
      if (target === 'webhook' && webhook) {
        const body = JSON.stringify(notice);
        const signature = webhook.secret && createHmac('sha256', webhook.secret).update(body).digest('hex');
        return post(webhook.url, body, signature ? { 'x-shelfcast-signature': `sha256=${signature}` } : {});
      }
      throw new ConfigError('alert_target_gone', `Alerts are no longer sent by ${target}.`);
    },
  };
}
