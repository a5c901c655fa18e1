/**
 * One run per catalog and kind at a time, over any number of processes: a lease with owner, heartbeat and expiry.
 * Whoever works on the run renews it; an expired lease means that nobody does, and the run is revived from its record.
 */
import { openStatuses, type RunKind, type RunOwner } from '../run.ts';
import { defineCollection, idOf, type Connection } from './model.ts';

/** Without a sign of life for so long a run is looked at: is its work still queued, or did it die? */
export const defaultLeaseMs = 60_000;

export interface RunLease {
  /** `{catalogId}:{kind}` */
  _id: string;
  runId: string;
  owner?: RunOwner;
  heartbeatAt: Date;
  expiresAt: Date;
}

export function createRunLeases(connection: Connection, leaseMs: number) {
  const { collection, sync } = defineCollection<RunLease>(connection, 'run_leases', [
    { keys: { expiresAt: 1 } },
    { keys: { runId: 1 } },
  ]);
  const runs = connection.collection('runs');

  return {
    sync,
    /** True when the lease is ours now. One left behind by a run that has ended is taken over. */
    async take(catalogId: string, kind: RunKind, runId: string, now: Date): Promise<boolean> {
      const id = idOf(catalogId, kind);
      const lease = { runId, heartbeatAt: now, expiresAt: new Date(now.getTime() + leaseMs) };
      for (let round = 0; round < 3; round++) {
        try {
          await collection.insertOne({ _id: id, ...lease });
          return true;
        } catch (error) {
          if ((error as { code?: unknown }).code !== 11_000) throw error;
        }
        const found = await collection.findOne({ _id: id });
        if (!found) continue;
        if (found.runId === runId) return true;
        const holder = await runs.findOne({ _id: found.runId as never }, { projection: { status: 1 } });
        const open = holder && openStatuses.some((status) => status === holder['status']);
        // a lease without a run is one whose run is about to be written, or was never written before a kill
        const starting = !holder && found.expiresAt > now;
        if (open || starting) return false;
        const { modifiedCount } = await collection.replaceOne({ _id: id, runId: found.runId }, lease);
        if (modifiedCount > 0) return true;
      }
      return false;
    },
    /** A sign of life by whoever works on the run. */
    async beat(runId: string, owner: RunOwner | undefined, now: Date): Promise<void> {
      const expiresAt = new Date(now.getTime() + leaseMs);
      await collection.updateOne(
        { runId },
        { $set: { heartbeatAt: now, expiresAt, ...(owner ? { owner } : {}) } },
      );
    },
    async listExpired(now: Date): Promise<RunLease[]> {
      // a clock that was set back leaves leases that would not run out for days: those count as expired too
      const far = new Date(now.getTime() + 2 * leaseMs);
      return collection.find({ $or: [{ expiresAt: { $lt: now } }, { expiresAt: { $gt: far } }] }).toArray();
    },
    async find(runId: string): Promise<RunLease | null> {
      return collection.findOne({ runId });
    },
    async release(runId: string): Promise<void> {
      await collection.deleteMany({ runId });
    },
  };
}
