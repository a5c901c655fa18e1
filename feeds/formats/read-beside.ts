/** Reads a feed back while it is still being written: a large one on a thread of its own, so that both cores work. */
import { Worker } from 'node:worker_threads';
import { InputError } from '../../catalog/errors.ts';
import type { FeedFormat } from '../build-feed.ts';
import { readBack } from './read-back.ts';
import type { FromReader, ReaderInput, ToReader } from './read-beside-worker.ts';

/** A smaller feed is read in less time than a thread takes to start. */
const threadFrom = 8 * 1024 * 1024;
/** Each message wakes the thread. */
const tellEach = 2 * 1024 * 1024;

export interface BesideReader {
  /** So many bytes of the file are written. */
  written(bytes: number): void;
  /** The file is complete: the number of its items. Throws `InputError` where it is not well formed. */
  end(bytes: number): Promise<number>;
  /** Ends the reading, complete or not. */
  stop(): Promise<void>;
}

export function readBeside(path: string, format: FeedFormat): BesideReader {
  let worker: Worker | undefined;
  let outcome: Promise<number> | undefined;
  let told = 0;
  const tell = (message: ToReader): void => worker?.postMessage(message);

  function start(): void {
    const workerData: ReaderInput = { path, format };
    const started = new Worker(new URL('./read-beside-worker.ts', import.meta.url), { workerData });
    worker = started;
    outcome = new Promise((resolve, reject) => {
      started.on('message', (message: FromReader) => {
        if ('items' in message) resolve(message.items);
        else reject(new InputError(message.code, message.message));
      });
      started.on('error', reject);
      started.on('exit', () => reject(new Error('the thread that reads the feed back has ended')));
    });
    // A failure is met in `end`; until then it must not count as unhandled.
    outcome.catch(() => undefined);
  }

  return {
    written(bytes) {
      if (bytes - told < (worker ? tellEach : threadFrom)) return;
      if (!worker) start();
      told = bytes;
      tell({ written: bytes });
    },
    async end(bytes) {
      if (!outcome) return readBack(path, format);
      tell({ complete: bytes });
      return outcome;
    },
    async stop() {
      await worker?.terminate();
    },
  };
}
