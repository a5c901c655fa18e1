/** `npm run sandbox`: the channel sandboxes by themselves, until they are stopped. */
import { once } from 'node:events';
import { startSandbox } from './start.ts';

const sandbox = await startSandbox({ port: 4000 });
const quote = (value: unknown): string => `'${String(value).replaceAll("'", String.raw`'\''`)}'`;
const commands = [...sandbox.channels].map(([id, { connect }]) => {
  const settings = Object.entries(connect).map(([name, value]) => `--set ${name}=${quote(value)}`);
  return `  npm run shelfcast -- connect ${id} ${settings.join(' ')}`;
});
process.stdout.write(`The channel sandboxes are at ${sandbox.url}. Connect a catalog to them with

${commands.join('\n\n')}

Make one of them misbehave (or all, without the last part of the address):
  curl -X POST ${sandbox.url}/_sandbox/behave/meta -H 'content-type: application/json' -d '{"failNext":{"count":3,"status":500}}'
What they hold: ${sandbox.url}/_sandbox/state, and the items of one: ${sandbox.url}/_sandbox/state/meta
Stop with Ctrl+C.
`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await sandbox.stop();
