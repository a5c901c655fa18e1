/** A folder on this machine's disk for half-made files, swept once of what killed processes left there. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const HOUR = 3_600_000;
/** No half-made file is written for so long; what is older was left by a killed process. */
const leftOverMs = 24 * HOUR;

/** Asked again, it makes the folder again if somebody took it away, and sweeps no second time. */
export function createTemporaryFolder(folder: string): () => Promise<string> {
  let swept: Promise<void> | undefined;
  return async () => {
    await mkdir(folder, { recursive: true });
    await (swept ??= removeLeftOvers(folder));
    return folder;
  };
}

/** Other processes may be writing here, so only what is old goes. */
async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await unlessMissing(stat(path));
    if (found && Date.now() - found.mtimeMs > leftOverMs) await rm(path, { recursive: true, force: true });
  }
}

export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
