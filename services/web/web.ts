/** The web server: files and feeds for the world, the API for those with a token, the admin page for people. */
import { randomUUID } from 'node:crypto';
import express from 'express';
import helmet from 'helmet';
import swagger from 'swagger-ui-express';
import type { Accounts } from '../accounts/accounts.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database.ts';
import { examine } from '../doctor.ts';
import type { Engine } from '../engine.ts';
import { createGuard } from './auth.ts';
import { callRoutes } from './calls.ts';
import { addCardRoutes } from './cards.ts';
import { addAlertRoutes } from './alerts.ts';
import { addBackupRoutes } from './backups.ts';
import { addCatalogRoutes } from './catalogs.ts';
import { addCategoryRoutes } from './categories.ts';
import { addChannelRoutes } from './channels.ts';
import { createApi } from './endpoint.ts';
import { feedRoutes } from './feeds.ts';
import { addFeedVersionRoutes } from './feed-versions.ts';
import { fileRoutes } from './files.ts';
import { addFixRoutes } from './fixes.ts';
import { addItemRoutes } from './items.ts';
import { createMetrics } from './metrics.ts';
import { pageRoutes } from './page.ts';
import { addPeopleRoutes } from './people.ts';
import { answerProblem, notFound } from './problem.ts';
import { addReconcileRoutes } from './reconcile.ts';
import { addProblemRoutes } from './problems.ts';
import { addRunRoutes } from './runs.ts';
import { createSessions } from './sessions.ts';
import { signInRoutes } from './sign-in.ts';
import { addUploadRoutes } from './uploads.ts';
import { addInstallRoutes, appRoutes } from './source-apps.ts';
import { addSourceRoutes } from './sources.ts';
import { addSupplementRoutes } from './supplements.ts';
import { addViewRoutes } from './views.ts';
import { addScheduleRoutes } from './schedules.ts';

const MB = 1024 * 1024;
/** Addresses that end in a secret: feeds, and one-time links. */
const secretPath = /^(\/feeds\/[^/]+\/[^/]+\/|\/session\/links\/|\/set-password\/).*/;

export function createWeb(
  config: Config,
  database: Database,
  engine: Engine,
  accounts: Accounts,
): express.Express {
  const { ctx } = engine;
  const { publicUrl } = ctx.settings;
  const secure = publicUrl.startsWith('https:');
  const session = createSessions(database.connection, config.encryptionKey, secure);
  const guard = createGuard(config.apiToken, accounts);
  const metrics = createMetrics(ctx);
  const app = express();
  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          styleSrc: ["'self'", "'unsafe-inline'"],
          objectSrc: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      hsts: secure,
    }),
  );
  app.use((req, res, next) => {
    const requestId = randomUUID();
    res.locals['requestId'] = requestId;
    res.setHeader('x-request-id', requestId);
    const from = process.hrtime.bigint();
    res.on('finish', () => {
      const ms = Number((process.hrtime.bigint() - from) / 1_000_000n);
      metrics.countRequest(req.method, res.statusCode);
      const path = (req.originalUrl.split('?')[0] ?? '').replace(secretPath, '$1…');
      ctx.log.debug('answered', { requestId, method: req.method, path, status: res.statusCode, ms });
    });
    next();
  });

  app.get('/healthz', (_req, res) => void res.json({ ok: true }));
  app.get('/readyz', async (_req, res) => {
    const ready = await database.connection.db?.command({ ping: 1 }).then(
      () => true,
      () => false,
    );
    res.status(ready ? 200 : 503).json({ ok: ready === true, database: database.kind });
  });
  app.get('/metrics', session, guard, async (_req, res) => {
    res.type('text/plain; version=0.0.4').send(await metrics.text());
  });

  app.use('/files', fileRoutes(ctx.files));
  app.use('/feeds', feedRoutes(ctx));
  app.use('/calls', callRoutes(ctx, metrics.countCall));
  app.use('/apps', appRoutes(config, engine, metrics.countCall));

  app.use('/session', signInRoutes({ accounts, session, guard }));
  const router = express.Router();
  const api = createApi(router, accounts.audit);
  router.use(express.json({ limit: MB }));
  addCatalogRoutes(api, config, engine);
  addChannelRoutes(api, engine);
  addReconcileRoutes(api, ctx);
  addFeedVersionRoutes(api, ctx);
  addCategoryRoutes(api, engine.ctx);
  addSourceRoutes(api, config, engine);
  addInstallRoutes(api, config, engine);
  addSupplementRoutes(api, engine);
  addItemRoutes(api, ctx);
  addCardRoutes(api, ctx);
  addProblemRoutes(api, ctx);
  addFixRoutes(api, ctx);
  addViewRoutes(api, ctx);
  addRunRoutes(api, ctx);
  addUploadRoutes(api, engine.uploads, ctx);
  addPeopleRoutes(api, accounts, publicUrl);
  addScheduleRoutes(api, config, ctx);
  addAlertRoutes(api, engine);
  addBackupRoutes(api, config, ctx.now);
  api.add({
    method: 'get',
    path: '/doctor',
    summary: 'Database, queue, file store, clock, disk and credentials: what was found, and what to do',
    role: 'owner',
    run: async () => ({ items: await examine(config, database, engine) }),
  });
  app.use('/api/v1', session, guard, router);
  app.get('/api/openapi.json', (_req, res) => void res.json(api.document(publicUrl)));
  app.use('/api/docs', swagger.serve, swagger.setup(api.document(publicUrl) as swagger.JsonObject));

  app.use(pageRoutes());
  app.use(notFound);
  app.use(answerProblem(ctx.log));
  return app;
}
