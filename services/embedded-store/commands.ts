import { aggregate } from './aggregate.ts';
import type { Doc } from './bson-bytes.ts';
import * as admin from './commands-admin.ts';
import * as read from './commands-read.ts';
import * as writes from './commands-write.ts';
import type { Cursors, Page } from './cursors.ts';
import { CommandError } from './errors.ts';
import type { Collection, Storage } from './records.ts';
import type { Request } from './wire.ts';

/** One command with all it works on. */
export type Call = Request & {
  ns: string;
  storage: Storage;
  cursors: Cursors;
  connectionId: number;
  createIndexes: (collection: Collection, specs: readonly Doc[]) => void;
};
/** `alone`: it makes transactions of its own, one after the other, because one would be too large. */
type Kind = 'read' | 'write' | 'alone';
type Command = { run: (call: Call) => Doc | Page; kind: Kind };

const reads = (run: Command['run']): Command => ({ run, kind: 'read' });
const changes = (run: Command['run']): Command => ({ run, kind: 'write' });
const accepted = reads(() => ({ ok: 1 }));

const COMMANDS: { [name: string]: Command } = {
  hello: reads(admin.hello),
  isMaster: reads(admin.hello),
  ismaster: reads(admin.hello),
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
  explain: reads(admin.explain),
  listCollections: reads(admin.listCollections),
  listDatabases: reads(admin.listDatabases),
  listIndexes: reads(admin.listIndexes),
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
  createIndexes: { run: admin.createIndexes, kind: 'alone' },
  dropIndexes: changes(admin.dropIndexes),
};

export const findCommand = (name: string): Command => {
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

export function runCommand(call: Omit<Call, 'ns' | 'createIndexes'>): Doc | Page {
  const { body, db, name } = call;
  if (body['txnNumber'] !== undefined || body['startTransaction'] !== undefined)
    throw new CommandError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    );
  const target = body[name];
  const collection = name === 'getMore' ? body['collection'] : target;
  const createIndexes = (to: Collection, specs: readonly Doc[]) => admin.addIndexes(call, to, specs);
  return findCommand(name).run({ ...call, ns: `${db}.${String(collection)}`, createIndexes });
}
