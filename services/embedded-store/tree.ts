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
  /** How many commits there were so far: entries of a piece are valid until the next, long values are read late. */
  commits(): number;
  close(): void;
};
/**
 * The first entries of a stretch of keys from `low` to before `high` (in reverse: the last), and the bound that stands
 * for the rest: the new `low`, in reverse the new `high`; undefined where nothing is left.
 */
export type Piece = { entries: Iterable<Entry>; rest: Buffer | undefined };
/** A leaf page with the keys between which all of its keys lie (undefined at the tree's ends), and its place. */
type Leaf = Bounds & { page: Buffer; place: Place | undefined };
type Bounds = { low: Buffer | undefined; high: Buffer | undefined };
/** The branch above a leaf, what lies below that branch, and which of its children the leaf is. */
type Place = Bounds & { parent: Buffer; at: number };

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
/**
 * Branch pages kept in each of two generations: 32 MB, enough for some eight hundred thousand leaves, which is two
 * million documents of 1 kB. With fewer, half of the time of a page of documents went into reading branches again.
 */
const CACHED_PAGES = 8192;

export function openTree(path: string): Tree {
  const file = openSync(path, 'r');
  let root: number | 'empty' | undefined;
  let commits = 0;
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

  /** A page: of the cache if it is a branch, otherwise read into a buffer that the caller gives, or a new one. */
  function readPage(number: number, into?: Buffer): Buffer {
    const cached = young.get(number) ?? old.get(number);
    if (cached === undefined) {
      const page = readInto(into ?? Buffer.allocUnsafeSlow(PAGE_BYTES), file, number * PAGE_BYTES);
      if (!isBranch(page)) return page;
      return keep(number, page === into ? Buffer.from(page) : page);
    }
    return young.has(number) ? cached : keep(number, cached);
  }

  function keep(number: number, page: Buffer): Buffer {
    if (young.size === CACHED_PAGES) [old, young] = [young, new Map()];
    young.set(number, page);
    return page;
  }

  /** The leaf that holds the first key from `bound` on, or, in reverse, the last one before it. */
  function findLeaf(bound: Buffer, isReverse: boolean, into?: Buffer): Leaf | undefined {
    const top = readRoot();
    if (top === undefined) return undefined;
    let page = readPage(top, into);
    let place: Place | undefined;
    let bounds: Bounds = { low: undefined, high: undefined };
    while (isBranch(page)) {
      // the first key of a branch stands for all that lies before the second
      const at = firstFrom(page, bound, 1, isReverse ? 'at' : 'after') - 1;
      place = { parent: page, at, ...bounds };
      bounds = boundsOf(place);
      page = readPage(childAt(page, at), into);
    }
    return { page, place, ...bounds };
  }

  /** Where the last piece ended, so that the next is found beside it and not from the root. */
  let last: { rest: Buffer; place: Place } | undefined;

  function nextLeaf(bound: Buffer, isReverse: boolean): Leaf | undefined {
    if (last?.rest !== bound) return findLeaf(bound, isReverse);
    const place = { ...last.place, at: last.place.at + (isReverse ? -1 : 1) };
    if (place.at < 0 || place.at >= countOf(place.parent)) return findLeaf(bound, isReverse);
    return { page: readPage(childAt(place.parent, place.at)), place, ...boundsOf(place) };
  }

  return {
    piece(low, high, isReverse) {
      const leaf = nextLeaf(isReverse ? high : low, isReverse);
      if (leaf === undefined) return { entries: [], rest: undefined };
      const { page, place } = leaf;
      const rest = isReverse ? leaf.low : leaf.high;
      const isMore =
        rest !== undefined && (isReverse ? Buffer.compare(rest, low) > 0 : Buffer.compare(rest, high) < 0);
      last = isMore && place !== undefined ? { rest, place } : undefined;
      return { entries: eachOfLeaf(file, page, low, high, isReverse), rest: isMore ? rest : undefined };
    },
    get(key) {
      const top = readRoot();
      if (top === undefined) return undefined;
      let page = readPage(top, passing);
      while (isBranch(page)) page = readPage(childAt(page, firstFrom(page, key, 1, 'after') - 1), passing);
      const at = firstFrom(page, key, 0, 'at');
      if (at === countOf(page) || compareAt(page, at, key) !== 0) return undefined;
      return Buffer.from(valueAt(file, page, at));
    },
    count(low, high) {
      let leaf = findLeaf(low, false, passing);
      let count = leaf === undefined ? 0 : -firstFrom(leaf.page, low, 0, 'at');
      while (leaf !== undefined) {
        const { page, place } = leaf;
        if (place === undefined || leaf.high === undefined || Buffer.compare(leaf.high, high) >= 0)
          return Math.max(0, count + firstFrom(page, high, 0, 'at'));
        count += countOf(page);
        // of the leaves beside it that end before `high` the head says it all
        const { parent } = place;
        let next = place.at + 1;
        for (; next + 1 < countOf(parent) && compareAt(parent, next + 1, high) <= 0; next++)
          count += countOf(readInto(head, file, childAt(parent, next) * PAGE_BYTES));
        leaf = findLeaf(
          (next < countOf(parent) ? keyAt(parent, next) : place.high) as Buffer,
          false,
          passing,
        );
      }
      return Math.max(0, count);
    },
    forget() {
      commits += 1;
      root = undefined;
      last = undefined;
      young = new Map();
      old = new Map();
    },
    commits: () => commits,
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

const readAt = (file: number, at: number, length: number) =>
  readInto(Buffer.allocUnsafeSlow(length), file, at);

function readInto(bytes: Buffer, file: number, at: number): Buffer {
  const read = readSync(file, bytes, 0, bytes.length, at);
  if (read < bytes.length) throw new Error(`the data file ends at ${at + read}, within a page`);
  return bytes;
}

/** A page that is read for its head alone, and one of which nothing is kept. */
const head = Buffer.alloc(HEADER_BYTES);
const passing = Buffer.alloc(PAGE_BYTES);

function boundsOf({ parent, at, low, high }: Place): Bounds {
  return {
    low: at > 0 ? keyAt(parent, at) : low,
    high: at + 1 < countOf(parent) ? keyAt(parent, at + 1) : high,
  };
}

const isBranch = (page: Buffer) => ((page[FLAGS_AT] as number) & IS_BRANCH) !== 0;
const short = (page: Buffer, at: number) => (page[at] as number) | ((page[at + 1] as number) << 8);
const countOf = (page: Buffer) => short(page, LOWER_AT) >> 1;
const nodeAt = (page: Buffer, i: number) => HEADER_BYTES + short(page, HEADER_BYTES + 2 * i);
const childAt = (page: Buffer, i: number) => page.readUIntLE(nodeAt(page, i), 6);

function keyAt(page: Buffer, i: number): Buffer {
  const node = nodeAt(page, i);
  return page.subarray(node + NODE_BYTES, node + NODE_BYTES + short(page, node + 6));
}

function valueAt(file: number, page: Buffer, i: number): Buffer {
  const node = nodeAt(page, i);
  const length = page.readUInt32LE(node);
  const at = node + NODE_BYTES + short(page, node + 6);
  if (((page[node + 4] as number) & IS_BIG) === 0) return page.subarray(at, at + length);
  return readAt(file, page.readUIntLE(at, 6) * PAGE_BYTES + HEADER_BYTES, length);
}

/** As `Buffer.compare`, whose call costs more than the few bytes that keys differ in. */
function compareAt(page: Buffer, i: number, key: Buffer): number {
  const node = nodeAt(page, i);
  const start = node + NODE_BYTES;
  const own = short(page, node + 6);
  const length = Math.min(own, key.length);
  for (let at = 0; at < length; at++) {
    const difference = (page[start + at] as number) - (key[at] as number);
    if (difference !== 0) return difference;
  }
  return own - key.length;
}

/** The first place whose key is at or after `key`, or only after it. */
function firstFrom(page: Buffer, key: Buffer, start: number, how: 'at' | 'after'): number {
  let low = start;
  let high = countOf(page);
  const limit = how === 'at' ? 0 : 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAt(page, middle, key) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
