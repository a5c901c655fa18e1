/** What every file store does; run against each of them. */
import { access, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileStore } from '../../catalog/context.ts';

export interface FileStoreUnderTest {
  files: FileStore;
  /** Names of what was begun and is not finished. */
  halves(): Promise<string[]>;
  stop(): Promise<void>;
}

/** `open` gets the path `files` in a folder of the test's own, whose `.tmp` the store uses for what is half made. */
export function describeFileStore(
  name: string,
  open: (folder: string, publicBaseUrl: string) => Promise<FileStoreUnderTest>,
): void {
  describe(name, () => {
    let folder: string;
    let opened: FileStoreUnderTest;
    let files: FileStore;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'files-'));
      opened = await open(join(folder, 'files'), 'https://cdn.example/files/');
      ({ files } = opened);
    });
    afterEach(async () => {
      await opened.stop();
      await rm(folder, { recursive: true });
    });
    const read = async (key: string, range?: { start: number; end: number }): Promise<string> =>
      text(await files.open(key, range));
    const listed = async (prefix: string): Promise<string[]> => {
      const keys: string[] = [];
      for await (const file of files.list(prefix)) keys.push(file.key);
      return keys;
    };
    /** Breaks off after `size` bytes. */
    const broken = (size: number): Readable =>
      Readable.from(
        (async function* () {
          for (let sent = 0; sent < size; sent += 65_536) yield Buffer.alloc(Math.min(65_536, size - sent));
          throw new Error('cut off');
        })(),
      );

    it('gives back what was put, whole or in part', async () => {
      const put = await files.put('a/b.txt', Buffer.from('hello'));
      expect(await read('a/b.txt')).toBe('hello');
      expect(await read('a/b.txt', { start: 1, end: 3 })).toBe('ell');
      expect(await read('a/b.txt', { start: 4, end: 4 })).toBe('o');
      expect(put).toMatchObject({ key: 'a/b.txt', size: 5 });
      expect(await files.find('a/b.txt')).toEqual(put);
      expect(Math.abs(put.modifiedAt.getTime() - Date.now())).toBeLessThan(3_600_000);
      expect(put.etag).toMatch(/^[\w-]+$/);
    });

    it('tells another version by another ETag, in a list as well', async () => {
      const before = await files.put('feed.csv', Buffer.from('old'));
      const after = await files.put('feed.csv', Buffer.from('newer'));
      expect(after.etag).not.toBe(before.etag);
      for await (const file of files.list('')) expect(file).toMatchObject({ size: 5, etag: after.etag });
    });

    it('keeps a file of no bytes, and one of many that comes as a stream', async () => {
      await files.put('none', Buffer.of());
      expect(await read('none')).toBe('');
      await files.put('no/stream', Readable.from([]));
      expect(await read('no/stream')).toBe('');
      const parts = Array.from({ length: 40 }, (_, at) => Buffer.alloc(500_000, 65 + (at % 26)));
      expect(await files.put('many', Readable.from(parts))).toMatchObject({ size: 20_000_000 });
      expect((await read('many')) === String(Buffer.concat(parts))).toBe(true);
      expect(await read('many', { start: 499_999, end: 500_000 })).toBe('AB');
    });

    it.each([0, 100_000, 20_000_000])(
      'keeps the old file when a new one breaks off after %i bytes',
      async (size) => {
        await files.put('feed.csv', Buffer.from('old'));
        await expect(files.put('feed.csv', broken(size))).rejects.toThrow('cut off');
        expect(await read('feed.csv')).toBe('old');
        expect(await opened.halves()).toEqual([]);
      },
    );

    it('moves a finished file in', async () => {
      const path = join(await files.temporaryFolder(), 'made.csv');
      await writeFile(path, 'made');
      expect(await files.putFile('feeds/x.csv', path)).toMatchObject({ key: 'feeds/x.csv', size: 4 });
      expect(await read('feeds/x.csv')).toBe('made');
      await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('says so when the file to move in is not there', async () => {
      await files.put('feeds/x.csv', Buffer.from('old'));
      const moved = files.putFile('feeds/x.csv', join(folder, 'no.csv'));
      await expect(moved).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await read('feeds/x.csv')).toBe('old');
    });

    it('lists keys by prefix in order, and forgets removed ones', async () => {
      for (const key of ['f/c/2.csv', 'f/c/1.csv', 'f/d/1.csv']) await files.put(key, Buffer.from('x'));
      await files.remove('f/c/2.csv');
      await files.remove('f/c/none.csv');
      expect(await listed('f/c/')).toEqual(['f/c/1.csv']);
      expect(await files.find('f/c/2.csv')).toBeUndefined();
    });

    it('lists a name before the folder that begins like it, and never outside its own folder', async () => {
      for (const key of ['a/z', 'a.csv', 'a-b', 'a0', 'b']) await files.put(key, Buffer.from('x'));
      expect(await listed('')).toEqual(['a-b', 'a.csv', 'a/z', 'a0', 'b']);
      expect(await listed('a')).toEqual(['a-b', 'a.csv', 'a/z', 'a0']);
      await expect(listed('../')).rejects.toMatchObject({ code: 'file_key_invalid' });
    });

    const bad = [
      '../x',
      'a/../../x',
      '/etc/passwd',
      'a//b',
      '',
      '.tmp/x',
      'a\u0000b',
      'a\\..\\b',
      'x'.repeat(201),
    ];
    it.each(bad)('refuses the key %j in whatever it is asked', async (key) => {
      const refused = { code: 'file_key_invalid' };
      await expect(files.put(key, Buffer.from('x'))).rejects.toMatchObject(refused);
      await expect(files.putFile(key, join(folder, 'x'))).rejects.toMatchObject(refused);
      await expect(files.open(key)).rejects.toMatchObject(refused);
      await expect(files.find(key)).rejects.toMatchObject(refused);
      await expect(files.remove(key)).rejects.toMatchObject(refused);
    });

    it('says that an unknown file is unknown, and a folder is no file', async () => {
      await files.put('a/b.txt', Buffer.from('x'));
      for (const key of ['no.txt', 'a', 'a/b.txt/c']) {
        await expect(files.open(key)).rejects.toMatchObject({ code: 'file_unknown' });
        expect(await files.find(key)).toBeUndefined();
      }
    });

    it('shows a reader one whole version while another is put', async () => {
      const [one, two] = ['1', '2'].map((digit) => digit.repeat(300_000)) as [string, string];
      await files.put('feed.csv', Buffer.from(one));
      const reader = await files.open('feed.csv');
      await files.put('feed.csv', Buffer.from(two));
      expect((await text(reader)) === one).toBe(true);
      expect((await read('feed.csv')) === two).toBe(true);
    });

    it('clears away what a killed process left half made, and nothing that may still be written', async () => {
      const temporary = join(folder, 'files', '.tmp');
      await mkdir(temporary, { recursive: true });
      for (const half of ['old', 'new']) await writeFile(join(temporary, half), 'half');
      const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
      await utimes(join(temporary, 'old'), twoDaysAgo, twoDaysAgo);
      expect(await readdir(await files.temporaryFolder())).toEqual(['new']);
    });

    it('gives the public address under any base', () => {
      expect(files.publicUrl('a/b.jpg')).toBe('https://cdn.example/files/a/b.jpg');
    });
  });
}
