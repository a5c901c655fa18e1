/** Schedules from the command line. */
import type { Command } from 'commander';
import { findCatalogId, withClient } from './client.ts';
import { say, showJson, showTable, type ShowOptions } from './show.ts';

interface Shown {
  kind: string;
  cron: string;
  timeZone: string;
  enabled: boolean;
  words: string;
  next: string[];
}
interface Options extends ShowOptions {
  catalog?: string;
  language: string;
}

export function addScheduleCommands(program: Command): void {
  const schedule = program.command('schedule').description('When what starts by itself');
  const at = (id: string, rest: string, o: Options): string =>
    `/api/v1/catalogs/${id}/schedules${rest}?language=${o.language}`;
  const tell = (items: Shown[]): void =>
    showTable(
      ['what', 'when', 'cron line', 'time zone', 'next'],
      items.map((one) => [one.kind, one.enabled ? one.words : 'off', one.cron, one.timeZone, one.next[0]]),
    );
  schedule
    .command('list')
    .description('The schedules of a catalog, in plain words')
    .option('--catalog <id>')
    .option('--language <code>', 'en or de', 'en')
    .option('--json')
    .action(async (o: Options) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        const { items } = await client.get<{ items: Shown[] }>(at(id, '', o));
        if (o.json) showJson(items);
        else tell(items);
      }),
    );
  schedule
    .command('set <kind> <when>')
    .description('Set a schedule: a cron line, or words like "every 2 hours between 6 and 22"')
    .option('--catalog <id>')
    .option('--time-zone <name>', 'IANA name; default: CRON_TIME_ZONE')
    .option('--jitter <seconds>', 'each tick up to so many seconds late', '0')
    .option('--off', 'keep it, but do not start anything')
    .option('--language <code>', 'en or de', 'en')
    .option('--json')
    .action(
      async (kind: string, when: string, o: Options & { timeZone?: string; jitter: string; off?: boolean }) =>
        withClient(async (client) => {
          const id = await findCatalogId(client, o.catalog);
          const shown = await client.send<Shown>('PUT', at(id, `/${kind}`, o), {
            cron: when,
            ...(o.timeZone ? { timeZone: o.timeZone } : {}),
            jitterSeconds: Number(o.jitter),
            enabled: o.off !== true,
          });
          if (o.json) showJson(shown);
          else tell([shown]);
        }),
    );
  schedule
    .command('reset <kind>')
    .description('Back to the default of the service')
    .option('--catalog <id>')
    .option('--language <code>', 'en or de', 'en')
    .action(async (kind: string, o: Options) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        await client.send('DELETE', at(id, `/${kind}`, o));
        say(`The schedule "${kind}" is the default again.`);
      }),
    );
}
