/** Rows of products that stand far apart in the file, in several readings of it; see grouping.ts. */
import { SourceError } from '../errors.ts';
import { createSeenSet, type SeenSet } from '../seen-set.ts';
import type { Read } from '../source.ts';
import type { BadRow, Grouping, Row } from './format.ts';
import { openGroups, toBadRead, toKeylessRead } from './grouping.ts';

/** Starts reading the data rows from the beginning, a batch at a time. */
export type ReadRows = () => AsyncIterable<(Row | BadRow)[]>;

/** Text of scattered rows held at once; strings and arrays take about three times as much. */
const maxHeldBytes = 64 * 1024 * 1024;

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
        if (open.size > openGroups) closeOldest(open, closed);
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
          if (open.size > openGroups) yield* grouping.gather(closeOldest(open, closed));
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

function closeOldest(open: Map<string, Row[]>, closed: SeenSet): Row[] {
  const [oldest] = open;
  if (!oldest) return [];
  open.delete(oldest[0]);
  closed.add(oldest[0]);
  return oldest[1];
}
