/** Second sources by key, and the order of all sources. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { InputError } from '../../catalog/errors.ts';
import type { Supplement } from '../../catalog/store/supplements.ts';
import { findCatalogId, withClient } from './client.ts';
import { readOptions } from './commands.ts';
import { say, showJson, showTable, type ShowOptions } from './show.ts';

interface Options extends ShowOptions {
  catalog?: string;
}
type Shown = Omit<Supplement, 'sealed'> & { url?: string };

const at = (catalogId: string, rest = ''): string => `/api/v1/catalogs/${catalogId}/supplements${rest}`;

export function addSupplementCommands(program: Command): void {
  const second = program
    .command('second')
    .description('Second sources: tables that add or replace fields of items by SKU, GTIN or id')
    .addHelpText(
      'after',
      '\nExample: shelfcast second add prices prices.csv && shelfcast second order prices main',
    );
  second
    .command('add <name> [file]')
    .description('Load a table from a file, or connect an address (--set url=…)')
    .option('--catalog <id>')
    .option('--set <name=value...>', 'url, user, password, token; a value of "-" is read from standard input')
    .option('--json')
    .action(async (name: string, file: string | undefined, o: Options & { set?: string[] }) =>
      withClient(async (client) => {
        const catalogId = await findCatalogId(client, o.catalog);
        if ((file === undefined) === (o.set === undefined))
          throw new InputError('input_invalid', 'Give either a file or --set url=…');
        const found =
          file === undefined
            ? await client.send<Shown>('PUT', at(catalogId, `/${name}`), await readOptions(o.set ?? []))
            : await client.upload<Shown>(
                at(catalogId, `/${name}/file`),
                Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>,
                'text/csv',
              );
        if (o.json) showJson(found);
        else showSecond([found]);
      }),
    );
  second
    .command('list')
    .description('The second sources, and whose value wins')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: Options) =>
      withClient(async (client) => {
        const catalogId = await findCatalogId(client, o.catalog);
        const found = await client.get<{ items: Shown[]; order: string[] }>(at(catalogId));
        if (o.json) return showJson(found);
        showSecond(found.items);
        say(`The first wins: ${found.order.join(', ')}`);
      }),
    );
  second
    .command('order <names...>')
    .description('Whose value wins, the first first; "main" is the source of the products')
    .option('--catalog <id>')
    .action(async (order: string[], o: Options) =>
      withClient(async (client) => {
        const catalogId = await findCatalogId(client, o.catalog);
        await client.send('PUT', `/api/v1/catalogs/${catalogId}/source-order`, { order });
        say(`The first wins: ${order.join(', ')}`);
      }),
    );
  second
    .command('remove <name>')
    .description('Take a second source away; items go back to what the others say')
    .option('--catalog <id>')
    .action(async (name: string, o: Options) =>
      withClient(async (client) => {
        await client.send('DELETE', at(await findCatalogId(client, o.catalog), `/${name}`));
        say('Removed.');
      }),
    );
}

function showSecond(items: readonly Shown[]): void {
  showTable(
    ['name', 'rows', 'items found', 'address', 'problem'],
    items.map(({ id, rows, matched, url, problem }) => [
      id,
      rows,
      matched,
      url ?? 'by hand',
      problem?.message,
    ]),
  );
  for (const { id, issues } of items)
    for (const { line, message, hint } of issues.slice(0, 10))
      say(`${id}${line === undefined ? '' : `, line ${line}`}: ${message} ${hint ?? ''}`);
}
