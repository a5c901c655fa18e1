/**
 * Products known again by the bytes of their rows, before a single cell is read.
 *
 * With each product that stands in one piece in a file its fingerprint is stored: what its first bytes look like, how
 * many bytes it has, and the hash of them all. When the same bytes stand at the beginning of a row of the next file,
 * they are the same product with the same values, however the rest of the file has changed. The fingerprints of a
 * catalog are held in one buffer, 56 bytes for each product.
 */
import { hash } from 'node:crypto';
import { toKeyHash, type KeyHash, type SeenSet } from './seen-set.ts';

/** What is stored with a product; the fields lie at `places`. */
export type Fingerprint = Uint8Array;

const places = { digest: 0, start: 16, bytes: 20, lines: 24, records: 28, key: 32, otherKey: 40 } as const;
const digestLength = 16;
const fingerprintLength = 48;
const entryLength = fingerprintLength + 8;

/** How much of the first line is looked at before anything is hashed. */
const startLength = 64;
/** Larger products are read anew each time: their bytes would have to be waited for. */
const mostBytes = 1024 * 1024;
/** Products that all begin alike are read anew beyond this many, so that looking one up stays quick. */
const mostSteps = 32;

/** A product of the file, as it lies there. */
export interface ProductBytes {
  /** Whole rows, the last line end included. */
  bytes: Uint8Array;
  records: number;
  /** What its rows share, and another name that rows of it may be called by. */
  key: string;
  otherKey: string | undefined;
}

/** A known product found in a file. `place` is its number in `KnownProducts`. */
export interface Sighting {
  place: number;
  bytes: number;
  lines: number;
  records: number;
  key: KeyHash;
  otherKey: KeyHash | undefined;
}

/** Fingerprints made and compared for one way of reading: other columns or settings give other values for the same bytes. */
export interface Recogniser {
  /** Undefined when the product is too large, or its last row is not ended by a line end. */
  toFingerprint(product: ProductBytes): Fingerprint | undefined;
  /** The product that begins at `at`; `unsure` when that depends on bytes to come. Each product is found once. */
  find(window: Uint8Array, at: number, isEnd: boolean): Sighting | 'unsure' | undefined;
}

export interface KnownProducts {
  /** For each product of the store, removed ones left out. */
  add(sourceId: string, fingerprint: Uint8Array | undefined): void;
  /** `reading` names everything that the values depend on besides the bytes. */
  recogniser(reading: string, newline: number): Recogniser;
  /** Hash of the source id of the product at this place. */
  idAt(place: number): KeyHash;
  /** How many of the products are not in this set of source ids. */
  countMissing(seen: SeenSet): number;
}

/** `settings`: what products are made with besides the source's texts. */
export function createKnownProducts(settings: string): KnownProducts {
  let entries: Buffer = Buffer.alloc(1024 * entryLength);
  let count = 0;
  const idAt = (place: number): KeyHash =>
    entries.toString('latin1', place * entryLength + fingerprintLength, (place + 1) * entryLength);

  return {
    add(sourceId, fingerprint) {
      const at = count * entryLength;
      if (at === entries.length) entries = Buffer.concat([entries, Buffer.alloc(entries.length)]);
      if (fingerprint?.length === fingerprintLength) entries.set(fingerprint, at);
      entries.write(toKeyHash(sourceId), at + fingerprintLength, 'latin1');
      count += 1;
    },
    recogniser: (reading, newline) =>
      createRecogniser(entries.subarray(0, count * entryLength), `${settings}\n${reading}`, newline),
    idAt,
    countMissing(seen) {
      let missing = 0;
      for (let place = 0; place < count; place++) if (!seen.hasHash(idAt(place))) missing += 1;
      return missing;
    },
  };
}

function createRecogniser(entries: Buffer, reading: string, newline: number): Recogniser {
  const seed = hash('sha1', reading, 'buffer');
  const slots = toSlots(entries);
  const mask = slots.length - 1;
  const found = new Uint8Array(entries.length / entryLength);

  function digestOf(bytes: Uint8Array): Buffer {
    const digest = hash('sha1', bytes, 'buffer');
    // Two readings of the same bytes must not look the same.
    for (let at = 0; at < digestLength; at++) digest[at] = (digest[at] ?? 0) ^ (seed[at] ?? 0);
    return digest;
  }

  function* entriesFrom(start: number): Generator<number> {
    for (let step = 0, slot = start & mask; step < mostSteps; step++, slot = (slot + 1) & mask) {
      const place = slots[slot] ?? 0;
      if (place === 0) return;
      yield (place - 1) * entryLength;
    }
  }

  function toSighting(at: number): Sighting {
    const keyAt = (from: number): KeyHash => entries.toString('latin1', at + from, at + from + 8);
    const otherKey = keyAt(places.otherKey);
    return {
      place: at / entryLength,
      bytes: entries.readUInt32LE(at + places.bytes),
      lines: entries.readUInt32LE(at + places.lines),
      records: entries.readUInt32LE(at + places.records),
      key: keyAt(places.key),
      otherKey: otherKey === noKey ? undefined : otherKey,
    };
  }

  return {
    toFingerprint({ bytes, records, key, otherKey }) {
      if (bytes.length > mostBytes || bytes.at(-1) !== newline) return undefined;
      const made = Buffer.alloc(fingerprintLength);
      digestOf(bytes).copy(made, 0, 0, digestLength);
      made.writeUInt32LE(startOf(bytes, 0, newline) ?? 0, places.start);
      made.writeUInt32LE(bytes.length, places.bytes);
      made.writeUInt32LE(countLines(bytes, newline), places.lines);
      made.writeUInt32LE(records, places.records);
      made.write(toKeyHash(key), places.key, 'latin1');
      if (otherKey !== undefined) made.write(toKeyHash(otherKey), places.otherKey, 'latin1');
      return made;
    },
    find(window, at, isEnd) {
      if (slots.length === 0) return undefined;
      const start = startOf(window, at, newline);
      if (start === undefined) return isEnd ? undefined : 'unsure';
      let digest: Buffer | undefined;
      let digested = 0;
      let isCutOff = false;
      for (const entry of entriesFrom(start)) {
        if (entries.readUInt32LE(entry + places.start) !== start || found[entry / entryLength] === 1)
          continue;
        const bytes = entries.readUInt32LE(entry + places.bytes);
        if (at + bytes > window.length) {
          isCutOff = true;
          continue;
        }
        if (digest === undefined || digested !== bytes) digest = digestOf(window.subarray(at, at + bytes));
        digested = bytes;
        if (digest.compare(entries, entry, entry + digestLength, 0, digestLength) !== 0) continue;
        found[entry / entryLength] = 1;
        return toSighting(entry);
      }
      return isCutOff && !isEnd ? 'unsure' : undefined;
    },
  };
}

const noKey: KeyHash = '\0'.repeat(8);

/** An open hash table of places (plus one; 0 is free) by `start`; empty when there is no fingerprint at all. */
function toSlots(entries: Buffer): Uint32Array {
  const withPrint: number[] = [];
  for (let at = 0; at < entries.length; at += entryLength)
    if (entries.readUInt32LE(at + places.bytes) > 0) withPrint.push(at);
  if (withPrint.length === 0) return new Uint32Array(0);
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(withPrint.length * 2 + 1)));
  const mask = slots.length - 1;
  for (const at of withPrint) {
    let slot = entries.readUInt32LE(at + places.start) & mask;
    let step = 0;
    while (slots[slot] !== 0 && step++ < mostSteps) slot = (slot + 1) & mask;
    slots[slot] ||= at / entryLength + 1;
  }
  return slots;
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) of the first line or of its beginning; undefined when that is cut off. */
function startOf(bytes: Uint8Array, from: number, newline: number): number | undefined {
  const end = Math.min(from + startLength, bytes.length);
  let sum = 0x811c9dc5;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === newline) return sum >>> 0;
    sum = Math.imul(sum ^ byte, 0x01000193);
  }
  return end === from + startLength ? sum >>> 0 : undefined;
}

function countLines(bytes: Uint8Array, newline: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines += 1;
  return lines;
}
