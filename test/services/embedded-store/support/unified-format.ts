import { EJSON } from 'bson';
import { MongoClient, type Collection, type CommandStartedEvent, type Db, type Document } from 'mongodb';
import { match } from './unified-match.ts';

/**
 * Runs tests of MongoDB's unified test format, as far as the CRUD tests need it
 * (https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md).
 */
export type Verdict = { name: string; outcome: 'passed' | 'failed' | 'left out'; reason: string };
type Requirement = {
  minServerVersion?: string;
  maxServerVersion?: string;
  topologies?: string[];
  auth?: boolean;
};
type Operation = {
  name: string;
  object: string;
  arguments?: Document;
  expectResult?: unknown;
  expectError?: Document;
  saveResultAsEntity?: string;
};
type Test = {
  description: string;
  operations: Operation[];
  runOnRequirements?: Requirement[];
  skipReason?: string;
  expectEvents?: Document[];
  outcome?: Document[];
};
type TestFile = {
  description: string;
  createEntities: Document[];
  runOnRequirements?: Requirement[];
  initialData?: Document[];
  tests: Test[];
};

const SERVER_VERSION = '7.0.0';

/** What the issue says to leave out, by what the test's file or operations show. */
const LEFT_OUT: [test: (file: string, test: Test) => boolean, reason: string][] = [
  [(file) => file.includes('rawdata'), 'raw data (time series internals)'],
  [(file) => file.startsWith('client-bulkWrite'), 'the client-level bulkWrite command (MongoDB 8.0)'],
  [(file) => file.includes('collation'), 'collation'],
  [(_, test) => test.operations.some(({ name }) => name === 'failPoint'), 'server-side fail points'],
];

const toNumbers = (version: string) => version.split('.').map(Number);
function compareVersions(a: string, b: string): number {
  const [left, right] = [toNumbers(a), toNumbers(b)];
  for (let i = 0; i < 3; i++) {
    const order = (left[i] ?? 0) - (right[i] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function unmet(requirements: readonly Requirement[] | undefined): string | undefined {
  if (requirements === undefined || requirements.length === 0) return undefined;
  const reasons = requirements.map(({ minServerVersion: min, maxServerVersion: max, topologies }) => {
    if (min !== undefined && compareVersions(SERVER_VERSION, min) < 0)
      return `needs a server of ${min} or newer`;
    if (max !== undefined && compareVersions(SERVER_VERSION, max) > 0) return `is for servers up to ${max}`;
    if (topologies !== undefined && !topologies.includes('single')) return `needs ${topologies.join(' or ')}`;
    return undefined;
  });
  return reasons.includes(undefined) ? undefined : reasons[0];
}

export async function runFile(uri: string, file: string, text: string): Promise<Verdict[]> {
  const parsed = EJSON.parse(text, { relaxed: true }) as TestFile;
  const verdicts: Verdict[] = [];
  for (const test of parsed.tests) {
    const name = `${file}: ${test.description}`;
    const leftOut =
      LEFT_OUT.find(([applies]) => applies(file, test))?.[1] ??
      unmet(parsed.runOnRequirements) ??
      unmet(test.runOnRequirements) ??
      test.skipReason;
    if (leftOut !== undefined) verdicts.push({ name, outcome: 'left out', reason: leftOut });
    else {
      const reason = await runTest(uri, parsed, test).catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      );
      verdicts.push({ name, outcome: reason === undefined ? 'passed' : 'failed', reason: reason ?? '' });
    }
  }
  return verdicts;
}

type Entities = {
  clients: Map<string, MongoClient>;
  objects: Map<string, Db | Collection | MongoClient>;
  events: Map<string, CommandStartedEvent[]>;
};

async function runTest(uri: string, file: TestFile, test: Test): Promise<string | undefined> {
  const entities: Entities = { clients: new Map(), objects: new Map(), events: new Map() };
  const setup = await MongoClient.connect(uri);
  try {
    for (const { databaseName, collectionName, documents } of file.initialData ?? []) {
      const collection = setup.db(databaseName).collection(collectionName);
      await collection.drop();
      if (documents.length > 0) await collection.insertMany(documents);
      else await setup.db(databaseName).createCollection(collectionName);
    }
    for (const entity of file.createEntities) await createEntity(uri, entity, entities);
    for (const operation of test.operations) {
      const reason = await runOperation(operation, entities);
      if (reason !== undefined) return reason;
    }
    return (await checkOutcome(setup, test)) ?? checkEvents(test, entities);
  } finally {
    await Promise.all([...entities.clients.values(), setup].map((client) => client.close()));
  }
}

async function createEntity(
  uri: string,
  entity: Document,
  { clients, objects, events }: Entities,
): Promise<void> {
  const { client, database, collection } = entity;
  if (client !== undefined) {
    const created = new MongoClient(uri, { monitorCommands: true, ...client.uriOptions });
    const seen: CommandStartedEvent[] = [];
    const ignored = new Set(['hello', 'ismaster', ...(client.ignoreCommandMonitoringEvents ?? [])]);
    created.on('commandStarted', (event) => void (ignored.has(event.commandName) || seen.push(event)));
    await created.connect();
    clients.set(client.id, created);
    objects.set(client.id, created);
    events.set(client.id, seen);
  } else if (database !== undefined) {
    objects.set(
      database.id,
      clients.get(database.client)!.db(database.databaseName, database.databaseOptions),
    );
  } else if (collection !== undefined) {
    const db = objects.get(collection.database) as Db;
    objects.set(collection.id, db.collection(collection.collectionName, collection.collectionOptions ?? {}));
  } else throw new Error(`entity of unknown kind: ${Object.keys(entity).join()}`);
}

async function runOperation(operation: Operation, { objects }: Entities): Promise<string | undefined> {
  const target = objects.get(operation.object);
  const { expectError } = operation;
  let result: unknown;
  try {
    result = await call(operation.name, target, operation.arguments ?? {});
  } catch (error) {
    if (expectError === undefined) return `${operation.name} failed: ${String(error)}`;
    return checkError(expectError, error as Document);
  }
  if (expectError !== undefined) return `${operation.name} should have failed`;
  if ('expectResult' in operation) return match(operation.expectResult, result, 'result', true);
  return undefined;
}

function checkError(expected: Document, error: Document): string | undefined {
  const isServerError = error['code'] !== undefined || error['errorResponse'] !== undefined;
  if (expected['isClientError'] === true && isServerError)
    return `a client error was expected, got ${String(error)}`;
  if (expected['isClientError'] === false && !isServerError)
    return `a server error was expected, got ${String(error)}`;
  const contains = expected['errorContains'] as string | undefined;
  if (contains !== undefined && !String(error['message']).toLowerCase().includes(contains.toLowerCase()))
    return `"${String(error['message'])}" does not contain "${contains}"`;
  if (expected['errorCode'] !== undefined && error['code'] !== expected['errorCode'])
    return `code ${error['code']} instead of ${expected['errorCode']}`;
  if (expected['errorResponse'] !== undefined) {
    const reason = match(
      expected['errorResponse'],
      error['errorResponse'] ?? error['response'],
      'error response',
      true,
    );
    if (reason !== undefined) return reason;
  }
  if (expected['expectResult'] !== undefined)
    return match(expected['expectResult'], toPlainResult(error['result']), 'partial result', true);
  return undefined;
}

const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);

/** The driver's method for an operation of the format. */
async function call(name: string, target: unknown, args: Document): Promise<unknown> {
  const collection = target as Collection;
  const {
    filter,
    update,
    replacement,
    document,
    documents,
    requests,
    pipeline,
    fieldName,
    session: _,
    ...options
  } = args;
  if ('returnDocument' in options) options['returnDocument'] = lower(options['returnDocument']);
  switch (name) {
    case 'aggregate':
      return (target as Db).aggregate(pipeline, options).toArray();
    case 'bulkWrite':
      return toPlainResult(await collection.bulkWrite(requests, options));
    case 'count':
      return collection.count(filter, options);
    case 'countDocuments':
      return collection.countDocuments(filter, options);
    case 'estimatedDocumentCount':
      return collection.estimatedDocumentCount(options);
    case 'deleteOne':
    case 'deleteMany':
      return collection[name](filter, options);
    case 'findOneAndDelete':
      return collection.findOneAndDelete(filter, options);
    case 'distinct':
      return collection.distinct(fieldName, filter, options);
    case 'find':
      return collection.find(filter, options).toArray();
    case 'findOne':
      return collection.findOne(filter, options);
    case 'findOneAndReplace':
    case 'replaceOne':
      return collection[name](filter, replacement, options);
    case 'findOneAndUpdate':
    case 'updateOne':
    case 'updateMany':
      return toPlainResult(await collection[name](filter, update, options));
    case 'insertOne':
      return collection.insertOne(document, options);
    case 'insertMany':
      return collection.insertMany(documents, options);
    case 'createIndex':
      return collection.createIndex(args['keys'], { ...options, keys: undefined } as never);
    case 'dropCollection':
      return (target as Db).collection(args['collection']).drop();
    case 'createCollection':
      return (target as Db).createCollection(args['collection'], {
        ...options,
        collection: undefined,
      } as never);
    case 'modifyCollection':
      return (target as Db).command({ collMod: args['collection'], ...options, collection: undefined });
    default:
      throw new Error(`the runner has no operation ${name}`);
  }
}

/** Results of bulk writes hide their counts behind getters. */
function toPlainResult(result: unknown): unknown {
  if (result === null || typeof result !== 'object') return result;
  const {
    deletedCount,
    insertedCount,
    insertedIds,
    matchedCount,
    modifiedCount,
    upsertedCount,
    upsertedIds,
  } = result as Document;
  if (insertedCount === undefined) return result;
  return {
    deletedCount,
    insertedCount,
    insertedIds,
    matchedCount,
    modifiedCount,
    upsertedCount,
    upsertedIds,
  };
}

async function checkOutcome(client: MongoClient, { outcome = [] }: Test): Promise<string | undefined> {
  for (const { databaseName, collectionName, documents } of outcome) {
    const found = await client
      .db(databaseName)
      .collection(collectionName)
      .find({}, { sort: { _id: 1 } })
      .toArray();
    const reason = match(documents, found, `outcome of ${collectionName}`, false);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function checkEvents({ expectEvents = [] }: Test, { events }: Entities): string | undefined {
  for (const { client, events: expected } of expectEvents) {
    const seen = events.get(client) ?? [];
    if (seen.length !== expected.length && !expectEvents[0]?.['ignoreExtraEvents'])
      return `${seen.length} commands were sent, ${expected.length} expected`;
    for (const [i, event] of (expected as Document[]).entries()) {
      const { command, commandName, databaseName } = event['commandStartedEvent'];
      const actual = seen[i]!;
      const reason =
        (command === undefined ? undefined : match(command, actual.command, `command ${i}`, true)) ??
        (commandName === undefined
          ? undefined
          : match(commandName, actual.commandName, 'command name', true)) ??
        (databaseName === undefined
          ? undefined
          : match(databaseName, actual.databaseName, 'database name', true));
      if (reason !== undefined) return reason;
    }
  }
  return undefined;
}
