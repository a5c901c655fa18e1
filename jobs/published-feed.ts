import type { FileStat } from '../catalog/context.ts';
import type { FeedFormat } from '../feeds/build-feed.ts';
import type { Channel, FeedLayout } from '../feeds/channel.ts';
import type { JobContext } from './job.ts';

/** `feeds/{catalog}/{channel}/{version}-{items}.{format}`; the newest is the one served, unless a person went back. */
export const feedPrefix = (catalogId: string, channel: string): string => `feeds/${catalogId}/${channel}/`;

/** A version is its time without signs: `20261125T031500123Z`; all formats of one publishing share it. */
export const toVersion = (at: Date): string => at.toISOString().replace(/[-:.]/g, '');

/** When a version was begun. */
export const toTime = (version: string): Date =>
  new Date(version.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, '$1-$2-$3T$4:$5:$6.$7Z'));

export const versionOf = (key: string): string => /([^/-]+)-\d+\.[a-z]+$/.exec(key)?.[1] ?? '';

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

/** The channel's layout with the columns that the catalog's connection has, where it has its own. */
export async function findLayout(
  catalogId: string,
  { id, feed }: Pick<Channel, 'id' | 'feed'>,
  ctx: Pick<JobContext, 'connect'>,
): Promise<FeedLayout> {
  return { ...((await ctx.connect(catalogId, id))?.feed ?? feed), formats: feed.formats };
}

/** The version that is served now; undefined before the first was published. */
export async function findServed(
  catalogId: string,
  channel: string,
  format: FeedFormat,
  ctx: Pick<JobContext, 'files' | 'stores'>,
): Promise<FileStat | undefined> {
  const [versions, pin] = [
    await listVersions(catalogId, channel, format, ctx),
    await ctx.stores.feedVersions.findPin(catalogId, channel),
  ];
  const pinned = pin && pin.state !== 'leaving' && versions.find(({ key }) => versionOf(key) === pin.version);
  return pinned || versions.at(-1);
}

/** The channels whose feed stays at a version that a person went back to: nothing of the shop reaches them. */
export async function listPinned(catalogId: string, ctx: Pick<JobContext, 'stores'>): Promise<Set<string>> {
  const pins = await ctx.stores.feedVersions.pins(catalogId);
  return new Set([...pins.values()].filter(({ state }) => state !== 'leaving').map(({ channel }) => channel));
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
