import { closeSync, openSync, readSync } from 'node:fs';

/**
 * Reads LMDB's tree by position in its file instead of through the memory map. Pages that are read through the map
 * count as this process's memory until it is mapped anew, and each first touch of one costs a page fault that brings
 * its neighbours along; a read by position costs the same for ten thousand documents as for millions, and leaves
 * nothing behind. Valid between transactions only: within one, LMDB itself has to be asked.
 * The format is that of MDB_page, MDB_node and MDB_meta in mdb.c of lmdb-js (data version 2).
 */
export type Entry = { key: Buffer; value: Buffer };
export type Tree = {
  get(key: Buffer): Buffer | undefined;
  piece(low: Buffer, high: Buffer, isReverse: boolean): Piece;
  count(low: Buffer, high: Buffer): number;
  /** After every commit: LMDB may since use any page again. */
  forget(): void;
  close(): void;
};
/**
 * The first entries of a stretch of keys from `low` to before `high` (in reverse: the last), and the bound that stands
 * for the rest: the new `low`, in reverse the new `high`; undefined where nothing is left.
 */
export type Piece = { entries: Iterable<Entry>; rest: Buffer | undefined };
/** A leaf page with the keys between which all of its keys lie; undefined at the tree's ends. */
type Leaf = { page: Buffer; low: Buffer | undefined; high: Buffer | undefined };

export const META = {
  magic: 24,
  pageSize: 48,
  rootPage: 136,
  lastPage: 144,
  transaction: 152,
  length: 160,
};
const PAGE_BYTES = 4096;
const HEADER_BYTES = 24;
const FLAGS_AT = 18;
const LOWER_AT = 20;
const IS_BRANCH = 1;
const NODE_BYTES = 8;
const IS_BIG = 1;
const NO_PAGE = 2n ** 64n - 1n;
/** Branch pages kept in each of two generations: 8 MB, enough for some two hundred thousand leaves. */
const CACHED_PAGES = 2048;

export function openTree(path: string): Tree {
  const file = openSync(path, 'r');
  let root: number | 'empty' | undefined;
  let young = new Map<number, Buffer>();
  let old = new Map<number, Buffer>();

  function readRoot(): number | undefined {
    if (root === undefined) {
      const metas = [0, PAGE_BYTES].map((at) => readAt(file, at, META.length));
      const [a, b] = metas.map((meta) => meta.readBigUInt64LE(META.transaction)) as [bigint, bigint];
      const page = (metas[a > b ? 0 : 1] as Buffer).readBigUInt64LE(META.rootPage);
      root = page === NO_PAGE ? 'empty' : Number(page);
    }
    return root === 'empty' ? undefined : root;
  }

  function readPage(number: number): Buffer {
    const cached = young.get(number) ?? old.get(number);
    const page = cached ?? readAt(file, number * PAGE_BYTES, PAGE_BYTES);
    if (isBranch(page) && !young.has(number)) {
      if (young.size === CACHED_PAGES) [old, young] = [young, new Map()];
      young.set(number, page);
    }
    return page;
  }

  function leaf(bound: Buffer, isReverse: boolean): Leaf | undefined {
    const top = readRoot();
    if (top === undefined) return undefined;
    let page = readPage(top);
    let low: Buffer | undefined;
    let high: Buffer | undefined;
    while (isBranch(page)) {
      const count = countOf(page);
      // the first key of a branch stands for all that lies before the second
      const after = firstFrom(page, bound, 1, isReverse ? 'at' : 'after');
      const at = after - 1;
      if (at > 0) low = keyAt(page, at);
      if (after < count) high = keyAt(page, after);
      page = readPage(childAt(page, at));
    }
    return { page, low, high };
  }

  return {
    piece(low, high, isReverse) {
      const found = leaf(isReverse ? high : low, isReverse);
      if (found === undefined) return { entries: [], rest: undefined };
      const rest = isReverse ? found.low : found.high;
      const isLast =
        rest === undefined || Buffer.compare(rest, isReverse ? low : high) * (isReverse ? -1 : 1) >= 0;
      return { entries: eachOfLeaf(file, found.page, low, high, isReverse), rest: isLast ? undefined : rest };
    },
    get(key) {
      const found = leaf(key, false);
      if (found === undefined) return undefined;
      const at = firstFrom(found.page, key, 0, 'at');
      if (at === countOf(found.page) || compareAt(found.page, at, key) !== 0) return undefined;
      return valueAt(file, found.page, at);
    },
    count(low, high) {
      let count = 0;
      for (let from: Buffer | undefined = low; from !== undefined;) {
        const found = leaf(from, false);
        if (found === undefined) break;
        const { page, high: next } = found;
        const isLast = next === undefined || Buffer.compare(next, high) >= 0;
        count += isLast ? firstFrom(page, high, 0, 'at') : countOf(page);
        if (from === low) count -= firstFrom(page, low, 0, 'at');
        from = isLast ? undefined : next;
      }
      return Math.max(0, count);
    },
    forget() {
      root = undefined;
      young = new Map();
      old = new Map();
    },
    close: () => closeSync(file),
  };
}

/** The entries of a leaf from `low` to before `high`. */
function* eachOfLeaf(
  file: number,
  page: Buffer,
  low: Buffer,
  high: Buffer,
  isReverse: boolean,
): Generator<Entry> {
  const from = firstFrom(page, low, 0, 'at');
  const to = firstFrom(page, high, 0, 'at');
  for (let i = from; i < to; i++) {
    const at = isReverse ? to - 1 - (i - from) : i;
    yield { key: keyAt(page, at), value: valueAt(file, page, at) };
  }
}

function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  const read = readSync(file, bytes, 0, length, at);
  if (read < length) throw new Error(`the data file ends at ${at + read}, within a page`);
  return bytes;
}

const isBranch = (page: Buffer) => ((page[FLAGS_AT] as number) & IS_BRANCH) !== 0;
const countOf = (page: Buffer) => page.readUInt16LE(LOWER_AT) >> 1;
const nodeAt = (page: Buffer, i: number) => HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * i);
const childAt = (page: Buffer, i: number) => page.readUIntLE(nodeAt(page, i), 6);

function keyAt(page: Buffer, i: number): Buffer {
  const node = nodeAt(page, i);
  return page.subarray(node + NODE_BYTES, node + NODE_BYTES + page.readUInt16LE(node + 6));
}

function valueAt(file: number, page: Buffer, i: number): Buffer {
  const node = nodeAt(page, i);
  const length = page.readUInt32LE(node);
  const at = node + NODE_BYTES + page.readUInt16LE(node + 6);
  if (((page[node + 4] as number) & IS_BIG) === 0) return page.subarray(at, at + length);
  return readAt(file, page.readUIntLE(at, 6) * PAGE_BYTES + HEADER_BYTES, length);
}

function compareAt(page: Buffer, i: number, key: Buffer): number {
  const node = nodeAt(page, i);
  const start = node + NODE_BYTES;
  return page.compare(key, 0, key.length, start, start + page.readUInt16LE(node + 6));
}

/** The first place whose key is at or after `key`, or only after it. */
function firstFrom(page: Buffer, key: Buffer, start: number, how: 'at' | 'after'): number {
  let [low, high] = [start, countOf(page)];
  const limit = how === 'at' ? 0 : 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAt(page, middle, key) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
