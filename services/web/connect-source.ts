/** Connects a catalog to a source: by the form, or at the end of an installation. */
import { SyncError } from '../../catalog/errors.ts';
import type { Source } from '../../catalog/source.ts';
import { readChanges } from '../../jobs/read-changes.ts';
import type { Engine } from '../engine.ts';
import { callAddress } from './calls.ts';

export type ConnectableSource = Source & Required<Pick<Source, 'test'>>;

/** The credentials are tried, then kept encrypted, and the shop is asked to call; throws when they are refused. */
export async function connectSource(
  catalogId: string,
  source: ConnectableSource,
  options: unknown,
  { ctx, vault }: Pick<Engine, 'ctx' | 'vault'>,
): Promise<{ name: string; callsProblem?: string }> {
  const { name } = await source.test(options, ctx);
  await ctx.stores.catalogs.connectSource(catalogId, {
    id: source.id,
    sealed: vault.seal(options),
    name,
    connectedAt: ctx.now(),
  });
  // calls that came while it was paused
  await ctx.queue.add(readChanges, { catalogId });
  // without calls the nightly pass still finds everything: that they cannot come is told, and stops nothing
  try {
    await source.subscribe?.(options, callAddress(ctx.settings.publicUrl, catalogId), ctx);
    return { name };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    ctx.log.warn('the shop will not call us', { catalogId, error });
    return { name, callsProblem: [error.message, error.hint].filter(Boolean).join(' ') };
  }
}
