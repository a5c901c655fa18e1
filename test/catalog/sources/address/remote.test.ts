/** Files on SFTP, FTP and FTPS servers, and files in a zip: real servers on this machine, real zips. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import yazl from 'yazl';
import { toTable } from '../../../../catalog/address/to-table.ts';
import type { Context } from '../../../../catalog/context.ts';
import type { Bookmark, Read } from '../../../../catalog/source.ts';
import { source } from '../../../../catalog/sources/address/index.ts';
import { createHttpClient } from '../../../../services/http-client.ts';
import { createHostResolver } from '../../../../services/resolve-host.ts';
import { catalog, ctx as quietCtx } from '../csv/read-all.ts';
import {
  implicitPlace,
  makeCertificate,
  password,
  startFtp,
  startSftp,
  user,
  type FileServer,
} from './servers.ts';

const csv =
  'id,title,price,image_link\nA,Tea,4.50 EUR,https://s.example/a.jpg\nB,Cup,9.00 EUR,https://s.example/b.jpg\n';

const pem = makeCertificate('127.0.0.1');
/** Whom this process trusts; the servers' own certificates are added. */
const usual = getCACertificates('default');
let folder: string;
let ctx: Context;
let sftp: Awaited<ReturnType<typeof startSftp>>;
let ftp: FileServer;
let explicit: Awaited<ReturnType<typeof startFtp>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shelfcast-remote-'));
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  for (const name of ['ftp', 'explicit', 'implicit']) await mkdir(join(folder, name));
  ctx = {
    ...quietCtx,
    http: createHttpClient({ allowPrivate: ['127.0.0.1'] }),
    resolveHost: createHostResolver(['127.0.0.1']),
    files: { ...quietCtx.files, temporaryFolder: async () => temporary },
  };
  sftp = await startSftp();
  ftp = await startFtp(join(folder, 'ftp'));
  const certificate = await pem;
  explicit = await startFtp(join(folder, 'explicit'), { tls: 'explicit', certificate });
  setDefaultCACertificates([...usual, certificate.cert]);
}, 60_000);
afterAll(async () => {
  setDefaultCACertificates(usual);
  await sftp.stop();
  await ftp.stop();
  await explicit.stop();
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
  ['FTPS', () => explicit],
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

describe('FTPS', () => {
  it('signs in only once TLS is on, and gives nobody a word whose certificate is not trusted', async () => {
    await explicit.put(csv);
    expect(idsOf(await readAll({ url: explicit.url, user, password }))).toEqual(['A', 'B']);
    expect(explicit.secured().length).toBeGreaterThan(0);
    expect(explicit.secured()).not.toContain(false);
    const asked = explicit.secured().length;
    setDefaultCACertificates(usual);
    try {
      await expect(readAll({ url: explicit.url, user, password })).rejects.toMatchObject({
        code: 'address_no_answer',
        message: expect.stringMatching(/certificate .* is not trusted/),
      });
    } finally {
      setDefaultCACertificates([...usual, (await pem).cert]);
    }
    expect(explicit.secured()).toHaveLength(asked);
  }, 60_000);

  it('does not sign in without TLS where the server has none', async () => {
    await ftp.put(csv);
    const url = ftp.url.replace('ftp:', 'ftps:');
    await expect(readAll({ url, user, password })).rejects.toMatchObject({ name: 'NoAnswerError' });
  }, 60_000);

  it('is TLS from the first byte on at port 990', async () => {
    const certificate = await makeCertificate(implicitPlace.host);
    const implicit = await startFtp(join(folder, 'implicit'), { tls: 'implicit', certificate }).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    if (implicit instanceof Error) {
      // ports below 1024 are not everybody's
      console.warn(`not tested: nothing can listen at ${implicitPlace.host}:990 here (${implicit.code})`);
      return;
    }
    setDefaultCACertificates([...usual, certificate.cert]);
    const hosts = [implicitPlace.host];
    const near = { ...ctx, resolveHost: createHostResolver(hosts) };
    try {
      await implicit.put(csv);
      const reads = await readAll({ url: implicit.url, user, password }, undefined, near);
      expect(idsOf(reads)).toEqual(['A', 'B']);
      expect(endOf(reads)).toMatchObject({ complete: true });
    } finally {
      setDefaultCACertificates([...usual, (await pem).cert]);
      await implicit.stop();
    }
  }, 60_000);
});

describe('a private key', () => {
  const options = (privateKey: string): object => ({ url: sftp.url, user, privateKey });
  const passphrase = 'a secret of its own';
  const toOpenSsh = (key: string): string => {
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error) throw parsed;
    return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
  };
  /** The library makes one now and then that it cannot read itself. */
  const ed25519 = (): string => {
    for (;;) {
      const key = ssh2.utils.generateKeyPairSync('ed25519').private;
      if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
    }
  };
  const pkcs1 = (): string =>
    generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }) as string; // prettier-ignore

  it.each([
    ['Ed25519', ed25519],
    ['ECDSA', () => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private],
    ['RSA of OpenSSH', () => ssh2.utils.generateKeyPairSync('rsa', { bits: 2_048 }).private],
    ['RSA as PEM', pkcs1],
  ])(
    'of %s signs in instead of a password',
    async (_kind, make) => {
      await sftp.put(csv);
      const key = make();
      sftp.trust(toOpenSsh(key));
      expect(idsOf(await readAll(options(key)))).toEqual(['A', 'B']);
    },
    60_000,
  );

  it('that the server does not know is refused', async () => {
    sftp.trust(toOpenSsh(ed25519()));
    await expect(readAll(options(ed25519()))).rejects.toMatchObject({
      name: 'SourceRefusedError',
      code: 'address_refused',
    });
  }, 60_000);

  it.each([
    ['is none', () => 'not a key', /private key cannot be read/],
    [
      'is locked by a passphrase',
      () =>
        ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 16 }).private,
      /private key cannot be read/,
    ],
  ])('that %s is refused with a reason', async (_kind, make, reason) => {
    await expect(readAll(options(make()))).rejects.toMatchObject({
      name: 'SourceRefusedError',
      code: 'address_refused',
      message: expect.stringMatching(reason),
    });
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
