import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';
import supertest from 'supertest';
import type { FileStore } from '../../../catalog/context.ts';
import { createFolderFileStore } from '../../../services/file-store.ts';
import { fileRoutes } from '../../../services/web/files.ts';

const content = Buffer.from('not really a picture, but bytes');
const hash = createHash('sha256').update(content).digest('hex');
const key = `images/${hash.slice(0, 2)}/${hash}.jpg`;
const unknown = `images/00/${'0'.repeat(64)}.png`;

describe('the images on the web', () => {
  let folder: string;
  let files: FileStore;
  let app: Express;
  const looked: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'web-files-'));
    files = createFolderFileStore(folder, 'http://files');
    await files.put(key, content);
    await files.put('feeds/secret.csv', Buffer.from('id'));
    await files.put('images/by-source/aa/note.json', Buffer.from('{}'));
    const watched: FileStore = {
      ...files,
      find: (name) => {
        looked.push(name);
        return files.find(name);
      },
    };
    app = express().use('/files', fileRoutes(watched));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const get = (path: string) => supertest(app).get(`/files/${path}`);

  it('come with their kind, their hash as ETag, and leave to be kept for ever', async () => {
    const answer = await get(key).expect(200);
    expect(answer.body).toEqual(content);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(content.length),
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      etag: `"${hash}"`,
    });
    const head = await supertest(app).head(`/files/${key}`).expect(200);
    expect(head.headers['content-length']).toBe(String(content.length));
  });

  it('are not sent again to who has them', async () => {
    await get(key).set('If-None-Match', `"${hash}"`).expect(304);
    await get(key).set('If-None-Match', '"other"').expect(200);
    const { headers } = await get(key);
    await get(key).set('If-Modified-Since', String(headers['last-modified'])).expect(304);
  });

  it('come in parts when asked, and whole when the part is of another version', async () => {
    const part = await get(key).set('Range', 'bytes=4-9').expect(206);
    expect(part.body).toEqual(content.subarray(4, 10));
    expect(part.headers['content-range']).toBe(`bytes 4-9/${content.length}`);
    const end = await get(key).set('Range', 'bytes=-5').set('If-Range', `"${hash}"`).expect(206);
    expect(end.body).toEqual(content.subarray(-5));
    await get(key).set('Range', 'bytes=4-9').set('If-Range', '"other"').expect(200);
    await get(key).set('Range', 'bytes=0-1,4-5').expect(200);
    await get(key).set('Range', 'lines=1-2').expect(200);
  });

  it('answer a part beyond the end with the size, and let no cache keep that', async () => {
    const beyond = await get(key).set('Range', 'bytes=1000-').expect(416);
    expect(beyond.headers['content-range']).toBe(`bytes */${content.length}`);
    expect(beyond.headers['cache-control']).toBeUndefined();
  });

  it('are 404 when unknown, and no cache keeps that', async () => {
    const answer = await get(unknown).expect(404);
    expect(answer.headers['cache-control']).toBeUndefined();
  });

  it('are 404 without a look at the disk when it is no image that was asked for', async () => {
    looked.length = 0;
    const paths = [
      'feeds/secret.csv',
      'images/by-source/aa/note.json',
      `${key}.bak`,
      key.toUpperCase(),
      'images/..%2f..%2fapi-token',
      'images/%2e%2e/feeds/secret.csv',
      '',
    ];
    for (const path of paths) await get(path).expect(404);
    await supertest(app).post(`/files/${key}`).expect(404);
    expect(looked).toEqual([]);
  });

  it('are 404 when the file goes between the look and the reading', async () => {
    const racing: FileStore = {
      ...files,
      find: async (name) => (await files.find(name)) ?? files.find(key),
    };
    const answer = await supertest(express().use('/files', fileRoutes(racing))).get(`/files/${unknown}`);
    expect(answer.status).toBe(404);
    expect(answer.headers['cache-control']).toBeUndefined();
  });
});
