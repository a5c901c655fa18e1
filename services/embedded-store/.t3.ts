import { startEmbeddedStore } from './start.ts';
import { MongoClient } from 'mongodb';
import fs from 'node:fs';
const folder = process.argv[2]!;
const s = await startEmbeddedStore(folder);
const c = await MongoClient.connect(s.uri);
const col = c.db('t').collection('c');
await col.createIndex({ n: 1 });
let acked = 0;
try {
  for (let b = 0; b < 100; b++) {
    await col.insertMany(
      Array.from({ length: 1000 }, (_, i) => ({ _id: (b * 1000 + i) as any, n: i, t: 'x'.repeat(1000) })),
    );
    acked += 1000;
  }
} catch (e: any) {
  console.log(e.constructor.name, e.code, e.codeName, e.message);
}
console.log('acked', acked, await col.countDocuments(), (await col.find().toArray()).length);
console.log(await c.db('t').command({ validate: 'c' }));
try {
  console.log(await col.deleteMany({ _id: { $lt: (acked / 2) as any } }));
} catch (e: any) {
  console.log('del', e.message);
}
try {
  console.log(await col.insertOne({ _id: 'x' as any }));
} catch (e: any) {
  console.log('ins', e.message);
}
console.log(await c.db('t').command({ validate: 'c' }));
await c.close();
await s.stop();
