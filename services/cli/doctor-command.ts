/** `shelfcast doctor`: what the service stands on, and what to do. */
import type { Command } from 'commander';
import type { Examined } from '../doctor.ts';
import { withClient } from './client.ts';
import { say, showJson, showTable, type ShowOptions } from './show.ts';

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('Check database, Redis, file store, clock, disk and credentials, and say what to do')
    .option('--json')
    .action(async (o: ShowOptions) =>
      withClient(async (client) => {
        const { items } = await client.get<{ items: Examined[] }>('/api/v1/doctor');
        if (o.json) showJson(items);
        else {
          showTable(['what', '', 'found', 'what to do'], items.map((one) => [one.name, one.ok ? 'well' : 'ILL', one.found, one.advice]), [30, 6, 40, 50]); // prettier-ignore
          say(items.every(({ ok }) => ok) ? 'All is well.' : 'Something needs a person.');
        }
        if (!items.every(({ ok }) => ok)) process.exitCode = 3;
      }),
    );
}
