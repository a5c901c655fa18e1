/**
 * The rate budget of a channel account, shared by all processes through the database: a bucket of requests that refills
 * steadily (the generic cell rate algorithm, https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). One number per
 * account, moved on by one atomic update; beside it what was asked and what failed, for the metrics.
 */
import { defineCollection, type Connection } from '../../catalog/store/model.ts';

const SECOND = 1_000;
/** Requests that may be made at once after a pause: what refills within two seconds, one at least. */
const burstMs = 2 * SECOND;
/** Nobody is made to wait longer: such a bucket was filled by a clock that was ahead. */
const longestWaitMs = 60 * SECOND;

export interface Budget {
  /** `{channel}:{account}`; the account as a hash, since ids of accounts are nobody's business in metrics. */
  _id: string;
  channel: string;
  /** When the bucket is full again, in milliseconds since 1970. */
  fullAt: number;
  requests: number;
  errors: number;
  perSecond: number;
}

export type BudgetStore = ReturnType<typeof createBudgetStore>;

export function createBudgetStore(connection: Connection) {
  const { collection, sync } = defineCollection<Budget>(connection, 'rate_budgets', []);
  return {
    sync,
    /** Takes one request from the budget: 0 when it may be made now, else how many milliseconds to wait before asking again. */
    async take(channel: string, account: string, perSecond: number, now: number): Promise<number> {
      const id = `${channel}:${account}`;
      const each = SECOND / perSecond;
      const tolerance = Math.max(burstMs, each);
      for (;;) {
        // full, or of a clock that was ahead: it begins anew
        const fresh = {
          _id: id,
          $or: [{ fullAt: { $lte: now } }, { fullAt: { $gt: now + tolerance + longestWaitMs } }],
        };
        const begun = await collection.updateOne(fresh, {
          $set: { fullAt: now + each, perSecond },
          $inc: { requests: 1 },
        });
        if (begun.matchedCount > 0) return 0;
        const partly = { _id: id, fullAt: { $gt: now, $lte: now + tolerance - each } };
        const taken = await collection.updateOne(partly, { $inc: { fullAt: each, requests: 1 } });
        if (taken.matchedCount > 0) return 0;
        const stored = await collection.findOne({ _id: id });
        const waitMs = stored ? stored.fullAt + each - tolerance - now : 0;
        if (waitMs > 0) return Math.min(longestWaitMs, waitMs);
        // there by now, or refilled: look again
        if (stored) continue;
        const first = { _id: id, channel, fullAt: 0, perSecond, requests: 0, errors: 0 };
        await collection.insertOne(first).catch((error: { code?: unknown }) => {
          // another process was first
          if (error.code !== 11_000) throw error;
        });
      }
    },
    async countError(channel: string, account: string): Promise<void> {
      await collection.updateOne({ _id: `${channel}:${account}` }, { $inc: { errors: 1 } });
    },
    async list(): Promise<Budget[]> {
      return collection.find().toArray();
    },
  };
}

/** Requests that could be made at this moment. */
export function budgetLeft({ fullAt, perSecond }: Budget, now: number): number {
  const each = SECOND / perSecond;
  const tolerance = Math.max(burstMs, each);
  return Math.max(0, Math.floor((tolerance - Math.max(0, fullAt - now)) / each));
}
