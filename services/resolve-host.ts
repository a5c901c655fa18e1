/** Names to addresses for what does not go over HTTP, with the same guard against private networks. */
import { lookup } from 'node:dns/promises';
import { NoAnswerError, SourceError } from '../catalog/errors.ts';
import { isPrivateLiteral, lookUpPublic, PrivateAddressError } from './public-address.ts';

/** `allowPrivate`: hosts, or host:port, that may be private; `*` allows all. */
export function createHostResolver(
  allowPrivate: readonly string[],
): (host: string, port: number) => Promise<string> {
  const allowed = new Set(allowPrivate);
  return async (host, port) => {
    try {
      if (allowed.has('*') || allowed.has(host) || allowed.has(`${host}:${port}`))
        return (await lookup(host)).address;
      if (isPrivateLiteral(host)) throw new PrivateAddressError(host);
      return await new Promise((resolve, reject) => {
        lookUpPublic(host, {}, (error, address) => (error ? reject(error) : resolve(String(address))));
      });
    } catch (cause) {
      if (cause instanceof PrivateAddressError)
        throw new SourceError('address_private', `${host} is not a public address.`, {
          hint: 'Use an address that anyone on the internet can open.',
          cause,
        });
      throw new NoAnswerError('no_answer', `There is no server of the name ${host}, or no way to it.`, {
        cause,
      });
    }
  };
}
