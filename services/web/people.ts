/** People with their roles, tokens for machines, and the log of what they did; for owners. */
import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.ts';
import { tokenInputSchema } from '../accounts/tokens.ts';
import { userSchema } from '../accounts/users.ts';
import { callerOf } from './auth.ts';
import { noteChange, type Api } from './endpoint.ts';

const userParams = z.object({ userId: z.string().max(100) });
const tokenParams = z.object({ tokenId: z.string().max(100) });

export function addPeopleRoutes(api: Api, { users, tokens, audit }: Accounts, publicUrl: string): void {
  const linkTo = (secret: string): string => `${publicUrl}/set-password/${secret}`;

  api.add({
    method: 'get',
    path: '/users',
    summary: 'Everyone who may sign in',
    role: 'owner',
    run: async () => ({ items: await users.list() }),
  });
  api.add({
    method: 'post',
    path: '/users',
    summary: 'Add a person; answers the one-time link by which they choose a password',
    role: 'owner',
    body: userSchema.pick({ email: true, name: true, role: true }),
    async run({ body }, _req, res) {
      const { user, secret } = await users.invite(body, new Date());
      res.status(201);
      return { user, link: linkTo(secret) };
    },
  });
  api.add({
    method: 'put',
    path: '/users/{userId}',
    summary: "Change a person's name, role, or whether they may sign in",
    role: 'owner',
    params: userParams,
    body: userSchema.pick({ name: true, role: true, disabled: true }).partial(),
    async run({ params: { userId }, body }, _req, res) {
      const before = await users.find(userId);
      // what is not sent stays; the schema would fill in its default
      const fields = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      const after = await users.change(userId, fields);
      noteChange(res, { before, after });
      return after;
    },
  });
  api.add({
    method: 'delete',
    path: '/users/{userId}',
    summary: 'Remove a person; what they did stays in the log',
    role: 'owner',
    params: userParams,
    async run({ params: { userId } }, _req, res) {
      noteChange(res, { before: await users.find(userId) });
      await users.remove(userId);
    },
  });
  api.add({
    method: 'post',
    path: '/users/{userId}/link',
    summary: 'A one-time link by which the person chooses a new password; older links of theirs stop',
    role: 'owner',
    params: userParams,
    async run({ params: { userId } }) {
      await users.find(userId);
      return { link: linkTo(await users.makeLink(userId, new Date())) };
    },
  });
  api.add({
    method: 'post',
    path: '/users/owner-link',
    summary: 'The one-time link that creates the first owner; nothing when there is somebody already',
    role: 'owner',
    async run() {
      const secret = await users.makeOwnerLink(new Date());
      return secret ? { link: linkTo(secret) } : {};
    },
  });

  api.add({
    method: 'get',
    path: '/tokens',
    summary: "Machines' tokens with their scopes, without their secrets",
    role: 'owner',
    run: async () => ({ items: await tokens.list() }),
  });
  api.add({
    method: 'post',
    path: '/tokens',
    summary: 'Make a token; its secret is answered this once',
    role: 'owner',
    body: tokenInputSchema,
    async run({ body }, _req, res) {
      res.status(201);
      return tokens.create(body, callerOf(res).name, new Date());
    },
  });
  api.add({
    method: 'delete',
    path: '/tokens/{tokenId}',
    summary: 'End a token at once',
    role: 'owner',
    params: tokenParams,
    async run({ params: { tokenId } }, _req, res) {
      noteChange(res, { before: await tokens.find(tokenId) });
      await tokens.remove(tokenId);
    },
  });

  api.add({
    method: 'get',
    path: '/audit',
    summary: 'Every write, the newest first: who, what, before, after',
    role: 'owner',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(500).default(50),
      before: z.coerce.date().optional().describe('`at` of the last entry of the page before'),
    }),
    run: async ({ query: { limit, before } }) => ({ items: await audit.list(limit, before) }),
  });
}
