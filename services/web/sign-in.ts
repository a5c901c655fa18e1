/** Signing in and out, and the one-time links by which a password is chosen. */
import { createHash } from 'node:crypto';
import express, { Router, type Request, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.ts';
import { emailSchema, passwordSchema, userSchema, type User } from '../accounts/users.ts';
import { callerOf, refuseForeign } from './auth.ts';
import { refuse } from './refuse.ts';

const MINUTE = 60_000;
const signInSchema = z.object({ email: emailSchema, password: z.string().max(200) });
const linkSchema = z.object({
  password: passwordSchema,
  name: userSchema.shape.name.optional(),
  email: emailSchema.optional(),
});
const passwordChangeSchema = z.object({ current: z.string().max(200), password: passwordSchema });

/** Only failures count, so that a person who signs in and out all day is not shut out. */
const limit = (perWindow: number, windowMs: number, keyOf?: (req: Request) => string): RequestHandler =>
  rateLimit({
    windowMs,
    limit: perWindow,
    skipSuccessfulRequests: true,
    standardHeaders: true,
    legacyHeaders: false,
    validate: { xForwardedForHeader: false },
    ...(keyOf ? { keyGenerator: keyOf } : {}),
    handler: (_req, res) => refuse(res, 429, 'too_many_tries', 'Too many wrong tries; wait a while.'),
  });

/** The address that is tried, so that guessing from many places is slow too. */
const accountOf = (req: Request): string => {
  const sent = signInSchema.safeParse(req.body);
  return createHash('sha256')
    .update(sent.success ? sent.data.email : '')
    .digest('hex');
};

export interface SignInParts {
  accounts: Accounts;
  session: RequestHandler;
  guard: RequestHandler;
}

export function signInRoutes({ accounts, session, guard }: SignInParts): Router {
  const { users, audit } = accounts;
  const router = Router();
  const byAddress = limit(10, MINUTE);
  const byAccount = limit(20, 15 * MINUTE, accountOf);
  router.use(session, express.json({ limit: '10kb' }));

  router.get('/', guard, async (_req, res) => void res.json({ user: await toMe(callerOf(res).id) }));
  router.post('/', byAddress, byAccount, refuseForeign, async (req, res) => {
    const { email, password } = signInSchema.parse(req.body);
    const user = await users.signIn(email, password, new Date());
    if (!user) return refuse(res, 401, 'sign_in_wrong', 'Address or password is not right.');
    await begin(req, user);
    await tell('POST /session', 'Sign in', user);
    res.json({ user });
  });
  router.delete('/', refuseForeign, async (req, res) => {
    await end(req);
    res.clearCookie('shelfcast', { path: '/' }).status(204).end();
  });
  router.delete('/everywhere', guard, async (req, res) => {
    const { id, name } = callerOf(res);
    await users.signOutEverywhere(id, new Date());
    await tell('DELETE /session/everywhere', 'Sign out everywhere', { id, name });
    await end(req);
    res.status(204).end();
  });
  router.put('/password', guard, byAddress, async (req, res) => {
    const { current, password } = passwordChangeSchema.parse(req.body);
    const user = await users.find(callerOf(res).id);
    await users.changePassword(user.id, current, password, new Date());
    await tell('PUT /session/password', 'Change the own password', user);
    await begin(req, user);
    res.status(204).end();
  });
  router.get('/links/:secret', byAddress, async (req, res) => {
    const { user } = await users.readLink(String(req.params['secret']), new Date());
    res.json(user ? { email: user.email, name: user.name } : {});
  });
  router.post('/links/:secret', byAddress, refuseForeign, async (req, res) => {
    const user = await users.useLink(String(req.params['secret']), linkSchema.parse(req.body), new Date());
    await begin(req, user);
    await tell('POST /session/links', 'Choose a password by a link', user);
    res.json({ user });
  });
  return router;

  async function toMe(id: string): Promise<Pick<User, 'id' | 'name' | 'email' | 'role'>> {
    // the service's own token has no account
    if (id === 'api-token') return { id, name: 'API token', email: '', role: 'owner' };
    const { name, email, role } = await users.find(id);
    return { id, name, email, role };
  }
  async function tell(
    action: string,
    summary: string,
    { id, name }: Pick<User, 'id' | 'name'>,
  ): Promise<void> {
    const entry = { by: { kind: 'user', id, name }, action, summary, target: {} } as const;
    await audit.end(await audit.begin(entry, new Date()), { outcome: 'done' });
  }
}

/** A new session id, so that one that somebody planted before is worth nothing. */
async function begin(req: Request, user: User): Promise<void> {
  await new Promise<void>((done, fail) => {
    req.session.regenerate((error: unknown) => (error ? fail(toError(error)) : done()));
  });
  req.session.userId = user.id;
  req.session.signedInAt = Date.now();
  await new Promise<void>((done, fail) => {
    req.session.save((error: unknown) => (error ? fail(toError(error)) : done()));
  });
}

const end = (req: Request): Promise<void> =>
  new Promise((done, fail) => {
    req.session.destroy((error: unknown) => (error ? fail(toError(error)) : done()));
  });

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
