/** UTF-8 gathered in one piece of memory: strings joined to a feed of 100 MB and encoded then take ten times as long. */
export interface Page {
  /** Bytes written since the last `take`. */
  readonly length: number;
  byte(code: number): void;
  bytes(bytes: Uint8Array): void;
  /** Lone surrogates become U+FFFD. */
  text(text: string): void;
  /** Writes a text of nothing but ASCII for which `isPlain` is 1; false, and nothing written, for any other. */
  plain(text: string, isPlain: Uint8Array): boolean;
  /** A copy of what was written since the page had this length, in `into` where that has room. */
  copyFrom(start: number, into: Buffer): Buffer;
  /** All that was written; the page is empty then. */
  take(): Buffer;
}

/** `size`: bytes that the page has room for before it has to grow. */
export function createPage(size: number): Page {
  let room = Buffer.allocUnsafeSlow(size);
  let at = 0;

  function reserve(more: number): void {
    if (at + more <= room.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(room.length * 2, at + more));
    room.copy(larger, 0, 0, at);
    room = larger;
  }

  return {
    get length() {
      return at;
    },
    byte(code) {
      reserve(1);
      room[at++] = code;
    },
    bytes(bytes) {
      reserve(bytes.length);
      room.set(bytes, at);
      at += bytes.length;
    },
    text(text) {
      reserve(text.length * 3);
      at += room.write(text, at);
    },
    plain(text, isPlain) {
      const { length } = text;
      reserve(length);
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i);
        if (isPlain[code] !== 1) return false;
        room[at + i] = code;
      }
      at += length;
      return true;
    },
    copyFrom(start, into) {
      const target = into.buffer.byteLength < at - start ? Buffer.allocUnsafeSlow((at - start) * 2) : into;
      const whole = Buffer.from(target.buffer, 0, at - start);
      room.copy(whole, 0, start, at);
      return whole;
    },
    take() {
      const taken = room.subarray(0, at);
      room = Buffer.allocUnsafeSlow(size);
      at = 0;
      return taken;
    },
  };
}

/** 1 for each ASCII character that a format writes as it is. */
export const toPlain = (isSpecial: RegExp): Uint8Array =>
  Uint8Array.from({ length: 128 }, (_, code) => (isSpecial.test(String.fromCharCode(code)) ? 0 : 1));

/** Up to here a text is written character by character; a longer one as a whole, which costs some 50 of them. */
export const shortText = 48;

export type TextWriter = (page: Page, text: string) => void;

/** Writes one text after the other, as `write` does. */
export function createTextWriter(isPlain: Uint8Array, write: TextWriter): TextWriter {
  const writeLong = keepLast(write);
  return (page, text) => {
    if (text.length > shortText) writeLong(page, text);
    else if (!page.plain(text, isPlain)) write(page, text);
  };
}

/** Writes as `write` does. The items of a product share their long texts and lists, so the bytes of the last one are kept. */
export function keepLast(write: TextWriter): TextWriter {
  let last: string | undefined;
  let bytes: Buffer = Buffer.allocUnsafeSlow(0);
  return (page, text) => {
    if (text === last) return page.bytes(bytes);
    const start = page.length;
    write(page, text);
    bytes = page.copyFrom(start, bytes);
    last = text;
  };
}
