import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { open } from 'lmdb';
import { checkDataFile, dataFile, flushFolder } from './data-file.ts';
import { moveData, type MoveProgress } from './move.ts';
import { findServer } from './address.ts';
import { startEmbeddedStore } from './serve.ts';

/** Copies a folder's data into one file, as it is at one moment, while it is in use or not. */
export async function backupStore(folder: string, file: string): Promise<void> {
  const data = dataFile(folder);
  if (!existsSync(data)) throw new Error(`there is no data in ${folder}`);
  checkDataFile(data);
  if (existsSync(file)) throw new Error(`${file} is there already; a backup never overwrites`);
  mkdirSync(dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  const db = open({ path: data, noSubdir: true, readOnly: true, keyEncoding: 'binary', encoding: 'binary' });
  try {
    await db.backup(partial, false); // a reader's snapshot: writers go on meanwhile
  } finally {
    await db.close();
  }
  await flushFile(partial);
  checkDataFile(partial);
  renameSync(partial, file);
  flushFolder(dirname(file));
}

async function flushFile(path: string): Promise<void> {
  const file = await openFile(path, 'r+');
  await file.sync();
  await file.close();
}

/**
 * Puts a backup in the place of a folder's data. If the folder is served at the moment, its collections are replaced
 * through the server that runs; otherwise its file is, in one step.
 */
export async function restoreStore(
  file: string,
  folder: string,
  onProgress: (progress: MoveProgress) => void = () => undefined,
): Promise<void> {
  if (!existsSync(file)) throw new Error(`there is no backup at ${file}`);
  checkDataFile(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const beside = mkdtempSync(join(realpathSync(folder), 'restore-'));
  try {
    copyFileSync(file, dataFile(beside));
    // opening it proves that this version can read it, before anything is replaced
    const restored = await startEmbeddedStore(beside);
    const served = await findServer(realpathSync(folder));
    served?.watch.destroy();
    if (served !== undefined) {
      const running = await startEmbeddedStore(folder);
      await moveData(restored.uri, running.uri, onProgress, 'replaced').finally(() =>
        Promise.all([running.stop(), restored.stop()]),
      );
      return;
    }
    await restored.stop();
    await flushFile(dataFile(beside));
    renameSync(dataFile(beside), dataFile(folder));
    flushFolder(folder);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}
