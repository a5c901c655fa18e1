/** Where a catalog comes from by itself. */
import type { Command } from 'commander';
import type { Run } from '../../catalog/store/runs.ts';
import { findCatalogId, withClient } from './client.ts';
import { endRun, readOptions } from './commands.ts';
import { say, showJson, showTable, type ShowOptions } from './show.ts';

interface Options extends ShowOptions {
  catalog?: string;
}
interface Connected {
  id: string;
  title: string;
  name: string;
  callsProblem?: string;
  paused?: { message: string };
}

const at = (catalogId: string, rest = ''): string => `/api/v1/catalogs/${catalogId}/source${rest}`;

export function addSourceCommands(program: Command): void {
  const source = program
    .command('source')
    .description('The shop or address that a catalog is read from')
    .addHelpText(
      'after',
      '\nExample: shelfcast source connect shopify --set shop=my-shop.myshopify.com --set accessToken=- --set apiSecret=…',
    );
  source
    .command('list')
    .description('The sources there are, and what each needs')
    .option('--json')
    .action(async (o: ShowOptions) =>
      withClient(async (client) => {
        const { items } = await client.get<{ items: SourceForm[] }>('/api/v1/sources');
        if (o.json) showJson(items);
        else
          showTable(
            ['source', 'option', 'needed', 'what it is'],
            items.flatMap(({ id, fields }) =>
              fields.map((field) => [id, field.name, field.required ? 'yes' : '', field.description]),
            ),
          );
      }),
    );
  source
    .command('connect <source>')
    .description('Give a catalog the address and the token of a shop, and try them')
    .option('--catalog <id>')
    .requiredOption(
      '--set <name=value...>',
      'an option of the source; a value of "-" is read from standard input',
    )
    .option('--json')
    .action(async (id: string, o: Options & { set: string[] }) =>
      withClient(async (client) => {
        const catalogId = await findCatalogId(client, o.catalog);
        const options = await readOptions(o.set);
        const reply = await client.send<Connected>('PUT', at(catalogId), { source: id, options });
        if (o.json) showJson(reply);
        else {
          say(`Connected to "${reply.name}". Next: shelfcast source import`);
          if (reply.callsProblem) say(`The shop will not call when something changes. ${reply.callsProblem}`);
        }
      }),
    );
  source
    .command('install <source>')
    .description('Begin to install the app in a shop: answers the address at which its owner allows it')
    .requiredOption('--shop <address>', 'such as my-shop.myshopify.com')
    .option('--catalog <id>')
    .action(async (id: string, o: Options & { shop: string }) =>
      withClient(async (client) => {
        const path = at(await findCatalogId(client, o.catalog), '/installations');
        const { url } = await client.send<{ url: string }>('POST', path, { source: id, shop: o.shop });
        say(`Open this address within ten minutes, signed in to the shop:\n${url}`);
      }),
    );
  source
    .command('show')
    .description('The source of a catalog')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: Options) =>
      withClient(async (client) => {
        const found = await client.get<Connected>(at(await findCatalogId(client, o.catalog)));
        if (o.json) showJson(found);
        else say(`${found.title}: ${found.name}${found.paused ? `, paused: ${found.paused.message}` : ''}`);
      }),
    );
  source
    .command('import')
    .description('Read the source now, then prepare, check, publish and push what changed')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: Options) =>
      withClient(async (client) => {
        const catalogId = await findCatalogId(client, o.catalog);
        await endRun(client, await client.send<Run>('POST', at(catalogId, '/imports')), o);
      }),
    );
  source
    .command('disconnect')
    .description('Forget the source and its credentials; the products stay')
    .option('--catalog <id>')
    .action(async (o: Options) =>
      withClient(async (client) => {
        await client.send('DELETE', at(await findCatalogId(client, o.catalog)));
        say('Disconnected.');
      }),
    );
}

interface SourceForm {
  id: string;
  fields: { name: string; required: boolean; description: string }[];
}
