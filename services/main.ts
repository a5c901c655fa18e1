/** Starts the roles asked for, and stops them in reverse. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { allJobs, startSchedule } from '../jobs/schedule.ts';
import { openAccounts } from './accounts/accounts.ts';
import type { Config } from './config.ts';
import { openDatabase } from './database.ts';
import { createEngine } from './engine.ts';
import { createLog } from './log.ts';
import { createDrain } from './web/drain.ts';
import { createWeb } from './web/web.ts';

export interface Service {
  /** Where this process listens; the configured address when it has no web role. */
  url: string;
  /** The one-time address that creates the first owner; undefined when somebody can sign in already. */
  makeOwnerLink(): Promise<string | undefined>;
  stop(): Promise<void>;
  /** Settles when the service has stopped, by `stop` or by SIGTERM or SIGINT. */
  stopped: Promise<void>;
}

/** Connections that wait to be taken; one too many is tried again only after a second. Shops call in bursts of a thousand. */
const backlog = 4_096;

export async function startService(config: Config): Promise<Service> {
  const log = createLog(config);
  /** What was started, newest last; stopping walks it backwards. */
  const releases: (() => Promise<void>)[] = [];
  let ended: Promise<void> | undefined;
  const { promise: stopped, resolve: tellStopped } = Promise.withResolvers<void>();

  async function release(): Promise<void> {
    for (const undo of releases.splice(0).reverse())
      await undo().catch((error: unknown) => log.error('a part did not stop well', { error }));
    tellStopped();
  }
  const stop = (): Promise<void> => (ended ??= release());

  try {
    // the address is known before the parts are made, since files and feeds carry it
    let web: RequestListener = (_req, res) => void res.writeHead(503, { 'retry-after': '1' }).end();
    // longer than the proxies and clients in front keep theirs: who sends on a connection finds it open
    const server = createServer({ keepAliveTimeout: 65_000 }, (req, res) => web(req, res));
    if (config.roles.includes('web')) {
      server.listen({ port: config.port, host: config.host, backlog });
      await once(server, 'listening');
      releases.push(async () => {
        server.closeAllConnections();
        server.close();
      });
    }
    const port = (server.address() as AddressInfo | null)?.port ?? config.port;
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
    const publicUrl = config.publicUrl ?? url;

    const database = await openDatabase(config.mongodbUri, config.dataDir);
    releases.push(() => database.stop());
    const accounts = await openAccounts(database.connection);
    const engine = await createEngine(config, database, log, publicUrl);
    const { ctx, queue, uploads } = engine;
    releases.push(engine.stopTracing);
    releases.push(() => ctx.stores.cards.stop());
    releases.push(() => queue.stop());
    await uploads.prune();
    const tidying = setInterval(
      () =>
        void uploads
          .prune()
          .catch((error: unknown) => log.error('old uploads could not be removed', { error })),
      3_600_000,
    );
    releases.push(async () => clearInterval(tidying));

    if (config.roles.includes('web')) {
      const { listener, drain } = createDrain(server, createWeb(config, database, engine, accounts));
      web = listener;
      releases.push(drain);
    }
    if (config.roles.includes('worker')) queue.start(allJobs, ctx);
    if (config.roles.includes('schedule')) {
      const { refreshCron, cronTimeZone: timeZone, runDays } = config;
      releases.push(await startSchedule({ refreshCron, timeZone, runDays }, ctx));
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const onSignal = (): void => void stop();
      process.once(signal, onSignal);
      releases.push(async () => void process.off(signal, onSignal));
    }
    log.info('started', { url, roles: config.roles, database: database.kind });
    async function makeOwnerLink(): Promise<string | undefined> {
      const secret = await accounts.users.makeOwnerLink(new Date());
      return secret && `${publicUrl}/set-password/${secret}`;
    }
    return { url, makeOwnerLink, stop, stopped };
  } catch (error) {
    await stop();
    throw error;
  }
}
