/** Serves finished feeds under their secret. The secret is checked before anything else; a wrong one is a plain 404. */
import { createGzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { JobContext } from '../../jobs/job.ts';
import type { FeedFormat } from '../../feeds/build-feed.ts';
import { countItems, findFeedUrl, findServed, listPinned, listVersions } from '../../jobs/published-feed.ts';
import { isSame } from './auth.ts';
import { sendFile } from './files.ts';

const kinds: Record<string, string> = {
  csv: 'text/csv; charset=utf-8',
  tsv: 'text/tab-separated-values; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
};

export interface PublishedFeed {
  channel: string;
  format: string;
  url: string;
  items: number;
  bytes: number;
  publishedAt: Date;
  versions: number;
  /** It stays at an earlier version until a person lets it go on. */
  pinned: boolean;
}

export function feedRoutes(ctx: JobContext): Router {
  const router = Router();
  router.get('/:catalogId/:channel/:file', async (req, res, next) => {
    const { catalogId, channel, file } = req.params;
    const [secret = '', format = ''] = file.split('.');
    const kind = kinds[format];
    const expected =
      kind && ctx.channels.has(channel)
        ? await ctx.stores.catalogs.feedSecret(catalogId, channel)
        : undefined;
    if (!kind || !expected || !isSame(secret, expected)) return next();
    const newest = await findServed(catalogId, channel, format as FeedFormat, ctx);
    if (!newest) return next();
    res.setHeader('cache-control', 'private, no-cache');
    res.vary('accept-encoding');
    const zips = req.acceptsEncodings('gzip', 'identity') === 'gzip' && req.headers.range === undefined;
    if (!zips || req.method === 'HEAD') return sendFile(ctx.files, newest.key, kind, req, res);
    res.setHeader('etag', `W/"${newest.etag}"`);
    res.setHeader('last-modified', newest.modifiedAt.toUTCString());
    if (req.fresh) return void res.status(304).end();
    res.type(kind).setHeader('content-encoding', 'gzip');
    await pipeline(await ctx.files.open(newest.key), createGzip({ level: 1 }), res).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
      },
    );
  });
  return router;
}

export async function listFeeds(ctx: JobContext, catalogId: string): Promise<PublishedFeed[]> {
  const feeds: PublishedFeed[] = [];
  const pinned = await listPinned(catalogId, ctx);
  for (const channel of (await ctx.stores.catalogs.find(catalogId)).channels) {
    for (const format of ctx.channels.get(channel)?.feed.formats ?? []) {
      const versions = await listVersions(catalogId, channel, format, ctx);
      const newest = await findServed(catalogId, channel, format, ctx);
      const url = await findFeedUrl(catalogId, channel, format, ctx);
      if (!newest || !url) continue;
      feeds.push({
        channel,
        format,
        url,
        items: countItems(newest.key),
        bytes: newest.size,
        publishedAt: newest.modifiedAt,
        versions: versions.length,
        pinned: pinned.has(channel),
      });
    }
  }
  return feeds;
}
