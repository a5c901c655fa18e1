/** The connection to MongoDB: the one given, or the embedded store in the data folder. */
import { join } from 'node:path';
import mongoose from 'mongoose';
import { ConfigError } from '../catalog/errors.ts';
import { wakeWritersOfClosedSockets } from './closed-sockets.ts';
import { startEmbeddedStore, type EmbeddedStore } from './embedded-store/start.ts';

export interface Database {
  connection: mongoose.Connection;
  /** What serves, for people: never with credentials. */
  kind: 'embedded store' | 'MongoDB';
  stop(): Promise<void>;
}

/** Of every connection of ours. Texts that we wrote ourselves need not be proved to be UTF-8 again: a tenth of the time of a feed. */
export const connectionOptions = {
  serverSelectionTimeoutMS: 10_000,
  ignoreUndefined: true,
  enableUtf8Validation: false,
} as const;

export async function openDatabase(uri: string | undefined, dataFolder: string): Promise<Database> {
  const embedded = uri === undefined ? await openEmbedded(join(dataFolder, 'store')) : undefined;
  const letGo = wakeWritersOfClosedSockets();
  const connection = mongoose.createConnection(embedded?.uri ?? uri ?? '', {
    ...(embedded ? { dbName: 'shelfcast' } : {}),
    ...connectionOptions,
  });
  try {
    await connection.asPromise();
  } catch (cause) {
    letGo();
    await embedded?.stop();
    throw new ConfigError('database_unreachable', 'The database at MONGODB_URI cannot be reached.', {
      hint: 'Check the address, or leave MONGODB_URI out to use the embedded store.',
      cause,
    });
  }
  return {
    connection,
    kind: embedded ? 'embedded store' : 'MongoDB',
    async stop() {
      await connection.close();
      letGo();
      await embedded?.stop();
    },
  };
}

/** A full disk, a folder without rights, a file of another format: the store says which. */
async function openEmbedded(folder: string): Promise<EmbeddedStore> {
  try {
    return await startEmbeddedStore(folder);
  } catch (cause) {
    throw new ConfigError('data_folder_unusable', cause instanceof Error ? cause.message : String(cause), {
      hint: 'Mend what it says, or set DATA_DIR to another folder. What is stored stays as it is.',
      cause,
    });
  }
}
