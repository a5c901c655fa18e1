import { NoAnswerError, type ChannelError } from '../catalog/errors.ts';
import type { ChannelApi } from '../feeds/channel.ts';
import type { JobContext } from './job.ts';

/** A channel as one job found it connected. */
export interface OpenChannel {
  api: ChannelApi;
  /**
   * The channel refuses us as a whole: nothing more is sent or asked until somebody reconnects; all that waits stays. A
   * refusal of settings that somebody has replaced meanwhile pauses nothing; it is thrown, so that the job tries anew.
   */
  pause(error: ChannelError): Promise<void>;
}

/** Undefined when the catalog is not connected to the channel, or the channel is paused. */
export async function openChannel(
  catalogId: string,
  channelId: string,
  ctx: JobContext,
): Promise<OpenChannel | undefined> {
  const { catalogs } = ctx.stores;
  // before the API: settings that change in between make a refusal an outdated one, never a current one
  const sealed = (await catalogs.credentials(catalogId))[channelId];
  const api = await ctx.connect(catalogId, channelId);
  if (!api || sealed === undefined || (await isPaused(catalogId, channelId, ctx))) return undefined;
  return {
    api,
    async pause(error) {
      const { code, message, hint } = error;
      const reason = { code, message: hint === undefined ? message : `${message} ${hint}`, at: ctx.now() };
      if (!(await catalogs.pauseRefused(catalogId, channelId, sealed, reason)))
        throw new NoAnswerError(code, message, { cause: error });
      const title = ctx.channels.get(channelId)?.title ?? channelId;
      ctx.log.error(`${title} refuses us: it is paused until somebody reconnects it`, { error });
    },
  };
}

const isPaused = async (catalogId: string, channelId: string, ctx: JobContext): Promise<boolean> =>
  (await ctx.stores.catalogs.paused(catalogId))[channelId] !== undefined;
