/** The file at the address, whole or not at all, into a file on this machine. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../context.ts';
import { BusyError, NoAnswerError, SourceError, SourceRefusedError } from '../errors.ts';
import { createCounter, cutOff, limits, tooLarge } from './bounds.ts';
import type { AddressOptions } from './options.ts';
import { isRemote, openRemote } from './remote.ts';

const MINUTE = 60_000;

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
  if (isRemote(options)) return downloadRemote(options, known, path, ctx, most);
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

/** Proves the sign-in and that something answers, without loading the file. */
export async function probe(options: AddressOptions, ctx: Context): Promise<void> {
  if (isRemote(options)) {
    const remote = await openRemote(options, ctx);
    try {
      await remote.stat();
    } finally {
      remote.close();
    }
  } else await (await request(options, undefined, ctx)).body?.cancel();
}

/** Size and time of the file stand for its version; one that grows while it is loaded is not whole. */
async function downloadRemote(
  options: AddressOptions,
  known: Validators | undefined,
  path: string,
  ctx: Context,
  most: number,
): Promise<Download> {
  const remote = await openRemote(options, ctx);
  try {
    const { size, modifiedAt } = await remote.stat();
    const validators = {
      ...(size === undefined ? {} : { etag: `size ${size}` }),
      ...(modifiedAt === undefined ? {} : { lastModified: modifiedAt.toUTCString() }),
    };
    const isSame = known?.etag === validators.etag && known?.lastModified === validators.lastModified;
    if (isSame && size !== undefined && modifiedAt !== undefined) return { changed: false };
    const counter = createCounter(most);
    const writing = pipeline(counter.stream, createWriteStream(path));
    await Promise.all([remote.download(counter.stream), writing]).catch((error: unknown) => {
      counter.stream.destroy();
      ctx.signal?.throwIfAborted();
      throw counter.bytes() > most ? tooLarge(most) : error;
    });
    const after = await remote.stat();
    if (size !== undefined && (counter.bytes() !== size || after.size !== size)) throw cutOff();
    return { changed: true, validators, proven: size !== undefined };
  } finally {
    remote.close();
  }
}
