/** Bytes of a file in any of the supported encodings into UTF-8. */
import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

/** `utf-8` without a byte order mark becomes `windows-1252` at the first byte that shows it, see `createDecoder`. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface Decoder {
  write(chunk: Buffer): Buffer;
  end(): Buffer;
  /** What was found so far. */
  readonly encoding: Encoding;
}

/** The encoding that the first bytes show, and how many of them are the byte order mark. */
export function findEncoding(sample: Buffer): { encoding: Encoding; markLength: number } {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) {
    return { encoding: 'utf-8', markLength: 3 };
  }
  if (sample[0] === 0xff && sample[1] === 0xfe) return { encoding: 'utf-16le', markLength: 2 };
  if (sample[0] === 0xfe && sample[1] === 0xff) return { encoding: 'utf-16be', markLength: 2 };
  // Without a mark: in a header of Latin letters every other byte of UTF-16 is 0.
  const head = sample.subarray(0, 200);
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 4 && even === 0) return { encoding: 'utf-16le', markLength: 0 };
  if (even > head.length / 4 && odd === 0) return { encoding: 'utf-16be', markLength: 0 };
  return { encoding: 'utf-8', markLength: 0 };
}

/**
 * `encoding` as found by `findEncoding`. A file taken for UTF-8 is plain ASCII up to its first letter with an accent;
 * that letter shows whether the file is UTF-8 or Windows-1252. Nothing written before needs to change, so one pass is
 * enough, however late the letter comes.
 */
export function createDecoder(encoding: Encoding): Decoder {
  if (encoding === 'utf-8') return createUtf8Decoder();
  const decoder = iconv.getDecoder(encoding);
  return {
    encoding,
    write: (chunk) => Buffer.from(decoder.write(chunk)),
    end: () => Buffer.from(decoder.end() ?? ''),
  };
}

function createUtf8Decoder(): Decoder {
  let settled: 'utf-8' | 'windows-1252' | undefined;
  let held: Buffer = Buffer.alloc(0);
  const read = (bytes: Buffer): Buffer =>
    settled === 'windows-1252' ? Buffer.from(iconv.decode(bytes, 'windows-1252')) : bytes;
  return {
    get encoding() {
      return settled ?? 'utf-8';
    },
    write(chunk) {
      if (settled !== undefined) return read(chunk);
      if (held.length === 0 && isAscii(chunk)) return chunk;
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = bytes.length - cutSequenceLength(bytes);
      const whole = bytes.subarray(0, end);
      if (isAscii(whole)) {
        held = bytes.subarray(end);
        return whole;
      }
      held = Buffer.alloc(0);
      settled = judge(whole);
      return read(bytes);
    },
    end() {
      if (settled === undefined && held.length > 0) settled = 'windows-1252';
      const rest = read(held);
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

/** One broken character in a UTF-8 file must not spoil all the others. */
function judge(bytes: Buffer): 'utf-8' | 'windows-1252' {
  if (isUtf8(bytes)) return 'utf-8';
  let good = 0;
  let bad = 0;
  for (let at = 0; at < bytes.length; at++) {
    if ((bytes[at] ?? 0) < 0x80) continue;
    const length = sequenceLength(bytes[at] ?? 0);
    if (length > 1 && isUtf8(bytes.subarray(at, at + length))) {
      good++;
      at += length - 1;
    } else bad++;
  }
  return good > bad ? 'utf-8' : 'windows-1252';
}

const sequenceLength = (lead: number): number => {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
};

/** How many bytes at the end are the beginning of a character that the next chunk completes. */
function cutSequenceLength(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}
