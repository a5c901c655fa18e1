/** SFTP: a file over SSH, by password or private key. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Client, type SFTPWrapper } from 'ssh2';
import type { Context } from '../context.ts';
import { NoAnswerError, SourceError, SourceRefusedError } from '../errors.ts';
import type { AddressOptions } from './options.ts';
import type { Remote, RemoteAddress } from './remote.ts';

const connectMs = 20_000;
/** A connection that is silent for three of these is given up. */
const keepAliveMs = 20_000;

export async function openSftp(options: AddressOptions, to: RemoteAddress, ctx: Context): Promise<Remote> {
  const client = new Client();
  const stop = (): void => void client.destroy();
  ctx.signal?.addEventListener('abort', stop, { once: true });
  let wrongKey = false;
  const ask = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      ctx.signal?.throwIfAborted();
      throw toError(error, to.host, wrongKey);
    }
  };
  // an error that comes when nobody waits any more ends nothing
  client.on('error', () => undefined);
  const opening = new Promise<SFTPWrapper>((resolve, reject) => {
    client.once('error', reject);
    client.once('close', () => reject(new Error('the connection was closed')));
    client.once('ready', () => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
  });
  try {
    client.connect({
      host: to.address,
      port: to.port,
      username: options.user ?? '',
      ...(options.password ? { password: options.password } : {}),
      ...(options.privateKey ? { privateKey: options.privateKey } : {}),
      readyTimeout: connectMs,
      keepaliveInterval: keepAliveMs,
      hostVerifier: (key: Buffer) => {
        const found = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
        wrongKey = options.hostKey !== undefined && options.hostKey !== `SHA256:${found}`;
        return !wrongKey;
      },
    });
  } catch (cause) {
    // the library reads the key before it connects
    client.destroy();
    opening.catch(() => undefined);
    throw new SourceRefusedError(
      'address_refused',
      `The private key cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'Give it whole, as text, without a passphrase; make one for this alone: ssh-keygen -t ed25519',
        cause,
      },
    );
  }
  let sftp: SFTPWrapper;
  try {
    sftp = await ask(opening);
  } catch (error) {
    client.destroy();
    throw error;
  }
  // as curl reads it: the whole path, or from the home folder behind /~/
  const path = decodeURIComponent(to.url.pathname).replace(/^\/~\//, '');
  const closed = new Promise<never>((_, reject) => {
    client.once('close', () => reject(new Error('the connection was closed')));
  });
  closed.catch(() => undefined);
  return {
    stat: () =>
      ask(
        Promise.race([
          closed,
          new Promise<{ size: number; modifiedAt: Date }>((resolve, reject) => {
            sftp.stat(path, (error, found) =>
              error
                ? reject(error)
                : resolve({ size: found.size, modifiedAt: new Date(found.mtime * 1_000) }),
            );
          }),
        ]),
      ),
    download: (into) => ask(Promise.race([closed, pipeline(sftp.createReadStream(path), into)])),
    close() {
      ctx.signal?.removeEventListener('abort', stop);
      client.end();
    },
  };
}

/** Status codes of SFTP: https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-7 */
const noSuchFile = 2;
const permissionDenied = 3;

function toError(error: unknown, host: string, wrongKey: boolean): Error {
  const { level, code } = error as { level?: string; code?: unknown };
  if (wrongKey)
    return new SourceRefusedError(
      'address_host_key_wrong',
      `${host} shows another host key than the one given.`,
      {
        hint: 'Ask who runs the server for its fingerprint before you connect again.',
        cause: error,
      },
    );
  if (level === 'client-authentication')
    return new SourceRefusedError('address_refused', `${host} refuses the sign-in.`, {
      hint: 'Check user and password, or the private key, and connect the address again.',
      cause: error,
    });
  if (code === noSuchFile || code === permissionDenied)
    return new SourceError('address_no_file', `There is no such file at ${host}, or it may not be read.`, {
      hint: 'Look at the path; behind /~/ it begins in the home folder.',
      cause: error,
    });
  return new NoAnswerError('address_no_answer', `${host} gave no answer, or stopped in the middle of it.`, {
    cause: error,
  });
}
