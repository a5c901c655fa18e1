/** Feed files from the command line: build, versions, what differs, going back and on again. */
import type { Command } from 'commander';
import type { Run } from '../../catalog/run.ts';
import type { FeedPin } from '../../feeds/store/feed-versions.ts';
import type { DifferencePage, KeptVersion } from '../../jobs/feed-versions.ts';
import { findCatalogId, withClient, type Client } from './client.ts';
import { at, endRun, type CatalogOption } from './commands.ts';
import { say, showJson, showTable } from './show.ts';

interface Kept {
  items: KeptVersion[];
  pin?: FeedPin;
}

export function addFeedCommands(program: Command): void {
  const feed = program.command('feed').description('Feed files');
  feed
    .command('build')
    .description('Build the feed of every channel anew, and show where it is')
    .option('--catalog <id>')
    .option('--json')
    .action(async (o: CatalogOption) =>
      withClient(async (client) => {
        const id = await findCatalogId(client, o.catalog);
        await endRun(client, await client.send<Run>('POST', at(id, '/feeds')), o);
        const { items } = await client.get<{
          items: { channel: string; format: string; url: string; items: number }[];
        }>(at(id, '/feeds'));
        if (!o.json)
          showTable(
            ['channel', 'format', 'items', 'address'],
            items.map((f) => [f.channel, f.format, f.items, f.url]),
          );
      }),
    );
  feed
    .command('versions <channel>')
    .description('The versions that are kept, the newest first')
    .option('--catalog <id>')
    .option('--json')
    .action(async (channel: string, o: CatalogOption) =>
      withClient(async (client) => {
        const kept = await client.get<Kept>(await path(client, o, channel, '/versions'));
        if (o.json) showJson(kept);
        else showVersions(channel, kept);
      }),
    );
  feed
    .command('diff <channel> <from> [to]')
    .description('What differs between two versions; without the second: from the first to the one served now')
    .option('--catalog <id>')
    .option('--limit <n>', 'items shown', '50')
    .option('--json', 'everything, an item a line')
    .action(async (channel: string, from: string, to: string | undefined, o: CatalogOption & { limit: string }) =>
      withClient(async (client) => {
        const kept = await client.get<Kept>(await path(client, o, channel, '/versions'));
        const query = new URLSearchParams({ from, to: to ?? kept.items.find(({ served }) => served)?.version ?? from });
        if (o.json) return pour(client, await path(client, o, channel, `/difference.ndjson?${query}`));
        query.set('limit', o.limit);
        showDifference(await client.get<DifferencePage>(await path(client, o, channel, `/difference?${query}`)));
      }),
    );
  feed
    .command('return <channel> <version>')
    .description('Go back to a version: its file is served at once, and the channel gets the difference')
    .option('--catalog <id>')
    .option('--json')
    .action(async (channel: string, version: string, o: CatalogOption) =>
      withClient(async (client) => {
        const pin = await client.send<FeedPin>('POST', await path(client, o, channel, '/return'), { version });
        if (o.json) return showJson(pin);
        say(`${channel} is back at ${version} with ${pin.items} items, and stays there until: shelfcast feed resume ${channel}`);
      }),
    );
  feed
    .command('resume <channel>')
    .description('Let the feed follow the shop again; what differs is pushed')
    .option('--catalog <id>')
    .action(async (channel: string, o: CatalogOption) =>
      withClient(async (client) => {
        await client.send('POST', await path(client, o, channel, '/resume'));
        say(`The feed for ${channel} follows the shop again.`);
      }),
    );
} // prettier-ignore

const path = async (client: Client, o: CatalogOption, channel: string, rest: string): Promise<string> =>
  at(await findCatalogId(client, o.catalog), `/feeds/${channel}${rest}`);

async function pour(client: Client, from: string): Promise<void> {
  const { body } = await client.text(from);
  for await (const piece of body ?? []) process.stdout.write(piece);
}

function showVersions(channel: string, { items, pin }: Kept): void {
  showTable(
    ['version', 'published', 'items', 'bytes', 'by run', 'served'],
    items.map((one) => [
      one.version,
      String(one.publishedAt),
      one.items,
      Object.entries(one.bytes).map(([format, bytes]) => `${format} ${bytes}`).join(', '),
      one.runId,
      one.served ? 'yes' : '',
    ]), // prettier-ignore
  );
  if (pin) say(`${pin.by} went back to ${pin.version}. Let it go on with: shelfcast feed resume ${channel}`);
}

function showDifference({ counts, items, next }: DifferencePage): void {
  say(`${counts.added} added, ${counts.removed} removed, ${counts.changed} changed, ${counts.same} the same`);
  if (items.length === 0) return;
  showTable(
    ['offer', 'title', 'what', 'fields'],
    items.map(({ offerId, title, change, fields }) => [
      offerId,
      title,
      change,
      change === 'changed'
        ? fields.map(({ field, before = '', after = '' }) => `${field}: ${before} → ${after}`).join('\n')
        : '',
    ]),
    [20, 30, 10, 60],
  );
  if (next !== undefined) say(`There are more; all of them with --json.`);
}
