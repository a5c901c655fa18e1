/** Serves prepared images. Their key is the hash of their content, so they may be kept for ever. */
import { Router, type Request, type Response } from 'express';
import { pipeline } from 'node:stream/promises';
import parseRange from 'range-parser';
import type { FileStore } from '../../catalog/context.ts';

const imageKey = /^images\/[0-9a-f]{2}\/[0-9a-f]{64}\.(jpg|png)$/;
const kinds: Record<string, string> = { jpg: 'image/jpeg', png: 'image/png' };

export function fileRoutes(files: FileStore): Router {
  const router = Router();
  router.get('/*key', async (req, res, next) => {
    const key = (req.params['key'] as unknown as string[]).join('/');
    const kind = imageKey.exec(key)?.[1];
    if (!kind) return next();
    res.setHeader('cache-control', 'public, max-age=31536000, immutable');
    res.setHeader('cross-origin-resource-policy', 'cross-origin');
    await sendFile(files, key, kinds[kind] ?? 'application/octet-stream', req, res);
  });
  return router;
}

/** One file with ETag, Last-Modified and ranges; 404 when it is not there, without a word more. */
export async function sendFile(
  files: FileStore,
  key: string,
  type: string,
  req: Request,
  res: Response,
): Promise<void> {
  const found = await files.find(key);
  if (!found) {
    res.removeHeader('cache-control');
    res.status(404).end();
    return;
  }
  res.setHeader('etag', `"${found.etag}"`);
  res.setHeader('last-modified', found.modifiedAt.toUTCString());
  res.setHeader('accept-ranges', 'bytes');
  res.type(type);
  if (req.fresh) {
    res.status(304).end();
    return;
  }
  const wanted = req.headers.range === undefined ? undefined : parseRange(found.size, req.headers.range);
  if (wanted === -1) {
    res.status(416).setHeader('content-range', `bytes */${found.size}`).end();
    return;
  }
  const range =
    Array.isArray(wanted) && wanted.length === 1 && wanted.type === 'bytes' ? wanted[0] : undefined;
  if (range) {
    res.status(206);
    res.setHeader('content-range', `bytes ${range.start}-${range.end}/${found.size}`);
  }
  res.setHeader('content-length', range ? range.end - range.start + 1 : found.size);
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  await pipeline(await files.open(key, range), res).catch((error: NodeJS.ErrnoException) => {
    // the caller hung up
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
