/** Serves prepared images. Their key is the hash of their content, so they may be kept for ever. */
import { Router, type Request, type Response } from 'express';
import { pipeline } from 'node:stream/promises';
import parseRange from 'range-parser';
import type { FileStat, FileStore } from '../../catalog/context.ts';
import { NotFoundError } from '../../catalog/errors.ts';

const imageKey = /^images\/[0-9a-f]{2}\/([0-9a-f]{64})\.(jpg|png)$/;
const kinds: Record<string, string> = { jpg: 'image/jpeg', png: 'image/png' };

/** Anything but the form of an image's key is somebody else's, or a 404 that never touches the disk. */
export function fileRoutes(files: FileStore): Router {
  const router = Router();
  router.get('/*key', async (req, res, next) => {
    const key = (req.params['key'] as unknown as string[]).join('/');
    const [, hash, ending = ''] = imageKey.exec(key) ?? [];
    const kind = kinds[ending];
    if (!hash || !kind) return next();
    await sendFile(files, key, kind, req, res, {
      // the same on every server, unlike one made of the file's time
      etag: hash,
      headers: {
        'cache-control': 'public, max-age=31536000, immutable',
        'cross-origin-resource-policy': 'cross-origin',
      },
    });
  });
  return router;
}

export interface SendOptions {
  /** Unquoted; default the file's own. */
  etag?: string;
  /** Sent only with a file, so that no cache keeps a 404. */
  headers?: Record<string, string>;
}

/** One file with ETag, Last-Modified and ranges; 404 when it is not there, without a word more. */
export async function sendFile(
  files: FileStore,
  key: string,
  type: string,
  req: Request,
  res: Response,
  options: SendOptions = {},
): Promise<void> {
  const found = await files.find(key);
  if (!found) {
    res.removeHeader('cache-control');
    return void res.status(404).end();
  }
  const etag = `"${options.etag ?? found.etag}"`;
  res.set({
    etag,
    'last-modified': found.modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
    ...options.headers,
  });
  if (req.fresh) return void res.status(304).end();
  const range = findRange(req, found, etag);
  if (range === 'beyond') {
    res.removeHeader('cache-control');
    return void res.status(416).set('content-range', `bytes */${found.size}`).end();
  }
  res.type(type).set('content-length', String(range ? range.end - range.start + 1 : found.size));
  if (range) res.status(206).set('content-range', `bytes ${range.start}-${range.end}/${found.size}`);
  if (req.method === 'HEAD') return void res.end();
  await sendContent(files, key, range, res);
}

interface ByteRange {
  start: number;
  end: number;
}

/** The one range asked for. Several, another unit, or an `If-Range` of another version get the whole (RFC 9110, 14). */
function findRange(req: Request, found: FileStat, etag: string): ByteRange | 'beyond' | undefined {
  const { range, 'if-range': ifRange } = req.headers;
  if (range === undefined) return undefined;
  if (ifRange !== undefined && ifRange !== etag && ifRange !== found.modifiedAt.toUTCString())
    return undefined;
  const ranges = parseRange(found.size, range);
  if (ranges === -1) return 'beyond';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}

async function sendContent(
  files: FileStore,
  key: string,
  range: ByteRange | undefined,
  res: Response,
): Promise<void> {
  try {
    await pipeline(await files.open(key, range), res);
  } catch (error) {
    // the caller hung up
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    if (!(error instanceof NotFoundError)) throw error;
    // removed since it was found
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.status(404).end();
  }
}
