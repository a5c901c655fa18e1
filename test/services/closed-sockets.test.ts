import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase, type Database } from '../../services/database.ts';
import { testDatabase } from '../support/database.ts';

let folder: string;
let database: Database;
const sockets = new Set<Socket>();
const note = (message: unknown): void => {
  const { socket } = message as { socket: Socket };
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
};

beforeAll(async () => {
  subscribe('net.client.socket', note);
  folder = await mkdtemp(join(tmpdir(), 'closed-'));
  database = await openDatabase(testDatabase(), folder);
});
afterAll(async () => {
  unsubscribe('net.client.socket', note);
  await database.stop();
  await rm(folder, { recursive: true });
});

/** As when the other side goes between the driver's look at its connection and its write. */
function closeAtNextWrite(socket: Socket): void {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  socket.write = (...given: unknown[]) => {
    socket.destroy();
    return write(...given);
  };
}

test('a command whose connection is closed while it is written fails, and the next one is answered', async () => {
  const things = database.connection.collection<{ _id: number }>('things');
  await things.insertOne({ _id: 1 });
  for (let round = 0; round < 3; round++) {
    // all that are there: those of commands, and the one that watches the server
    for (const socket of sockets) closeAtNextWrite(socket);
    // the driver reads once more by itself, over another connection
    expect(await things.findOne({ _id: 1 })).toEqual({ _id: 1 });
    for (const socket of sockets) closeAtNextWrite(socket);
    const writing = things.updateOne({ _id: 1 }, { $set: { round } });
    await expect(writing).rejects.toThrow(/closed/);
  }
  expect(await things.countDocuments()).toBe(1);
}, 60_000);
