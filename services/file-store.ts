/** Files in a folder, under slash-separated keys. A reader sees the old file or the whole new one. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileStat, FileStore } from '../catalog/context.ts';
import { InputError, NotFoundError } from '../catalog/errors.ts';

const keyForm = /^(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

export function createFolderFileStore(folder: string, publicBaseUrl: string): FileStore {
  const temporary = join(folder, '.tmp');
  const pathOf = (key: string): string => {
    if (!keyForm.test(key) || key.length > 300)
      throw new InputError('file_key_invalid', `"${key.slice(0, 80)}" cannot be the key of a file.`);
    return join(folder, ...key.split('/'));
  };
  async function findStat(key: string): Promise<FileStat | undefined> {
    const found = await stat(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    if (!found?.isFile()) return undefined;
    const etag = createHash('sha1').update(`${key}:${found.size}:${found.mtimeMs}`).digest('base64url');
    return { key, size: found.size, modifiedAt: found.mtime, etag };
  }
  async function statOf(key: string): Promise<FileStat> {
    const found = await findStat(key);
    if (!found) throw new NotFoundError('file_unknown', `There is no file "${key}".`);
    return found;
  }
  /** On disk for good, then under its name: a power cut leaves the old file or the new one. */
  async function settle(half: string, key: string): Promise<FileStat> {
    const handle = await open(half, 'r+');
    await handle.sync();
    await handle.close();
    await mkdir(dirname(pathOf(key)), { recursive: true });
    await rename(half, pathOf(key));
    return statOf(key);
  }
  async function* walk(relative: string): AsyncGenerator<string> {
    const entries = await readdir(join(folder, relative), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === '.tmp') continue;
      const key = relative ? `${relative}/${entry.name}` : entry.name;
      if (entry.isDirectory()) yield* walk(key);
      else yield key;
    }
  }
  const temporaryFolder = async (): Promise<string> => {
    await mkdir(temporary, { recursive: true });
    return temporary;
  };

  return {
    temporaryFolder,
    async put(key, content) {
      pathOf(key);
      const half = join(await temporaryFolder(), randomUUID());
      try {
        await pipeline(
          content instanceof Readable ? content : Readable.from([content]),
          createWriteStream(half),
        );
        return await settle(half, key);
      } catch (error) {
        await rm(half, { force: true });
        throw error;
      }
    },
    async putFile(key, localPath) {
      pathOf(key);
      const half = join(await temporaryFolder(), randomUUID());
      await rename(localPath, half).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EXDEV') throw error;
        await copyFile(localPath, half);
        await rm(localPath);
      });
      return settle(half, key);
    },
    async open(key, range) {
      await statOf(key);
      return createReadStream(pathOf(key), range);
    },
    find: findStat,
    async *list(prefix) {
      const start = prefix.includes('/') ? prefix.slice(0, prefix.lastIndexOf('/')) : '';
      for await (const key of walk(start))
        if (key.startsWith(prefix)) {
          const found = await findStat(key);
          if (found) yield found;
        }
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
    publicUrl: (key) => `${publicBaseUrl}/${key}`,
  };
}
