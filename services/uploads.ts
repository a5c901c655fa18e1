/** Uploaded files on their way into an import; kept while a killed import may need them again. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NotFoundError } from '../catalog/errors.ts';

const DAY = 86_400_000;
const keepMs = 7 * DAY;

/** Streams an upload to disk; only a whole one gets its final name. */
export async function saveUpload(folder: string, content: Readable): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${randomUUID()}.csv`);
  try {
    await pipeline(content, createWriteStream(`${path}.part`, { mode: 0o600 }));
    await rename(`${path}.part`, path);
  } catch (error) {
    await rm(`${path}.part`, { force: true });
    throw error;
  }
  return path;
}

const uploadId = /^[0-9a-f-]{36}$/;

/** Where an upload of this id lies. Throws NotFoundError when it is unknown or was tidied away. */
export async function findUpload(folder: string, id: string): Promise<string> {
  const path = join(folder, `${id}.csv`);
  if (uploadId.test(id) && (await stat(path).catch(() => undefined))?.isFile()) return path;
  throw new NotFoundError('upload_unknown', 'That upload is not here any more.', {
    hint: 'Send the file again.',
  });
}

/** The id by which an upload is found again. */
export const idOfUpload = (path: string): string => basename(path, '.csv');

export async function pruneUploads(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const file = await stat(path).catch(() => undefined);
    if (file && now.getTime() - file.mtimeMs > keepMs) await rm(path, { force: true });
  }
}
