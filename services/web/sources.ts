/** Where a catalog comes from by itself: the sources there are, the one it is connected to, and its import. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { ConflictError, NotFoundError } from '../../catalog/errors.ts';
import type { Source } from '../../catalog/source.ts';
import type { ConnectedSource } from '../../catalog/store/catalogs.ts';
import { startImport } from '../../jobs/start-import.ts';
import type { Config } from '../config.ts';
import type { Engine } from '../engine.ts';
import { callerOf } from './auth.ts';
import { toForm, toOpenSettings } from './channels.ts';
import { noteChange, type Api } from './endpoint.ts';
import { callAddress } from './calls.ts';
import { connectSource, type ConnectableSource } from './connect-source.ts';

const params = z.object({ catalogId: catalogIdSchema });

export function addSourceRoutes(api: Api, { sourceApps }: Config, { ctx, vault }: Engine): void {
  const { catalogs } = ctx.stores;
  const connectable = (): Source[] => [...ctx.sources.values()].filter(({ test }) => test !== undefined);
  const describe = ({ id, title }: Source): { id: string; title: string } => ({ id, title });

  function findSource(id: string): ConnectableSource {
    const source = ctx.sources.get(id);
    if (source?.test) return source as ConnectableSource;
    throw new NotFoundError('source_unknown', `There is no source "${id}" to connect to.`, {
      hint: `There are: ${connectable()
        .map((one) => one.id)
        .join(', ')}`,
    });
  }

  async function connected(catalogId: string): Promise<ConnectedSource> {
    const found = await catalogs.source(catalogId);
    if (found) return found;
    throw new NotFoundError('source_missing', `"${catalogId}" is not connected to a source.`, {
      hint: 'Connect one: shelfcast source connect shopify',
    });
  }

  api.add({
    method: 'get',
    path: '/sources',
    summary: 'The sources a catalog can be connected to, with the form that connects each',
    run: async () => ({
      items: connectable().map((source) => ({
        ...describe(source),
        fields: toForm(source),
        // by an app of ours, without a token to paste
        installable: source.install !== undefined && sourceApps[source.id] !== undefined,
      })),
    }),
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/source',
    summary: 'The source of a catalog: its settings without secrets, and whether it is paused',
    params,
    async run({ params: { catalogId } }) {
      const { id, name, sealed, connectedAt, paused } = await connected(catalogId);
      const source = findSource(id);
      return {
        ...describe(source),
        name,
        connectedAt,
        settings: toOpenSettings(source, vault.open(sealed)),
        calls: source.receive ? callAddress(ctx.settings.publicUrl, catalogId) : undefined,
        ...(paused ? { paused } : {}),
      };
    },
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/source',
    summary:
      'Connect a source: its credentials are tried, then kept encrypted, and the shop is asked to call',
    role: 'owner',
    params,
    body: z.object({ source: z.string().max(40), options: z.record(z.string(), z.unknown()) }),
    async run({ params: { catalogId }, body }, _req, res) {
      await catalogs.find(catalogId);
      const source = findSource(body.source);
      const options = source.options.parse(body.options);
      const result = await connectSource(catalogId, source, options, { ctx, vault });
      noteChange(res, { after: { source: source.id, ...toOpenSettings(source, options) } });
      return { ...describe(source), ...result };
    },
  });
  api.add({
    method: 'delete',
    path: '/catalogs/{catalogId}/source',
    summary: 'Disconnect the source and forget its credentials; the products stay as they are',
    role: 'owner',
    params,
    run: async ({ params: { catalogId } }) => catalogs.disconnectSource(catalogId),
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/source/imports',
    summary: 'Read the source now; answers the run',
    params,
    async run({ params: { catalogId } }, _req, res) {
      const { id, name, paused } = await connected(catalogId);
      if (paused)
        throw new ConflictError('source_paused', `The source is paused: ${paused.message}`, {
          hint: `Connect it again: shelfcast source connect ${id}`,
        });
      res.status(202);
      return startImport({ catalogId, source: id, name, startedBy: callerOf(res)?.name ?? 'api' }, ctx);
    },
  });
}
