/** `shelfcast categories`: the shop's own categories and Google's. */
import type { Command } from 'commander';
import type { CategoryReport } from '../../catalog/categories.ts';
import { InputError } from '../../catalog/errors.ts';
import { findCatalogId, withClient, type Client } from './client.ts';
import { at, type CatalogOption } from './commands.ts';
import { say, showJson, showTable } from './show.ts';

interface Answer {
  mapped: { path: string; id?: string; category?: string }[];
  products: number;
}

async function send(client: Client, items: { path: string; category: string | null }[], o: CatalogOption): Promise<void> {
  const answer = await client.send<Answer>('PUT', at(await findCatalogId(client, o.catalog), '/categories'), { items });
  if (o.json) return showJson(answer);
  for (const { path, id, category } of answer.mapped)
    say(id === undefined ? `"${path}" is not mapped any more.` : `"${path}" is ${id}: ${category}`);
  say(`${answer.products} products are checked again.`);
} // prettier-ignore

export function addCategoryCommands(program: Command): void {
  const categories = program
    .command('categories')
    .description("The shop's own categories: counts, what each is at Google, and suggestions")
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: CatalogOption) =>
      withClient(async (client) => {
        const report = await client.get<CategoryReport>(at(await findCatalogId(client, o.catalog), '/categories')); // prettier-ignore
        if (o.json) showJson(report);
        else showReport(report);
      }),
    );
  categories
    .command('set <path> <category>')
    .description("Say which of Google's categories (number or whole path) one of the shop's is")
    .option('--catalog <id>')
    .option('--json')
    .addHelpText('after', '\nExample:\n  shelfcast categories set "Men > Shirts" 212')
    .action(async (path: string, category: string, o: CatalogOption) =>
      withClient((client) => send(client, [{ path, category }], o)),
    );
  categories
    .command('unset <path>')
    .description('Forget what one of the categories was mapped to')
    .option('--catalog <id>')
    .option('--json')
    .action(async (path: string, o: CatalogOption) =>
      withClient((client) => send(client, [{ path, category: null }], o)),
    );
  categories
    .command('accept')
    .description('Map every category whose best suggestion is sure enough')
    .option('--from <confidence>', 'least confidence, 0 to 1', '0.75')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: CatalogOption & { from: string }) =>
      withClient(async (client) => {
        const from = Number(o.from);
        if (!(from >= 0 && from <= 1)) throw new InputError('request_invalid', '--from must be from 0 to 1.');
        const report = await client.get<CategoryReport>(at(await findCatalogId(client, o.catalog), '/categories')); // prettier-ignore
        const items = report.items.flatMap(({ path, suggestions: [best] }) =>
          best && best.confidence >= from ? [{ path, category: best.id }] : [],
        );
        if (items.length === 0) return say('No suggestion is sure enough.');
        await send(client, items, o);
      }),
    );
  categories
    .command('search <words...>')
    .description("Search Google's taxonomy")
    .option('--language <code>', 'language of the paths', 'en')
    .option('--json')
    .action(async (words: string[], o: CatalogOption & { language: string }) =>
      withClient(async (client) => {
        const query = new URLSearchParams({ search: words.join(' '), language: o.language });
        const { items } = await client.get<{ items: { id: string; path: string }[] }>(`/api/v1/taxonomy?${query.toString()}`); // prettier-ignore
        if (o.json) showJson(items);
        else
          showTable(
            ['number', 'category'],
            items.map(({ id, path }) => [id, path]),
          );
      }),
    );
}

function showReport({ items, coverage, taxonomy }: CategoryReport): void {
  showTable(
    ['category in the shop', 'items', 'at Google', 'confidence'],
    items.map(({ path, items: count, mapped, suggestions: [best] }) => [
      path,
      count,
      mapped ? `${mapped.id}: ${mapped.path}` : best ? `suggested: ${best.id}: ${best.path}` : undefined,
      mapped ? 'mapped' : best?.confidence,
    ]),
    [30, 8, 70, 12],
  );
  say(
    `${coverage.withCategory} of ${coverage.items} items have a category of Google's: ${coverage.percent} %.`,
  );
  say(`Google's taxonomy of ${taxonomy.version}, in ${taxonomy.languages.join(', ')}.`);
}
