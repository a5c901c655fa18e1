/** The web server: files and feeds for the world, the API for those with a token, the admin page for people. */
import { randomUUID } from 'node:crypto';
import express from 'express';
import helmet from 'helmet';
import swagger from 'swagger-ui-express';
import type { Config } from '../config.ts';
import type { Database } from '../database.ts';
import type { Engine } from '../engine.ts';
import { createAuth } from './auth.ts';
import { addCardRoutes } from './cards.ts';
import { addCatalogRoutes } from './catalogs.ts';
import { addChannelRoutes } from './channels.ts';
import { createApi } from './endpoint.ts';
import { feedRoutes } from './feeds.ts';
import { fileRoutes } from './files.ts';
import { addFixRoutes } from './fixes.ts';
import { addItemRoutes } from './items.ts';
import { createMetrics } from './metrics.ts';
import { pageRoutes } from './page.ts';
import { addProblemRoutes } from './problems.ts';
import { answerProblem, notFound } from './problem.ts';
import { addRunRoutes } from './runs.ts';
import { addViewRoutes } from './views.ts';

const MB = 1024 * 1024;

export function createWeb(config: Config, database: Database, engine: Engine): express.Express {
  const { ctx } = engine;
  const { publicUrl } = ctx.settings;
  const secure = publicUrl.startsWith('https:');
  const auth = createAuth(config.apiToken, secure);
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
      // the path of a feed holds its secret
      const path = req.path.replace(/^(\/feeds\/[^/]+\/[^/]+\/).*/, '$1…');
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
  app.get('/metrics', auth.guard, async (_req, res) => {
    res.type('text/plain; version=0.0.4').send(await metrics.text());
  });

  app.use('/files', fileRoutes(ctx.files));
  app.use('/feeds', feedRoutes(ctx));

  app.post('/session', auth.limitSignIn, express.json({ limit: '10kb' }), auth.signIn);
  app.delete('/session', auth.signOut);
  app.get(
    '/session',
    auth.guard,
    (_req, res) => void res.json({ user: { id: 'token', name: 'API token', email: '', role: 'owner' } }),
  );
  const router = express.Router();
  const api = createApi(router);
  router.use(express.json({ limit: MB }));
  addCatalogRoutes(api, config, engine);
  addChannelRoutes(api, engine);
  addItemRoutes(api, ctx);
  addCardRoutes(api, ctx);
  addProblemRoutes(api, ctx);
  addFixRoutes(api, ctx);
  addViewRoutes(api, ctx);
  addRunRoutes(api, ctx);
  app.use('/api/v1', auth.guard, router);
  app.get('/api/openapi.json', (_req, res) => void res.json(api.document(publicUrl)));
  app.use('/api/docs', swagger.serve, swagger.setup(api.document(publicUrl) as swagger.JsonObject));

  app.use(pageRoutes());
  app.use(notFound);
  app.use(answerProblem(ctx.log));
  return app;
}
