import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { startEmbeddedStore, type EmbeddedStore } from '../../../services/embedded-store/start.ts';

let folder: string;
let store: EmbeddedStore | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'loopback-'))));
afterEach(async () => {
  await store?.stop();
  store = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function ask<T>(uri: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
const count = (client: MongoClient) => client.db('shop').collection('docs').countDocuments();
const write = (client: MongoClient) => client.db('shop').collection('docs').insertOne({});

test('serves at 127.0.0.1, and lets in who knows the password', async () => {
  store = await startEmbeddedStore(folder, { transport: 'loopback' });
  const { uri } = store;
  expect(new URL(uri).hostname).toBe('127.0.0.1');
  expect(statSync(join(folder, 'store.address')).mode & 0o777).toBe(0o600);
  expect(existsSync(join(folder, 'store.sock'))).toBe(false);
  await ask(uri, write);
  expect(await ask(uri, count)).toBe(1);
});

test('keeps out who knows no password, or a wrong one, or another way to log in', async () => {
  store = await startEmbeddedStore(folder, { transport: 'loopback' });
  const { uri } = store;
  const none = uri.replace(/\/\/.*@/, '//').replace(/&auth.*/, '');
  await expect(ask(none, count)).rejects.toMatchObject({ code: 13, codeName: 'Unauthorized' });
  for (const wrong of [uri.replace(/:[^:@]*@/, ':guess@'), uri.replace('//shelfcast:', '//other:')])
    await expect(ask(wrong, count)).rejects.toMatchObject({ code: 18, codeName: 'AuthenticationFailed' });
  await expect(ask(uri.replace('SHA-256', 'SHA-1'), count)).rejects.toMatchObject({ code: 2 });
});

test('is found by the other processes of its folder, of which one takes over under the same address', async () => {
  const script = join(import.meta.dirname, 'support', 'serve.ts');
  const first = spawn(process.execPath, [script, folder, 'loopback'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(first.stdout, 'data');
  store = await startEmbeddedStore(folder, { transport: 'loopback' });
  const { uri } = store;
  await ask(uri, write);
  const client = await MongoClient.connect(uri);
  first.kill('SIGKILL');
  await once(first, 'exit');
  let found = 0;
  for (let attempt = 0; attempt < 50 && found === 0; attempt++) found = await count(client).catch(() => 0);
  await client.close();
  expect(found).toBe(1);
});

test('does not take another program at its old port for the store', async () => {
  const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  writeFileSync(join(folder, 'store.address'), JSON.stringify({ port, password: 'of-before' }));
  store = await startEmbeddedStore(folder, { transport: 'loopback' });
  expect(new URL(store.uri).port).not.toBe(String(port));
  expect(await ask(store.uri, count)).toBe(0);
  other.close();
});
