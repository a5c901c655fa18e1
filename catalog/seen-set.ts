/**
 * A set of strings that keeps 64 bits of each, so that a million ids take 16 MB and not 100.
 * Two ids share their 64 bits once in about 10^7 catalogs of a million products; then a vanished product is
 * noticed one import later.
 */
import { hash } from 'node:crypto';

export interface SeenSet {
  /** True when it was not in the set before. */
  add(key: string): boolean;
  has(key: string): boolean;
  readonly size: number;
}

export function createSeenSet(): SeenSet {
  let slots = 1 << 12;
  let high = new Uint32Array(slots);
  let low = new Uint32Array(slots);
  let size = 0;

  const split = (key: string): [number, number] => {
    const digest = hash('sha1', key, 'buffer');
    // 0,0 marks an empty slot
    return [digest.readUInt32LE(0) || 1, digest.readUInt32LE(4)];
  };
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

  return {
    add(key) {
      const [a, b] = split(key);
      const slot = slotOf(a, b);
      if (high[slot] !== 0) return false;
      high[slot] = a;
      low[slot] = b;
      size += 1;
      if (size * 2 > slots) grow();
      return true;
    },
    has(key) {
      const [a, b] = split(key);
      return high[slotOf(a, b)] !== 0;
    },
    get size() {
      return size;
    },
  };
}
