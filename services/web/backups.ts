/** Backups of the embedded store, made while it is in use, kept in the data folder and fetched by owners. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ConflictError, NotFoundError } from '../../catalog/errors.ts';
import type { Config } from '../config.ts';
import { backupStore } from '../embedded-store/start.ts';
import type { Api } from './endpoint.ts';

export interface Backup {
  /** `2026-11-25T15-30-00.000Z.mdb` */
  name: string;
  bytes: number;
  at: Date;
}

const ending = '.mdb';
const params = z.object({ name: z.string().regex(/^[\dTZ.-]{1,40}\.mdb$/) });

export function addBackupRoutes(api: Api, config: Config, now: () => Date): void {
  const folder = resolve(config.dataDir, 'backups');
  const isEmbedded = config.mongodbUri === undefined;

  async function list(): Promise<Backup[]> {
    const names = await readdir(folder).catch((): string[] => []);
    const backups = names
      .filter((name) => name.endsWith(ending))
      .map(async (name): Promise<Backup> => {
        const { size, mtime } = await stat(join(folder, name));
        return { name, bytes: size, at: mtime };
      });
    return (await Promise.all(backups)).sort((a, b) => b.at.getTime() - a.at.getTime());
  }

  api.add({
    method: 'get',
    path: '/backups',
    summary: 'Backups made here, the newest first; `embedded`: whether they can be made here at all',
    role: 'owner',
    run: async () => ({ embedded: isEmbedded, items: isEmbedded ? await list() : [] }),
  });
  api.add({
    method: 'post',
    path: '/backups',
    summary: 'Copy the embedded store to a file, as it is at this moment; work goes on meanwhile',
    role: 'owner',
    async run(_input, _req, res) {
      if (!isEmbedded)
        throw new ConflictError('store_not_embedded', 'The data is on a MongoDB server.', {
          hint: "Use MongoDB's own tools (mongodump, mongorestore) for it.",
        });
      const name = `${now().toISOString().replaceAll(':', '-')}${ending}`;
      await backupStore(join(config.dataDir, 'store'), join(folder, name));
      res.status(201);
      return { items: await list() };
    },
  });
  api.add({
    method: 'get',
    path: '/backups/{name}',
    summary: 'The file of a backup; `shelfcast restore` puts it in place',
    role: 'owner',
    params,
    answers: 'application/octet-stream',
    async run({ params: { name } }, _req, res) {
      await found(name);
      await new Promise<void>((done, fail) => {
        res.download(name, name, { root: folder }, (error) => (error ? fail(error) : done()));
      });
    },
  });
  api.add({
    method: 'delete',
    path: '/backups/{name}',
    summary: 'Delete a backup',
    role: 'owner',
    params,
    async run({ params: { name } }) {
      await found(name);
      await rm(join(folder, name));
      return { items: await list() };
    },
  });

  async function found(name: string): Promise<void> {
    if ((await list()).some((one) => one.name === name)) return;
    throw new NotFoundError('backup_unknown', `There is no backup "${name}".`);
  }
}
