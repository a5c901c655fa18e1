/** Apps that shops install: the link, the way back, and the calls that concern the app as a whole. */
import express, { Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { InputError, NotFoundError } from '../../catalog/errors.ts';
import type { Source, SourceApp, SourceInstall } from '../../catalog/source.ts';
import { forgetSource } from '../../jobs/forget-source.ts';
import type { Config } from '../config.ts';
import type { Engine } from '../engine.ts';
import { callerOf } from './auth.ts';
import type { CallResult } from './calls.ts';
import { connectSource, type ConnectableSource } from './connect-source.ts';
import { noteChange, type Api } from './endpoint.ts';

const MINUTE = 60_000;
const params = z.object({ catalogId: catalogIdSchema });
/** Where the shop sends the person back to; it stands in the app's settings at the shop system. */
const returnPath = (source: string): string => `/apps/${source}/installed`;

type Installable = ConnectableSource & { install: SourceInstall };

function findInstallable(
  id: string,
  { sourceApps }: Config,
  sources: ReadonlyMap<string, Source>,
): { source: Installable; app: SourceApp } {
  const source = sources.get(id);
  const app = sourceApps[id];
  if (source?.install && source.test && app) return { source: source as Installable, app };
  throw new NotFoundError('source_not_installable', `"${id}" is no source that can be installed here.`, {
    hint: 'For Shopify set SHOPIFY_APP_ID and SHOPIFY_APP_SECRET; or connect it by an access token.',
  });
}

export function addInstallRoutes(api: Api, config: Config, { ctx }: Engine): void {
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/source/installations',
    summary: 'Begin to install the app in a shop; answers the address at which its owner allows it',
    role: 'owner',
    params,
    body: z.object({ source: z.string().max(40), shop: z.string().max(200) }),
    async run({ params: { catalogId }, body }, _req, res) {
      await ctx.stores.catalogs.find(catalogId);
      const { source, app } = findInstallable(body.source, config, ctx.sources);
      const { sourceInstalls } = ctx.stores;
      const state = sourceInstalls.makeState(catalogId);
      const redirectUrl = `${ctx.settings.publicUrl}${returnPath(source.id)}`;
      const { shop, url } = source.install.toLink(app, { shop: body.shop, state, redirectUrl });
      const by = callerOf(res)?.name ?? 'api';
      await sourceInstalls.begin(state, { catalogId, source: source.id, shop, by, at: ctx.now() });
      noteChange(res, { after: { source: source.id, shop } });
      return { url };
    },
  });
}

/** Public, since the shop system sends people and calls here: each is believed only by its proof. */
export function appRoutes(
  config: Config,
  { ctx, vault }: Engine,
  count: (source: string, result: CallResult) => void,
): Router {
  const router = Router();
  router.use(rateLimit({ windowMs: MINUTE, limit: 300, skipSuccessfulRequests: true, legacyHeaders: false }));
  router.get('/:source/installed', async (req, res) => {
    const { source, app } = findInstallable(req.params.source, config, ctx.sources);
    const query = Object.fromEntries(
      Object.entries(req.query).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
    const begun = await ctx.stores.sourceInstalls.take(query['state'] ?? '', ctx.now());
    if (!begun || begun.source !== source.id || begun.shop !== query['shop'])
      throw new InputError('install_unknown', 'This installation was not begun here, or is done already.', {
        hint: 'Begin it again from the catalog’s source.',
      });
    const options = await source.install.finish(app, query, ctx);
    await connectSource(begun.catalogId, source, options, { ctx, vault });
    ctx.log.info('installed in a shop', { catalogId: begun.catalogId, source: source.id, by: begun.by });
    res.redirect(303, `${ctx.settings.publicUrl}/c/${begun.catalogId}/imports`);
  });
  router.post('/:source/calls', express.text({ type: () => true, limit: '1mb' }), async (req, res) => {
    const { source, app } = findInstallable(req.params.source ?? '', config, ctx.sources);
    const body = typeof req.body === 'string' ? req.body : '';
    const verdict = await source.install.receive(app, { headers: req.headers, body });
    count(source.id, verdict.kind === 'forged' ? 'forged' : 'nothing');
    if (verdict.kind === 'forged') {
      ctx.log.warn('a call that is not the shop system’s was refused', { reason: verdict.reason });
      return void res.status(401).end();
    }
    if (verdict.kind === 'forget')
      for (const { id } of await ctx.stores.catalogs.list())
        await ctx.queue.add(forgetSource, { catalogId: id, source: source.id, shop: verdict.shop });
    res.status(200).end();
  });
  return router;
}
