import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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
    const keys: string[] = [];
    for await (const file of files.list('f/c/')) keys.push(file.key);
    expect(keys).toEqual(['f/c/1.csv']);
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', 'a//b', '', '.tmp/x', 'a\u0000b'])(
    'refuses the key %j',
    async (key) => {
      await expect(files.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'file_key_invalid' });
    },
  );

  it('says that an unknown file is unknown', async () => {
    await expect(files.open('no.txt')).rejects.toMatchObject({ code: 'file_unknown' });
  });
});
