/** The file at the address, whole or not at all, into a file on this machine. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Context } from '../../context.ts';
import { BusyError, NoAnswerError, SourceError, SourceRefusedError } from '../../errors.ts';
import type { AddressOptions } from './options.ts';

const MINUTE = 60_000;
const GIB = 1024 ** 3;
/** Bytes of a download, and of what comes out of a packed one. */
export const limits = { download: 4 * GIB, unpacked: 16 * GIB };

/** What the server calls this version of the file. https://www.rfc-editor.org/rfc/rfc9110#section-8.8 */
export interface Validators {
  etag?: string;
  lastModified?: string;
}

/** `proven`: the transfer itself tells that nothing is missing at the end. */
export type Download = { changed: false } | { changed: true; validators: Validators; proven: boolean };

/** Asks for the file; the caller must read or cancel the body. Answers 200 or 304, throws otherwise. */
export async function request(
  options: AddressOptions,
  known: Validators | undefined,
  ctx: Context,
): Promise<Response> {
  const response = await ctx.http.fetch(options.url, {
    headers: {
      // a packed answer that breaks off could not be told from a whole one
      'accept-encoding': 'identity',
      ...toSignIn(options),
      ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
      ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
    },
    timeoutMs: 60 * MINUTE,
    ...(ctx.signal ? { signal: ctx.signal } : {}),
  });
  if (response.status === 200 || (response.status === 304 && known)) return response;
  await response.body?.cancel();
  throw toError(response.status);
}

function toSignIn({ user, password, token }: AddressOptions): Record<string, string> {
  if (token) return { authorization: `Bearer ${token}` };
  if (user === undefined || user === '') return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` };
}

function toError(status: number): Error {
  if (status === 401 || status === 403)
    return new SourceRefusedError('address_refused', `The address refuses the sign-in (HTTP ${status}).`, {
      hint: 'Check user and password, or the token, and connect the address again.',
    });
  if (status === 429 || status === 503)
    return new BusyError('address_busy', `The server asks to come back later (HTTP ${status}).`);
  if (status >= 500)
    return new NoAnswerError('address_no_answer', `The server of the address failed (HTTP ${status}).`);
  return new SourceError('address_no_file', `There is no file at the address (HTTP ${status}).`, {
    hint: 'Open the address in a browser and correct it.',
  });
}

/** Writes the file to `path`. Throws `SourceError` when it broke off or is larger than `most` bytes. */
export async function download(
  options: AddressOptions,
  known: Validators | undefined,
  path: string,
  ctx: Context,
  most: number = limits.download,
): Promise<Download> {
  const response = await request(options, known, ctx);
  if (response.status === 304) {
    await response.body?.cancel();
    return { changed: false };
  }
  const { headers } = response;
  if (!response.body) throw cutOff();
  const counter = createCounter(most);
  try {
    await pipeline(Readable.fromWeb(response.body), counter.stream, createWriteStream(path));
  } catch (cause) {
    ctx.signal?.throwIfAborted();
    throw cause instanceof SourceError ? cause : cutOff(cause);
  }
  const encoded = (headers.get('content-encoding') ?? 'identity') !== 'identity';
  const length = headers.get('content-length');
  if (!encoded && length !== null && Number(length) !== counter.bytes()) throw cutOff();
  const etag = headers.get('etag');
  const lastModified = headers.get('last-modified');
  return {
    changed: true,
    validators: { ...(etag ? { etag } : {}), ...(lastModified ? { lastModified } : {}) },
    // without either, a closed connection is all that marks the end. https://www.rfc-editor.org/rfc/rfc9112#section-6.3
    proven: !encoded && (length !== null || headers.has('transfer-encoding')),
  };
}

/** Unpacks `path` to `target` when it is gzip, whose end carries length and checksum; false when it is not. */
export async function unpack(path: string, target: string, most: number = limits.unpacked): Promise<boolean> {
  const start = await readStart(path, 2);
  if (start[0] !== 0x1f || start[1] !== 0x8b) return false;
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      createCounter(most).stream,
      createWriteStream(target),
    );
  } catch (cause) {
    throw cause instanceof SourceError ? cause : cutOff(cause);
  }
  return true;
}

export async function readStart(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function createCounter(most: number): { stream: Transform; bytes: () => number } {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= most) done(null, chunk);
      else
        done(
          new SourceError('address_too_large', `The file at the address has more than ${most} bytes.`, {
            hint: 'Split it, or leave out what is not needed.',
          }),
        );
    },
  });
  return { stream, bytes: () => bytes };
}

export const cutOff = (cause?: unknown): SourceError =>
  new SourceError('address_cut_off', 'The file at the address breaks off before its end.', {
    hint: 'Nothing was removed. The next import loads it again; if that repeats, have the file made anew.',
    ...(cause === undefined ? {} : { cause }),
  });
