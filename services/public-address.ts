/** Which addresses are public: the guard against being sent to look into one's own house. */
import dns from 'node:dns';
import net from 'node:net';
import ipaddr from 'ipaddr.js';

export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
}

const formerlyMapped = ipaddr.IPv6.parseCIDR('::/96');

/** An IPv4 address hidden in IPv6 is judged as what it is. */
export function isPublicAddress(address: string): boolean {
  let parsed = ipaddr.parse(address);
  // ::127.0.0.1, the form that came before ::ffff:127.0.0.1; ipaddr.js takes it for an ordinary address
  if (parsed instanceof ipaddr.IPv6 && parsed.match(formerlyMapped)) return false;
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) parsed = parsed.toIPv4Address();
  return parsed.range() === 'unicast';
}

/** An IP literal in an address (without brackets) that is not public; a name is judged when it is looked up. */
export const isPrivateLiteral = (host: string): boolean => net.isIP(host) !== 0 && !isPublicAddress(host);

/** One private address among several refuses the name: the socket might take just that one. */
export const lookUpPublic: net.LookupFunction = (host, options, done) => {
  dns.lookup(host, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error || !first) return done(error ?? new Error(`no address of ${host}`), '', 0);
    if (!addresses.every(({ address }) => isPublicAddress(address)))
      return done(new PrivateAddressError(host), '', 0);
    if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};
