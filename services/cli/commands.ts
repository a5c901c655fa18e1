/** The commands that talk to the service, one function each. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Catalog } from '../../catalog/catalog.ts';
import { InputError } from '../../catalog/errors.ts';
import type { CsvInspection } from '../../catalog/tables/read-table.ts';
import type { Run } from '../../catalog/store/runs.ts';
import { findCatalogId, withClient, type Client } from './client.ts';
import {
  followRun,
  say,
  showIssueGroups,
  showJson,
  showRun,
  showStatus,
  showTable,
  type IssueGroup,
  type ShowOptions,
} from './show.ts';

export interface CatalogOption extends ShowOptions {
  catalog?: string;
}

export const at = (catalogId: string, rest: string): string => `/api/v1/catalogs/${catalogId}${rest}`;

export async function endRun(client: Client, run: Run, options: ShowOptions): Promise<void> {
  const ended = await followRun(client, run.id, options);
  if (options.json) showJson(ended);
  else showRun(ended);
  if (ended.status === 'failed') process.exitCode = 3;
  if (ended.status === 'held') process.exitCode = 4;
}

export function addCatalogCommands(program: Command): void {
  const catalogs = program.command('catalogs').description('Shops that are kept here');
  catalogs
    .command('create <id>')
    .description('Make a catalog, or change its settings')
    .requiredOption('--url <address>', "the shop's address")
    .option('--name <name>', 'name to show (default: the id)')
    .option('--currency <code>', 'ISO 4217', 'EUR')
    .option('--country <code>', 'ISO 3166-1', 'DE')
    .option('--language <code>', 'BCP 47; decides how 1.234,50 is read', 'en')
    .option('--brand <name>', 'brand of products that name none')
    .option('--repairs <how>', 'of what a comparison finds: asked (default), or automatic')
    .option('--json')
    .action(async (id: string, o: Record<string, string> & ShowOptions) =>
      withClient(async (client) => {
        const catalog = await client.send<Catalog>('PUT', at(id, ''), {
          name: o['name'] ?? id,
          currency: o['currency'],
          country: o['country'],
          language: o['language'],
          shopUrl: o['url'],
          ...(o['brand'] ? { defaultBrand: o['brand'] } : {}),
          ...(o['repairs'] ? { repairs: o['repairs'] } : {}),
        });
        if (o.json) showJson(catalog);
        else
          say(
            `Catalog "${catalog.id}" is there. Next: shelfcast connect meta --catalog ${catalog.id} --set catalogId=… --set accessToken=…`,
          );
      }),
    );
  program
    .command('connect <channel>')
    .description('Give a catalog the ids and the token of a channel, and try them')
    .option('--catalog <id>')
    .requiredOption(
      '--set <name=value...>',
      'an option of the channel; a value of "-" is read from standard input',
    )
    .option('--json')
    .action(async (channel: string, o: CatalogOption & { set: string[] }) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        const options = await readOptions(o.set);
        const reply = await client.send<{ name: string }>('PUT', at(id, `/channels/${channel}`), options);
        if (o.json) showJson(reply);
        else say(`Connected to "${reply.name}".`);
      }),
    );
}

/** `name=value` each; a value of "-" is read from standard input, so that no secret stands in a list of processes. */
export async function readOptions(pairs: readonly string[]): Promise<Record<string, string>> {
  const options = toPairs(pairs);
  for (const [name, value] of Object.entries(options)) if (value === '-') options[name] = await readInput();
  return options;
}

const toPairs = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

/** A local file, or what an address answers; a download that breaks off fails the upload and imports nothing. */
async function openInput(file: string): Promise<ReadableStream<Uint8Array>> {
  if (/^https?:\/\//.test(file)) {
    const response = await fetch(file);
    if (!response.ok || !response.body)
      throw new InputError(
        'file_missing',
        `${new URL(file).host} answered ${response.status} instead of a file.`,
      );
    return response.body as ReadableStream<Uint8Array>;
  }
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new InputError('file_missing', `There is no file "${file}".`);
  return Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}

export function addWalkCommands(program: Command): void {
  program
    .command('import <file>')
    .description(
      'Import a CSV or TSV file (a path or an http address), then prepare, check, publish and push what changed',
    )
    .option(
      '--map <column=field...>',
      'which column is which field, kept with the catalog; see shelfcast inspect',
    )
    .option('--catalog <id>')
    .option(
      '--images <folder>',
      'folder of the images that the file names without an address (must lie in IMPORT_FOLDER)',
    )
    .option('--json')
    .addHelpText(
      'after',
      '\nExamples:\n  shelfcast import products_export.csv\n  shelfcast import feed.tsv --catalog my-shop --json',
    )
    .action(async (file: string, o: CatalogOption & { images?: string; map?: string[] }) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        if (o.map) await client.send('PUT', at(id, '/mapping'), toPairs(o.map));
        const query = new URLSearchParams({
          name: basename(file),
          ...(o.images ? { imageFolder: o.images } : {}),
        });
        const body = await openInput(file);
        const run = await client.upload<Run>(at(id, `/imports?${query}`), body, 'text/csv');
        await endRun(client, run, o);
      }),
    );
  program
    .command('inspect <file>')
    .description('Look at a file without importing it: what it is, its columns, a guessed mapping')
    .option('--catalog <id>')
    .option('--json')
    .action(async (file: string, o: CatalogOption) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        const found = await client.upload<CsvInspection>(
          at(id, '/inspections'),
          await openInput(file),
          'text/csv',
        );
        if (o.json) return showJson(found);
        say(`${found.title} (delimiter ${JSON.stringify(found.delimiter)}, ${found.encoding})`);
        showTable(
          ['column', 'first value', 'field'],
          found.columns.map((name, n) => [
            name,
            found.sampleRows[0]?.[n]?.slice(0, 50),
            found.mapping?.[name],
          ]),
        );
      }),
    );
  program
    .command('check')
    .description('Check every item against every channel again')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: CatalogOption) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        await endRun(client, await client.send<Run>('POST', at(id, '/checks')), o);
      }),
    );
  program
    .command('push')
    .description('Send what is pending, and wait for the verdicts')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: CatalogOption) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        await endRun(client, await client.send<Run>('POST', at(id, '/pushes')), o);
      }),
    );
}

export function addLookCommands(program: Command): void {
  program
    .command('status')
    .description('Items by status at each channel, and the last runs')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: CatalogOption) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        const status = await client.get<{ channels: Record<string, Record<string, number>> }>(
          at(id, '/status'),
        );
        const runs = await client.get<{ items: Run[] }>(at(id, '/runs?limit=5'));
        if (o.json) return showJson({ ...status, runs: runs.items });
        showStatus(status.channels);
        showTable(
          ['run', 'kind', 'status', 'started', 'by'],
          runs.items.map((r) => [r.id, r.kind, r.status, String(r.startedAt), r.startedBy]),
        );
      }),
    );
  program
    .command('issues')
    .description('What is wrong, grouped, the most frequent first')
    .option('--catalog <id>')
    .option('--limit <n>', 'groups to show', '50')
    .option('--json')
    .action(async (o: CatalogOption & { limit: string }) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        const { items } = await client.get<{ items: IssueGroup[] }>(at(id, `/issues?limit=${o.limit}`));
        if (o.json) return showJson(items);
        const { channels } = await client.get<Catalog>(at(id, ''));
        if (channels.length === 0)
          return say(
            'No channel is connected, so no item was checked. Connect one: shelfcast connect --help',
          );
        showIssueGroups(items);
      }),
    );
  const runs = program.command('runs').description('Runs, and the decision on held ones');
  for (const decision of ['approve', 'reject'] as const)
    runs
      .command(`${decision} <run>`)
      .description(
        decision === 'approve' ? 'Let a held run remove what it wanted to' : 'Keep everything as it is',
      )
      .option('--json')
      .action(async (run: string, o: ShowOptions) =>
        withClient(async (client) =>
          endRun(
            client,
            await client.send<Run>('POST', `/api/v1/runs/${encodeURIComponent(run)}/${decision}`),
            o,
          ),
        ),
      );
  for (const [word, description] of [
    ['stop', 'End a run within seconds; what it has done stays done'],
    ['pause', 'Halt a run within seconds'],
    ['resume', 'Let a paused run go on'],
  ] as const)
    runs
      .command(`${word} <run>`)
      .description(description)
      .option('--json')
      .action(async (run: string, o: ShowOptions) =>
        withClient(async (client) => {
          const after = await client.send<Run>('POST', `/api/v1/runs/${encodeURIComponent(run)}/${word}`);
          if (o.json) showJson(after);
          else say(`Run ${after.id} is ${after.status}.`);
        }),
      );
  runs
    .command('report <run>')
    .description('The rows that went wrong, as CSV on standard output')
    .action(async (run: string) =>
      withClient(async (client) => {
        say(
          (await (await client.text(`/api/v1/runs/${encodeURIComponent(run)}/issues.csv`)).text()).trimEnd(),
        );
      }),
    );
}
