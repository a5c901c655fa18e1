/** Files in a folder, under slash-separated keys. A reader sees the old file or the whole new one. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileStat, FileStore } from '../catalog/context.ts';
import { checkKey, checkPrefix, isKey, unknownFile } from './file-keys.ts';
import { createTemporaryFolder, unlessMissing } from './temporary-folder.ts';

export function createFolderFileStore(folder: string, publicBaseUrl: string): FileStore {
  const temporaryFolder = createTemporaryFolder(join(folder, '.tmp'));
  const base = publicBaseUrl.replace(/\/+$/, '');

  const pathOf = (key: string): string => {
    checkKey(key);
    return join(folder, ...key.split('/'));
  };
  async function find(key: string): Promise<FileStat | undefined> {
    const found = await unlessMissing(stat(pathOf(key)));
    if (!found?.isFile()) return undefined;
    const etag = createHash('sha1').update(`${key}:${found.size}:${found.mtimeMs}`).digest('base64url');
    return { key, size: found.size, modifiedAt: found.mtime, etag };
  }
  /** On disk for good, then under its name: a power cut leaves the old file or the new one. */
  async function settle(half: string, key: string): Promise<FileStat> {
    const path = pathOf(key);
    const handle = await open(half, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await mkdir(dirname(path), { recursive: true });
    await rename(half, path);
    const found = await find(key);
    if (!found) throw unknownFile(key);
    return found;
  }
  /** Makes a half file and settles it; whatever fails leaves nothing behind. */
  async function keep(key: string, make: (half: string) => Promise<void>): Promise<FileStat> {
    pathOf(key);
    const half = join(await temporaryFolder(), randomUUID());
    try {
      await make(half);
      return await settle(half, key);
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
  }
  /** Names are compared as their keys will be: a folder's with the slash, so that `a.csv` comes before `a/b`. */
  async function* walk(parent: string): AsyncGenerator<string> {
    const entries = (await unlessMissing(readdir(join(folder, parent), { withFileTypes: true }))) ?? [];
    const names = entries
      .filter((entry) => !entry.name.startsWith('.'))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
    for (const name of names) {
      if (name.endsWith('/')) yield* walk(parent + name);
      else yield parent + name;
    }
  }

  return {
    temporaryFolder,
    find,
    put: (key, content) =>
      keep(key, (half) =>
        pipeline(content instanceof Readable ? content : Readable.from([content]), createWriteStream(half)),
      ),
    putFile: (key, localPath) => keep(key, (half) => move(localPath, half)),
    async open(key, range) {
      const handle = await unlessMissing(open(pathOf(key)));
      if (!handle) throw unknownFile(key);
      if (!(await handle.stat()).isFile()) {
        await handle.close();
        throw unknownFile(key);
      }
      return handle.createReadStream(range);
    },
    async *list(prefix) {
      checkPrefix(prefix);
      for await (const key of walk(prefix.slice(0, prefix.lastIndexOf('/') + 1))) {
        const found = key.startsWith(prefix) && isKey(key) ? await find(key) : undefined;
        if (found) yield found;
      }
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
    publicUrl: (key) => `${base}/${key}`,
  };
}

/** A rename, or a copy where the other disk does not allow one. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from);
  }
}
