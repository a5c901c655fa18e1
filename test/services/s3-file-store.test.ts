import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileStore } from '../../catalog/context.ts';
import type { S3Settings } from '../../services/config.ts';
import { openFileStore } from '../../services/open-file-store.ts';
import { describeFileStore } from '../support/file-store-battery.ts';
import { startS3Server, type S3Server } from '../support/s3-server.ts';

const bucket = 'shop-files';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'hush-hush' };
const settingsOf = ({ endpoint }: S3Server): S3Settings => ({
  bucket,
  endpoint,
  credentials,
  region: 'eu-central-1',
});

describeFileStore('the S3 file store', async (folder, publicBaseUrl) => {
  // small pages, so that every list has several
  const server = await startS3Server(bucket, credentials, 2);
  return {
    files: await openFileStore({ dataDir: dirname(folder), s3: settingsOf(server) }, publicBaseUrl),
    halves: () => Promise.resolve(server.openUploads()),
    stop: server.stop,
  };
});

describe('the S3 file store and its storage', () => {
  let folder: string;
  let server: S3Server;
  const open = (changed: Partial<S3Settings> = {}): Promise<FileStore> =>
    openFileStore({ dataDir: folder, s3: { ...settingsOf(server), ...changed } }, 'http://files');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'files-'));
    server = await startS3Server(bucket, credentials);
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('sends a large file in parts, a small one at once', async () => {
    const files = await open();
    await files.put('large', Readable.from([Buffer.alloc(20_000_000)]));
    const parts = server.asked.filter((line) => line.includes('partNumber')).sort();
    expect(parts).toEqual([1, 2, 3].map((number) => `PUT large?partNumber=${number}`));
    server.asked.length = 0;
    await files.put('small', Readable.from(['x']));
    expect(server.asked).toEqual(['PUT small', 'HEAD small']);
  });

  it('tries again when the storage stumbles once', async () => {
    const files = await open();
    server.fail(503, 1);
    await files.put('a', Buffer.from('x'));
    expect(server.asked).toEqual(['PUT a', 'PUT a', 'HEAD a']);
  });

  it('leaves it to the queue to try again when the storage stays down, and keeps the local file', async () => {
    const files = await open();
    const path = join(folder, 'made.csv');
    await writeFile(path, 'made');
    server.fail(500, 100);
    const down = { code: 'file_store_no_answer', next: 'retry' };
    await expect(files.putFile('a', path)).rejects.toMatchObject(down);
    expect(await stat(path)).toMatchObject({ size: 4 });
    await server.stop();
    await expect(files.find('a')).rejects.toMatchObject(down);
  });

  it.each([
    [
      'a wrong secret',
      { credentials: { ...credentials, secretAccessKey: 'wrong' } },
      'SignatureDoesNotMatch',
    ],
    ['an unknown key', { credentials: { ...credentials, accessKeyId: 'OTHER' } }, 'InvalidAccessKeyId'],
    ['a bucket that is not there', { bucket: 'other-files' }, 'NoSuchBucket'],
  ])('says what to look at for %s, and no secret', async (_name, changed, code) => {
    const files = await open(changed);
    const refused = { code: 'file_store_refused', next: 'stop', hint: expect.stringContaining('S3_BUCKET') };
    const all = [
      () => files.put('a', Buffer.from('x')),
      () => files.put('a', Readable.from(['x'])),
      () => files.open('a'),
      () => files.list('')[Symbol.asyncIterator]().next(),
      () => files.remove('a'),
    ];
    for (const ask of all) {
      const error: unknown = await ask().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ ...refused, message: expect.stringContaining(code) });
      expect(String(error)).not.toMatch(/wrong|hush/);
    }
  });
});
