import type { FileStat } from '../catalog/context.ts';
import type { FeedFormat } from '../feeds/build-feed.ts';
import type { JobContext } from './job.ts';

/** `feeds/{catalog}/{channel}/{time}-{items}.{format}`; the newest is the one served. */
export const feedPrefix = (catalogId: string, channel: string): string => `feeds/${catalogId}/${channel}/`;

/** How many items this version holds; 0 where there is none. */
export const countItems = (key = ''): number => Number(/-(\d+)\.[a-z]+$/.exec(key)?.[1] ?? 0);

/** The versions of one feed that are kept, the oldest first. */
export async function listVersions(
  catalogId: string,
  channel: string,
  format: FeedFormat,
  ctx: Pick<JobContext, 'files'>,
): Promise<FileStat[]> {
  const versions: FileStat[] = [];
  for await (const file of ctx.files.list(feedPrefix(catalogId, channel)))
    if (file.key.endsWith(`.${format}`)) versions.push(file);
  return versions;
}

/** Where the newest version is served; undefined before the first was published. The address holds a secret. */
export async function findFeedUrl(
  catalogId: string,
  channel: string,
  format: FeedFormat,
  ctx: Pick<JobContext, 'stores' | 'settings'>,
): Promise<string | undefined> {
  const secret = await ctx.stores.catalogs.feedSecret(catalogId, channel);
  return secret && `${ctx.settings.publicUrl}/feeds/${catalogId}/${channel}/${secret}.${format}`;
}
