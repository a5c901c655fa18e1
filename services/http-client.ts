/**
 * Outgoing HTTP: a time limit on the whole exchange, short retries, and no way to an address that is not public.
 * The guard sits at the connector, so that DNS answers, IP literals and every redirect pass it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, buildConnector, fetch, FormData } from 'undici';
import type { Http, HttpInit, Log } from '../catalog/context.ts';
import { NoAnswerError, SourceError } from '../catalog/errors.ts';
import { redirect, toRequest, withoutSecrets, type Request } from './http-request.ts';
import { isPrivateLiteral, lookUpPublic, PrivateAddressError } from './public-address.ts';

const SECOND = 1_000;
/** A server that asks for a longer wait is left to the queue. */
const longestWaitMs = 5 * SECOND;
const mostRedirects = 5;
const connectTimeoutMs = 10 * SECOND;
const repeatable = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
const redirects = new Set([301, 302, 303, 307, 308]);
/** What the system's error codes mean to somebody who has only typed an address. */
const reasons: Record<string, string> = {
  ENOTFOUND: 'there is no server of that name',
  EAI_AGAIN: 'the name service did not answer',
  ECONNREFUSED: 'the server refuses connections',
  ECONNRESET: 'the connection was dropped',
  EPIPE: 'the connection was dropped',
  UND_ERR_SOCKET: 'the connection was dropped',
  UND_ERR_CONNECT_TIMEOUT: 'the server could not be reached in time',
  ETIMEDOUT: 'the server could not be reached in time',
  ENETUNREACH: 'there is no way to the server from here',
  EHOSTUNREACH: 'there is no way to the server from here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody known',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody known',
};

export interface HttpClientOptions {
  /** Hosts, or host:port, that may be private: for development and tests. `*` allows all. Default none. */
  allowPrivate?: readonly string[];
  userAgent?: string;
  log?: Log;
}

export function createHttpClient(options: HttpClientOptions = {}): Http {
  const dispatcher = createGuardedAgent(new Set(options.allowPrivate ?? []));
  const userAgent = options.userAgent ?? 'Shelfcast/0.1';

  async function follow(first: Request): Promise<Response> {
    let request = first;
    for (let hops = 0; ; hops++) {
      const { url, method, headers, body, signal } = request;
      const response = await fetch(url, {
        method,
        headers,
        body: toUndiciBody(body),
        signal,
        dispatcher,
        redirect: 'manual',
      });
      const location = redirects.has(response.status) && response.headers.get('location');
      // undici's own fetch and the web-standard types differ in name only
      if (!location) return response as unknown as Response;
      await response.body?.cancel();
      if (hops === mostRedirects)
        throw new SourceError(
          'too_many_redirects',
          `${withoutSecrets(first.url)} redirects more than ${mostRedirects} times.`,
          {
            hint: 'Use the address at which the redirects end.',
          },
        );
      request = redirect(request, response.status, location);
    }
  }

  return {
    async fetch(url, init = {}) {
      const timeoutMs = init.timeoutMs ?? 30 * SECOND;
      const deadline = Date.now() + timeoutMs;
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
      const request = toRequest(url, init, userAgent, signal);
      const retries = init.retries ?? (repeatable.has(request.method) ? 2 : 0);
      for (let attempt = 0; ; attempt++) {
        try {
          const response = await follow(request);
          if (attempt >= retries || (response.status !== 429 && response.status < 500)) return response;
          const asked = retryAfterMs(response.headers.get('retry-after'), Date.now());
          const waitMs = asked ?? backoffMs(attempt);
          if (waitMs > longestWaitMs || Date.now() + waitMs > deadline) return response;
          await response.body?.cancel();
          await waitUnlessOver(waitMs, signal);
        } catch (cause) {
          init.signal?.throwIfAborted();
          const error = toError(request.url, cause);
          if (error instanceof SourceError || timeout.aborted || attempt >= retries) throw error;
          options.log?.debug('no answer, trying again', { url: withoutSecrets(url), attempt });
          await waitUnlessOver(backoffMs(attempt), signal);
        }
      }
    },
  };
}

/** `allowed` holds hosts and host:port that may be private, or `*`. A name allowed for one port opens no other. */
function createGuardedAgent(allowed: ReadonlySet<string>): Agent {
  const connectAnywhere = buildConnector({ timeout: connectTimeoutMs });
  const connectPublic = buildConnector({ timeout: connectTimeoutMs, lookup: lookUpPublic });
  return new Agent({
    connect(target, callback) {
      const host = target.hostname.replace(/^\[|\]$/g, '');
      const port = target.port || (target.protocol === 'https:' ? '443' : '80');
      if (allowed.has('*') || allowed.has(host) || allowed.has(`${host}:${port}`))
        connectAnywhere(target, callback);
      // a literal is never looked up
      else if (isPrivateLiteral(host)) callback(new PrivateAddressError(host), null);
      else connectPublic(target, callback);
    },
  });
}

/** 250 ms, 500 ms, 1 s … and up to as much again by chance, so that a crowd does not come back as a crowd. */
const backoffMs = (attempt: number): number => (2 ** attempt * SECOND * (1 + Math.random())) / 4;

/** Wakes early when the signal comes; the next attempt then ends with its reason. */
const waitUnlessOver = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** undici takes only its own FormData for a form; Node's would be sent as "[object FormData]". */
function toUndiciBody(body: HttpInit['body']): string | Uint8Array | FormData | URLSearchParams | null {
  if (!(body instanceof globalThis.FormData)) return body ?? null;
  const form = new FormData();
  for (const [name, value] of body.entries()) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, value.name);
  }
  return form;
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * SECOND;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

interface Cause {
  name?: string;
  message?: string;
  code?: string;
  cause?: Cause;
}

function toError(url: string, cause: unknown): Error {
  if (cause instanceof SourceError) return cause;
  const address = withoutSecrets(url);
  let reason = 'the exchange failed';
  // by name, not by class: a time limit's DOMException is not an Error of every realm
  for (let error = cause as Cause | undefined; error; error = error.cause) {
    if (error.name === PrivateAddressError.name)
      return new SourceError(
        'address_private',
        `${address} is, or leads to, an address that is not public.`,
        {
          hint: 'Use an address that anyone on the internet can open.',
          cause,
        },
      );
    if (error.name === 'TimeoutError')
      return new NoAnswerError('timeout', `${address} did not answer in time.`, { cause });
    reason = reasons[error.code ?? ''] ?? error.message?.slice(0, 200) ?? reason;
  }
  return new NoAnswerError('no_answer', `${address} gave no answer: ${reason}.`, { cause });
}
