import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createReadStream } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileStore } from '../../catalog/context.ts';
import { createRunStore, type RunStore } from '../../catalog/store/runs.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { openFileStore } from '../../services/open-file-store.ts';
import { createUploads, idOfUpload, type Uploads } from '../../services/uploads.ts';
import { testDatabase } from '../support/database.ts';
import { startS3Server } from '../support/s3-server.ts';

const DAY = 86_400_000;

describe('uploads', () => {
  let folder: string;
  let database: Database;
  let runs: RunStore;
  let uploads: Uploads;
  let at = 0;
  let now = new Date();
  /** Each a second after the one before it. */
  const save = async (content: string, catalogId = 'shop'): Promise<string> => {
    const path = await uploads.save(catalogId, Readable.from([Buffer.from(content)]));
    const when = new Date(now.getTime() - 60_000 + at++ * 1_000);
    await utimes(path, when, when);
    return path;
  };
  const listKept = async (catalogId = 'shop'): Promise<string[]> =>
    Promise.all(
      (await readdir(join(folder, 'uploads', catalogId))).map((name) =>
        text(createReadStream(join(folder, 'uploads', catalogId, name))),
      ),
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'uploads-'));
    database = await openDatabase(testDatabase(), folder);
    runs = createRunStore(database.connection);
    await runs.sync();
  });
  beforeEach(async () => {
    await rm(join(folder, 'uploads'), { recursive: true, force: true });
    for (const name of ['runs', 'run_leases']) await database.connection.collection(name).deleteMany({});
    now = new Date();
    uploads = createUploads({ folder: join(folder, 'uploads'), kept: 2, runs, now: () => now });
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });

  it('lie once however often the same bytes come, and are found by their id', async () => {
    const [first, again, other] = [await save('a,b'), await save('a,b'), await save('a,c')];
    expect(again).toBe(first);
    expect(await listKept()).toHaveLength(2);
    expect(await uploads.find('shop', idOfUpload(other))).toBe(other);
    await expect(uploads.find('another', idOfUpload(other))).rejects.toMatchObject({
      code: 'upload_unknown',
    });
  });

  it('go when newer ones of the same catalog come', async () => {
    await save('of another', 'another');
    for (const content of ['first', 'second', 'third', 'fourth']) await save(content);
    expect(new Set(await listKept())).toEqual(new Set(['third', 'fourth']));
    expect(await listKept('another')).toEqual(['of another']);
  });

  it('stay while an open run may have to read them again, however many come', async () => {
    const path = await save('first');
    const start = { catalogId: 'shop', kind: 'import', startedBy: 'api', source: { name: 'x' } } as const;
    const payload = { catalogId: 'shop', options: { path } };
    const work = { key: 'import-catalog:shop', name: 'import-catalog', payload };
    const run = await runs.start({ ...start, work }, now);
    for (const content of ['second', 'third', 'fourth']) await save(content);
    expect(new Set(await listKept())).toEqual(new Set(['first', 'third', 'fourth']));
    await runs.stop(run.id, now);
    await save('fifth');
    expect(new Set(await listKept())).toEqual(new Set(['fourth', 'fifth']));
  });

  it('go after a week', async () => {
    await save('first');
    now = new Date(now.getTime() + 6 * DAY);
    await uploads.prune();
    expect(await listKept()).toEqual(['first']);
    now = new Date(now.getTime() + 2 * DAY);
    await uploads.prune();
    expect(await listKept()).toEqual([]);
  });

  it('leave nothing behind when half of one came, or when it was sent for one look', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('gone');
      })(),
    );
    await expect(uploads.save('shop', broken)).rejects.toThrow('gone');
    const content = await uploads.lookAt(Readable.from([Buffer.from('a,b')]), (path) =>
      text(createReadStream(path)),
    );
    expect(content).toBe('a,b');
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });

  it('are found by another machine that shares no folder, through the bucket, and go there too', async () => {
    const server = await startS3Server('shop', { accessKeyId: 'A', secretAccessKey: 'b' });
    try {
      const openStore = (name: string): Promise<FileStore> => {
        const dataDir = join(folder, name);
        const s3 = {
          bucket: 'shop',
          endpoint: server.endpoint,
          region: 'eu',
          credentials: { accessKeyId: 'A', secretAccessKey: 'b' },
        };
        return openFileStore({ dataDir, s3 }, 'http://files');
      };
      const machine = async (name: string): Promise<Uploads> =>
        createUploads({
          folder: join(folder, name, 'uploads'),
          kept: 2,
          runs,
          now: () => now,
          shared: await openStore(name),
        });
      const [web, worker] = [await machine('web'), await machine('worker')];
      const path = await web.save('shop', Readable.from([Buffer.from('a,b')]));
      const there = await worker.locate('shop', path);
      expect(there).not.toBe(path);
      expect(await text(createReadStream(there))).toBe('a,b');
      expect(await worker.find('shop', idOfUpload(path))).toBe(there);
      // what is no upload of this catalog stays what it is
      expect(await worker.locate('other', path)).toBe(path);
      expect(await worker.locate('shop', '/data/export.csv')).toBe('/data/export.csv');
      // bytes that are not those of the name are not taken for the file
      const store = await openStore('fourth');
      await store.put(`uploads/shop/${idOfUpload(path)}.csv`, Buffer.from('a,'));
      await expect((await machine('fourth')).locate('shop', path)).rejects.toThrow(/other bytes/);
      now = new Date(now.getTime() + 8 * DAY);
      await web.prune();
      await expect((await machine('third')).find('shop', idOfUpload(path))).rejects.toThrow(
        /not here any more/,
      );
    } finally {
      await server.stop();
    }
  });
});
