/**
 * Outgoing HTTP: a time limit on the whole exchange, short retries, and no way to an address that is not public.
 * The guard sits at the connector, so that DNS answers, IP literals and every redirect pass it.
 */
import dns from 'node:dns';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector, fetch } from 'undici';
import type { Http, HttpInit, Log } from '../catalog/context.ts';
import { NoAnswerError, SourceError } from '../catalog/errors.ts';

const SECOND = 1_000;
/** A server that asks for a longer wait is left to the queue. */
const longestWaitMs = 5 * SECOND;
const repeatable = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

export interface HttpClientOptions {
  /** Hosts, or host:port, that may be private: for development and tests. `*` allows all. Default none. */
  allowPrivate?: readonly string[];
  userAgent?: string;
  log?: Log;
}

class PrivateAddress extends Error {}

/** An IPv4 address hidden in IPv6 is judged as what it is. */
export function isPublicAddress(address: string): boolean {
  let parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) parsed = parsed.toIPv4Address();
  return parsed.range() === 'unicast';
}

export function createHttpClient(options: HttpClientOptions = {}): Http {
  const allowed = new Set(options.allowPrivate ?? []);
  const isAllowed = (host: string, port: string | number): boolean =>
    allowed.has('*') || allowed.has(host) || allowed.has(`${host}:${port}`);
  const lookup: net.LookupFunction = (host, lookupOptions, done) => {
    dns.lookup(host, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error) return done(error, [] as never);
      const hidden = addresses.find(({ address }) => !isPublicAddress(address));
      if (hidden && !allowed.has('*') && !allowed.has(host))
        return done(new PrivateAddress(host), [] as never);
      done(null, addresses);
    });
  };
  const connect = buildConnector({ timeout: 10 * SECOND, lookup });
  const agent = new Agent({
    connect(target, callback) {
      const host = target.hostname.replace(/^\[|\]$/g, '');
      if (net.isIP(host) !== 0 && !isPublicAddress(host) && !isAllowed(host, target.port))
        return callback(new PrivateAddress(host), null);
      // a name allowed only for one port must not open the others
      connect(target, callback);
    },
  });

  async function once(url: string, init: HttpInit): Promise<Response> {
    const timeout = AbortSignal.timeout(init.timeoutMs ?? 30 * SECOND);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const headers = { 'user-agent': options.userAgent ?? 'Shelfcast/0.1', ...init.headers };
    const request = {
      method: init.method ?? 'GET',
      headers,
      body: init.body ?? null,
      signal,
      dispatcher: agent,
    };
    // undici's own fetch and the web-standard types differ in name only
    return (await fetch(url, request as Parameters<typeof fetch>[1])) as unknown as Response;
  }

  return {
    async fetch(url, init = {}) {
      const method = (init.method ?? 'GET').toUpperCase();
      const retries = init.retries ?? (repeatable.has(method) ? 2 : 0);
      for (let attempt = 0; ; attempt++) {
        const waitMs = (2 ** attempt * SECOND) / 4 + (Math.random() * SECOND) / 4;
        try {
          const response = await once(url, init);
          if (attempt >= retries || (response.status !== 429 && response.status < 500)) return response;
          const asked = retryAfterMs(response.headers.get('retry-after'), Date.now());
          if (asked !== undefined && asked > longestWaitMs) return response;
          await response.body?.cancel();
          await sleep(asked ?? waitMs, undefined, init.signal ? { signal: init.signal } : {});
        } catch (cause) {
          init.signal?.throwIfAborted();
          const error = toError(url, cause);
          if (error instanceof SourceError || attempt >= retries) throw error;
          options.log?.debug('no answer, trying again', { url: withoutSecrets(url), attempt });
          await sleep(waitMs);
        }
      }
    },
  };
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * SECOND;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** User, password and query may hold secrets and never get into a message. */
export function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return 'an address that cannot be read';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function toError(url: string, cause: unknown): Error {
  const address = withoutSecrets(url);
  // by name, not by class: a time limit's DOMException is not an Error of every realm
  for (
    let error = cause as Partial<Error> | undefined;
    error;
    error = error.cause as Partial<Error> | undefined
  ) {
    if (error instanceof PrivateAddress)
      return new SourceError('address_private', `${address} is not a public address.`, {
        hint: 'Use an address that anyone on the internet can open.',
        cause,
      });
    if (error.name === 'TimeoutError')
      return new NoAnswerError('timeout', `${address} did not answer in time.`, { cause });
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return new SourceError('address_invalid', `${address} is not an http or https address.`, { cause });
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
  return new NoAnswerError('no_answer', `${address} gave no answer: ${reason.slice(0, 200)}`, { cause });
}
