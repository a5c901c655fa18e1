import type { ChannelError } from '../catalog/errors.ts';
import type { JobContext } from './job.ts';

/** The channel refuses us as a whole: nothing more is sent or asked until somebody reconnects; all that waits stays. */
export async function pauseChannel(
  catalogId: string,
  channelId: string,
  error: ChannelError,
  ctx: JobContext,
): Promise<void> {
  const { code, message, hint } = error;
  const reason = { code, message: hint === undefined ? message : `${message} ${hint}`, at: ctx.now() };
  await ctx.stores.catalogs.pause(catalogId, channelId, reason);
  const title = ctx.channels.get(channelId)?.title ?? channelId;
  ctx.log.error(`${title} refuses us: it is paused until somebody reconnects it`, { error });
}

export const isPaused = async (catalogId: string, channelId: string, ctx: JobContext): Promise<boolean> =>
  (await ctx.stores.catalogs.paused(catalogId))[channelId] !== undefined;
