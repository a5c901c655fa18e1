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
  const scanner = scanners[format]();
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    let kept = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, kept, pieceBytes - kept, null);
      const filled = kept + bytesRead;
      const whole = bytesRead === 0 ? filled : wholeCharacters(buffer, filled);
      const piece = buffer.subarray(0, whole);
      if (!isUtf8(piece)) throw unreadable('it holds bytes that are not UTF-8');
      scanner.take(piece);
      if (bytesRead === 0) break;
      buffer.copyWithin(0, whole, filled);
      kept = filled - whole;
    }
  } finally {
    await file.close();
  }
  return scanner.end();
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
