/** Keeping the embedded store's data: backup, restore, and the move to a MongoDB server. They work while the service runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import cliProgress from 'cli-progress';
import type { Command } from 'commander';
import { InputError } from '../../catalog/errors.ts';
import { loadConfig } from '../config.ts';
import {
  backupStore,
  moveData,
  restoreStore,
  startEmbeddedStore,
  type MoveProgress,
} from '../embedded-store/start.ts';
import { say, showJson, showTable, type ShowOptions } from './show.ts';

/** Where the embedded store keeps its data; refuses where a MongoDB server is configured. */
function storeFolder(): string {
  const config = loadConfig();
  if (config.mongodbUri !== undefined)
    throw new InputError(
      'store_not_embedded',
      'MONGODB_URI is set, so the data is not in the embedded store.',
      {
        hint: "Use MongoDB's own tools (mongodump, mongorestore) for that server.",
      },
    );
  return join(config.dataDir, 'store');
}

function showProgress(): { tell: (progress: MoveProgress) => void; stop: () => void } {
  if (!process.stderr.isTTY) return { tell: () => undefined, stop: () => undefined };
  const bar = new cliProgress.SingleBar({ format: '  {name} {bar} {value} of {total}', hideCursor: true });
  let shown = '';
  return {
    tell({ namespace, done, of }) {
      if (namespace !== shown) {
        if (shown) bar.stop();
        bar.start(of, done, { name: namespace.padEnd(28) });
        shown = namespace;
      } else bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

export function addStoreCommands(program: Command): void {
  program
    .command('backup <file>')
    .description('Copy the embedded store to a file, as it is at one moment; the service may go on')
    .action(async (file: string) => {
      await backupStore(storeFolder(), file);
      say(`Backed up to ${file}.`);
    });
  program
    .command('restore <file>')
    .description('Put a backup in the place of everything that the embedded store holds')
    .requiredOption('--yes', 'yes, replace what is there')
    .action(async (file: string) => {
      if (!existsSync(file)) throw new InputError('file_missing', `There is no file "${file}".`);
      const { tell, stop } = showProgress();
      await restoreStore(file, storeFolder(), tell).finally(stop);
      say(`Restored from ${file}.`);
    });
  program
    .command('move-data <mongodb-uri>')
    .description('Copy everything, with its indexes, to an empty MongoDB server and compare the counts')
    .option('--json')
    .action(async (uri: string, o: ShowOptions) => {
      const store = await startEmbeddedStore(storeFolder());
      const { tell, stop } = showProgress();
      try {
        const moved = await moveData(store.uri, uri, tell).finally(stop);
        if (o.json) return showJson(moved);
        showTable(
          ['collection', 'documents', 'indexes'],
          moved.map((one) => [one.namespace, one.documents, one.indexes]),
        );
        say('Counts agree. Set MONGODB_URI to the new server and restart the service.');
      } finally {
        await store.stop();
      }
    });
}
