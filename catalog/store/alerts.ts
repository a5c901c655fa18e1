/** Alerts: one document per problem while it lasts, told once when it begins and once when it is over. */
import { defineCollection, type Connection } from './model.ts';

export interface Problem {
  /** `{catalogId}:{kind}:{what}`: the same problem has the same key for as long as it lasts. */
  key: string;
  catalogId: string;
  severity: 'warning' | 'error';
  title: string;
  message: string;
  /** What to do about it, one sentence. */
  hint: string;
}
export interface Alert extends Problem {
  since: Date;
  /** When it was over; absent while it lasts. */
  endedAt?: Date;
}
type AlertDocument = Omit<Alert, 'key'> & { _id: string; key: string; open: boolean };

export type AlertStore = ReturnType<typeof createAlertStore>;

export function createAlertStore(connection: Connection) {
  const { collection, sync } = defineCollection<AlertDocument>(connection, 'alerts', [
    { keys: { catalogId: 1, since: -1 } },
    { keys: { open: 1 } },
  ]);
  const settings = defineCollection<{ _id: string; sealed: string }>(connection, 'alert_settings', []);
  const toAlert = ({ _id: _, open: __, ...rest }: AlertDocument): Alert => rest;

  return {
    async sync() {
      await sync();
      await settings.sync();
    },
    /** True when the problem is new: of several processes one gets to tell it. */
    async raise(problem: Problem, now: Date): Promise<boolean> {
      try {
        await collection.insertOne({ _id: problem.key, ...problem, since: now, open: true });
        return true;
      } catch (error) {
        if ((error as { code?: unknown }).code === 11_000) return false;
        throw error;
      }
    },
    /** True when it was open till now. What is over moves aside, so that it can be new again one day. */
    async end(key: string, now: Date): Promise<Alert | undefined> {
      const found = await collection.findOneAndDelete({ _id: key, open: true });
      if (!found) return undefined;
      const ended = { ...found, _id: `${key}@${now.toISOString()}`, open: false, endedAt: now };
      await collection.insertOne(ended);
      return toAlert(ended);
    },
    async listOpen(): Promise<Alert[]> {
      return (await collection.find({ open: true }).toArray()).map(toAlert);
    },
    async list(catalogId: string, limit: number): Promise<Alert[]> {
      return (await collection.find({ catalogId }).sort({ since: -1 }).limit(limit).toArray()).map(toAlert);
    },
    async prune(before: Date): Promise<void> {
      await collection.deleteMany({ open: false, endedAt: { $lt: before } });
    },
    /** Where alerts go: sealed, since addresses and passwords are in it. */
    async sealedSettings(): Promise<string | undefined> {
      return (await settings.collection.findOne({ _id: 'targets' }))?.sealed;
    },
    async saveSettings(sealed: string): Promise<void> {
      await settings.collection.replaceOne({ _id: 'targets' }, { sealed }, { upsert: true });
    },
  };
}
