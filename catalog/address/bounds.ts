/** How large a file may be, and how its end is missed. */
import { Transform } from 'node:stream';
import { SourceError } from '../errors.ts';

const GIB = 1024 ** 3;
/** Bytes of a download, and of what comes out of a packed one. */
export const limits = { download: 4 * GIB, unpacked: 16 * GIB };

export function createCounter(most: number): { stream: Transform; bytes: () => number } {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= most) done(null, chunk);
      else done(tooLarge(most));
    },
  });
  return { stream, bytes: () => bytes };
}

export const tooLarge = (most: number): SourceError =>
  new SourceError('address_too_large', `The file at the address has more than ${most} bytes.`, {
    hint: 'Split it, or leave out what is not needed.',
  });

export const cutOff = (cause?: unknown): SourceError =>
  new SourceError('address_cut_off', 'The file at the address breaks off before its end.', {
    hint: 'Nothing was removed. The next import loads it again; if that repeats, have the file made anew.',
    ...(cause === undefined ? {} : { cause }),
  });
