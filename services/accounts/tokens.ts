/** Tokens for machines: shown once when made, kept as hashes, each with its scopes. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { NotFoundError } from '../../catalog/errors.ts';
import { defineCollection, type Connection } from '../../catalog/store/model.ts';
import { scopeSchema } from './access.ts';

export const tokenInputSchema = z.object({
  name: z.string().trim().min(1, 'say what it is for').max(100),
  scopes: z.array(scopeSchema).min(1, 'choose at least one scope'),
  /** Days from now; default: it does not end. */
  days: z.number().int().min(1).max(3_650).optional(),
});
export type TokenInput = z.infer<typeof tokenInputSchema>;

export const tokenSchema = tokenInputSchema.omit({ days: true }).extend({
  id: z.string(),
  createdAt: z.date(),
  createdBy: z.string(),
  until: z.date().optional(),
  lastUsedAt: z.date().optional(),
});
export type Token = z.infer<typeof tokenSchema>;

interface TokenDocument extends Omit<Token, 'id'> {
  _id: string;
  hash: string;
}

/** Tells a token from the service's own at a glance, and lets scanners for leaked secrets find it. */
const beginning = 'shelfcast_';
const DAY = 86_400_000;
const MINUTE = 60_000;
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export type TokenStore = ReturnType<typeof createTokenStore>;

export function createTokenStore(connection: Connection) {
  const { collection, sync } = defineCollection<TokenDocument>(connection, 'tokens', [
    { keys: { hash: 1 }, unique: true },
  ]);
  const toToken = ({ _id, hash: _, ...rest }: TokenDocument): Token => ({ id: _id, ...rest });
  return {
    sync,
    async list(): Promise<Token[]> {
      return (await collection.find().sort({ createdAt: -1 }).toArray()).map(toToken);
    },
    async create({ days, ...input }: TokenInput, by: string, now: Date) {
      const secret = `${beginning}${randomBytes(32).toString('base64url')}`;
      const document: TokenDocument = {
        _id: randomUUID(),
        ...input,
        hash: hashOf(secret),
        createdAt: now,
        createdBy: by,
        ...(days === undefined ? {} : { until: new Date(now.getTime() + days * DAY) }),
      };
      await collection.insertOne(document);
      return { token: toToken(document), secret };
    },
    async find(id: string): Promise<Token> {
      const document = await collection.findOne({ _id: id });
      if (!document) throw new NotFoundError('token_unknown', 'There is no such token.');
      return toToken(document);
    },
    async remove(id: string): Promise<void> {
      await collection.deleteOne({ _id: id });
    },
    /** The token of this secret, unless it has ended. Its last use is kept to the minute. */
    async use(secret: string, now: Date): Promise<Token | undefined> {
      if (!secret.startsWith(beginning)) return undefined;
      const document = await collection.findOne({ hash: hashOf(secret) });
      if (!document || (document.until && document.until < now)) return undefined;
      if (!document.lastUsedAt || now.getTime() - document.lastUsedAt.getTime() > MINUTE)
        await collection.updateOne({ _id: document._id }, { $set: { lastUsedAt: now } });
      return toToken(document);
    },
  };
}
