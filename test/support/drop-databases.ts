/** After all tests: leaves nothing of this run on the server of TEST_MONGODB_URI. */
import { MongoClient } from 'mongodb';
import { testDatabases } from './database.ts';

export default async function dropDatabases(): Promise<void> {
  const uri = process.env['TEST_MONGODB_URI'];
  if (!uri) return;
  const client = await MongoClient.connect(uri);
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    for (const { name } of databases)
      if (name.startsWith(testDatabases())) await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}
