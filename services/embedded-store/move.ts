import { MongoClient, type Collection, type Document, type IndexDescription } from 'mongodb';

/** One collection moved: how many documents and indexes of its own it has on both sides. */
export type MovedCollection = { namespace: string; documents: number; indexes: number };
export type MoveProgress = { namespace: string; done: number; of: number };

const BATCH = 1000;
/** Databases that belong to a server itself. */
const SYSTEM = new Set(['admin', 'config', 'local']);
/** Types stay as they are: a Long is not made a number on its way. */
const TYPED = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/**
 * Copies all collections with their indexes from one server to another and compares the counts. Into `empty`, the
 * default, no collection may hold a document yet; into `replaced`, what is there is dropped first.
 */
export async function moveData(
  fromUri: string,
  toUri: string,
  onProgress: (progress: MoveProgress) => void = () => undefined,
  into: 'empty' | 'replaced' = 'empty',
): Promise<MovedCollection[]> {
  const [from, to] = await Promise.all([
    MongoClient.connect(fromUri, TYPED),
    MongoClient.connect(toUri, TYPED),
  ]);
  try {
    const sources = await listCollections(from);
    if (into === 'replaced') for (const each of await listCollections(to)) await each.drop();
    const targets = sources.map((source) => to.db(source.dbName).collection(source.collectionName));
    for (const target of targets)
      if ((await target.countDocuments({}, { limit: 1 })) > 0)
        throw new Error(
          `${target.namespace} on the other server already holds documents; nothing was copied`,
        );
    const moved: MovedCollection[] = [];
    for (const [i, source] of sources.entries())
      moved.push(await moveCollection(source, targets[i]!, onProgress));
    return moved;
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

async function listCollections(client: MongoClient): Promise<Collection[]> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  const found: Collection[] = [];
  for (const { name } of databases) {
    if (SYSTEM.has(name)) continue;
    const db = client.db(name);
    for (const each of await db.listCollections({}, { nameOnly: true }).toArray())
      if (!each.name.startsWith('system.')) found.push(db.collection(each.name));
  }
  return found;
}

async function moveCollection(
  source: Collection,
  target: Collection,
  onProgress: (progress: MoveProgress) => void,
): Promise<MovedCollection> {
  const { namespace } = source;
  const of = await source.countDocuments();
  if (of === 0) await target.db.createCollection(target.collectionName);
  let batch: Document[] = [];
  let done = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    await target.insertMany(batch, { ordered: false });
    done += batch.length;
    batch = [];
    onProgress({ namespace, done, of });
  };
  for await (const doc of source.find()) {
    batch.push(doc);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  const indexes = await source.listIndexes().toArray();
  const own = indexes
    .filter(({ name }) => String(name) !== '_id_')
    .map(({ v: _, ns: __, ...spec }) => toDescription(spec));
  if (own.length > 0) await target.createIndexes(own);
  const [before, after] = [await source.countDocuments(), await target.countDocuments()].map(Number) as [
    number,
    number,
  ];
  if (before !== after)
    throw new Error(
      `${namespace} has ${before} documents here and ${after} on the other server; was it written to meanwhile? Run it again`,
    );
  return { namespace, documents: after, indexes: own.length };
}

/** Index directions come as typed numbers, and go as plain ones. */
const toDescription = (spec: Document) =>
  ({
    ...spec,
    key: Object.fromEntries(
      Object.entries(spec['key'] as Document).map(([path, way]) => [path, Number(way)]),
    ),
  }) as IndexDescription;
