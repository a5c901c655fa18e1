/** Real servers on this machine that hold one file: SFTP and FTP. */
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createReadStream } from 'node:fs';
import { writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FileSystem, FtpSrv } from 'ftp-srv';
import ssh2 from 'ssh2';

export interface FileServer {
  url: string;
  /** Puts the file there; its time tells the version. */
  put(content: string | Buffer, modifiedAt?: Date): Promise<void>;
  /** From now on the connection breaks after so many bytes of the file; undefined: never. */
  breakAfter(bytes: number | undefined): void;
  /** How often the file was read. */
  reads(): number;
  stop(): Promise<void>;
}

export const user = 'shop';
export const password = 'pässword';

/** `hostKey`: its fingerprint. */
export async function startSftp(): Promise<FileServer & { hostKey: string }> {
  const { private: key, public: open } = ssh2.utils.generateKeyPairSync('ed25519');
  let file = Buffer.alloc(0);
  let time = 1_700_000_000;
  let limit: number | undefined;
  let reads = 0;
  const { STATUS_CODE: status } = ssh2.utils.sftp;
  const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (asked) => {
      if (asked.method === 'password' && asked.username === user && asked.password === password)
        asked.accept();
      else asked.reject(['password']);
    });
    client.on('session', (accept) => {
      accept().on('sftp', (take) => {
        const sftp = take();
        const attributes = () => ({
          mode: 0o100644,
          uid: 0,
          gid: 0,
          size: file.length,
          atime: time,
          mtime: time,
        });
        const stat = (id: number, path: string): void => {
          if (path === '/feeds/products.csv') sftp.attrs(id, attributes());
          else sftp.status(id, status.NO_SUCH_FILE);
        };
        sftp.on('STAT', stat);
        sftp.on('LSTAT', stat);
        sftp.on('FSTAT', (id) => sftp.attrs(id, attributes()));
        sftp.on('OPEN', (id, path) => {
          reads += 1;
          if (path === '/feeds/products.csv') sftp.handle(id, Buffer.from('1'));
          else sftp.status(id, status.NO_SUCH_FILE);
        });
        sftp.on('READ', (id, _handle, offset, length) => {
          if (limit !== undefined && offset + length > limit) return void client.end();
          const part = file.subarray(offset, offset + length);
          if (part.length === 0) sftp.status(id, status.EOF);
          else sftp.data(id, part);
        });
        sftp.on('CLOSE', (id) => sftp.status(id, status.OK));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const parsed = ssh2.utils.parseKey(open);
  if (parsed instanceof Error) throw parsed;
  const blob = (Array.isArray(parsed) ? parsed[0] : parsed).getPublicSSH();
  return {
    url: `sftp://127.0.0.1:${(server.address() as AddressInfo).port}/feeds/products.csv`,
    hostKey: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
    async put(content, modifiedAt) {
      file = Buffer.from(content as string);
      time = modifiedAt ? Math.floor(modifiedAt.getTime() / 1_000) : time + 60;
    },
    breakAfter: (bytes) => void (limit = bytes),
    reads: () => reads,
    async stop() {
      server.close();
      await once(server, 'close').catch(() => undefined);
    },
  };
}

/** A port that was free a moment ago: the library cannot tell which one the system chose. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function startFtp(folder: string): Promise<FileServer> {
  const port = await findPort();
  let reads = 0;
  let limit: number | undefined;
  let time = new Date('2026-11-25T10:00:00Z');
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => quiet };
  /** Ends a file early, as if all of it had been sent. */
  class ShortFiles extends FileSystem {
    override async read(name: string, options: { start?: number } = {}): Promise<unknown> {
      reads += 1;
      if (limit === undefined) return super.read(name, options);
      return { stream: createReadStream(join(folder, name), { end: limit - 1 }), clientPath: name };
    }
  }
  const server = new FtpSrv({
    url: `ftp://127.0.0.1:${port}`,
    pasv_url: '127.0.0.1',
    pasv_min: 20_000,
    log: quiet,
  });
  server.on('login', ({ connection, username, password: given }, resolve, reject) => {
    if (username !== user || given !== password) return reject(new Error('Wrong password'));
    resolve({ fs: new ShortFiles(connection, { root: folder, cwd: '/' }) });
  });
  await server.listen();
  return {
    url: `ftp://127.0.0.1:${port}/products.csv`,
    async put(content, modifiedAt) {
      time = modifiedAt ?? new Date(time.getTime() + 60_000);
      const path = join(folder, 'products.csv');
      await writeFile(path, content);
      await utimes(path, time, time);
    },
    breakAfter: (bytes) => void (limit = bytes),
    reads: () => reads,
    stop: async () => void (await server.close()),
  };
}
