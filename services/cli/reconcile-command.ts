/** `shelfcast reconcile`: what a channel holds beside what it should hold. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { findingKinds, type Report } from '../../feeds/store/reports.ts';
import { findCatalogId, ServiceError, withClient, type Client } from './client.ts';
import { say, showTable } from './show.ts';

const meanings: Record<(typeof findingKinds)[number], string> = {
  missing: 'should be there, but are not',
  foreign: 'are there, but not from us',
  left: 'were taken down, but are still there',
  twins: 'are there more than once',
  price: 'are there at another price',
};

export function addReconcileCommand(program: Command): void {
  program
    .command('reconcile <channel>')
    .description('Compare what a channel holds with what it should hold')
    .option('--catalog <id>')
    .option('--repair', 'send again what is missing or differs, take down again what is left over of ours')
    .option('--json')
    .action(async (channel: string, options: { catalog?: string; repair?: boolean; json?: boolean }) =>
      withClient(async (client) => {
        const at = `/api/v1/catalogs/${await findCatalogId(client, options.catalog)}/channels/${channel}`;
        const before = await find(client, at);
        await client.send('POST', `${at}/reconciliations`);
        let report = await waitFor(client, at, before?.startedAt);
        if (options.repair && report.status === 'done')
          report = await client.send<Report>('POST', `${at}/repairs`);
        if (options.json) return void process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
        show(report);
        if (report.status === 'failed') process.exitCode = 3;
      }),
    );
}

async function find(client: Client, at: string): Promise<Report | undefined> {
  try {
    return await client.get<Report>(`${at}/reconciliations`);
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return undefined;
    throw error;
  }
}

async function waitFor(client: Client, at: string, before: Date | undefined): Promise<Report> {
  for (;;) {
    const report = await find(client, at);
    if (report && report.status !== 'running' && report.startedAt !== before) return report;
    await sleep(300);
  }
}

function show(report: Report): void {
  if (report.status === 'failed') return say(`It could not be compared: ${report.problem}`);
  say(`${report.channel} holds ${report.held} items; ${report.expected} of ours should be there.`);
  for (const kind of findingKinds) {
    const { count, offers } = report.findings[kind];
    if (count === 0) continue;
    say(`\n${count} ${meanings[kind]}:`);
    showTable(['offer', 'title', 'here', 'there'], offers.slice(0, 20).map(({ offerId, title, here, there }) => [offerId, title, here, there]), [24, 40, 14, 14]); // prettier-ignore
  }
  if (report.repaired) say(`\n${report.repaired.count} are repaired with the next push.`);
}
