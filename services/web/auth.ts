/** Who asks: a machine with the token, or the page's session made from it. */
import { createHmac, timingSafeEqual, createHash } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { z } from 'zod';

const cookieName = 'shelfcast';
const HOUR = 3_600_000;
const sessionMs = 12 * HOUR;

/** Compares without telling by time how much was right. */
export function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function refuse(res: Response, status: number, code: string, title: string): void {
  res
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ status, code, title, detail: title }));
}

export interface Auth {
  /** Lets only known callers through; a write by the page needs the header that other sites cannot send. */
  guard: RequestHandler;
  isKnown(authorization: string | undefined, cookie: string | undefined): 'token' | 'session' | undefined;
  limitSignIn: RequestHandler;
  signIn: RequestHandler;
  signOut: RequestHandler;
}

export function createAuth(apiToken: string, secure: boolean): Auth {
  const sign = (until: string): string => createHmac('sha256', apiToken).update(until).digest('base64url');
  const isSession = (cookie: string | undefined): boolean => {
    const value = cookie
      ?.split(/;\s*/)
      .find((part) => part.startsWith(`${cookieName}=`))
      ?.slice(cookieName.length + 1);
    const [until = '', signature = ''] = value?.split('.') ?? [];
    return Number(until) > Date.now() && isSame(signature, sign(until));
  };
  const isKnown: Auth['isKnown'] = (authorization, cookie) => {
    const token = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined && isSame(token, apiToken)) return 'token';
    return isSession(cookie) ? 'session' : undefined;
  };
  return {
    isKnown,
    guard(req, res, next) {
      const known = isKnown(req.headers.authorization, req.headers.cookie);
      if (!known)
        return refuse(res, 401, 'token_missing', 'Send the API token as "Authorization: Bearer …".');
      const reads = req.method === 'GET' || req.method === 'HEAD';
      if (known === 'session' && !reads && req.headers['x-requested-with'] !== 'shelfcast')
        return refuse(
          res,
          403,
          'origin_doubtful',
          'A write by the page must say that it comes from the page.',
        );
      next();
    },
    // only failures count, so that a person who signs in and out all day is not shut out
    limitSignIn: rateLimit({
      windowMs: 60_000,
      limit: 10,
      skipSuccessfulRequests: true,
      standardHeaders: true,
      legacyHeaders: false,
      validate: { xForwardedForHeader: false },
      handler: (_req, res) => refuse(res, 429, 'too_many_tries', 'Too many wrong tokens; wait a minute.'),
    }),
    signIn(req, res) {
      const sent = z.object({ token: z.string() }).safeParse(req.body);
      if (!sent.success || !isSame(sent.data.token, apiToken))
        return refuse(res, 401, 'token_wrong', 'That is not the token.');
      const until = String(Date.now() + sessionMs);
      res.cookie(cookieName, `${until}.${sign(until)}`, {
        httpOnly: true,
        sameSite: 'strict',
        secure,
        maxAge: sessionMs,
      });
      res.status(204).end();
    },
    signOut(_req, res) {
      res.clearCookie(cookieName).status(204).end();
    },
  };
}
