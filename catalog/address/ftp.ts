/** FTP, and FTPS with explicit TLS (implicit at port 990). RFC 959, 3659 (SIZE, MDTM), 4217 (TLS). */
import { isIP } from 'node:net';
import { Client, FTPError } from 'basic-ftp';
import type { Context } from '../context.ts';
import { BusyError, NoAnswerError, SourceError, SourceRefusedError, SyncError } from '../errors.ts';
import type { AddressOptions } from './options.ts';
import type { Remote, RemoteAddress } from './remote.ts';

const silenceMs = 60_000;
const implicitTlsPort = 990;

export async function openFtp(options: AddressOptions, to: RemoteAddress, ctx: Context): Promise<Remote> {
  // data connections go to the server that was let through, whatever address it names
  const client = new Client(silenceMs, { allowSeparateTransferHost: false });
  const stop = (): void => client.close();
  ctx.signal?.addEventListener('abort', stop, { once: true });
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      ctx.signal?.throwIfAborted();
      throw toError(error, to.host);
    }
  };
  // as curl reads it: from the folder that one is in after signing in
  const path = decodeURIComponent(to.url.pathname).replace(/^\//, '');
  const isSecure = to.url.protocol === 'ftps:';
  try {
    await ask(() =>
      client.access({
        host: to.address,
        port: to.port,
        user: options.user ?? 'anonymous',
        password: options.password ?? 'guest',
        secure: isSecure && to.port === implicitTlsPort ? 'implicit' : isSecure,
        // no address may be told as a server's name. https://www.rfc-editor.org/rfc/rfc6066#section-3
        ...(isSecure && isIP(to.host) === 0 ? { secureOptions: { servername: to.host } } : {}),
      }),
    );
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    stat: async () => ({
      size: await optional(() => client.size(path)),
      modifiedAt: await optional(() => client.lastMod(path)),
    }),
    download: (into) => ask(async () => void (await client.downloadTo(into, path))),
    close() {
      ctx.signal?.removeEventListener('abort', stop);
      client.close();
    },
  };
}

/** Servers need not know SIZE and MDTM; that the file is missing is told when it is loaded. */
async function optional<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof FTPError) return undefined;
    throw new NoAnswerError('address_no_answer', 'The FTP server stopped answering.', { cause: error });
  }
}

/** What the replies mean. https://www.rfc-editor.org/rfc/rfc959#section-4.2 */
function toError(error: unknown, host: string): Error {
  if (error instanceof SyncError) return error;
  const { code: fault } = error as NodeJS.ErrnoException;
  // of X.509 (https://nodejs.org/api/tls.html#x509-certificate-error-codes) and of the comparison with the host's name
  if (typeof fault === 'string' && /CERT|_VERIFY_|_SIGNATURE/.test(fault))
    return new NoAnswerError('address_no_answer', `The certificate of ${host} is not trusted (${fault}).`, {
      hint: 'Have it renewed, or name the file of who has signed it in NODE_EXTRA_CA_CERTS.',
      cause: error,
    });
  if (!(error instanceof FTPError))
    return new NoAnswerError('address_no_answer', `${host} gave no answer, or stopped in the middle of it.`, {
      cause: error,
    });
  const { code } = error;
  if (code === 530 || code === 532 || code === 331 || code === 332)
    return new SourceRefusedError('address_refused', `${host} refuses the sign-in (FTP ${code}).`, {
      hint: 'Check user and password, and connect the address again.',
      cause: error,
    });
  if (code === 421 || code === 450) return new BusyError('address_busy', `${host} asks to come back later (FTP ${code}).`); // prettier-ignore
  if (code === 550 || code === 551 || code === 553)
    return new SourceError(
      'address_no_file',
      `There is no such file at ${host}, or it may not be read (FTP ${code}).`,
      {
        hint: 'Look at the path: it begins in the folder one is in after signing in.',
        cause: error,
      },
    );
  return new NoAnswerError('address_no_answer', `${host} did not give the file (FTP ${code}).`, { cause: error }); // prettier-ignore
}
