/** A person's word that problems may wait or are fine: kept with a reason, shown as put aside, and taken back by an undo. */
import { InputError } from '../catalog/errors.ts';
import type { Change, ChangeEntry } from '../catalog/store/changes.ts';
import { problemId } from '../feeds/card.ts';
import type { JobContext } from './job.ts';

export interface MuteWish {
  code: string;
  field?: string | undefined;
  /** Default: all items that have the problem now. */
  offerIds?: readonly string[] | undefined;
  reason: string;
  /** Absent: accepted for good, which only a warning may be. */
  until?: Date | undefined;
}

/** The pseudo field under which a change tells that a problem was put aside. */
export const muteField = (code: string, field: string | undefined): string =>
  `problem:${problemId({ code, field })}`;

export async function muteProblems(
  catalogId: string,
  wish: MuteWish,
  by: string,
  ctx: JobContext,
): Promise<{ change?: Change; muted: number }> {
  const { cards, mutes, changes } = ctx.stores;
  const { code, field, reason, until } = wish;
  const now = ctx.now();
  if (until !== undefined && until <= now) throw new InputError('mute_over', 'That time is over already.');
  const issue = { code, ...(field === undefined ? {} : { field }) };
  const asked = wish.offerIds && new Set(wish.offerIds);
  const id = changes.newId(catalogId, now);
  const mute = { by, at: now, reason, ...(until ? { until } : {}) };
  let [muted, part] = [0, 0];
  const save = async (offerIds: readonly string[]): Promise<void> => {
    const places = offerIds.map((offerId) => ({ offerId, code, field }));
    await mutes.save(catalogId, places, mute);
    await changes.addEntries(catalogId, id, part++, offerIds.map((offerId): ChangeEntry => ({ offerId, field: muteField(code, field), before: null, after: reason }))); // prettier-ignore
    await cards.reconsiderOffers(catalogId, offerIds, now);
    muted += offerIds.length;
  };
  // all ids first: what is put aside drops out of the very list that is being read
  const wanted: string[] = [];
  for await (const card of cards.eachFitting(catalogId, { issue })) {
    if (asked && !asked.has(card.offerId)) continue;
    const problem = card.problems.find((one) => one.code === code && one.field === field);
    if (problem?.severity === 'error' && until === undefined)
      throw new InputError(
        'mute_error',
        'An error keeps the item from the channel: it can wait, but not be accepted.',
        {
          hint: 'Choose until when it may wait.',
        },
      );
    wanted.push(card.offerId);
  }
  for (let at = 0; at < wanted.length; at += 500) await save(wanted.slice(at, at + 500));
  if (muted === 0) return { muted };
  const change: Change = { id, catalogId, kind: 'put_aside', by, at: now, count: muted, problem: issue };
  await changes.save(change);
  return { change, muted };
}

/** Takes back what a change put aside. */
export async function unmute(
  catalogId: string,
  offerIds: readonly string[],
  problem: { code: string; field?: string },
  ctx: JobContext,
): Promise<void> {
  const { cards, mutes } = ctx.stores;
  await mutes.remove(
    catalogId,
    offerIds.map((offerId) => ({ offerId, ...problem })),
  );
  await cards.reconsiderOffers(catalogId, offerIds, ctx.now());
}
