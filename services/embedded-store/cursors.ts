import { CommandError } from './errors.ts';

/** Open cursors. One that nobody asks for ten minutes is closed, as on a MongoDB server. */
const IDLE_MS = 10 * 60_000;
/**
 * How many bytes of documents a reply holds where the client sets no number: far less than the 16 MB allowed, so
 * that memory stays flat and the next batch can be read while the client works on this one.
 */
const BATCH_BYTES = 1024 * 1024;
/** What a first reply holds where the client sets no number, as MongoDB. */
const FIRST_BATCH = 101;

export type Cursor = {
  ns: string;
  rows: Iterator<Buffer>;
  ahead: Buffer[];
  isEnded: boolean;
  lastUsed: number;
};
export type Cursors = { open: Map<bigint, Cursor>; nextId: bigint };
export type Page = { key: 'firstBatch' | 'nextBatch'; id: bigint; ns: string; rows: Buffer[] };

export const createCursors = (): Cursors => ({
  open: new Map(),
  nextId: BigInt(Date.now()) << 10n,
});

/** Reads rows until there are so many, or so many bytes of them. */
function readAhead(cursor: Cursor, size: number): void {
  const { ahead } = cursor;
  let bytes = 0;
  for (const row of ahead) bytes += row.length;
  while (!cursor.isEnded && ahead.length < size && bytes < BATCH_BYTES) {
    const next = cursor.rows.next();
    if (next.done === true) cursor.isEnded = true;
    else {
      ahead.push(next.value);
      bytes += next.value.length;
    }
  }
}

/** The next rows of a cursor, and whether they are its last. */
function takeBatch(cursor: Cursor, size: number): { rows: Buffer[]; isLast: boolean } {
  readAhead(cursor, size);
  const rows = cursor.ahead.splice(0, size);
  // one more row is looked for, so that a client that has them all is not sent for an empty batch
  if (size > 0 && cursor.ahead.length === 0) readAhead(cursor, 1);
  return { rows, isLast: cursor.isEnded && cursor.ahead.length === 0 };
}

const toSize = (batchSize: unknown, otherwise: number) =>
  batchSize === undefined ? otherwise : Number(batchSize);

export function openCursor(
  cursors: Cursors,
  ns: string,
  rows: Iterator<Buffer>,
  batchSize: unknown,
  kind: 'single batch' | 'open' = 'open',
): Page {
  const cursor: Cursor = { ns, rows, ahead: [], isEnded: false, lastUsed: Date.now() };
  const batch = takeBatch(cursor, toSize(batchSize, FIRST_BATCH));
  const page: Page = { key: 'firstBatch', id: 0n, ns, rows: batch.rows };
  if (batch.isLast || kind === 'single batch') return page;
  page.id = ++cursors.nextId;
  cursors.open.set(page.id, cursor);
  return page;
}

export function readCursor(cursors: Cursors, id: bigint, batchSize: unknown): Page {
  const cursor = cursors.open.get(id);
  if (cursor === undefined) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
  cursor.lastUsed = Date.now();
  const size = toSize(batchSize, Infinity) || Infinity;
  try {
    const { rows, isLast } = takeBatch(cursor, size);
    if (isLast) cursors.open.delete(id);
    // while the client works on these rows, the next are read
    else setImmediate(() => cursors.open.has(id) && prepare(cursors, id, cursor, size));
    return { key: 'nextBatch', id: isLast ? 0n : id, ns: cursor.ns, rows };
  } catch (error) {
    cursors.open.delete(id);
    throw error;
  }
}

/** Reads ahead; an error is kept for the client to meet when it asks. */
function prepare(cursors: Cursors, id: bigint, cursor: Cursor, size: number): void {
  try {
    readAhead(cursor, size);
  } catch (error) {
    const next = (): never => {
      throw error;
    };
    cursors.open.set(id, { ...cursor, rows: { next } });
  }
}

export function closeIdleCursors({ open }: Cursors, now = Date.now()): void {
  for (const [id, { lastUsed }] of open) if (now - lastUsed > IDLE_MS) open.delete(id);
}
