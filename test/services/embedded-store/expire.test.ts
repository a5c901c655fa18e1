import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { createCollection, createIndex } from '../../../services/embedded-store/collections.ts';
import { encode } from '../../../services/embedded-store/bson-bytes.ts';
import { insertDoc } from '../../../services/embedded-store/documents.ts';
import { expireDocs } from '../../../services/embedded-store/expire.ts';
import { createStoreServer } from '../../../services/embedded-store/server.ts';
import { closeStorage, openStorage, write } from '../../../services/embedded-store/storage.ts';

test('removes the documents whose time is over, and no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'expire-'));
  const storage = openStorage(folder);
  const now = Date.UTC(2026, 0, 1);
  const collection = write(storage, () => createCollection(storage, 'a.sessions'));
  createIndex(storage, collection, { v: 2, key: { at: 1 }, name: 'at_1', expireAfterSeconds: 60 });
  const rows = [
    new Date(now - 61_000),
    new Date(now - 59_000),
    [new Date(now), new Date(now - 90_000)],
    'text',
    null,
    5,
  ];
  write(storage, () => rows.forEach((at, _id) => insertDoc(storage, collection, encode({ _id, at }), _id)));
  write(storage, () => {
    for (let _id = 100; _id < 2600; _id++)
      insertDoc(storage, collection, encode({ _id, at: new Date(0) }), _id);
  });
  expect(expireDocs(storage, now)).toBe(2502);
  expect(expireDocs(storage, now)).toBe(0);
  expect(collection.count).toBe(4);
  await closeStorage(storage);
  rmSync(folder, { recursive: true });
});

test('what cannot be removed now, as on a full disk, is removed the next time, and the store goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'expire-'));
  const storage = openStorage(folder);
  const collection = write(storage, () => createCollection(storage, 'a.sessions'));
  createIndex(storage, collection, { v: 2, key: { at: 1 }, name: 'at_1', expireAfterSeconds: 60 });
  write(storage, () => insertDoc(storage, collection, encode({ _id: 1, at: new Date(0) }), 1));
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  try {
    const server = createStoreServer(storage);
    server.begin();
    const disk = jest.spyOn(storage.db, 'transactionSync').mockImplementation(() => {
      throw new Error('No space left on device');
    });
    jest.advanceTimersByTime(61_000);
    expect(disk).toHaveBeenCalled();
    expect(collection.count).toBe(1);
    disk.mockRestore();
    jest.advanceTimersByTime(60_000);
    expect(storage.collections.get('a.sessions')?.count).toBe(0);
    jest.clearAllTimers();
  } finally {
    jest.useRealTimers();
  }
  await closeStorage(storage);
  rmSync(folder, { recursive: true });
});
