import { startEmbeddedStore } from './start.ts';
import { MongoClient } from 'mongodb';
try {
  const s = await startEmbeddedStore(process.argv[2]!);
  const c = await MongoClient.connect(s.uri);
  console.log('docs', (await c.db('t').collection('c').find().toArray()).length);
  await c.close();
  await s.stop();
} catch (e: any) {
  console.log('ERR', e.message);
}
