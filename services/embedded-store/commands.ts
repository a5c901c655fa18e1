import { aggregate } from './aggregate.ts';
import type { Doc } from './bson-bytes.ts';
import * as admin from './commands-admin.ts';
import * as indexes from './commands-indexes.ts';
import * as read from './commands-read.ts';
import * as writes from './commands-write.ts';
import type { Cursors, Page } from './cursors.ts';
import { CommandError } from './errors.ts';
import { explain } from './explain.ts';
import { saslContinue, saslStart, type Conversation, type Login } from './login.ts';
import type { Collection, Storage } from './records.ts';
import type { Request } from './wire.ts';

/** One command with all it works on. */
export type Call = Request & {
  ns: string;
  storage: Storage;
  cursors: Cursors;
  connection: { id: number } & Conversation;
  /** Absent where the socket itself keeps others out. */
  login: Login | undefined;
  createIndexes: (collection: Collection, specs: readonly Doc[]) => void;
};
/** `alone`: it makes transactions of its own, one after the other, because one would be too large. */
type Kind = 'read' | 'write' | 'alone';
/** A write may come in steps, between which a transaction may end and another begin. */
type Command = { run: (call: Call) => Result | Generator<void, Result>; kind: Kind };
type Result = Doc | Page;

const reads = (run: Command['run']): Command => ({ run, kind: 'read' });
const changes = (run: Command['run']): Command => ({ run, kind: 'write' });
const accepted = reads(() => ({ ok: 1 }));
const logsIn = (step: typeof saslStart) =>
  reads(({ login, connection, body }) => {
    if (login === undefined) throw new CommandError('IllegalOperation', 'this store has no users');
    return step(login, connection, body);
  });
/** What a connection may ask before it has logged in, as of a MongoDB server. */
const OPEN_TO_ALL = new Set([
  'hello',
  'isMaster',
  'ismaster',
  'buildInfo',
  'buildinfo',
  'saslStart',
  'saslContinue',
]);

const COMMANDS: { [name: string]: Command } = {
  hello: reads(admin.hello),
  isMaster: reads(admin.hello),
  ismaster: reads(admin.hello),
  saslStart: logsIn(saslStart),
  saslContinue: logsIn(saslContinue),
  ping: accepted,
  endSessions: accepted,
  startSession: accepted,
  buildInfo: reads(admin.buildInfo),
  buildinfo: reads(admin.buildInfo),
  serverStatus: reads(admin.serverStatus),
  find: reads(read.find),
  getMore: reads(read.getMore),
  killCursors: reads(read.killCursors),
  count: reads(read.count),
  distinct: reads(read.distinct),
  aggregate: reads(aggregate),
  explain: reads(explain),
  listCollections: reads(admin.listCollections),
  listDatabases: reads(admin.listDatabases),
  listIndexes: reads(indexes.listIndexes),
  collStats: reads(admin.collStats),
  validate: reads(admin.validate),
  insert: changes(writes.insert),
  update: changes(writes.update),
  delete: changes(writes.remove),
  findAndModify: changes(writes.findAndModify),
  findandmodify: changes(writes.findAndModify),
  create: changes(admin.create),
  drop: changes(admin.drop),
  dropDatabase: changes(admin.dropDatabase),
  createIndexes: { run: indexes.createIndexes, kind: 'alone' },
  dropIndexes: changes(indexes.dropIndexes),
};

const findCommand = (name: string): Command => {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new CommandError('CommandNotFound', `no such command: '${name}'`);
  return command;
};

/** How a command is to be run; an unknown one is answered at once, with its error. */
export function kindOf({ name, body }: Request): Kind {
  if (name === 'aggregate')
    return Array.isArray(body['pipeline']) &&
      body['pipeline'].some((stage: Doc) => '$out' in stage || '$merge' in stage)
      ? 'write'
      : 'read';
  return Object.hasOwn(COMMANDS, name) ? (COMMANDS[name]?.kind ?? 'read') : 'read';
}

export function runCommand(call: Omit<Call, 'ns' | 'createIndexes'>): ReturnType<Command['run']> {
  const { body, db, name, login, connection } = call;
  const command = findCommand(name);
  if (login !== undefined && !connection.isIn && !OPEN_TO_ALL.has(name))
    throw new CommandError('Unauthorized', `Command ${name} requires authentication`);
  if (body['txnNumber'] !== undefined || body['startTransaction'] !== undefined)
    throw new CommandError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    );
  const target = body[name];
  const collection = name === 'getMore' ? body['collection'] : target;
  const createIndexes = (to: Collection, specs: readonly Doc[]) => indexes.addIndexes(call, to, specs);
  return command.run({ ...call, ns: `${db}.${String(collection)}`, createIndexes });
}
