/** `npm run sandbox`: the channel sandbox by itself, until it is stopped. */
import { once } from 'node:events';
import { startSandbox } from './start.ts';

const sandbox = await startSandbox({ port: 4000 });
process.stdout.write(`The channel sandbox is at ${sandbox.url}

Meta: connect a catalog to it with
  npm run shelfcast -- connect meta --set catalogId=${sandbox.meta.catalogId} --set accessToken=${sandbox.meta.token} --set baseUrl=${sandbox.meta.baseUrl}
Make it misbehave:
  curl -X POST ${sandbox.url}/_sandbox/behave -H 'content-type: application/json' -d '{"failNext":{"count":3,"status":500}}'
What it holds: ${sandbox.url}/_sandbox/state
Stop it with Ctrl+C.
`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await sandbox.stop();
