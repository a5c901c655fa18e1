/**
 * A set of strings that keeps 64 bits of each, so that a million ids take 16 MB and not 100.
 * Two ids share their 64 bits once in about 10^7 catalogs of a million products; then a vanished product is
 * noticed one import later.
 */
import { hash } from 'node:crypto';

/** 64 bits of a key's hash, a byte per character: short to keep, and itself the key of a map. */
export type KeyHash = string;

const keyHashLength = 8;

export const toKeyHash = (key: string): KeyHash => hash('sha1', key, 'binary').slice(0, keyHashLength);

export interface SeenSet {
  /** True when it was not in the set before. */
  add(key: string): boolean;
  has(key: string): boolean;
  addHash(hash: KeyHash): boolean;
  hasHash(hash: KeyHash): boolean;
  readonly size: number;
  /** What was added since the last call (at first: everything), 8 bytes each: to be kept for `restore` after a kill. */
  takeAdded(): Uint8Array;
  restore(added: Uint8Array): void;
}

const wordAt = (text: KeyHash, at: number): number =>
  (text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)) >>>
  0;

export function createSeenSet(): SeenSet {
  /** Kept only once somebody has asked for it, so that nothing grows that nobody wants. */
  let added: KeyHash[] | undefined;
  let slots = 1 << 12;
  let high = new Uint32Array(slots);
  let low = new Uint32Array(slots);
  let size = 0;

  const slotOf = (a: number, b: number): number => {
    let slot = b & (slots - 1);
    while (high[slot] !== 0 && !(high[slot] === a && low[slot] === b)) slot = (slot + 1) & (slots - 1);
    return slot;
  };
  const grow = (): void => {
    const [oldHigh, oldLow] = [high, low];
    slots *= 2;
    high = new Uint32Array(slots);
    low = new Uint32Array(slots);
    for (let at = 0; at < oldHigh.length; at++) {
      const [a, b] = [oldHigh[at] ?? 0, oldLow[at] ?? 0];
      if (a === 0) continue;
      const slot = slotOf(a, b);
      high[slot] = a;
      low[slot] = b;
    }
  };
  // 0,0 marks an empty slot
  const highOf = (of: KeyHash): number => wordAt(of, 0) || 1;

  const addHash = (of: KeyHash): boolean => {
    const [a, b] = [highOf(of), wordAt(of, 4)];
    const slot = slotOf(a, b);
    if (high[slot] !== 0) return false;
    high[slot] = a;
    low[slot] = b;
    size += 1;
    if (size * 2 > slots) grow();
    added?.push(of);
    return true;
  };
  const hasHash = (of: KeyHash): boolean => high[slotOf(highOf(of), wordAt(of, 4))] !== 0;

  function dump(): Buffer {
    const all = Buffer.alloc(size * keyHashLength);
    let at = 0;
    for (let slot = 0; slot < slots; slot++) {
      const a = high[slot] ?? 0;
      if (a === 0) continue;
      all.writeUInt32LE(a, at);
      all.writeUInt32LE(low[slot] ?? 0, at + 4);
      at += keyHashLength;
    }
    return all;
  }

  return {
    add: (key) => addHash(toKeyHash(key)),
    has: (key) => hasHash(toKeyHash(key)),
    addHash,
    hasHash,
    takeAdded() {
      const taken = added ? Buffer.from(added.join(''), 'latin1') : dump();
      added = [];
      return taken;
    },
    restore(kept) {
      const hashes = Buffer.from(kept).toString('latin1');
      for (let at = 0; at < hashes.length; at += keyHashLength) addHash(hashes.slice(at, at + keyHashLength));
      added = [];
    },
    get size() {
      return size;
    },
  };
}
