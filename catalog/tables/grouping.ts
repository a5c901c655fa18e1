/**
 * Rows of one product into one `Read`, wherever they stand in the file, with flat memory.
 *
 * Most files keep the rows of a product together. So the first reading keeps only the last `openGroups` products open
 * and remembers 64 bits of the key of each closed one. When such a key comes again, the file is scanned for all keys
 * that do, with the row where each ends (`findScattered` in scattered.ts); then it is read again with just those held open until that
 * row (`eachPlanned`). Should they be too large to hold at once, they are spread over several readings.
 */
import type { Fingerprint, Recogniser } from '../known-products.ts';
import { createSeenSet, type KeyHash, toKeyHash } from '../seen-set.ts';
import type { Read } from '../source.ts';
import { type BadRow, type Grouping, type KnownRows, type Row, toIssueRead } from './format.ts';
import type { FoundRow } from './rows.ts';

/** Starts reading the data rows from the beginning, a batch at a time. */
export type ReadRows = () => AsyncIterable<FoundRow[]>;

/** How many products may still get rows while others follow. */
export const openGroups = 100;

interface Group {
  key: string;
  rows: Row[];
}

/** What is needed where products are to be known again. */
export interface Recognition {
  recogniser: Recogniser;
  /** The rows of a known product, now that they must be read after all. */
  readAgain(known: KnownRows): Promise<Row[]>;
}

/** Returns true when the file turned out to be scattered: what was yielded is not all, and must be read again. */
export async function* eachAdjacent(
  readRows: ReadRows,
  grouping: Grouping,
  recognition: Recognition | undefined,
): AsyncGenerator<Read, boolean> {
  const open = new Map<KeyHash, Group | KnownRows>();
  const closed = createSeenSet();
  let last: Group | undefined;
  const isTaken = (key: KeyHash): boolean => open.has(key) || closed.hasHash(key);
  const close = (): Read[] => {
    const [oldest] = open;
    if (!oldest) return [];
    open.delete(oldest[0]);
    closed.addHash(oldest[0]);
    return gatherGroup(oldest[1], grouping, recognition?.recogniser);
  };
  for await (const batch of readRows()) {
    for (const row of batch) {
      if ('issue' in row) {
        yield toBadRead(row);
        continue;
      }
      if ('known' in row) {
        const { key, otherKey } = row.known;
        last = undefined;
        if (otherKey !== undefined && isTaken(otherKey)) return true;
        if (isTaken(key) && !(await join(open.get(key), row, recognition))) return true;
        if (!open.has(key)) open.set(key, row);
        // Rows that call the product by this name must not pass for another product's.
        if (otherKey !== undefined) closed.addHash(otherKey);
      } else {
        const earlier = grouping.learn?.(row.cells);
        if (earlier !== undefined && isTaken(toKeyHash(earlier))) return true;
        const key = grouping.key(row.cells);
        if (key === '') {
          yield toKeylessRead(row, grouping);
          continue;
        }
        if (last?.key !== key) {
          const hash = toKeyHash(key);
          if (closed.hasHash(hash)) return true;
          const found = open.get(hash);
          last = found === undefined || 'known' in found ? { key, rows: [] } : found;
          if (found && 'known' in found) last.rows = (await recognition?.readAgain(found)) ?? [];
          open.set(hash, last);
        }
        last.rows.push(row);
      }
      if (open.size > openGroups) for (const read of close()) yield read;
    }
  }
  while (open.size > 0) for (const read of close()) yield read;
  return false;
}

/** Rows of a known product behind other rows of it: it has changed. False when that is no product of this file. */
async function join(
  group: Group | KnownRows | undefined,
  known: KnownRows,
  recognition: Recognition | undefined,
): Promise<boolean> {
  if (!group || !recognition || 'known' in group) return false;
  group.rows.push(...(await recognition.readAgain(known)));
  return true;
}

function gatherGroup(
  group: Group | KnownRows,
  grouping: Grouping,
  recogniser: Recogniser | undefined,
): Read[] {
  if ('known' in group) return [{ kind: 'same', place: group.known.place, records: group.known.records }];
  const reads = grouping.gather(group.rows);
  const [read] = reads;
  if (recogniser && reads.length === 1 && read?.kind === 'product' && read.records === group.rows.length) {
    const fingerprint = toFingerprint(group, grouping, recogniser);
    if (fingerprint) read.fingerprint = fingerprint;
  }
  return reads;
}

/** Undefined when the rows do not follow each other without a gap, or one of them was not read as it stands. */
function toFingerprint(
  { key, rows }: Group,
  grouping: Grouping,
  recogniser: Recogniser,
): Fingerprint | undefined {
  let next = rows[0]?.offset;
  let otherKey: string | undefined;
  for (const { bytes, offset, cells } of rows) {
    if (!bytes || offset === undefined || offset !== next) return undefined;
    next = offset + bytes.length;
    otherKey ??= grouping.otherKey?.(cells);
  }
  const parts = rows.flatMap(({ bytes }) => bytes ?? []);
  return recogniser.toFingerprint({ bytes: joinParts(parts), records: rows.length, key, otherKey });
}

/** Without a copy where they lie beside each other in memory, as most do. */
function joinParts(parts: readonly Buffer[]): Buffer {
  const [first, last] = [parts[0], parts.at(-1)];
  if (!first || !last || parts.some(({ buffer }) => buffer !== first.buffer)) return Buffer.concat(parts);
  return Buffer.from(first.buffer, first.byteOffset, last.byteOffset + last.length - first.byteOffset);
}

export const toBadRead = (row: BadRow): Read => ({
  kind: 'issue',
  issue: row.issue,
  record: row.record,
  records: 1,
});

export function toKeylessRead(row: Row, { keyColumn }: Grouping): Read {
  if (row.cells.every((cell) => cell.trim() === '')) return { kind: 'skip', reason: 'blank row', records: 1 };
  return toIssueRead(row, {
    code: 'row_without_identity', field: keyColumn, value: '',
    message: `The column "${keyColumn}" is blank, so the row belongs to no product.`,
    hint: `Fill in "${keyColumn}".`,
  }); // prettier-ignore
}
