/** Files in a folder, under slash-separated keys. A reader sees the old file or the whole new one. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileStat, FileStore } from '../catalog/context.ts';
import { InputError, NotFoundError } from '../catalog/errors.ts';

const HOUR = 3_600_000;
/** No half-made file is written for so long; what is older was left by a killed process. */
const leftOverMs = 24 * HOUR;
/** No segment begins with a dot, so that neither `..` nor `.tmp` can be reached; 200 of a disk's 255 bytes. */
const segment = '[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}';
const keyForm = new RegExp(`^${segment}(?:/${segment})*$`);
const prefixForm = new RegExp(`^(?:${segment}/)*(?:${segment})?$`);
const longestKey = 300;

export function createFolderFileStore(folder: string, publicBaseUrl: string): FileStore {
  const temporary = join(folder, '.tmp');
  const base = publicBaseUrl.replace(/\/+$/, '');
  let swept: Promise<void> | undefined;

  const pathOf = (key: string): string => {
    if (!keyForm.test(key) || key.length > longestKey)
      throw new InputError('file_key_invalid', `"${key.slice(0, 80)}" cannot be the key of a file.`);
    return join(folder, ...key.split('/'));
  };
  async function find(key: string): Promise<FileStat | undefined> {
    const found = await unlessMissing(stat(pathOf(key)));
    if (!found?.isFile()) return undefined;
    const etag = createHash('sha1').update(`${key}:${found.size}:${found.mtimeMs}`).digest('base64url');
    return { key, size: found.size, modifiedAt: found.mtime, etag };
  }
  async function temporaryFolder(): Promise<string> {
    await mkdir(temporary, { recursive: true });
    await (swept ??= removeLeftOvers(temporary));
    return temporary;
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
    if (!found) throw unknown(key);
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
      if (!handle) throw unknown(key);
      if (!(await handle.stat()).isFile()) {
        await handle.close();
        throw unknown(key);
      }
      return handle.createReadStream(range);
    },
    async *list(prefix) {
      if (!prefixForm.test(prefix) || prefix.length > longestKey)
        throw new InputError('file_key_invalid', `"${prefix.slice(0, 80)}" cannot begin the key of a file.`);
      for await (const key of walk(prefix.slice(0, prefix.lastIndexOf('/') + 1))) {
        const found = key.startsWith(prefix) && keyForm.test(key) ? await find(key) : undefined;
        if (found) yield found;
      }
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
    publicUrl: (key) => `${base}/${key}`,
  };
}

const unknown = (key: string): NotFoundError =>
  new NotFoundError('file_unknown', `There is no file "${key}".`);

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
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

/** Other processes may be writing here, so only what is old goes. */
async function removeLeftOvers(temporary: string): Promise<void> {
  for (const name of await readdir(temporary)) {
    const path = join(temporary, name);
    const found = await unlessMissing(stat(path));
    if (found && Date.now() - found.mtimeMs > leftOverMs) await rm(path, { recursive: true, force: true });
  }
}
