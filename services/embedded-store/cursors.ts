import { CommandError } from './errors.ts';

/** Open cursors. One that nobody asks for ten minutes is closed, as on a MongoDB server. */
const IDLE_MS = 10 * 60_000;
/** A reply may hold 16 MB of documents, and a little for itself. */
const BATCH_BYTES = 16 * 1024 * 1024;
const FIRST_BATCH = 101;

export type Cursor = {
  ns: string;
  rows: Iterator<Buffer>;
  pending: Buffer | undefined;
  lastUsed: number;
  isTailing: boolean;
};
export type Cursors = { open: Map<bigint, Cursor>; nextId: bigint };

export const createCursors = (): Cursors => ({ open: new Map(), nextId: BigInt(Date.now()) << 10n });

export type Batch = { rows: Buffer[]; isDone: boolean };

/** Takes rows up to a count and up to what one reply may hold. */
function takeBatch(cursor: Cursor, size: number): Batch {
  const rows: Buffer[] = [];
  let bytes = 0;
  while (rows.length < size) {
    let row = cursor.pending;
    cursor.pending = undefined;
    if (row === undefined) {
      const next = cursor.rows.next();
      if (next.done === true) return { rows, isDone: true };
      row = next.value;
    }
    if (rows.length > 0 && bytes + row.length > BATCH_BYTES) {
      cursor.pending = row;
      return { rows, isDone: false };
    }
    rows.push(row);
    bytes += row.length + 8;
  }
  return { rows, isDone: false };
}

export type Page = { key: 'firstBatch' | 'nextBatch'; id: bigint; ns: string; rows: Buffer[] };

export function openCursor(
  cursors: Cursors,
  ns: string,
  rows: Iterator<Buffer>,
  batchSize: unknown,
  isSingle: boolean,
): Page {
  const cursor: Cursor = { ns, rows, pending: undefined, lastUsed: Date.now(), isTailing: false };
  const size = batchSize === undefined ? FIRST_BATCH : Number(batchSize);
  const batch = takeBatch(cursor, size);
  // one more row is looked for, so that a client whose batch held all is not sent for an empty one
  if (!batch.isDone && cursor.pending === undefined && size > 0 && !isSingle) {
    const next = rows.next();
    if (next.done === true) batch.isDone = true;
    else cursor.pending = next.value;
  }
  if (batch.isDone || isSingle) return { key: 'firstBatch', id: 0n, ns, rows: batch.rows };
  const id = ++cursors.nextId;
  cursors.open.set(id, cursor);
  return { key: 'firstBatch', id, ns, rows: batch.rows };
}

export function readCursor(cursors: Cursors, id: bigint, batchSize: unknown): Page {
  const cursor = cursors.open.get(id);
  if (cursor === undefined) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
  cursor.lastUsed = Date.now();
  let batch: Batch;
  try {
    batch = takeBatch(
      cursor,
      batchSize === undefined || Number(batchSize) === 0 ? Infinity : Number(batchSize),
    );
  } catch (error) {
    cursors.open.delete(id);
    throw error;
  }
  if (batch.isDone) cursors.open.delete(id);
  return { key: 'nextBatch', id: batch.isDone ? 0n : id, ns: cursor.ns, rows: batch.rows };
}

export function closeIdleCursors({ open }: Cursors): void {
  for (const [id, { lastUsed }] of open) if (Date.now() - lastUsed > IDLE_MS) open.delete(id);
}
