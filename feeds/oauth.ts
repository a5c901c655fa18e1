/**
 * Access tokens that end (OAuth 2, RFC 6749, section 6): renewed once at a time, kept before they are used, and found
 * again by everybody in this process who still holds the old one.
 */
import type { Http } from '../catalog/context.ts';
import { SyncError } from '../catalog/errors.ts';

export interface Tokens {
  accessToken?: string | undefined;
  refreshToken?: string | undefined;
  /** ISO 8601: from then on it is renewed before it is refused. Undefined when nobody knows its end. */
  renewAfter?: string | undefined;
}

export interface FreshTokens extends Tokens {
  accessToken: string;
}

/** Asks the channel for new tokens; what it does not answer stays. Throws ChannelError when it refuses. */
type Renew = (refreshToken: string) => Promise<FreshTokens>;

export interface SessionParts {
  /** As they are stored now. */
  tokens: Tokens;
  /** Renewals are shared by all sessions on the same outgoing HTTP, which is one per process. */
  http: Http;
  /** Absent: these tokens cannot be renewed. */
  renew?: Renew | undefined;
  /** Stores the tokens for good. */
  keep(tokens: FreshTokens): Promise<void>;
  /** Code of the error that says: this access token is not valid (any more). */
  refusedCode: string;
  now(): number;
}

/** Runs work with a valid access token; once more with a new one when the channel refuses the old. */
export interface Session {
  run<T>(work: (accessToken: string) => Promise<T>): Promise<T>;
}

export function createSession(parts: SessionParts): Session {
  const shared = renewalsOf(parts.http);
  let held = parts.tokens;
  /** Everybody who waits for the same tokens to be stored waits for one storing. */
  let keeping: { accessToken: string; done: Promise<void> } | undefined;

  /** Stored before use: a crash from here on finds the new tokens; one before it the old, which still can be renewed. */
  async function adopt(tokens: Tokens): Promise<void> {
    const { accessToken } = tokens;
    if (accessToken === undefined || accessToken === held.accessToken) return;
    if (keeping?.accessToken !== accessToken)
      keeping = { accessToken, done: parts.keep({ ...tokens, accessToken }) };
    try {
      await keeping.done;
    } catch (error) {
      keeping = undefined;
      throw error;
    }
    held = tokens;
  }

  async function renewOnce(renew: Renew): Promise<void> {
    const key = keyOf(held);
    let renewal = shared.get(key);
    if (renewal === undefined) {
      renewal = exchange(held, renew);
      shared.set(key, renewal);
      // a failed renewal is tried again by whoever comes next; its error reaches everybody who waits for it now
      renewal.catch(() => shared.delete(key));
    }
    await adopt(await renewal);
  }

  const isEnding = ({ accessToken, renewAfter }: Tokens): boolean =>
    accessToken === undefined || (renewAfter !== undefined && Date.parse(renewAfter) <= parts.now());

  return {
    async run(work) {
      await adopt(await findLatest(shared, held));
      const renew = held.refreshToken === undefined ? undefined : parts.renew;
      if (renew && isEnding(held)) await renewOnce(renew);
      try {
        return await work(held.accessToken ?? '');
      } catch (error) {
        const isRefused = error instanceof SyncError && error.code === parts.refusedCode;
        if (!isRefused || !renew) throw error;
        await renewOnce(renew);
        return work(held.accessToken ?? '');
      }
    },
  };
}

async function exchange(old: Tokens, renew: Renew): Promise<Tokens> {
  const fresh = await renew(old.refreshToken ?? '');
  const given = Object.fromEntries(Object.entries(fresh).filter(([, value]) => value !== undefined));
  return { ...old, renewAfter: undefined, ...given };
}

/** What somebody else has renewed since. */
async function findLatest(shared: Map<string, Promise<Tokens>>, tokens: Tokens): Promise<Tokens> {
  const renewal = shared.get(keyOf(tokens));
  return renewal ? findLatest(shared, await renewal) : tokens;
}

/** When a token that lives so long should be renewed: at nine tenths of its life. */
export const toRenewAfter = (livesSeconds: number | undefined, now: number): string | undefined =>
  livesSeconds === undefined ? undefined : new Date(now + livesSeconds * 900).toISOString();

const keyOf = ({ accessToken, refreshToken }: Tokens): string => accessToken ?? refreshToken ?? '';

/** By outgoing HTTP and old token: the renewal that took its place. */
const renewals = new WeakMap<Http, Map<string, Promise<Tokens>>>();
const mostRenewals = 1_000;

function renewalsOf(http: Http): Map<string, Promise<Tokens>> {
  let of = renewals.get(http);
  if (of === undefined) renewals.set(http, (of = new Map()));
  // the oldest go first; whoever held such a token has long been given another
  for (const key of of.keys()) if (of.size > mostRenewals) of.delete(key);
  return of;
}
