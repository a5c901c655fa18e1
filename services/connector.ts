/** From a catalog's sealed credentials to a channel's API, and to the source it is read from. */
import { optionsSchema } from '../catalog/address/options.ts';
import type { Http } from '../catalog/context.ts';
import { ConfigError } from '../catalog/errors.ts';
import type { CatalogStore } from '../catalog/store/catalogs.ts';
import type { Source } from '../catalog/source.ts';
import type { SupplementStore } from '../catalog/store/supplements.ts';
import type { Channel, ChannelApi } from '../feeds/channel.ts';
import type { BudgetStore } from '../feeds/store/budgets.ts';
import type { JobContext } from '../jobs/job.ts';
import { limitHttp } from './rate-limit.ts';
import type { OpenTracing } from './tracing.ts';
import type { Vault } from './vault.ts';

interface Parts {
  catalogs: CatalogStore;
  channels: ReadonlyMap<string, Channel>;
  vault: Vault;
  http: Http;
  /** Absent: no request is traced. */
  tracing?: Pick<OpenTracing, 'http'> | undefined;
  /** Absent: requests are not counted, nor kept within the channel's rate. */
  budgets?: BudgetStore;
}

/**
 * One API per catalog, channel and credentials, kept while they stay the same: what it has learnt (a token's life, how
 * much of an hour's limit is used) holds for all jobs of this process.
 */
export function createConnector({
  catalogs,
  channels,
  vault,
  http,
  budgets,
  tracing,
}: Parts): JobContext['connect'] {
  const made = new Map<string, { sealed: string; api: ChannelApi }>();

  return async (catalogId, channelId) => {
    const channel = channels.get(channelId);
    const sealed = (await catalogs.credentials(catalogId))[channelId];
    if (!channel?.connect || !sealed) return undefined;
    const key = `${catalogId}:${channelId}`;
    const before = made.get(key);
    if (before?.sealed === sealed) return before.api;
    const options = channel.options.safeParse(vault.open(sealed));
    if (!options.success)
      throw new ConfigError(
        'credentials_incomplete',
        `The settings of ${channel.title} are not complete any more.`,
        { hint: `Connect it again: shelfcast connect ${channelId}`, cause: options.error },
      );
    const traced = tracing ? tracing.http(http, channelId) : http;
    const limited = budgets ? limitHttp(traced, channel, options.data as object, budgets) : traced;
    const api = channel.connect(options.data, limited, async (changed) => {
      const stored = await keep(catalogId, channelId, changed as object);
      const now = made.get(key);
      // the API knows what it has changed itself; only somebody else's change needs another one
      if (stored !== undefined && now?.api === api) made.set(key, { sealed: stored, api });
    });
    made.set(key, { sealed, api });
    return api;
  };

  /** Merges into what is stored now, and only if nobody stored something meanwhile; answers what is stored then. */
  async function keep(catalogId: string, channelId: string, changed: object): Promise<string | undefined> {
    for (let round = 0; round < 5; round++) {
      const sealed = (await catalogs.credentials(catalogId))[channelId];
      // disconnected meanwhile: there is nothing to keep it with
      if (sealed === undefined) return undefined;
      const after = vault.seal({ ...(vault.open(sealed) as object), ...changed });
      if (await catalogs.replaceCredentials(catalogId, channelId, sealed, after)) return after;
    }
    throw new Error(`the credentials of ${channelId} keep changing under our hands`);
  }
}

/** The connected source of a catalog, its options unsealed and checked. */
export function createSourceOpener({
  catalogs,
  sources,
  vault,
}: Pick<Parts, 'catalogs' | 'vault'> & { sources: ReadonlyMap<string, Source> }): JobContext['openSource'] {
  return async (catalogId) => {
    const connected = await catalogs.source(catalogId);
    const source = connected && sources.get(connected.id);
    if (!connected || !source) return undefined;
    const options = source.options.safeParse(vault.open(connected.sealed));
    if (!options.success)
      throw new ConfigError(
        'credentials_incomplete',
        `The settings of ${source.title} are not complete any more.`,
        { hint: `Connect it again: shelfcast source connect ${source.id}`, cause: options.error },
      );
    return {
      source,
      options: options.data,
      sealed: connected.sealed,
      isPaused: connected.paused !== undefined,
    };
  };
}

/** Where a second source is loaded from, unsealed. */
export const createSupplementOpener =
  (supplements: SupplementStore, vault: Vault): JobContext['openSupplement'] =>
  async (catalogId, id) => {
    const sealed = (await supplements.list(catalogId)).find((one) => one.id === id)?.sealed;
    return sealed === undefined ? undefined : optionsSchema.parse(vault.open(sealed));
  };
