/** Takes back what a person changed, where nobody changed it since. */
import { ConflictError } from '../catalog/errors.ts';
import type { Change } from '../catalog/store/changes.ts';
import { fixItems, type Fix, type FixOutcome } from './fix-items.ts';
import type { JobContext } from './job.ts';
import { unmute } from './mute-problems.ts';

export async function undoChange(
  catalogId: string,
  changeId: string,
  by: string,
  ctx: JobContext,
): Promise<{ change: Change | undefined; outcomes: FixOutcome[] }> {
  const { changes } = ctx.stores;
  const before = await changes.find(catalogId, changeId);
  if (before.undoneBy !== undefined)
    throw new ConflictError('change_undone', 'That change was taken back already.');
  if (before.kind === 'put_aside' && before.problem) return takeBack(before, before.problem, by, ctx);
  const outcomes: FixOutcome[] = [];
  const change = await fixItems({ catalogId, by, kind: 'undo', undoes: changeId }, eachReversed(changeId, ctx), ctx, (some) => void outcomes.push(...some)); // prettier-ignore
  return { change, outcomes };
}

async function* eachReversed(changeId: string, ctx: JobContext): AsyncGenerator<Fix[]> {
  for await (const entries of ctx.stores.changes.eachPart(changeId))
    yield entries.map(({ offerId, field, before, after }) => ({
      offerId,
      field,
      value: before,
      expects: after,
    }));
}

async function takeBack(put: Change, problem: { code: string; field?: string }, by: string, ctx: JobContext) {
  const { changes } = ctx.stores;
  const { catalogId } = put;
  const now = ctx.now();
  const id = changes.newId(catalogId, now);
  const outcomes: FixOutcome[] = [];
  for await (const entries of changes.eachPart(put.id)) {
    const offerIds = entries.map(({ offerId }) => offerId);
    await unmute(catalogId, offerIds, problem, ctx);
    const undone = entries.map((entry) => ({ ...entry, before: entry.after, after: null }));
    await changes.addEntries(catalogId, id, outcomes.length, undone);
    outcomes.push(...entries.map(({ offerId, field }) => ({ offerId, field, outcome: 'done' as const })));
  }
  const change: Change = {
    id, catalogId, kind: 'take_back', by, at: now, count: outcomes.length, problem, undoes: put.id,
  }; // prettier-ignore
  await changes.save(change);
  return { change, outcomes };
}
