import { MongoBulkWriteError, MongoClient } from 'mongodb';
import { startEmbeddedStore } from '../../../../services/embedded-store/start.ts';

/** Writes until nothing fits any more, and prints what came of it. */
const store = await startEmbeddedStore(process.argv[2]!);
const client = await MongoClient.connect(store.uri);
const docs = client.db('test').collection<{ _id: number; n: number; text: string }>('docs');
await docs.createIndex({ n: 1 });
let acknowledged = 0;
let code: unknown;
while (code === undefined) {
  try {
    await docs.insertMany(
      Array.from({ length: 500 }, (_, i) => ({ _id: acknowledged + i, n: i, text: 'x'.repeat(1000) })),
    );
    acknowledged += 500;
  } catch (error) {
    code = (error as MongoBulkWriteError).code;
  }
}
const found = (await docs.find().toArray()).length;
const { valid } = await client.db('test').command({ validate: 'docs' });
await docs.deleteMany({ _id: { $gte: 0 } });
const afterDelete = await docs.insertOne({ _id: -1, n: 0, text: '' }).then(() => 'written', String);
console.log(JSON.stringify({ code, acknowledged, found, valid, afterDelete }));
await client.close();
await store.stop();
