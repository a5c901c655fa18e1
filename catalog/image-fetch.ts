/** Gets the bytes of a source image: from the web, or from beside the file it was named in. */
import { createHash } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import type { Context } from './context.ts';
import { NoAnswerError, SourceError } from './errors.ts';
import { refuse } from './image-render.ts';
import type { PreparedImage } from './prepared-image.ts';

const MB = 1024 * 1024;
/** Above what any channel takes, so that a camera's original passes and a disk image does not. */
const maxBytes = 40 * MB;
const timeoutMs = 30_000;

export interface ImageSource {
  /** http or https; or a name relative to `localFolder`. */
  url: string;
  /** Folder of images that the import may read; absent: only the web. */
  localFolder?: string;
}

export interface FetchedImage {
  bytes: Buffer;
  /** SHA-256 in hex. */
  sourceHash: string;
  etag?: string;
  lastModified?: string;
}

/** Throws a refusal with the reason; answers `unchanged` when `before` is still what the address holds. */
export async function fetchImage(
  source: ImageSource,
  before: PreparedImage | undefined,
  ctx: Context,
): Promise<FetchedImage | 'unchanged'> {
  if (/^https?:\/\//i.test(source.url)) return fetchFromWeb(source.url, before, ctx);
  const bytes = await readLocal(source);
  return { bytes, sourceHash: hashOf(bytes) };
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function fetchFromWeb(
  url: string,
  before: PreparedImage | undefined,
  ctx: Context,
): Promise<FetchedImage | 'unchanged'> {
  let response: Response;
  let bytes: Buffer;
  try {
    response = await ctx.http.fetch(encodeAddress(url), {
      timeoutMs,
      headers: {
        accept: 'image/*',
        ...(before?.etag ? { 'if-none-match': before.etag } : {}),
        ...(before?.lastModified ? { 'if-modified-since': before.lastModified } : {}),
      },
      ...(ctx.signal ? { signal: ctx.signal } : {}),
    });
    if (response.status === 304 && before) return 'unchanged';
    if (!response.ok) {
      await response.body?.cancel();
      throw refuse(
        'image_http_status',
        `The image's server answered ${response.status}.`,
        'Check that the address opens in a browser without signing in.',
        url,
      );
    }
    bytes = await readWithin(response, url);
  } catch (error) {
    ctx.signal?.throwIfAborted();
    throw toRefusal(error, url);
  }
  const etag = response.headers.get('etag');
  const lastModified = response.headers.get('last-modified');
  return {
    bytes,
    sourceHash: hashOf(bytes),
    ...(etag ? { etag } : {}),
    ...(lastModified ? { lastModified } : {}),
  };
}

/** Spaces and accents in a path are percent-encoded; what is encoded already stays. */
function encodeAddress(url: string): string {
  return URL.canParse(url.trim()) ? new URL(url.trim()).href : url;
}

async function readWithin(response: Response, url: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > maxBytes)
      throw refuse(
        'image_too_many_bytes',
        `The image is larger than ${maxBytes / MB} MB.`,
        'Use a smaller file; channels take 8 MB.',
        url,
      );
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

function toRefusal(error: unknown, url: string): unknown {
  if (error instanceof SourceError && error.code === 'address_private')
    return refuse(
      'image_address_private',
      'The image lies at an address that is not public.',
      'Put it where anyone on the internet can open it.',
      url,
    );
  if (error instanceof SourceError)
    return refuse(
      'image_address_invalid',
      'The image has no usable address.',
      'Give a full http or https address.',
      url,
    );
  if (error instanceof NoAnswerError && error.code === 'timeout')
    return refuse(
      'image_timeout',
      `The image did not come within ${timeoutMs / 1000} seconds.`,
      'Check the speed of the image server.',
      url,
    );
  if (error instanceof NoAnswerError)
    return refuse(
      'image_unreachable',
      'The image server cannot be reached.',
      'Check the address and that the server is up.',
      url,
    );
  if (error instanceof DOMException || (error instanceof TypeError && error.message === 'terminated'))
    return refuse(
      'image_unreachable',
      'The connection broke while the image came.',
      'It is tried again with the next run.',
      url,
    );
  return error;
}

/** Only files inside the folder, links followed, so that no name leads out of it. */
async function readLocal({ url, localFolder }: ImageSource): Promise<Buffer> {
  const missing = () =>
    refuse(
      'image_missing',
      'There is no such image file beside the import.',
      'Add the file, or give a full http or https address.',
      url,
    );
  if (localFolder === undefined || isAbsolute(url) || /^[a-z][a-z0-9+.-]*:/i.test(url))
    throw refuse(
      'image_address_invalid',
      'The image has no usable address.',
      'Give a full http or https address.',
      url,
    );
  const root = await realpath(localFolder).catch(() => undefined);
  const path = root && (await realpath(join(root, url)).catch(() => undefined));
  if (!root || !path) throw missing();
  const inside = relative(root, path);
  if (inside.startsWith('..') || isAbsolute(inside))
    throw refuse(
      'image_outside_folder',
      'The image lies outside the folder of this import.',
      'Put it into the folder, or give its web address.',
      url,
    );
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes)
      throw refuse(
        'image_too_many_bytes',
        `The image is larger than ${maxBytes / MB} MB.`,
        'Use a smaller file; channels take 8 MB.',
        url,
      );
    return await file.readFile();
  } finally {
    await file.close();
  }
}
