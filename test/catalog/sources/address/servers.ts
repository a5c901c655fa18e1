/** Real servers on this machine that hold one file: SFTP by password or key, FTP with and without TLS. */
import { once } from 'node:events';
import { createHash, randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createReadStream } from 'node:fs';
import { writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FileSystem, FtpSrv } from 'ftp-srv';
import { generate } from 'selfsigned';
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

/** `hostKey`: its fingerprint. `trust`: this public key (OpenSSH's form) signs the user in, beside the password. */
export async function startSftp(): Promise<FileServer & { hostKey: string; trust(publicKey: string): void }> {
  let trusted: ssh2.ParsedKey | undefined;
  const { private: key, public: open } = ssh2.utils.generateKeyPairSync('ed25519');
  let file = Buffer.alloc(0);
  let time = 1_700_000_000;
  let limit: number | undefined;
  let reads = 0;
  const { STATUS_CODE: status } = ssh2.utils.sftp;
  const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (asked) => {
      if (asked.username === user && isAllowed(asked, trusted)) asked.accept();
      else asked.reject(['password', 'publickey']);
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
  const blob = parseKey(open).getPublicSSH();
  return {
    url: `sftp://127.0.0.1:${(server.address() as AddressInfo).port}/feeds/products.csv`,
    hostKey: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
    async put(content, modifiedAt) {
      file = Buffer.from(content as string);
      time = modifiedAt ? Math.floor(modifiedAt.getTime() / 1_000) : time + 60;
    },
    breakAfter: (bytes) => void (limit = bytes),
    reads: () => reads,
    trust: (publicKey) => void (trusted = parseKey(publicKey)),
    async stop() {
      server.close();
      await once(server, 'close').catch(() => undefined);
    },
  };
}

function parseKey(text: string): ssh2.ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

/** A key is first only shown, and then proven by a signature. */
function isAllowed(asked: ssh2.AuthContext, trusted: ssh2.ParsedKey | undefined): boolean {
  if (asked.method === 'password') return asked.password === password;
  if (asked.method !== 'publickey' || !trusted) return false;
  if (!asked.key.data.equals(trusted.getPublicSSH())) return false;
  const { signature, blob } = asked;
  if (!signature) return true;
  return blob !== undefined && trusted.verify(blob, signature, asked.hashAlgo) === true;
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

/** A certificate for one address, signed by itself. */
export async function makeCertificate(ip: string): Promise<{ key: string; cert: string }> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip }] }];
  const { private: key, cert } = await generate([{ name: 'commonName', value: ip }], { extensions });
  return { key, cert };
}

/** The port of implicit TLS, on an address of this machine that nobody else is likely to use. */
export const implicitPlace = {
  host: `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`,
  port: 990,
};

export interface FtpOptions {
  /** `explicit`: asked for by AUTH TLS. `implicit`: from the first byte on, at port 990. */
  tls?: 'explicit' | 'implicit';
  certificate?: { key: string; cert: string };
}

export async function startFtp(
  folder: string,
  { tls, certificate }: FtpOptions = {},
): Promise<FileServer & { secured(): boolean[] }> {
  const { host, port } = tls === 'implicit' ? implicitPlace : { host: '127.0.0.1', port: await findPort() };
  /** Of each sign-in, whether TLS was on by then. */
  const secured: boolean[] = [];
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
    url: `${tls === 'implicit' ? 'ftps' : 'ftp'}://${host}:${port}`,
    pasv_url: host,
    ...(certificate ? { tls: certificate } : {}),
    pasv_min: 20_000,
    log: quiet,
  });
  server.on('login', ({ connection, username, password: given }, resolve, reject) => {
    secured.push(connection.secure);
    if (username !== user || given !== password) return reject(new Error('Wrong password'));
    resolve({ fs: new ShortFiles(connection, { root: folder, cwd: '/' }) });
  });
  await server.listen();
  return {
    url: `${tls ? 'ftps' : 'ftp'}://${host}:${port}/products.csv`,
    secured: () => secured,
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
