/** A strict reader of CSV and TSV that only counts: every record has as many fields as the header. */
import { unreadable, type Scanner } from './scanner.ts';

const quote = 0x22;
const [tab, lineFeed, carriageReturn] = [0x09, 0x0a, 0x0d];

/** Where the reader stands inside a record. */
type Place = 'fieldStart' | 'bare' | 'quoted' | 'quoteSeen' | 'returnSeen';

export function scanDelimited(delimiterSign: ',' | '\t'): Scanner {
  const delimiter = delimiterSign.charCodeAt(0);
  let place: Place = 'fieldStart';
  let fields = 1;
  let headerFields = 0;
  let records = 0;
  let isRecordStart = true;

  const fail = (reason: string) => unreadable(`${reason} in record ${records + 1}`);

  function endRecord(): void {
    if (headerFields === 0) headerFields = fields;
    else if (fields !== headerFields) throw fail(`${fields} fields instead of ${headerFields}`);
    records++;
    fields = 1;
    isRecordStart = true;
    place = 'fieldStart';
  }

  function take(piece: Buffer): number {
    const { length } = piece;
    const isClean = !holdsControls(piece);
    let at = 0;
    while (at < length) {
      if (place === 'quoted') {
        const end = piece.indexOf(quote, at);
        // only to say in which record
        if (!isClean) checkControls(piece, at, end === -1 ? length : end);
        if (end === -1) return length;
        at = end + 1;
        place = 'quoteSeen';
        continue;
      }
      const byte = piece[at++] ?? 0;
      if (place === 'returnSeen') {
        if (byte !== lineFeed) throw fail('a carriage return without a line feed');
        endRecord();
        continue;
      }
      if (byte === delimiter) {
        fields++;
        isRecordStart = false;
        place = 'fieldStart';
      } else if (byte === carriageReturn) place = 'returnSeen';
      else if (byte === quote) {
        if (place === 'bare') throw fail('a quote inside an unquoted field');
        place = 'quoted';
        isRecordStart = false;
      } else if (place === 'quoteSeen') throw fail('text after a closing quote');
      else if (byte < 0x20 || byte === 0x7f)
        throw fail(byte === lineFeed ? 'a bare line feed' : `control character ${byte}`); // prettier-ignore
      else {
        place = 'bare';
        isRecordStart = false;
      }
    }
    return length;
  }

  function checkControls(piece: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const byte = piece[at] ?? 0;
      if (isControl(byte)) throw fail(`control character ${byte}`);
    }
  }

  return {
    take,
    end() {
      if (place === 'quoted') throw fail('a quote that never closes');
      if (place === 'returnSeen') throw fail('a carriage return without a line feed');
      if (!isRecordStart || place !== 'fieldStart') throw fail('no line end');
      if (records === 0) throw unreadable('it has no header');
      return records - 1;
    },
  };
}

const isControl = (byte: number): boolean =>
  byte < 0x20 ? byte !== lineFeed && byte !== carriageReturn && byte !== tab : byte === 0x7f;

/**
 * Looks at four bytes at once, in which `(x - n) & ~x & 0x80` tells of each whether it is less than n: most of a feed
 * is long texts, and byte by byte they take three quarters of the time of reading it back.
 */
function holdsControls(piece: Buffer): boolean {
  const head = Math.min(piece.length, (4 - (piece.byteOffset & 3)) & 3);
  const words = new Int32Array(piece.buffer, piece.byteOffset + head, (piece.length - head) >> 2);
  const holds = (from: number, to: number): boolean => {
    for (let at = from; at < to; at++) if (isControl(piece[at] ?? 0)) return true;
    return false;
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    const del = word ^ 0x7f7f7f7f;
    const suspect = ((word - 0x20202020) & ~word) | ((del - 0x01010101) & ~del);
    if ((suspect & 0x80808080) !== 0 && holds(head + 4 * i, head + 4 * i + 4)) return true;
  }
  return holds(0, head) || holds(head + 4 * words.length, piece.length);
}
