import { closeSync, existsSync, fsyncSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { META } from './tree.ts';

/** The LMDB file: checked before it is opened, opened, and looked after as memory. */
const MAP_BYTES = 64 * 1024 ** 3;
const PAGE_BYTES = 4096;

export type Data = RootDatabase<Buffer, Buffer>;

export const dataFile = (folder: string) => join(folder, 'store.mdb');

/**
 * `overlappingSync: false` is LMDB's own way to commit: the data is flushed, then the page that makes it valid is
 * written and flushed, and only then the transaction returns. The map is address space, not memory; it is taken
 * large at once, because each time LMDB has to enlarge it, which it does by itself, the old one stays mapped too.
 */
export function openData(folder: string, mapSize = MAP_BYTES): Data {
  checkDataFile(dataFile(folder));
  makeFiles(folder);
  const options = {
    path: dataFile(folder),
    noSubdir: true,
    keyEncoding: 'binary',
    encoding: 'binary',
    overlappingSync: false,
  } as const;
  try {
    return open<Buffer, Buffer>({ ...options, mapSize });
  } catch (error) {
    if (!(error instanceof Error) || !/memory/i.test(error.message)) throw error;
    return open<Buffer, Buffer>(options); // address space is limited here (ulimit -v): LMDB grows its map as needed
  }
}

/** LMDB would make its files readable to others; and a new file is safe only once its folder is flushed too. */
function makeFiles(folder: string): void {
  if (existsSync(dataFile(folder))) return;
  for (const path of [dataFile(folder), `${dataFile(folder)}-lock`]) closeSync(openSync(path, 'a', 0o600));
  flushFolder(folder);
}

export function flushFolder(folder: string): void {
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

const MAGIC = 0xbeefc0de;
/** Pages at the end that a transaction took and never wrote may be missing rightly; more are a file cut short. */
const SPARE_PAGES = 1024n;

/** LMDB trusts its file, and a broken one would end the process; so what can be seen from outside is looked at first. */
export function checkDataFile(path: string): void {
  if (!existsSync(path)) return;
  const size = statSync(path).size;
  if (size === 0) return; // made and never written
  const broken = (what: string) =>
    new Error(
      `${path} is damaged: ${what}. Nothing was changed; put a backup in its place (shelfcast restore)`,
    );
  const file = openSync(path, 'r');
  try {
    const first = readMeta(file, 0);
    if (first === undefined) throw broken('it does not begin as a data file does');
    const second = readMeta(file, Number(first.pageSize));
    if (second === undefined) throw broken('its second header is missing');
    const { lastPage, rootPage, pageSize } = first.transaction > second.transaction ? first : second;
    const needed = (lastPage + 1n) * pageSize;
    const isRootBeyond = rootPage !== 2n ** 64n - 1n && (rootPage + 1n) * pageSize > BigInt(size);
    if (isRootBeyond || needed > BigInt(size) + SPARE_PAGES * pageSize)
      throw broken(`it was cut short (${size} of ${needed} bytes)`);
    if (needed > BigInt(size)) truncateSync(path, Number(needed));
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, at: number) {
  const meta = Buffer.alloc(META.length);
  if (readSync(file, meta, 0, META.length, at) < META.length || meta.readUInt32LE(META.magic) !== MAGIC)
    return undefined;
  return {
    pageSize: BigInt(meta.readUInt32LE(META.pageSize)),
    rootPage: meta.readBigUInt64LE(META.rootPage),
    lastPage: meta.readBigUInt64LE(META.lastPage),
    transaction: meta.readBigUInt64LE(META.transaction),
  };
}

/** Kept open: it is read several hundred times a second while much is written. */
let statm: number | undefined;
const line = Buffer.alloc(256);

/** Pages of files in this process's memory (proc_pid_statm(5)); where there is no /proc, the system is left to it. */
export function residentFileBytes(): number {
  try {
    statm ??= openSync('/proc/self/statm', 'r');
    const length = readSync(statm, line, 0, line.length, 0);
    return Number(line.toString('latin1', 0, length).split(' ', 3)[2]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
