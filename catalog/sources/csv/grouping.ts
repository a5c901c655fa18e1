/**
 * Rows of one product into one `Read`, wherever they stand in the file, with flat memory.
 *
 * Most files keep the rows of a product together. So the first reading keeps only the last `openGroups` products open
 * and remembers 64 bits of the key of each closed one. When such a key comes again, the file is scanned for all keys
 * that do, with the row where each ends (`findScattered`); then it is read again with just those held open until that
 * row (`eachPlanned`). Should they be too large to hold at once, they are spread over several readings.
 */
import { SourceError } from '../../errors.ts';
import { createSeenSet } from '../../seen-set.ts';
import type { Read } from '../../source.ts';
import { type BadRow, type Grouping, type Row, toIssueRead } from './format.ts';

/** Starts reading the data rows from the beginning, a batch at a time. */
export type ReadRows = () => AsyncIterable<(Row | BadRow)[]>;

const openGroups = 100;
/** Text of scattered rows held at once; strings and arrays take about three times as much. */
const maxHeldBytes = 64 * 1024 * 1024;

/** Returns true when the file turned out to be scattered: what was yielded is not all, and must be read again. */
export async function* eachAdjacent(readRows: ReadRows, grouping: Grouping): AsyncGenerator<Read, boolean> {
  const open = new Map<string, Row[]>();
  const closed = createSeenSet();
  for await (const batch of readRows()) {
    for (const row of batch) {
      if ('issue' in row) {
        yield toBadRead(row);
        continue;
      }
      const earlier = grouping.learn?.(row.cells);
      if (earlier !== undefined && (open.has(earlier) || closed.has(earlier))) return true;
      const key = grouping.key(row.cells);
      const group = open.get(key);
      if (group) group.push(row);
      else if (key === '') yield toKeylessRead(row, grouping);
      else if (closed.has(key)) return true;
      else {
        open.set(key, [row]);
        if (open.size > openGroups) for (const read of closeOldest(open, closed, grouping)) yield read;
      }
    }
  }
  for (const rows of open.values()) for (const read of grouping.gather(rows)) yield read;
  return false;
}

function closeOldest(
  open: Map<string, Row[]>,
  closed: { add(key: string): boolean },
  grouping: Grouping,
): Read[] {
  const [oldest] = open;
  if (!oldest) return [];
  open.delete(oldest[0]);
  closed.add(oldest[0]);
  return grouping.gather(oldest[1]);
}

export interface ScatterPlan {
  /** By key: the last row (counted from 0, bad ones too). */
  last: ReadonlyMap<string, number>;
  /** Over how many readings the keys are spread. */
  parts: number;
}

/** `heldBytes`: how much text of scattered rows may be held at once. */
export async function findScattered(
  readRows: ReadRows,
  grouping: Grouping,
  heldBytes = maxHeldBytes,
): Promise<ScatterPlan> {
  if (grouping.learn) {
    for await (const batch of readRows()) {
      for (const row of batch) if (!('issue' in row)) grouping.learn(row.cells);
    }
  }
  const last = new Map<string, number>();
  const open = new Map<string, Row[]>();
  const closed = createSeenSet();
  let bytes = 0;
  let index = -1;
  for await (const batch of readRows()) {
    for (const row of batch) {
      index++;
      const key = 'issue' in row ? '' : grouping.key(row.cells);
      if (key === '' || open.has(key)) continue;
      if (last.has(key) || closed.has(key)) {
        // The rows before the first return are not known any more; they are taken to be as large.
        bytes += last.has(key) ? row.size : 2 * row.size;
        last.set(key, index);
      } else {
        open.set(key, []);
        if (open.size > openGroups) closeOldest(open, closed, { ...grouping, gather: () => [] });
      }
    }
  }
  return { last, parts: Math.max(1, Math.ceil(bytes / heldBytes)) };
}

export async function* eachPlanned(
  readRows: ReadRows,
  grouping: Grouping,
  plan: ScatterPlan,
): AsyncGenerator<Read, void> {
  for (let part = 0; part < plan.parts; part++) yield* eachOfPart(readRows, grouping, plan, part);
}

/** The first part has the bad rows and all products that are not scattered. */
async function* eachOfPart(
  readRows: ReadRows,
  grouping: Grouping,
  plan: ScatterPlan,
  part: number,
): AsyncGenerator<Read, void> {
  const held = new Map<string, Row[]>();
  const open = new Map<string, Row[]>();
  const closed = createSeenSet();
  let index = -1;
  for await (const batch of readRows()) {
    for (const row of batch) {
      index++;
      if ('issue' in row) {
        if (part === 0) yield toBadRead(row);
        continue;
      }
      const key = grouping.key(row.cells);
      const end = plan.last.get(key);
      if (end !== undefined) {
        if (partOf(key, plan.parts) !== part) continue;
        const group = held.get(key) ?? [];
        group.push(row);
        if (index < end) held.set(key, group);
        else {
          held.delete(key);
          for (const read of grouping.gather(group)) yield read;
        }
      } else if (part === 0) {
        const group = open.get(key);
        if (group) group.push(row);
        else if (key === '') yield toKeylessRead(row, grouping);
        else if (closed.has(key)) throw changedMeanwhile();
        else {
          open.set(key, [row]);
          if (open.size > openGroups) for (const read of closeOldest(open, closed, grouping)) yield read;
        }
      }
    }
  }
  if (held.size > 0) throw changedMeanwhile();
  for (const rows of open.values()) for (const read of grouping.gather(rows)) yield read;
}

const changedMeanwhile = (): SourceError =>
  new SourceError('csv_changed', 'The file changed while it was read.', {
    hint: 'Import it again when it is complete.',
  });

function partOf(key: string, parts: number): number {
  let sum = 0;
  for (let at = 0; at < key.length; at++) sum = (Math.imul(sum, 31) + key.charCodeAt(at)) >>> 0;
  return sum % parts;
}

const toBadRead = (row: BadRow): Read => ({
  kind: 'issue',
  issue: row.issue,
  record: row.record,
  records: 1,
});

function toKeylessRead(row: Row, { keyColumn }: Grouping): Read {
  if (row.cells.every((cell) => cell.trim() === '')) return { kind: 'skip', reason: 'blank row', records: 1 };
  return toIssueRead(row, {
    code: 'row_without_identity', field: keyColumn, value: '',
    message: `The column "${keyColumn}" is blank, so the row belongs to no product.`,
    hint: `Fill in "${keyColumn}".`,
  }); // prettier-ignore
}
