/** People who sign in, and the one-time links by which they choose a password. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ConflictError, InputError, NotFoundError } from '../../catalog/errors.ts';
import { defineCollection, type Connection } from '../../catalog/store/model.ts';
import { roleSchema } from './access.ts';
import { hashPassword, isPassword, leastPassword } from './passwords.ts';

export const emailSchema = z.email('use an address such as ana@shop.example').max(200).toLowerCase();
export const passwordSchema = z
  .string()
  .min(leastPassword, `use at least ${leastPassword} characters`)
  .max(200, 'use at most 200 characters');

export const userSchema = z.object({
  id: z.string(),
  email: emailSchema,
  name: z.string().trim().min(1, 'say how to call this person').max(100),
  role: roleSchema,
  /** Signs in no more; what they did stays theirs. */
  disabled: z.boolean().default(false),
  createdAt: z.date(),
  lastSeenAt: z.date().optional(),
  /** A password was chosen; before that only a link leads in. */
  hasPassword: z.boolean(),
});
export type User = z.infer<typeof userSchema>;

interface UserDocument extends Omit<User, 'id' | 'hasPassword'> {
  _id: string;
  password?: string;
  /** Sessions that began before this are over. */
  signedOutAt?: Date;
}
interface LinkDocument {
  /** The hash of the link's secret. */
  _id: string;
  /** Absent: the link creates the first owner. */
  userId?: string;
  until: Date;
}

const HOUR = 3_600_000;
const linkMs = 72 * HOUR;
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export type UserStore = ReturnType<typeof createUserStore>;

export function createUserStore(connection: Connection) {
  const users = defineCollection<UserDocument>(connection, 'users', [{ keys: { email: 1 }, unique: true }]);
  const links = defineCollection<LinkDocument>(connection, 'user_links', []);

  const toUser = ({ _id, password, signedOutAt: _, ...rest }: UserDocument): User => ({
    id: _id,
    ...rest,
    disabled: rest.disabled,
    hasPassword: password !== undefined,
  });
  async function load(id: string): Promise<UserDocument> {
    const document = await users.collection.findOne({ _id: id });
    if (!document) throw new NotFoundError('user_unknown', 'There is no such person.');
    return document;
  }
  /** Somebody must be left who can let others in. */
  async function refuseLastOwner(id: string): Promise<void> {
    const others = await users.collection.countDocuments({
      _id: { $ne: id },
      role: 'owner',
      disabled: false,
    });
    if (others === 0)
      throw new ConflictError('last_owner', 'This is the only owner who can sign in.', {
        hint: 'Make another person an owner first.',
      });
  }
  async function makeLink(userId: string | undefined, now: Date): Promise<string> {
    const secret = randomBytes(24).toString('base64url');
    if (userId) await links.collection.deleteMany({ userId });
    const until = new Date(now.getTime() + linkMs);
    await links.collection.insertOne({ _id: hashOf(secret), ...(userId ? { userId } : {}), until });
    return secret;
  }
  async function findLink(secret: string, now: Date): Promise<LinkDocument> {
    const link = await links.collection.findOne({ _id: hashOf(secret) });
    if (!link || link.until < now)
      throw new NotFoundError('link_used_up', 'This link was used already, or is too old.', {
        hint: 'Ask an owner for a new one, or run: shelfcast users link',
      });
    return link;
  }
  async function insert(
    user: Pick<User, 'email' | 'name' | 'role'>,
    password: string | undefined,
    now: Date,
  ) {
    const document: UserDocument = {
      _id: randomUUID(),
      ...user,
      disabled: false,
      createdAt: now,
      ...(password === undefined ? {} : { password: await hashPassword(password) }),
    };
    try {
      await users.collection.insertOne(document);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 11_000) throw error;
      throw new ConflictError('email_taken', `${user.email} is known already.`, { cause: error });
    }
    return toUser(document);
  }

  return {
    async sync() {
      await users.sync();
      await links.sync();
    },
    async list(): Promise<User[]> {
      return (await users.collection.find().sort({ email: 1 }).toArray()).map(toUser);
    },
    find: async (id: string): Promise<User> => toUser(await load(id)),
    async findByEmail(email: string): Promise<User | undefined> {
      const document = await users.collection.findOne({ email });
      return document ? toUser(document) : undefined;
    },

    /** A person without a password yet, and the secret of the link by which they choose one. */
    async invite(input: Pick<User, 'email' | 'name' | 'role'>, now: Date) {
      const user = await insert(input, undefined, now);
      return { user, secret: await makeLink(user.id, now) };
    },
    async change(id: string, fields: Partial<Pick<User, 'name' | 'role' | 'disabled'>>): Promise<User> {
      const before = await load(id);
      const losesOwner = (fields.role !== undefined && fields.role !== 'owner') || fields.disabled === true;
      if (before.role === 'owner' && losesOwner) await refuseLastOwner(id);
      await users.collection.updateOne({ _id: id }, { $set: fields });
      return toUser(await load(id));
    },
    async remove(id: string): Promise<void> {
      const before = await load(id);
      if (before.role === 'owner') await refuseLastOwner(id);
      await users.collection.deleteOne({ _id: id });
      await links.collection.deleteMany({ userId: id });
    },

    /** The user whose password this is; takes as long when there is none. */
    async signIn(email: string, password: string, now: Date): Promise<User | undefined> {
      const found = await users.collection.findOne({ email });
      const right = await isPassword(password, found?.password);
      if (!found || !right || found.disabled) return undefined;
      await users.collection.updateOne({ _id: found._id }, { $set: { lastSeenAt: now } });
      return toUser({ ...found, lastSeenAt: now });
    },
    /** The user of a session that began at `since`; undefined when it is over. */
    async ofSession(id: string, since: Date): Promise<User | undefined> {
      const found = await users.collection.findOne({ _id: id });
      const over =
        !found || found.disabled || (found.signedOutAt !== undefined && since <= found.signedOutAt);
      return over ? undefined : toUser(found);
    },
    /** Ends every session of the user, wherever it is. */
    async signOutEverywhere(id: string, now: Date): Promise<void> {
      await users.collection.updateOne({ _id: id }, { $set: { signedOutAt: now } });
    },
    async changePassword(id: string, current: string, password: string, now: Date): Promise<void> {
      const found = await load(id);
      if (!(await isPassword(current, found.password)))
        throw new InputError('password_wrong', 'That is not the password so far.');
      const hash = await hashPassword(password);
      await users.collection.updateOne({ _id: id }, { $set: { password: hash, signedOutAt: now } });
    },

    makeLink,
    /** The secret of a link that creates the first owner; undefined when there is somebody already. */
    async makeOwnerLink(now: Date): Promise<string | undefined> {
      return (await users.collection.countDocuments({})) === 0 ? makeLink(undefined, now) : undefined;
    },
    /** Whom a link is for. Throws NotFoundError when it is used up. */
    async readLink(secret: string, now: Date): Promise<{ user?: User }> {
      const { userId } = await findLink(secret, now);
      return userId ? { user: toUser(await load(userId)) } : {};
    },
    /** Uses a link: the person has this password now, and every older session is over. */
    async useLink(
      secret: string,
      input: { password: string; name?: string | undefined; email?: string | undefined },
      now: Date,
    ): Promise<User> {
      const link = await findLink(secret, now);
      if (link.userId) {
        const password = await hashPassword(input.password);
        await users.collection.updateOne(
          { _id: link.userId },
          { $set: { password, signedOutAt: new Date(now.getTime() - 1), lastSeenAt: now } },
        );
        await links.collection.deleteMany({ userId: link.userId });
        return toUser(await load(link.userId));
      }
      // of two who hold the first link, the one who comes second finds it gone
      const { deletedCount } = await links.collection.deleteOne({ _id: link._id });
      if (deletedCount === 0) await findLink(secret, now);
      const { name, email } = userSchema.pick({ name: true, email: true }).parse(input);
      const user = await insert({ name, email, role: 'owner' }, input.password, now);
      await links.collection.deleteMany({ userId: { $exists: false } });
      return user;
    },
  };
}
