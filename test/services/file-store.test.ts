import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileStore } from '../../catalog/context.ts';
import { createFolderFileStore } from '../../services/file-store.ts';

describe('the folder file store', () => {
  let folder: string;
  let files: FileStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'files-'));
    files = createFolderFileStore(folder, 'https://cdn.example/files');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const read = async (key: string, range?: { start: number; end: number }): Promise<string> => {
    let text = '';
    for await (const chunk of await files.open(key, range)) text += String(chunk);
    return text;
  };

  const listed = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const file of files.list(prefix)) keys.push(file.key);
    return keys;
  };

  it('gives back what was put, whole or in part', async () => {
    await files.put('a/b.txt', Buffer.from('hello'));
    expect(await read('a/b.txt')).toBe('hello');
    expect(await read('a/b.txt', { start: 1, end: 3 })).toBe('ell');
    expect(await files.find('a/b.txt')).toMatchObject({ size: 5 });
  });

  it('keeps the old file when a new one breaks off', async () => {
    await files.put('feed.csv', Buffer.from('old'));
    const broken = Readable.from(
      (async function* () {
        yield 'half';
        throw new Error('cut off');
      })(),
    );
    await expect(files.put('feed.csv', broken)).rejects.toThrow('cut off');
    expect(await read('feed.csv')).toBe('old');
    expect(await readdir(join(folder, '.tmp'))).toEqual([]);
  });

  it('moves a finished file in', async () => {
    const path = join(folder, 'made.csv');
    await writeFile(path, 'made');
    await files.putFile('feeds/x.csv', path);
    expect(await read('feeds/x.csv')).toBe('made');
    expect(await readdir(folder)).not.toContain('made.csv');
  });

  it('lists keys by prefix in order, and forgets removed ones', async () => {
    for (const key of ['f/c/2.csv', 'f/c/1.csv', 'f/d/1.csv']) await files.put(key, Buffer.from('x'));
    await files.remove('f/c/2.csv');
    await files.remove('f/c/none.csv');
    expect(await listed('f/c/')).toEqual(['f/c/1.csv']);
  });

  it.each([
    '../x',
    'a/../../x',
    '/etc/passwd',
    'a//b',
    '',
    '.tmp/x',
    'a\u0000b',
    'a\\..\\b',
    'x'.repeat(201),
  ])('refuses the key %j', async (key) => {
    await expect(files.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'file_key_invalid' });
  });

  it('says that an unknown file is unknown, and a folder is no file', async () => {
    await files.put('a/b.txt', Buffer.from('x'));
    for (const key of ['no.txt', 'a', 'a/b.txt/c']) {
      await expect(files.open(key)).rejects.toMatchObject({ code: 'file_unknown' });
      expect(await files.find(key)).toBeUndefined();
    }
  });

  it('lists a name before the folder that begins like it, and never outside its own folder', async () => {
    for (const key of ['a/z', 'a.csv', 'a-b', 'a0']) await files.put(key, Buffer.from('x'));
    expect(await listed('')).toEqual(['a-b', 'a.csv', 'a/z', 'a0']);
    await expect(listed('../')).rejects.toMatchObject({ code: 'file_key_invalid' });
  });

  it('shows a reader one whole version while another is put', async () => {
    const [one, two] = ['1', '2'].map((digit) => digit.repeat(300_000)) as [string, string];
    await files.put('feed.csv', Buffer.from(one));
    const reader = await files.open('feed.csv');
    await files.put('feed.csv', Buffer.from(two));
    let text = '';
    for await (const chunk of reader) text += String(chunk);
    expect(text === one).toBe(true);
    expect((await read('feed.csv')) === two).toBe(true);
  });

  it('clears away what a killed process left half made, and nothing that may still be written', async () => {
    await mkdir(join(folder, '.tmp'));
    for (const name of ['old', 'new']) await writeFile(join(folder, '.tmp', name), 'half');
    const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
    await utimes(join(folder, '.tmp', 'old'), twoDaysAgo, twoDaysAgo);
    expect(await readdir(await files.temporaryFolder())).toEqual(['new']);
  });

  it('gives the public address under any base', () => {
    const withSlash = createFolderFileStore(folder, 'https://cdn.example/files/');
    expect(withSlash.publicUrl('a/b.jpg')).toBe(files.publicUrl('a/b.jpg'));
    expect(files.publicUrl('a/b.jpg')).toBe('https://cdn.example/files/a/b.jpg');
  });
});
