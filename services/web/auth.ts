/** Who asks: the service's own token, a machine with a token of its own, or a person's session. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Caller } from '../accounts/access.ts';
import type { Accounts } from '../accounts/accounts.ts';
import { refuse } from './refuse.ts';
import { longestMs } from './sessions.ts';

/** Compares without telling by time how much was right. */
export function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Behind the guard there is always one. */
export function callerOf(res: Response): Caller {
  const caller: unknown = res.locals['caller'];
  if (!caller) throw new Error('an endpoint without the guard before it');
  return caller as Caller;
}

const machine: Caller = { kind: 'machine', id: 'api-token', name: 'command line', role: 'owner' };

async function findCaller(req: Request, apiToken: string, accounts: Accounts): Promise<Caller | undefined> {
  const now = new Date();
  const sent = /^bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1];
  if (sent !== undefined && isSame(sent, apiToken)) return machine;
  if (sent !== undefined) {
    const token = await accounts.tokens.use(sent, now);
    return token && { kind: 'token', id: token.id, name: token.name, role: 'owner', scopes: token.scopes };
  }
  const { userId, signedInAt = 0 } = req.session ?? {};
  if (!userId || now.getTime() - signedInAt > longestMs) return undefined;
  const user = await accounts.users.ofSession(userId, new Date(signedInAt));
  return user && { kind: 'user', id: user.id, name: user.name, role: user.role };
}

const reads = (req: Request): boolean => req.method === 'GET' || req.method === 'HEAD';

/**
 * A page of another site can neither send this header without a preflight that fails, nor hide where it is
 * (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html).
 */
export const refuseForeign: RequestHandler = (req, res, next) => {
  const site = req.headers['sec-fetch-site'];
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreign || req.headers['x-requested-with'] !== 'shelfcast')
    return refuse(res, 403, 'origin_doubtful', 'A write by the page must say that it comes from the page.');
  next();
};

/** Lets only known callers through; what each may do stands at the endpoint. */
export function createGuard(apiToken: string, accounts: Accounts): RequestHandler {
  return async (req, res, next) => {
    const caller = await findCaller(req, apiToken, accounts);
    if (!caller)
      return refuse(res, 401, 'token_missing', 'Sign in, or send a token as "Authorization: Bearer …".');
    res.locals['caller'] = caller;
    if (caller.kind === 'user' && !reads(req)) return refuseForeign(req, res, next);
    next();
  };
}
