import crc32c from 'crc-32/crc32c.js';
import { decodeValue, eachElement, encode, type Doc } from './bson-bytes.ts';
import type { Page } from './cursors.ts';

/**
 * MongoDB's wire protocol (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/): OP_MSG, and
 * OP_QUERY with OP_REPLY for the first handshake of older drivers. Compression is not offered.
 */
export const MAX_MESSAGE_BYTES = 48_000_000;
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM = 1;
const MORE_TO_COME = 2;

/** A command as it came in. Documents to write are left as the bytes they are. */
export type Request = {
  id: number;
  op: number;
  name: string;
  db: string;
  body: Doc;
  rows: { [field: string]: Buffer[] };
  wantsReply: boolean;
};

/** Arguments that hold documents (in the body, or as a sequence of their own) and are not decoded here. */
const ROW_FIELDS = new Set(['documents', 'updates', 'deletes']);

export function parseMessage(message: Buffer): Request {
  const id = message.readInt32LE(4);
  const op = message.readInt32LE(12);
  if (op === OP_QUERY) return parseQuery(message, id);
  if (op !== OP_MSG) throw new RangeError(`unsupported operation ${op}`);
  const flags = message.readUInt32LE(16);
  if (flags & 0xffff & ~(CHECKSUM | MORE_TO_COME)) throw new RangeError('unknown required flag');
  const end = message.length - (flags & CHECKSUM ? 4 : 0);
  if (flags & CHECKSUM && crc32c.buf(message.subarray(0, end)) !== message.readInt32LE(end))
    throw new RangeError('the checksum does not match the message');
  const request: Request = {
    id,
    op,
    name: '',
    db: 'admin',
    body: {},
    rows: {},
    wantsReply: (flags & MORE_TO_COME) === 0,
  };
  let at = 20;
  while (at < end) {
    const kind = message[at];
    at += 1;
    const length = message.readInt32LE(at);
    if (length < 5 || at + length > end) throw new RangeError('section out of bounds');
    if (kind === 0) readBody(message, at, request);
    else if (kind === 1) readSequence(message, at, at + length, request);
    else throw new RangeError(`unknown section kind ${kind}`);
    at += length;
  }
  return request;
}

function readBody(message: Buffer, at: number, request: Request): void {
  for (const { type, name, value } of eachElement(message, at)) {
    if (request.name === '') request.name = name;
    if (type === 0x04 && ROW_FIELDS.has(name)) {
      request.rows[name] = [...eachElement(message, value)].map((row) =>
        message.subarray(row.value, row.end),
      );
    } else request.body[name] = decodeValue(type, message, value);
  }
  if (typeof request.body['$db'] === 'string') request.db = request.body['$db'];
}

function readSequence(message: Buffer, start: number, end: number, request: Request): void {
  const nameEnd = message.indexOf(0, start + 4);
  const rows: Buffer[] = [];
  for (let at = nameEnd + 1; at < end;) {
    const length = message.readInt32LE(at);
    if (length < 5 || at + length > end) throw new RangeError('document out of bounds');
    rows.push(message.subarray(at, at + length));
    at += length;
  }
  request.rows[message.toString('utf8', start + 4, nameEnd)] = rows;
}

function parseQuery(message: Buffer, id: number): Request {
  const nameEnd = message.indexOf(0, 20);
  const request: Request = { id, op: OP_QUERY, name: '', db: 'admin', body: {}, rows: {}, wantsReply: true };
  readBody(message, nameEnd + 9, request);
  return request;
}

let nextId = 1;

/** The head of a reply, to be sent before its body. */
export function toReplyHead({ id, op }: Pick<Request, 'id' | 'op'>, body: Buffer): Buffer {
  const head = Buffer.alloc(op === OP_QUERY ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(nextId++ & 0x7fffffff, 4);
  head.writeInt32LE(id, 8);
  head.writeInt32LE(op === OP_QUERY ? OP_REPLY : OP_MSG, 12);
  if (op === OP_QUERY) {
    head.writeInt32LE(8, 16); // AwaitCapable
    head.writeInt32LE(1, 32);
  }
  return head;
}

/** A command on its way to a server. */
export function toMessage(body: Buffer): Buffer {
  const head = toReplyHead({ id: 0, op: OP_MSG }, body);
  return Buffer.concat([head, body]);
}

const OK_TAIL = encode({ ok: 1 }).subarray(4);

/** The reply of find, aggregate and getMore; rows are put in as the bytes they were stored as. */
export function encodePage({ key, id, ns, rows }: Page): Buffer {
  const tail = encode({ id, ns }).subarray(4);
  let batchBytes = 5;
  for (let i = 0; i < rows.length; i++) batchBytes += 2 + String(i).length + (rows[i] as Buffer).length;
  const cursorBytes = 4 + 1 + key.length + 1 + batchBytes + tail.length;
  const page = Buffer.allocUnsafe(4 + 8 + cursorBytes + OK_TAIL.length);
  page.writeInt32LE(page.length, 0);
  let at = 4 + page.write('\x03cursor\0', 4, 'latin1');
  page.writeInt32LE(cursorBytes, at);
  at += 4;
  at += page.write(`\x04${key}\0`, at, 'latin1');
  page.writeInt32LE(batchBytes, at);
  at += 4;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Buffer;
    page[at++] = 3;
    at += page.write(`${i}\0`, at, 'latin1');
    page.set(row, at);
    at += row.length;
  }
  page[at++] = 0;
  page.set(tail, at);
  page.set(OK_TAIL, at + tail.length);
  return page;
}
