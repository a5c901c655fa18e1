/** Who makes a change, and what the audit log is to say of it. */
import type { Response } from 'express';
import type { Change } from '../../catalog/store/changes.ts';
import type { JobContext } from '../../jobs/job.ts';
import { callerOf } from './auth.ts';
import { noteChange } from './endpoint.ts';

/** The name under which a change is kept. */
export const whoIs = (res: Response): string => callerOf(res).name;

/** Tells the audit log the values before and after; of a change of thousands the first part, the others by its id. */
export async function noteValues(res: Response, change: Change | undefined, ctx: JobContext): Promise<void> {
  if (!change) return noteChange(res, { after: { changed: 0 } });
  const about = { change: change.id, count: change.count };
  for await (const entries of ctx.stores.changes.eachPart(change.id)) {
    const [before, after] = [
      entries.map(({ offerId, field, before: value, seen }) => ({
        offerId,
        field,
        value: value ?? seen ?? null,
      })),
      entries.map(({ offerId, field, after: value }) => ({ offerId, field, value })),
    ];
    return noteChange(res, { before: { ...about, values: before }, after: { ...about, values: after } });
  }
}
