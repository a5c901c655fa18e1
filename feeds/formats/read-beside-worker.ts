/** The thread of read-beside.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { InputError } from '../../catalog/errors.ts';
import type { FeedFormat } from '../build-feed.ts';
import { openFeed } from './read-back.ts';
import { unreadable } from './scanner.ts';

export interface ReaderInput {
  path: string;
  format: FeedFormat;
}
export type ToReader = { written: number } | { complete: number };
export type FromReader = { items: number } | { code: string; message: string };

const { path, format } = workerData as ReaderInput;
const answer = (message: FromReader): void => parentPort?.postMessage(message);
const opened = openFeed(path, format);
let work: Promise<void> = opened.then(() => undefined);

parentPort?.on('message', (message: ToReader) => {
  work = work.then(() => readOn(message));
  work.catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    answer({ code: error.code, message: error.message });
  });
});

async function readOn(message: ToReader): Promise<void> {
  const reader = await opened;
  if ('written' in message) return reader.read(message.written);
  // One byte more than was written would be somebody else's.
  await reader.read(message.complete + 1);
  if (reader.at !== message.complete)
    throw unreadable(`it has ${reader.at} bytes instead of ${message.complete}`);
  answer({ items: reader.end() });
}
