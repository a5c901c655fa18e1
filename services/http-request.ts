/** One outgoing request as the client keeps it, and what becomes of it at a redirect. */
import type { HttpInit } from '../catalog/context.ts';
import { SourceError } from '../catalog/errors.ts';

/** Meant for the first server only; the next one is somebody else. */
const secretHeaders = ['authorization', 'cookie', 'proxy-authorization'];

export interface Request {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: HttpInit['body'];
  signal: AbortSignal;
}

/** A user and password in the address become a header: fetch refuses them there, and would print them. */
export function toRequest(address: string, init: HttpInit, userAgent: string, signal: AbortSignal): Request {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new SourceError('address_invalid', `${withoutSecrets(address)} is not an http or https address.`);
  const headers: Record<string, string> = { 'user-agent': userAgent, ...lowerCased(init.headers ?? {}) };
  if (url.username || url.password) {
    const login = `${decode(url.username)}:${decode(url.password)}`;
    headers['authorization'] ??= `Basic ${Buffer.from(login).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  return { url: url.href, method: (init.method ?? 'GET').toUpperCase(), headers, body: init.body, signal };
}

const lowerCased = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The next request of a redirect (RFC 9110, 15.4): secrets stay behind, and 303 (or a POST's 301, 302) asks with GET. */
export function redirect(from: Request, status: number, location: string): Request {
  if (!URL.canParse(location, from.url))
    throw new SourceError('redirect_invalid', `${withoutSecrets(from.url)} redirects to nowhere.`);
  const next = new URL(location, from.url);
  if (!/^https?:$/.test(next.protocol))
    throw new SourceError('redirect_invalid', `${withoutSecrets(from.url)} redirects out of the web.`);
  next.username = '';
  next.password = '';
  const asksAnew = (status === 303 && from.method !== 'HEAD') || (status < 303 && from.method === 'POST');
  const dropped = [
    ...(next.origin === new URL(from.url).origin ? [] : secretHeaders),
    ...(asksAnew ? ['content-type', 'content-length'] : []),
  ];
  const headers = Object.fromEntries(
    Object.entries(from.headers).filter(([name]) => !dropped.includes(name)),
  );
  return {
    ...from,
    url: next.href,
    headers,
    ...(asksAnew ? { method: 'GET', body: undefined } : {}),
  };
}

/** User, password and query may hold secrets and never get into a message. */
export function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return 'an address that cannot be read';
  const { protocol, host, pathname } = new URL(url);
  return /^https?:$/.test(protocol)
    ? `${protocol}//${host}${pathname}`
    : `an address of the kind ${protocol}`;
}
