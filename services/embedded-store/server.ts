import { createServer, type Server, type Socket } from 'node:net';
import { encode, type Doc } from './bson-bytes.ts';
import { kindOf, runCommand } from './commands.ts';
import { closeIdleCursors, createCursors, type Cursors, type Page } from './cursors.ts';
import { CommandError, toErrorFields } from './errors.ts';
import { toProof } from './address.ts';
import { toLogin, type Conversation, type Login } from './login.ts';
import { expireDocs } from './expire.ts';
import { emptyTrash } from './collections.ts';
import type { Storage } from './records.ts';
import { writeInPortions } from './storage.ts';
import { encodePage, MAX_MESSAGE_BYTES, parseMessage, toReplyHead, type Request } from './wire.ts';

/**
 * Answers commands. Reads are answered as they come; writes wait until all that has arrived is read, and are then
 * done in one transaction with one flush to disk, after which all are answered (group commit).
 */
export type StoreServer = {
  server: Server;
  /** Lets nobody in but who knows the password. */
  protect: (password: string) => void;
  /** Starts what a server does by itself; only the one that serves may. */
  begin: () => void;
  /** Does what has been asked, then calls `onQuiet`, then lets go of all connections. */
  stop: (onQuiet: () => void) => Promise<void>;
};

type Connection = { id: number; socket: Socket; waiting: number } & Conversation;
type Waiting = { connection: Connection; request: Request; reply: Buffer | undefined };
type State = {
  storage: Storage;
  cursors: Cursors;
  queue: Waiting[];
  isScheduled: boolean;
  lastConnection: number;
  login: Login | undefined;
};

const HOUSEKEEPING_MS = 60_000;
const TRASH_MS = 250;
const TRASH_CHUNK = 2_000;

export function createStoreServer(storage: Storage): StoreServer {
  const state: State = {
    storage,
    cursors: createCursors(),
    queue: [],
    isScheduled: false,
    lastConnection: 0,
    login: undefined,
  };
  const sockets = new Set<Socket>();
  const timers: NodeJS.Timeout[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const connection = { id: ++state.lastConnection, socket, waiting: 0, isIn: false };
    readMessages(socket, (message) => receive(state, connection, message));
  });
  return {
    server,
    protect(password) {
      state.login = toLogin(password, toProof(password));
    },
    begin() {
      timers.push(
        every(HOUSEKEEPING_MS, () => closeIdleCursors(state.cursors)),
        every(HOUSEKEEPING_MS, () => expireDocs(storage)),
        every(TRASH_MS, () => emptyTrash(storage, TRASH_CHUNK)),
      );
    },
    async stop(onQuiet) {
      timers.forEach(clearInterval);
      flush(state);
      onQuiet();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.end().destroySoon();
      await closed;
    },
  };
}

/** What a server does by itself waits for its next turn where it cannot be done, as on a full disk: nobody is there to catch it. */
function every(ms: number, work: () => unknown): NodeJS.Timeout {
  let hasFailed = false;
  return setInterval(() => {
    try {
      work();
      hasFailed = false;
    } catch (error) {
      if (!hasFailed)
        process.emitWarning(`the embedded store could not tidy up, and tries again: ${String(error)}`);
      hasFailed = true;
    }
  }, ms);
}

/** Cuts a stream into messages by the length each begins with. */
function readMessages(socket: Socket, receiveMessage: (message: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = 4;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < wanted) return;
    let bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, size);
    wanted = 4;
    while (bytes.length >= 4) {
      const length = bytes.readInt32LE(0);
      if (length < 16 || length > MAX_MESSAGE_BYTES) {
        socket.destroy();
        return;
      }
      if (bytes.length < length) {
        wanted = length;
        break;
      }
      const message = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      try {
        receiveMessage(message);
      } catch {
        socket.destroy(); // not the protocol: nothing after it can be understood
        return;
      }
    }
    chunks = bytes.length === 0 ? [] : [bytes];
    size = bytes.length;
  });
}

function receive(state: State, connection: Connection, message: Buffer): void {
  const request = parseMessage(message);
  // what follows a waiting write on the same connection waits behind it, so that order is kept
  if (connection.waiting === 0 && kindOf(request) === 'read') {
    send(connection, request, answerAtOnce(state, connection, request));
    return;
  }
  connection.waiting += 1;
  state.queue.push({ connection, request, reply: undefined });
  schedule(state);
}

function schedule(state: State): void {
  if (state.isScheduled) return;
  state.isScheduled = true;
  setImmediate(() => flush(state));
}

function flush(state: State): void {
  state.isScheduled = false;
  const group = state.queue.splice(0);
  if (group.length === 0) return;
  if (group.some(({ request }) => kindOf(request) === 'alone'))
    for (const each of group) {
      if (kindOf(each.request) === 'write') answerTogether(state, [each]);
      else each.reply = answerAtOnce(state, each.connection, each.request);
    }
  else answerTogether(state, group);
  for (const { connection, request, reply } of group) {
    connection.waiting -= 1;
    send(connection, request, reply as Buffer);
  }
}

function answerAtOnce(state: State, connection: Connection, request: Request): Buffer {
  try {
    const steps = answerInSteps(state, connection, request);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  } catch (error) {
    return toError(error);
  }
}

/**
 * All commands in one transaction, or, if they are very many changes, in a few. If something fails that is not one
 * statement's error, as a full disk, each command whose changes are undone is tried by itself and finds its own fate;
 * one that was done in part before stays so, and says that it failed.
 */
function answerTogether(state: State, group: readonly Waiting[]): void {
  let begun = 0;
  let settled = 0;
  let partly = group.length === 1 ? group[0] : undefined;
  function* steps() {
    for (const each of group) {
      begun += 1;
      each.reply = yield* answerInSteps(state, each.connection, each.request);
    }
  }
  try {
    writeInPortions(state.storage, steps(), () => {
      settled = group.filter(({ reply }) => reply !== undefined).length;
      if (begun > settled) partly = group[settled];
    });
  } catch (error) {
    for (const each of group.slice(settled)) {
      if (each === partly) each.reply = toError(error);
      else answerTogether(state, [each]);
    }
  }
}

function send({ socket }: Connection, request: Request, body: Buffer): void {
  if (!request.wantsReply || socket.destroyed) return;
  socket.cork();
  socket.write(toReplyHead(request, body));
  socket.write(body);
  socket.uncork();
}

function* answerInSteps(state: State, connection: Connection, request: Request): Generator<void, Buffer> {
  try {
    const { storage, cursors, login } = state;
    const running = runCommand({ ...request, storage, cursors, connection, login });
    const result = isInSteps(running) ? yield* running : running;
    return isPage(result) ? encodePage(result) : encode(result);
  } catch (error) {
    const known = toKnownError(error);
    if (known === undefined) throw error;
    return encode(toErrorReply(known));
  }
}

const isInSteps = <T extends object>(result: Doc | Page | T): result is T => Symbol.iterator in result;
const isPage = (result: Doc | Page): result is Page => Array.isArray((result as Page).rows);
const toError = (error: unknown) => encode(toErrorReply(toCommandError(error)));
const toErrorReply = (error: CommandError): Doc => ({ ok: 0, ...toErrorFields(error) });

/** Errors of one command; undefined for what means that the transaction itself is no good. */
function toKnownError(error: unknown): CommandError | undefined {
  if (error instanceof CommandError) return error;
  const { name, message } = error as Error;
  if (name !== 'MingoError' && (error as Error).constructor.name !== 'MingoError') return undefined;
  const [, what, operator = ''] =
    /^(accumulator|unregistered pipeline operator) '?(\$\w*)'?( is not registered)?\.$/.exec(message) ?? [];
  if (what === undefined) return new CommandError('BadValue', message);
  return what === 'accumulator'
    ? new CommandError('InvalidPipelineOperator', `Unrecognized expression '${operator}'`)
    : new CommandError('Location40324', `Unrecognized pipeline stage name: '${operator}'`);
}

function toCommandError(error: unknown): CommandError {
  const message = error instanceof Error ? error.message : String(error);
  if (/MDB_MAP_FULL|No space left|ENOSPC|Input\/output error/.test(message))
    return new CommandError(
      'OutOfDiskSpace',
      `the data could not be written, the disk is full or failing: ${message}`,
    );
  return new CommandError('InternalError', message);
}
