import { describe, expect, it } from '@jest/globals';
import type { Issue } from '../../catalog/issue.ts';
import { mergeProblems, toCardBase, withListings, withNewListings, type ItemCard } from '../../feeds/card.ts';
import { foldText, toSearchKeys, toWordKeys } from '../../feeds/card-keys.ts';
import { cellOf, parseCell, sumGroups } from '../../feeds/issue-group.ts';
import type { Listing } from '../../feeds/listing.ts';
import { sampleItem } from '../support/sample-item.ts';

const now = new Date('2026-11-25T12:00:00Z');
const issue = (code: string, changes: Partial<Issue> = {}): Issue => ({
  code, field: 'color', severity: 'error', message: `${code}.`, from: 'check', ...changes,
}); // prettier-ignore
const listing = (channel: string, issues: Issue[], status: Listing['status'] = 'blocked'): Listing => ({
  id: `demo:${channel}:A`, catalogId: 'demo', channel, offerId: 'A', productId: 'demo:a', title: 'A', status, want: 'live',
  hash: '', issues, attempts: 0, since: now, stale: false, history: [],
}); // prettier-ignore
const card = (listings: Listing[], mutes: Parameters<typeof withListings>[3] = new Map()): ItemCard =>
  withListings(
    toCardBase(
      sampleItem({ offerId: 'A', attributes: { product_type: 'Clothing > Shirts' } }),
      [],
      'A-1',
      now,
    ),
    listings,
    [],
    mutes,
    now,
  );

describe('a card', () => {
  it('merges the same problem over channels, an error anywhere making it one, and tells where its cure is enough', () => {
    const [first, second] = mergeProblems([
      { channel: 'meta', issues: [issue('color_missing', { severity: 'warning' }), issue('size_missing')] },
      { channel: 'google', issues: [issue('color_missing')] },
    ]);
    expect(first).toMatchObject({
      code: 'color_missing',
      severity: 'error',
      channels: ['google', 'meta'],
      frees: ['google'],
    });
    expect(second).toMatchObject({ code: 'size_missing', channels: ['meta'], frees: ['meta'] });
  });

  it('is found by words, codes, statuses, open problems, brand and every level of its category', () => {
    expect(card([listing('meta', [issue('color_missing')])]).keys).toEqual(
      expect.arrayContaining([
        'w linen',
        'w a',
        'w a1',
        's meta blocked',
        's any blocked',
        'p color_5fmissing color',
        'b nordhem',
        'o main',
        'c clothing',
        'c clothing shirts',
      ]),
    );
  });

  it('leaves put-aside problems out of what it is found by until their time comes', () => {
    const until = new Date(now.getTime() + 1_000);
    const mutes = new Map([['color_missing/color', { by: 'Ana', at: now, reason: 'later', until }]]);
    const muted = card([listing('meta', [issue('color_missing')])], mutes);
    expect(muted.keys).not.toContain('p color_5fmissing color');
    expect(muted.mutedUntil).toEqual(until);
    const over = new Map([['color_missing/color', { by: 'Ana', at: now, reason: 'later', until: now }]]);
    expect(card([listing('meta', [issue('color_missing')])], over).keys).toContain('p color_5fmissing color');
  });

  it('is the same whether made anew or brought in step with what a channel says now', () => {
    const until = new Date(now.getTime() + 1_000);
    const mutes = new Map([['size_missing/color', { by: 'Ana', at: now, reason: 'later', until }]]);
    const before = card([listing('meta', [issue('color_missing'), issue('size_missing')])], mutes);
    const accepted = [listing('meta', [issue('size_missing', { severity: 'warning' })], 'accepted')];
    expect(withNewListings(before, accepted, mutes, now)).toStrictEqual(card(accepted, mutes));
    expect(withNewListings(before, [], new Map(), now)).toStrictEqual(card([]));
  });

  it('shows what the source says while no channel is on', () => {
    const base = toCardBase(sampleItem(), [], undefined, now);
    expect(withListings(base, [], [issue('price_unreadable')], new Map(), now).problems).toMatchObject([
      { code: 'price_unreadable', channels: [] },
    ]);
  });
});

describe('search keys', () => {
  it('fold accents, case and every script into letters that an index can be asked by', () => {
    expect(foldText('Größe É')).toBe('grosse_20e');
    expect(foldText('黑色')).toMatch(/^(_[0-9a-f]{4})+$/);
    expect(toSearchKeys('  LIN-204 leinen ')).toEqual(['w lin204', 'w leinen']);
    expect(toWordKeys(['T-Shirt'], ['LIN-204'])).toEqual([
      'w lin204',
      'w lin',
      'w 204',
      'w tshirt',
      'w t',
      'w shirt',
    ]);
  });
});

describe('groups of problems', () => {
  it('count items once over channels, by filter, put-aside ones apart', () => {
    const one = card([
      listing('google', [issue('color_missing')]),
      listing('meta', [issue('color_missing'), issue('x')]),
    ]);
    const problem = one.problems.find(({ code }) => code === 'color_missing')!;
    const cell = cellOf(one, problem);
    expect(parseCell(cell)).toMatchObject({
      severity: 'error',
      channels: ['google', 'meta'],
      category: 'Clothing',
      frees: true,
      muted: false,
    });
    const counted = {
      code: 'color_missing',
      message: 'm',
      from: 'check' as const,
      cells: { [cell]: 3, 'w||meta|Home': 2, 'wm||meta|Home': 0, 'e|m|meta|': 4 },
    };
    expect(sumGroups([counted], {})).toMatchObject([
      { items: 5, blocked: 3, frees: 3, muted: 4, channels: ['google', 'meta'] },
    ]);
    expect(sumGroups([counted], { channel: 'google' })).toMatchObject([{ items: 3 }]);
    expect(sumGroups([counted], { category: 'Home' })).toMatchObject([{ items: 2, severity: 'warning' }]);
    expect(sumGroups([counted], { category: 'Garden' })).toEqual([]);
  });

  it('keep names that a database field may not have', () => {
    const odd = { ...card([listing('meta', [issue('a')])]), category: 'A.B | $C > D' };
    const cell = cellOf(odd, odd.problems[0]!);
    expect(cell).not.toMatch(/[.$]/);
    expect(parseCell(cell).category).toMatch(/^A\.B . \$C$/);
  });
});
