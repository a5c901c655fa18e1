import { afterAll, beforeAll, expect, test } from '@jest/globals';
import MongoStore from 'connect-mongo';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { openTestStore, type TestStore } from './support/open-store.ts';

let opened: TestStore;
beforeAll(async () => void (opened = await openTestStore()));
afterAll(() => opened.close());

test('keeps the sessions of express-session by connect-mongo', async () => {
  const store = MongoStore.create({ client: opened.client, dbName: 'web', ttl: 60 });
  const app = express();
  app.use(session({ secret: 'for this test', resave: false, saveUninitialized: true, store }));
  app.get('/', (req, res) => {
    const seen = req.session as unknown as { visits?: number };
    seen.visits = (seen.visits ?? 0) + 1;
    res.json({ visits: seen.visits });
  });
  const agent = request.agent(app);
  expect((await agent.get('/')).body).toEqual({ visits: 1 });
  expect((await agent.get('/')).body).toEqual({ visits: 2 });
  const [index] = (await opened.client.db('web').collection('sessions').indexes()).slice(1);
  expect(index).toMatchObject({ key: { expires: 1 }, expireAfterSeconds: 0 });
  await store.close();
});
