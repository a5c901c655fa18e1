/** Every write by the API: who, what, before and after. Kept before the write begins, so that no kill loses it. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineCollection, type Connection } from '../../catalog/store/model.ts';

export const auditEntrySchema = z.object({
  id: z.string(),
  at: z.date(),
  by: z.object({ kind: z.enum(['user', 'token', 'machine', 'visitor']), id: z.string(), name: z.string() }),
  /** `PUT /catalogs/{catalogId}`: the endpoint, whose summary says it in words. */
  action: z.string(),
  summary: z.string(),
  /** What it was done to: the values of the address. */
  target: z.record(z.string(), z.string()),
  /** Absent: the service was killed meanwhile, so that nobody knows. */
  outcome: z.enum(['done', 'refused']).optional(),
  /** Why it was refused. */
  code: z.string().optional(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type NewEntry = Pick<AuditEntry, 'by' | 'action' | 'summary' | 'target'>;
export type AuditEnd = Pick<AuditEntry, 'outcome' | 'code' | 'before' | 'after'>;

interface AuditDocument extends Omit<AuditEntry, 'id'> {
  _id: string;
}

export type AuditStore = ReturnType<typeof createAuditStore>;

export function createAuditStore(connection: Connection) {
  const { collection, sync } = defineCollection<AuditDocument>(connection, 'audit', [{ keys: { at: -1 } }]);
  return {
    sync,
    async begin(entry: NewEntry, now: Date): Promise<string> {
      const _id = randomUUID();
      await collection.insertOne({ _id, at: now, ...entry });
      return _id;
    },
    async end(id: string, end: AuditEnd): Promise<void> {
      const { before, after, ...rest } = end;
      const told = {
        ...rest,
        ...(before === undefined ? {} : { before: withoutSecrets(before) }),
        ...(after === undefined ? {} : { after: withoutSecrets(after) }),
      };
      await collection.updateOne({ _id: id }, { $set: told });
    },
    async list(limit: number, before?: Date): Promise<AuditEntry[]> {
      const filter = before ? { at: { $lt: before } } : {};
      const found = await collection.find(filter).sort({ at: -1 }).limit(limit).toArray();
      return found.map(({ _id, ...rest }) => ({ id: _id, ...rest }));
    },
  };
}

/** The addresses of a mail server and of incoming webhooks hold what signs in there. */
const secretName = /token|secret|password|key$|credential|smtp|webhook|slack/i;
const longest = 500;
const mostEntries = 50;

/** What may be kept of a value: no secrets, no endless texts. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.length > longest ? `${value.slice(0, longest)}…` : value;
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, mostEntries).map(withoutSecrets);
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, mostEntries)
      // a dot or dollar in a key is the database's own language
      .map(([key, one]) => [key.replace(/[.$]/g, '_'), secretName.test(key) ? '…' : withoutSecrets(one)]),
  );
}
