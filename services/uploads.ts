/**
 * Uploaded files on their way into an import. Each lies under the hash of its bytes, so that the same file lies there once;
 * of each catalog the newest few are kept, and every one that an open run may have to read again.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileStat, FileStore } from '../catalog/context.ts';
import { NoAnswerError, NotFoundError } from '../catalog/errors.ts';
import type { RunStore } from '../catalog/store/runs.ts';

const DAY = 86_400_000;
const keepMs = 7 * DAY;
const uploadId = /^[0-9a-f]{64}$/;

export type Uploads = ReturnType<typeof createUploads>;

export interface UploadsOptions {
  folder: string;
  /** Of each catalog; those that an open run needs are kept beside them. */
  kept: number;
  runs: Pick<RunStore, 'listOpen' | 'listWork'>;
  now(): Date;
  /** Where machines without a folder in common find each other's uploads; absent where one folder serves all. */
  shared?: FileStore | undefined;
}

export function createUploads({ folder, kept, runs, now, shared }: UploadsOptions) {
  const sharedKey = (catalogId: string, name = ''): string => `uploads/${catalogId}/${name}`;

  /** Streams to a file of its own. Answers the hash of what came; half of it leaves nothing behind. */
  async function receive(content: Readable): Promise<{ path: string; id: string }> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${randomUUID()}.part`);
    const hash = createHash('sha256');
    try {
      await pipeline(
        content,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(path, { mode: 0o600 }),
      );
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return { path, id: hash.digest('hex') };
  }

  /** Files that a run may have to read again: it was killed or paused in the middle of them. */
  async function listNeeded(): Promise<Set<string>> {
    const needed = new Set<string>();
    for (const { id } of await runs.listOpen())
      for (const { payload } of await runs.listWork(id)) {
        const path = (payload as { options?: { path?: unknown } }).options?.path;
        if (typeof path === 'string') needed.add(basename(path));
      }
    return needed;
  }

  async function pruneCatalog(catalogId: string, needed: ReadonlySet<string>): Promise<void> {
    await pruneShared(catalogId, needed);
    const found: { path: string; name: string; usedAt: number }[] = [];
    for (const name of await readdir(join(folder, catalogId)).catch(() => [])) {
      const path = join(folder, catalogId, name);
      const file = await stat(path).catch(() => undefined);
      if (file) found.push({ path, name, usedAt: file.mtimeMs });
    }
    found.sort((a, b) => b.usedAt - a.usedAt);
    for (const [at, { path, name, usedAt }] of found.entries())
      if (!needed.has(name) && (at >= kept || now().getTime() - usedAt > keepMs))
        await rm(path, { force: true });
  }

  async function pruneShared(catalogId: string, needed: ReadonlySet<string>): Promise<void> {
    if (!shared) return;
    const found: FileStat[] = [];
    for await (const file of shared.list(sharedKey(catalogId))) found.push(file);
    found.sort((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime());
    for (const [at, { key, modifiedAt }] of found.entries())
      if (!needed.has(basename(key)) && (at >= kept || now().getTime() - modifiedAt.getTime() > keepMs))
        await shared.remove(key);
  }

  /** The upload's file on this machine, fetched where another one received it; undefined when it is nowhere. */
  async function bring(catalogId: string, name: string): Promise<string | undefined> {
    const path = join(folder, catalogId, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
    const key = sharedKey(catalogId, name);
    if (!shared || !(await shared.find(key))) return undefined;
    const received = await receive(await shared.open(key));
    // its name is the hash of what it must hold: half of a shop's file is never taken for all of it
    if (received.id !== idOfUpload(name)) {
      await rm(received.path, { force: true });
      throw new NoAnswerError('upload_damaged', 'The bucket gave other bytes than the uploaded file had.', {
        hint: 'It is fetched again; if that repeats, send the file again.',
      });
    }
    await mkdir(join(folder, catalogId), { recursive: true, mode: 0o700 });
    await rename(received.path, path);
    return path;
  }

  return {
    /** Keeps an upload; answers where it lies. */
    async save(catalogId: string, content: Readable): Promise<string> {
      const received = await receive(content);
      const path = join(folder, catalogId, `${received.id}.csv`);
      await mkdir(join(folder, catalogId), { recursive: true, mode: 0o700 });
      await rename(received.path, path);
      await shared?.put(sharedKey(catalogId, basename(path)), createReadStream(path));
      await pruneCatalog(catalogId, await listNeeded());
      return path;
    },

    /** Where an upload of this id lies. Throws NotFoundError when it is unknown or was tidied away. */
    async find(catalogId: string, id: string): Promise<string> {
      const path = uploadId.test(id) ? await bring(catalogId, `${id}.csv`) : undefined;
      if (path !== undefined) {
        // who asks for it is about to use it
        await utimes(path, now(), now());
        return path;
      }
      throw new NotFoundError('upload_unknown', 'That upload is not here any more.', {
        hint: 'Send the file again.',
      });
    },

    /**
     * Where the file of a run lies on this machine, whichever machine received it. A path that is no upload's, or of one that is
     * nowhere any more, is answered as it is: reading it says what is wrong.
     */
    async locate(catalogId: string, path: string): Promise<string> {
      const isUpload = uploadId.test(idOfUpload(path)) && basename(dirname(path)) === catalogId;
      return (isUpload ? await bring(catalogId, basename(path)) : undefined) ?? path;
    },

    /** Receives a file for one look; it is gone afterwards. */
    async lookAt<T>(content: Readable, look: (path: string) => Promise<T>): Promise<T> {
      const { path } = await receive(content);
      try {
        return await look(path);
      } finally {
        await rm(path, { force: true });
      }
    },

    /** What is older than a week goes too, with what killed processes left half-received. */
    async prune(): Promise<void> {
      const needed = await listNeeded();
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) await pruneCatalog(entry.name, needed);
        else {
          const file = await stat(path).catch(() => undefined);
          if (file && now().getTime() - file.mtimeMs > keepMs) await rm(path, { force: true });
        }
      }
    },
  };
}

/** The id by which an upload is found again. */
export const idOfUpload = (path: string): string => basename(path, '.csv');
