import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BusyError, ChannelError, NoAnswerError } from '../../catalog/errors.ts';
import type { Issue } from '../../catalog/issue.ts';
import {
  allowedMoves, applyOutcome, goneHash, isPatchable, markCutOff, markFailed, markSent, offerUnknown, planListing, recoverLost,
  type ItemOutcome, type Listing, type Wanted,
} from '../../feeds/listing.ts'; // prettier-ignore

const now = new Date('2026-11-24T12:00:00Z');
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const error: Issue = {
  code: 'brand_missing',
  severity: 'error',
  message: 'The brand is missing.',
  from: 'check',
};
const warning: Issue = { ...error, code: 'title_long', severity: 'warning' };
const refusal: Issue = { ...error, code: 'review_rejected', from: 'channel' };
const wanted = (changes: Partial<Wanted> = {}): Wanted => ({
  catalogId: 'demo', channel: 'meta', offerId: 'A-1', productId: 'demo:a', title: 'A', hash: 'h1', issues: [],
  ...changes,
}); // prettier-ignore
const outcome = (verdict: ItemOutcome['verdict'], ...issues: Issue[]): ItemOutcome => ({
  offerId: 'A-1',
  verdict,
  issues,
});
/** A listing must exist here; a missing one is a failed test. */
function plan(before: Listing | undefined, changes: Partial<Wanted> = {}, at = now): Listing {
  const after = planListing(before, wanted(changes), at);
  if (!after) throw new Error('no listing');
  return after;
}
const pending = plan(undefined);
const sent = markSent(pending, 'h1', 'b1', now);
const accepted = applyOutcome(sent, outcome('accepted'), later(1));
const rejected = applyOutcome(sent, outcome('rejected', refusal), later(1));
const gone = plan(accepted, { withheld: true }, later(2));

describe('isPatchable', () => {
  const held = applyOutcome(markSent(pending, 'h1', 'b1', now, 'r1'), outcome('accepted'), later(1));
  test('is an item of which the channel has accepted all that does not change often', () => {
    expect(isPatchable(plan(held, { hash: 'h2' }), 'h2', 'r1')).toBe(true);
  });
  test.each<[string, Listing, string, string]>([
    ['whose other columns changed too', plan(held, { hash: 'h2' }), 'h2', 'r2'],
    ['that goes again unchanged, so that it does not expire', held, 'h1', 'r1'],
    ['that was never sent', pending, 'h1', 'r1'],
    ['that was sent before columns were told apart', accepted, 'h2', 'r1'],
    ['that was refused', applyOutcome(markSent(pending, 'h1', 'b1', now, 'r1'), outcome('rejected', refusal), later(1)), 'h2', 'r1'],
    ['of which a later send was refused', applyOutcome(markSent(held, 'h3', 'b2', now, 'r1'), outcome('rejected', refusal), later(2)), 'h4', 'r1'],
    ['of which nobody knows what arrived', markFailed(plan(held, { hash: 'h2' }), new NoAnswerError('no_answer', 'Lost.'), now), 'h2', 'r1'],
    ['that went out by the feed since', applyOutcome(markSent(held, 'h3', 'b2', now), outcome('accepted'), later(2)), 'h4', 'r1'],
    ['that was taken down', applyOutcome(markSent(gone, goneHash, 'b3', now), outcome('accepted'), later(3)), 'h2', 'r1'],
  ])('is not one %s', (_, listing, hash, restHash) => {
    expect(isPatchable(listing, hash, restHash)).toBe(false);
  }); // prettier-ignore
});

describe('planListing', () => {
  test('begins a listing as pending, or as blocked when our check found an error', () => {
    expect(pending).toMatchObject({ id: 'demo:meta:A-1', status: 'pending', want: 'live', hash: 'h1', attempts: 0 });
    expect(plan(undefined, { issues: [warning] }).status).toBe('pending');
    expect(plan(undefined, { issues: [error] })).toMatchObject({ status: 'blocked', issues: [error], stale: false });
    expect(planListing(undefined, wanted({ withheld: true }), now)).toBeUndefined();
  }); // prettier-ignore

  test('answers the very same object when nothing changes', () => {
    const blocked = plan(undefined, { issues: [error] });
    const sentGone = markSent(gone, goneHash, 'b2', now);
    const removed = applyOutcome(sentGone, outcome('accepted'), now);
    for (const listing of [pending, sent, accepted, rejected])
      expect(plan(listing, {}, later(9))).toBe(listing);
    expect(plan(blocked, { issues: [{ ...error }] }, later(9))).toBe(blocked);
    for (const listing of [gone, sentGone, removed])
      expect(plan(listing, { withheld: true }, later(9))).toBe(listing);
  });

  test('sends again what changed, whatever its verdict was', () => {
    expect(plan(accepted, { hash: 'h2' })).toMatchObject({ status: 'pending', hash: 'h2', liveHash: 'h1' });
    expect(plan(rejected, { hash: 'h2' })).toMatchObject({ status: 'pending', hash: 'h2' });
  });

  test('keeps the channel’s words while its verdict holds, and follows our own', () => {
    const after = plan(rejected, { issues: [warning] });
    expect(after).toMatchObject({ status: 'rejected', issues: [warning, refusal] });
    expect(plan(after, { hash: 'h2', issues: [warning] }).issues).toEqual([warning]);
  });

  test('leaves at the channel what was accepted and is blocked now, and shows it as stale', () => {
    const blocked = plan(accepted, { issues: [error], hash: '' });
    expect(blocked).toMatchObject({ status: 'blocked', stale: true, liveHash: 'h1', want: 'live' });
    expect(plan(blocked, {}, later(5))).toMatchObject({ status: 'accepted', stale: false });
    expect(plan(blocked, { hash: 'h2' }, later(5))).toMatchObject({ status: 'pending', stale: false });
  });

  test('waits anew when what waits changes, so that a feed begun before is not taken to hold it', () => {
    expect(plan(pending, {}, later(5)).since).toEqual(now);
    expect(plan(pending, { title: 'B' }, later(5)).since).toEqual(now);
    const changed = plan(pending, { hash: 'h2' }, later(5));
    expect(changed).toMatchObject({ status: 'pending', since: later(5) });
    const back = plan(accepted, { hash: 'h2' }, later(3));
    expect(plan(back, { withheld: true }, later(6))).toMatchObject({ want: 'gone', since: later(6) });
  });

  test('goes back to accepted without sending when an edit is undone before it was sent', () => {
    expect(plan(plan(accepted, { hash: 'h2' }), { hash: 'h1' }).status).toBe('accepted');
    const lost = markFailed(
      plan(accepted, { hash: 'h2' }),
      new NoAnswerError('x', 'The connection broke.'),
      now,
    );
    expect(plan(lost, { hash: 'h1' }).status).toBe('pending');
  });

  test('takes down what the channel holds, may hold, or is about to hold; forgets what it never got', () => {
    expect(gone).toMatchObject({ status: 'pending', want: 'gone', hash: goneHash, liveHash: 'h1' });
    expect(plan(rejected, { withheld: true }).status).toBe('pending');
    expect(plan(pending, { withheld: true }).status).toBe('removed');
    expect(plan(plan(undefined, { issues: [error] }), { withheld: true }).status).toBe('removed');
    const dropped = markFailed(pending, new NoAnswerError('x', 'The connection broke.'), now);
    expect(plan(dropped, { withheld: true }).status).toBe('pending');
    const withdrawn = plan(sent, { withheld: true });
    expect(withdrawn).toMatchObject({ status: 'sent', want: 'gone' });
    expect(applyOutcome(withdrawn, outcome('accepted'), now)).toMatchObject({ status: 'pending', want: 'gone', liveHash: 'h1' });
    expect(applyOutcome(withdrawn, outcome('rejected', refusal), now)).toMatchObject({ status: 'pending', want: 'gone' });
  }); // prettier-ignore

  test('brings a removed item back as a new one', () => {
    const removed = applyOutcome(markSent(gone, goneHash, 'b2', now), outcome('accepted'), now);
    expect(removed.liveHash).toBeUndefined();
    expect(plan(removed, { hash: 'h1' })).toMatchObject({ status: 'pending', want: 'live', hash: 'h1' });
  });
});

describe('applyOutcome', () => {
  test('accepts what was sent, with the channel’s warnings beside ours', () => {
    const note: Issue = { ...warning, from: 'channel', code: 'noted_by_meta' };
    const withOurs = plan(sent, { issues: [warning] });
    const waiting = applyOutcome(withOurs, outcome('working', note), now);
    expect(waiting).toMatchObject({ status: 'sent', issues: [warning, note] });
    expect(applyOutcome(waiting, outcome('working', note), now)).toBe(waiting);
    expect(applyOutcome(waiting, outcome('accepted', note), now)).toMatchObject({
      status: 'accepted', liveHash: 'h1', issues: [warning, note], attempts: 0, verdictAt: now,
    }); // prettier-ignore
  });

  test('keeps the older version as stale when an update is rejected', () => {
    const update = markSent(plan(accepted, { hash: 'h2' }), 'h2', 'b2', now);
    expect(applyOutcome(update, outcome('rejected', refusal), now)).toMatchObject({
      status: 'rejected', liveHash: 'h1', stale: true, issues: [refusal],
    }); // prettier-ignore
  });

  test('sends again, or blocks, what changed while the batch was away', () => {
    expect(applyOutcome(plan(sent, { hash: 'h2' }), outcome('accepted'), now)).toMatchObject({ status: 'pending', liveHash: 'h1' });
    expect(applyOutcome(plan(sent, { hash: 'h2' }), outcome('rejected', refusal), now)).toMatchObject({ status: 'pending', issues: [] });
    expect(applyOutcome(plan(sent, { issues: [error] }), outcome('accepted'), now)).toMatchObject({ status: 'blocked', stale: true });
    expect(applyOutcome(plan(sent, { issues: [error] }), outcome('rejected'), now)).toMatchObject({ status: 'blocked', stale: false });
  }); // prettier-ignore

  test('follows a later review both ways', () => {
    const fallen = applyOutcome(accepted, outcome('rejected', refusal), now);
    expect(fallen).toMatchObject({ status: 'rejected', stale: false, issues: [refusal] });
    expect(fallen.liveHash).toBeUndefined();
    expect(applyOutcome(fallen, outcome('accepted'), now)).toMatchObject({ status: 'accepted', liveHash: 'h1', issues: [] });
    expect(applyOutcome(accepted, outcome('accepted'), later(9))).toBe(accepted);
    expect(applyOutcome(accepted, outcome('working'), later(9))).toBe(accepted);
  }); // prettier-ignore

  test('does not take praise for the old version as praise for the refused new one', () => {
    const update = markSent(plan(accepted, { hash: 'h2' }), 'h2', 'b2', now);
    const stale = applyOutcome(update, outcome('rejected', refusal), now);
    expect(applyOutcome(stale, outcome('accepted'), now)).toBe(stale);
  });

  test('sends again what the channel has lost', () => {
    const missing = { ...refusal, code: offerUnknown };
    expect(applyOutcome(accepted, outcome('rejected', missing), now)).toMatchObject({
      status: 'pending',
      issues: [],
    });
  });

  test('says nothing about a listing for which something newer is decided', () => {
    for (const listing of [pending, gone])
      expect(applyOutcome(listing, outcome('accepted'), now)).toBe(listing);
  });
});

describe('a take-down', () => {
  const takingDown = markSent(gone, goneHash, 'b2', now);

  test('that is confirmed, or about something the channel does not know, ends as removed', () => {
    expect(applyOutcome(takingDown, outcome('accepted'), now).status).toBe('removed');
    expect(applyOutcome(takingDown, outcome('rejected', { ...refusal, code: offerUnknown }), now).status).toBe('removed');
  }); // prettier-ignore

  test('that is refused is tried again later, and shows why', () => {
    const again = applyOutcome(takingDown, outcome('rejected', refusal), now);
    expect(again).toMatchObject({ status: 'pending', want: 'gone', attempts: 1, issues: [refusal] });
    expect(again.notBefore?.getTime()).toBeGreaterThan(now.getTime());
  });

  test('of an item that came back meanwhile is followed by a new send', () => {
    const back = plan(takingDown, { hash: 'h1' });
    expect(back).toMatchObject({ status: 'sent', want: 'live' });
    const settled = applyOutcome(back, outcome('accepted'), now);
    expect(settled).toMatchObject({ status: 'pending', want: 'live', hash: 'h1' });
    expect(settled.liveHash).toBeUndefined();
  });
});

describe('markFailed and recoverLost', () => {
  test('try again after a pause that grows up to six hours', () => {
    let listing = pending;
    const pauses: number[] = [];
    for (let i = 0; i < 14; i++) {
      listing = markFailed(listing, new NoAnswerError('x', 'The connection broke.'), now);
      pauses.push(((listing.notBefore?.getTime() ?? 0) - now.getTime()) / 1000);
    }
    expect(pauses.slice(0, 4)).toEqual([30, 60, 120, 240]);
    expect(pauses.at(-1)).toBe(6 * 3600);
    expect(listing).toMatchObject({ status: 'pending', attempts: 14 });
    expect(listing.history.at(-1)?.note).toBe('The connection broke.');
  });

  test('wait as long as a busy channel asks', () => {
    const busy = new BusyError('x', 'Wait.', { retryAfterMs: 3_600_000 });
    expect(markFailed(sent, busy, now).notBefore).toEqual(later(60));
  });

  test('hold the item ready for the moment a dead token is replaced', () => {
    const after = markFailed(sent, new ChannelError('x', 'Token dead.'), now);
    expect(after).toMatchObject({ status: 'pending', attempts: 0 });
    expect(after.notBefore).toBeUndefined();
  });

  test('send again what was under way when the process died, also where the change was taken back since', () => {
    const change = plan(accepted, { hash: 'h2' }, later(2));
    expect(markCutOff(change, later(9))).toMatchObject({ status: 'pending', hash: 'h2' });
    const takenBack = plan(change, { hash: 'h1' }, later(4));
    expect(takenBack.status).toBe('accepted');
    const again = markCutOff(takenBack, later(9));
    expect(again).toMatchObject({ status: 'pending', hash: 'h1' });
    expect(again.history.at(-1)?.note).toBe('cut off while it was sent');
    expect(isPatchable(again, 'h1', 'r1')).toBe(false);
  });

  test('take down what was under way for the first time when the process died, and is not wanted any more', () => {
    const withdrawn = plan(pending, { withheld: true }, later(2));
    expect(withdrawn.status).toBe('removed');
    expect(markCutOff(withdrawn, later(9))).toMatchObject({ status: 'pending', want: 'gone' });
  });

  test('leave alone what was noted before the process died, and send again what was decided too', () => {
    expect(markCutOff(sent, later(9))).toBe(sent);
    // also where a clock that was ahead has left its time of the last send in the future
    expect(markCutOff({ ...accepted, sentAt: later(60) }, later(9)).status).toBe('pending');
  });

  test('send again a listing whose receipt is lost, and leave all others alone', () => {
    expect(recoverLost(sent, now)).toMatchObject({ status: 'pending', attempts: 1, sentHash: 'h1' });
    expect(recoverLost(sent, now).handle).toBeUndefined();
    for (const listing of [pending, accepted, rejected, gone])
      expect(recoverLost(listing, now)).toBe(listing);
  });
});

test('markSent keeps a handle that is learnt after the request, and does not count the send twice', () => {
  const early = markSent(pending, 'h1', undefined, now);
  expect(early).toMatchObject({ status: 'sent', sentHash: 'h1', sentAt: now });
  expect(markSent(early, 'h1', 'b7', now)).toMatchObject({ status: 'sent', handle: 'b7' });
  expect(markSent(sent, 'h1', 'b1', later(1))).toBe(sent);
});

test('the history keeps the last 20 events', () => {
  let listing = pending;
  for (let i = 0; i < 15; i++)
    listing = applyOutcome(markSent(plan(listing, { hash: `h${i}` }), `h${i}`, `b${i}`, later(i)), outcome('accepted'), later(i)); // prettier-ignore
  expect(listing.history).toHaveLength(20);
  expect(listing.history.at(-1)).toMatchObject({ status: 'accepted', handle: 'b14' });
});

/** What may happen to an item and its channel, in any order. */
const anyWish = fc.record({
  hash: fc.constantFrom('h1', 'h2'),
  kind: fc.constantFrom('good', 'good', 'good', 'bad', 'withheld'),
});
const step = fc.oneof(
  fc.record({ do: fc.constant('plan' as const), wish: anyWish }),
  fc.record({ do: fc.constant('send' as const), meanwhile: fc.option(anyWish), how: fc.constantFrom('handle', 'dropped after', 'dropped before', 'busy', 'refused', 'killed after', 'killed before') }),
  fc.record({ do: fc.constant('verdict' as const), verdict: fc.constantFrom('accepted' as const, 'accepted' as const, 'rejected' as const, 'working' as const) }),
  fc.record({ do: fc.constant('review' as const), verdict: fc.constantFrom('accepted' as const, 'rejected' as const, 'working' as const) }),
  fc.record({ do: fc.constant('lose receipt' as const), arrived: fc.boolean() }),
); // prettier-ignore
type Wish = { hash: string; kind: 'good' | 'bad' | 'withheld' };
const toWanted = ({ hash, kind }: Wish): Wanted =>
  wanted({
    hash: kind === 'good' ? hash : '',
    issues: kind === 'bad' ? [error] : [],
    withheld: kind === 'withheld',
  });

test('any order of events keeps to the allowed moves, reaches each of them, is never stuck, and loses no deletion', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25, size: 'max' }), (steps) => {
      let listing: Listing | undefined;
      let wish: Wish = { hash: 'h1', kind: 'withheld' };
      /** What the channel really holds, and what is under way to it. */
      let held: string | undefined;
      let onTheWay: string | undefined;
      /** The process died in the middle of a send, and no push has looked at it since. */
      let isCutOff = false;
      const arrive = () => {
        if (onTheWay !== undefined) held = onTheWay === goneHash ? undefined : onTheWay;
        onTheWay = undefined;
      };
      const become = (after: Listing | undefined) => {
        if (!after || after === listing) return;
        const from = listing?.status ?? 'new';
        if (from !== after.status) {
          expect(allowedMoves[from]).toContain(after.status);
          reached.add(`${from} -> ${after.status}`);
        }
        listing = after;
      };
      const planNow = (next: Wish) => {
        wish = next;
        become(planListing(listing, toWanted(next), now));
      };
      const recover = () => {
        if (isCutOff && listing) become(markCutOff(listing, now));
        isCutOff = false;
      };
      for (const one of steps) {
        if (one.do === 'plan') planNow(one.wish);
        if (one.do === 'send') recover();
        if (one.do === 'send' && listing?.status === 'pending') {
          const { hash } = listing;
          if (one.meanwhile) planNow(one.meanwhile);
          if (!listing) continue;
          if (one.how === 'killed after' || one.how === 'killed before') {
            if (one.how === 'killed after') onTheWay = hash;
            arrive();
            isCutOff = true;
          } else if (one.how === 'busy') become(markFailed(listing, new BusyError('x', 'Wait.'), now));
          else if (one.how === 'refused') become(markFailed(listing, new ChannelError('x', 'No.'), now));
          else {
            if (one.how !== 'dropped before') onTheWay = hash;
            if (one.how === 'handle') become(markSent(listing, hash, 'b', now));
            else {
              arrive();
              become(markFailed(listing, new NoAnswerError('x', 'Gone.'), now));
            }
          }
        }
        if (one.do === 'verdict' && listing?.status === 'sent') {
          if (one.verdict === 'accepted') arrive();
          if (one.verdict === 'rejected') onTheWay = undefined;
          become(applyOutcome(listing, outcome(one.verdict, ...(one.verdict === 'rejected' ? [refusal] : [])), now));
        }
        if (one.do === 'review' && listing && listing.status !== 'sent' && held !== undefined)
          become(applyOutcome(listing, outcome(one.verdict, ...(one.verdict === 'rejected' ? [refusal] : [])), now));
        if (one.do === 'lose receipt' && listing?.status === 'sent') {
          if (one.arrived) arrive();
          else onTheWay = undefined;
          become(recoverLost(listing, now));
        }
        if (listing?.status === 'removed' && !isCutOff) expect(held).toBeUndefined();
        if (listing?.status === 'accepted' && !isCutOff) expect(held).toBe(listing.hash);
        if (listing) expect(listing.want).toBe(wish.kind === 'withheld' ? 'gone' : 'live');
      }
      recover();
      // Two sends at the most, each with its verdict, and everything is as the shop wants it.
      const sendAndSettle = () => {
        if (listing?.status === 'pending') {
          onTheWay = listing.hash;
          become(markSent(listing, listing.hash, 'b', now));
        }
        if (listing?.status !== 'sent') return;
        arrive();
        become(applyOutcome(listing, outcome('accepted'), now));
      };
      sendAndSettle();
      sendAndSettle();
      if (wish.kind === 'withheld') {
        expect(held).toBeUndefined();
        expect(listing === undefined || listing.status === 'removed').toBe(true);
      } else if (wish.kind === 'bad') expect(listing?.status).toBe('blocked');
      else {
        expect(['accepted', 'rejected']).toContain(listing?.status);
        if (listing?.status === 'accepted') expect(held).toBe(wish.hash);
      }
    }),
    { numRuns: 8_000, seed: 20261124 },
  );
  const all = Object.entries(allowedMoves).flatMap(([from, to]) => to.map((status) => `${from} -> ${status}`));
  expect([...reached].sort()).toEqual(all.sort());
}); // prettier-ignore
