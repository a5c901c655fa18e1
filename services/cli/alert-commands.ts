/** Alerts from the command line: what is wrong, and where people are told. */
import type { Command } from 'commander';
import type { Alert } from '../../catalog/store/alerts.ts';
import { InputError } from '../../catalog/errors.ts';
import { at, readOptions, type CatalogOption } from './commands.ts';
import { findCatalogId, withClient, type Client } from './client.ts';
import { say, showJson, showTable } from './show.ts';

/** As the API tells them: without secrets. */
interface ShownSettings {
  email?: { from: string; to: string[] };
  webhook?: { host: string; signed: boolean };
  slack?: { host: string };
}

export function addAlertCommands(program: Command): void {
  const alerts = program.command('alerts').description('What is wrong, and who is told');
  alerts
    .command('list', { isDefault: true })
    .description('Problems, the newest first')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: CatalogOption) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        const { items } = await client.get<{ items: Alert[] }>(at(id, '/alerts'));
        if (o.json) return showJson(items);
        if (items.length === 0) return say('Nothing is wrong.');
        showTable(
          ['since', 'over', 'what', 'what it is', 'what to do'],
          items.map((one) => [String(one.since), one.endedAt && String(one.endedAt), one.title, one.message, one.hint]),
          [26, 26, 24, 40, 34],
        );
      }),
    );
  alerts
    .command('settings')
    .description('Where alerts go; secrets are not shown')
    .option('--json')
    .action(async (o: CatalogOption) =>
      withClient(async (client) => show(await client.get<ShownSettings>('/api/v1/alert-settings'), o)),
    );
  alerts
    .command('set')
    .description('Set where alerts go; what is not named gets none. A value of "-" is read from standard input')
    .option('--smtp <address>', 'smtps://user:password@host:465')
    .option('--from <address>', 'sender of the mails')
    .option('--to <addresses>', 'their receivers, with commas between')
    .option('--webhook <address>', 'gets each alert as JSON')
    .option('--webhook-secret <secret>', 'signs what the webhook gets; at least 16 characters')
    .option('--slack <address>', 'an incoming webhook of Slack, Mattermost or the like')
    .option('--json')
    .action(async (o: CatalogOption & Record<string, string>) =>
      withClient(async (client) => {
        const settings = toSettings(await readGiven(o));
        show(await client.send<ShownSettings>('PUT', '/api/v1/alert-settings', settings), o);
      }),
    );
  alerts
    .command('test')
    .description('Send a test to every target now')
    .action(async () => withClient(test));
} // prettier-ignore

const names = ['smtp', 'from', 'to', 'webhook', 'webhookSecret', 'slack'];

const readGiven = (o: Record<string, unknown>): Promise<Record<string, string>> =>
  readOptions(names.flatMap((name) => (typeof o[name] === 'string' ? [`${name}=${o[name]}`] : [])));

function toSettings({ smtp, from, to, webhook, webhookSecret, slack }: Record<string, string>) {
  const mail = [smtp, from, to];
  if (mail.some(Boolean) && !mail.every(Boolean))
    throw new InputError('request_invalid', 'Mail needs all three: --smtp, --from and --to.');
  return {
    ...(smtp && to ? { email: { smtpUrl: smtp, from, to: to.split(',').map((one) => one.trim()) } } : {}),
    ...(webhook ? { webhook: { url: webhook, ...(webhookSecret ? { secret: webhookSecret } : {}) } } : {}),
    ...(slack ? { slack: { url: slack } } : {}),
  };
}

function show(settings: ShownSettings, o: CatalogOption): void {
  if (o.json) return showJson(settings);
  const { email, webhook, slack } = settings;
  if (!email && !webhook && !slack) return say('Alerts go nowhere. Set where with: shelfcast alerts set');
  if (email) say(`mail to ${email.to.join(', ')} from ${email.from}`);
  if (webhook) say(`webhook at ${webhook.host}${webhook.signed ? ', signed' : ''}`);
  if (slack) say(`message at ${slack.host}`);
}

async function test(client: Client): Promise<void> {
  const { items } = await client.send<{ items: { target: string; ok: boolean; message?: string }[] }>(
    'POST',
    '/api/v1/alert-settings/test',
  );
  if (items.length === 0) return say('Alerts go nowhere. Set where with: shelfcast alerts set');
  for (const { target, ok, message } of items) say(`${target}: ${ok ? 'sent' : `not sent: ${message}`}`);
  if (items.some(({ ok }) => !ok)) process.exitCode = 3;
}
