import { writeSync } from 'node:fs';
import { MongoClient } from 'mongodb';
import { startEmbeddedStore } from '../../../../services/embedded-store/start.ts';

/** Serves a folder, writes to it from four sides and says on stdout what was acknowledged, until it is killed. */
const [folder, round] = process.argv.slice(2) as [string, string];
const store = await startEmbeddedStore(folder);
const client = await MongoClient.connect(store.uri);
const docs = client
  .db('test')
  .collection<{ _id: string; value: number; tags?: string[]; code?: string; text?: string }>('docs');
await docs.createIndexes([
  { key: { value: 1 } },
  { key: { tags: 1, value: -1 } },
  { key: { code: 1 }, unique: true, sparse: true },
]);

// to the pipe before the next write begins: what is in the pipe survives this process
const say = (ids: string[], value: number) => writeSync(1, `${JSON.stringify({ ids, value })}\n`);
writeSync(1, 'ready\n');

async function writeForever(side: number): Promise<never> {
  for (let turn = 1; ; turn++) {
    const value = Number(round) * 1_000_000 + turn;
    const ids = Array.from({ length: 1 + ((turn * 7) % 40) }, (_, i) => `${side}-${(turn * 13 + i) % 300}`);
    const text = 'x'.repeat((turn * 97) % 3000);
    await docs.bulkWrite(
      ids.map((_id, i) => ({
        updateOne: {
          filter: { _id },
          update: { $set: { value, tags: [`t${turn % 5}`, `u${i % 3}`], code: `${_id}/${turn % 2}`, text } },
          upsert: true,
        },
      })),
    );
    say(ids, value);
    if (turn % 9 === 0) await docs.deleteOne({ _id: `gone-${side}` });
    if (turn % 5 === 0)
      await docs
        .insertOne({ _id: `${side}-${round}-${turn}`, value })
        .then(() => say([`${side}-${round}-${turn}`], value));
  }
}

await Promise.all([1, 2, 3, 4].map(writeForever));
