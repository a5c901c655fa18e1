/** The `shelfcast` command. */
import { Command, CommanderError } from 'commander';
import { SyncError } from '../../catalog/errors.ts';
import { loadConfig, loadDotEnv } from '../config.ts';
import { ServiceError, toExitCode } from './client.ts';
import { addAlertCommands } from './alert-commands.ts';
import { addCategoryCommands } from './category-commands.ts';
import { addCatalogCommands, addLookCommands, addWalkCommands } from './commands.ts';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addFeedCommands } from './feed-commands.ts';
import { say } from './show.ts';
import { addScheduleCommands } from './schedule-commands.ts';
import { addSourceCommands } from './source-commands.ts';
import { addSupplementCommands } from './supplement-commands.ts';
import { addReconcileCommand } from './reconcile-command.ts';
import { addStoreCommands } from './store-commands.ts';
import { addUserCommands } from './user-commands.ts';

loadDotEnv();
// who reads our output may stop reading (`| head`): that ends the output, not the service
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
const program = new Command('shelfcast')
  .description('One catalog in, every social shop in step, every verdict with its reason.')
  .showHelpAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 unexpected, 2 bad use or settings, 3 refused or failed, 4 held for a person.',
  );

program
  .command('serve')
  .description('Run the service (web, worker and schedule unless ROLES says otherwise)')
  .action(async () => {
    const config = loadConfig();
    const { startService } = await import('../main.ts');
    const service = await startService(config);
    say(`Shelfcast is at ${service.url}`);
    const link = config.roles.includes('web') ? await service.makeOwnerLink() : undefined;
    if (link) say(`Nobody can sign in yet. Create the owner here, once: ${link}`);
    await service.stopped;
  });
addCatalogCommands(program);
addWalkCommands(program);
addFeedCommands(program);
addAlertCommands(program);
addCategoryCommands(program);
addLookCommands(program);
addUserCommands(program);
addScheduleCommands(program);
addSourceCommands(program);
addSupplementCommands(program);
addDoctorCommand(program);
addStoreCommands(program);
addReconcileCommand(program);
addDemoCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  // what was wrong with the command is told already, as is the help that was asked for
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  const hint = error instanceof SyncError || error instanceof ServiceError ? error.hint : undefined;
  process.stderr.write(
    `shelfcast: ${error instanceof Error ? error.message : String(error)}\n${hint ? `${hint}\n` : ''}`,
  );
  if (!(error instanceof SyncError || error instanceof ServiceError) && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  process.exitCode = toExitCode(error);
}
