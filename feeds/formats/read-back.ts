/** Reads a written feed as strictly as a channel might, and counts its items. */
import { open } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import type { FeedFormat } from '../build-feed.ts';
import { scanDelimited } from './scan-delimited.ts';
import { scanXml } from './scan-xml.ts';
import { unreadable, type Scanner } from './scanner.ts';

const scanners: Record<FeedFormat, () => Scanner> = {
  csv: () => scanDelimited(','),
  tsv: () => scanDelimited('\t'),
  xml: scanXml,
};

const pieceBytes = 1024 * 1024;

/** The number of items in the file; throws `InputError` where it is not well formed. */
export async function readBack(path: string, format: FeedFormat): Promise<number> {
  const reader = await openFeed(path, format);
  try {
    await reader.read(Number.POSITIVE_INFINITY);
    return reader.end();
  } finally {
    await reader.close();
  }
}

export interface FeedReader {
  /** Bytes read so far. */
  readonly at: number;
  /** Reads on to this byte of the file, or to its end. */
  read(to: number): Promise<void>;
  /** The number of items. */
  end(): number;
  close(): Promise<void>;
}

export async function openFeed(path: string, format: FeedFormat): Promise<FeedReader> {
  const scanner = scanners[format]();
  const file = await open(path);
  const buffer = Buffer.allocUnsafe(pieceBytes);
  let at = 0;
  // What the next piece completes: a character, or what the scanner is not done with.
  let kept = 0;
  const take = (piece: Buffer): number => {
    if (!isUtf8(piece)) throw unreadable('it holds bytes that are not UTF-8');
    return scanner.take(piece);
  };
  return {
    get at() {
      return at;
    },
    async read(to) {
      while (at < to) {
        const { bytesRead } = await file.read(buffer, kept, Math.min(pieceBytes - kept, to - at), at);
        if (bytesRead === 0) return;
        at += bytesRead;
        const filled = kept + bytesRead;
        const done = take(buffer.subarray(0, wholeCharacters(buffer, filled)));
        buffer.copyWithin(0, done, filled);
        kept = filled - done;
        if (kept === pieceBytes) throw unreadable(`a tag of more than ${pieceBytes} bytes`);
      }
    },
    end() {
      take(buffer.subarray(0, kept));
      return scanner.end();
    },
    close: () => file.close(),
  };
}

/** Where the last character that is complete ends. */
function wholeCharacters(buffer: Buffer, filled: number): number {
  for (let back = 1; back <= Math.min(4, filled); back++) {
    const byte = buffer[filled - back] ?? 0;
    if (byte < 0x80) return filled;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back >= length ? filled : filled - back;
    }
  }
  return filled;
}
