/** Files on SFTP and FTP servers, and files in a zip: real servers on this machine, real zips. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import yazl from 'yazl';
import { toTable } from '../../../../catalog/address/to-table.ts';
import type { Context } from '../../../../catalog/context.ts';
import type { Bookmark, Read } from '../../../../catalog/source.ts';
import { source } from '../../../../catalog/sources/address/index.ts';
import { createHttpClient } from '../../../../services/http-client.ts';
import { createHostResolver } from '../../../../services/resolve-host.ts';
import { catalog, ctx as quietCtx } from '../csv/read-all.ts';
import { password, startFtp, startSftp, user, type FileServer } from './servers.ts';

const csv =
  'id,title,price,image_link\nA,Tea,4.50 EUR,https://s.example/a.jpg\nB,Cup,9.00 EUR,https://s.example/b.jpg\n';

let folder: string;
let ctx: Context;
let sftp: FileServer & { hostKey: string };
let ftp: FileServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shelfcast-remote-'));
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  await mkdir(join(folder, 'ftp'));
  ctx = {
    ...quietCtx,
    http: createHttpClient({ allowPrivate: ['127.0.0.1'] }),
    resolveHost: createHostResolver(['127.0.0.1']),
    files: { ...quietCtx.files, temporaryFolder: async () => temporary },
  };
  sftp = await startSftp();
  ftp = await startFtp(join(folder, 'ftp'));
}, 60_000);
afterAll(async () => {
  await sftp.stop();
  await ftp.stop();
  await rm(folder, { recursive: true, force: true });
});

async function readAll(options: object, from?: Bookmark, of: Context = ctx): Promise<Read[]> {
  const reads: Read[] = [];
  try {
    for await (const read of source.read(source.options.parse(options), catalog, from, of)) reads.push(read);
  } finally {
    expect(await readdir(await ctx.files.temporaryFolder())).toEqual([]);
  }
  return reads;
}
const idsOf = (reads: readonly Read[]): string[] =>
  reads.flatMap((read) => (read.kind === 'product' ? [read.input.sourceId] : []));
const endOf = (reads: readonly Read[]) => reads.find((read) => read.kind === 'end');

describe.each([
  ['SFTP', () => sftp],
  ['FTP', () => ftp],
] as const)('a file on a server of %s', (_name, find) => {
  const options = (more: object = {}): object => ({ url: find().url, user, password, ...more });

  it('is read whole, and not loaded again while its size and time are the same', async () => {
    await find().put(csv);
    const first = await readAll(options());
    expect(idsOf(first)).toEqual(['A', 'B']);
    const end = endOf(first);
    expect(end).toMatchObject({ complete: true });
    const bookmark = end?.kind === 'end' ? end.bookmark : undefined;
    const loaded = find().reads();
    expect((await readAll(options(), bookmark)).map(({ kind }) => kind)).toEqual(['found', 'end']);
    expect(find().reads()).toBe(loaded);
    await find().put(csv.replace('Cup', 'Mug'));
    expect(idsOf(await readAll(options(), bookmark))).toEqual(['A', 'B']);
  }, 60_000);

  it('is never taken for a whole one when it breaks off', async () => {
    await find().put(csv);
    find().breakAfter(csv.indexOf('B,Cup'));
    await expect(readAll(options())).rejects.toMatchObject({
      code: expect.stringMatching(/^address_(cut_off|no_answer)$/),
    });
    find().breakAfter(undefined);
    expect(endOf(await readAll(options()))).toMatchObject({ complete: true });
  }, 60_000);

  it('asks for a new connection when the sign-in is refused, and says so when there is no file', async () => {
    await find().put(csv);
    const test = source.test?.(source.options.parse(options({ password: 'wrong' })), ctx);
    await expect(test).rejects.toMatchObject({ name: 'SourceRefusedError', code: 'address_refused' });
    const elsewhere = options({ url: find().url.replace('products', 'other') });
    await expect(readAll(elsewhere)).rejects.toMatchObject({ name: 'SourceError', code: 'address_no_file' });
  }, 60_000);

  it('is not looked for in private networks', async () => {
    const guarded = { ...ctx, resolveHost: createHostResolver([]) };
    await expect(readAll(options(), undefined, guarded)).rejects.toMatchObject({ code: 'address_private' });
  });
});

describe('the key of an SFTP server', () => {
  it('is compared with the one that was given', async () => {
    await sftp.put(csv);
    const right = { url: sftp.url, user, password, hostKey: sftp.hostKey };
    expect(idsOf(await readAll(right))).toEqual(['A', 'B']);
    const wrong = { ...right, hostKey: `SHA256:${'A'.repeat(43)}` };
    await expect(readAll(wrong)).rejects.toMatchObject({
      name: 'SourceRefusedError',
      code: 'address_host_key_wrong',
    });
  }, 60_000);
});

describe('a zip', () => {
  const zip = async (files: Record<string, string>): Promise<Buffer> => {
    const made = new yazl.ZipFile();
    for (const [name, text] of Object.entries(files))
      if (name.endsWith('/')) made.addEmptyDirectory(name);
      else made.addBuffer(Buffer.from(text), name);
    made.end();
    return buffer(made.outputStream);
  };
  const open = async (content: Buffer): Promise<string> => {
    const own = await mkdtemp(join(folder, 'zip-'));
    await writeFile(join(own, 'download'), content);
    return (await toTable(join(own, 'download'), own)).path;
  };

  it('gives its one file, whatever the packing system left beside it', async () => {
    await sftp.put(await zip({ 'export/': '', '__MACOSX/._p.csv': 'x', 'export/p.csv': csv }));
    const reads = await readAll({ url: sftp.url, user, password });
    expect(idsOf(reads)).toEqual(['A', 'B']);
    expect(endOf(reads)).toMatchObject({ complete: true });
  }, 60_000);

  it('is never taken for a whole one when it breaks off or was damaged', async () => {
    const whole = await zip({ 'p.csv': csv.repeat(200) });
    for (const size of [whole.length - 1, whole.length - 30, 100])
      await expect(open(whole.subarray(0, size))).rejects.toMatchObject({ code: 'address_cut_off' });
    const damaged = Buffer.from(whole);
    damaged.fill(0, 60, 80);
    await expect(open(damaged)).rejects.toMatchObject({ code: 'address_cut_off' });
  });

  it('is refused with a reason when it holds no file or several', async () => {
    await expect(open(await zip({}))).rejects.toMatchObject({ code: 'address_zip_not_one_file' });
    await expect(open(await zip({ 'a.csv': csv, 'b.csv': csv }))).rejects.toThrow(/a\.csv, b\.csv/);
  });
});
