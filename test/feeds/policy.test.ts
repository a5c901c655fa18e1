import { describe, expect, it } from '@jest/globals';
import { policyOf, underPolicy, type Policy } from '../../feeds/policy.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { sampleItem } from '../support/sample-item.ts';

const usual: Policy = { outOfStock: 'mark', gone: 'remove' };
const soldOut = sampleItem({ availability: 'out_of_stock' });
const gone = sampleItem({ withheld: 'removed' });

describe('a channel’s policy', () => {
  it('leaves every item as it is unless the shop says otherwise', () => {
    expect(policyOf({} as Catalog, 'meta')).toEqual(usual);
    for (const item of [soldOut, gone, sampleItem({})])
      expect(underPolicy(item, usual, { want: 'live' })).toBe(item);
  });
  it('takes down what is sold out where the shop wants that', () => {
    const policy: Policy = { ...usual, outOfStock: 'remove' };
    expect(underPolicy(soldOut, policy, undefined).withheld).toBe('sold-out');
    expect(underPolicy(sampleItem({ availability: 'discontinued' }), policy, undefined).withheld).toBe(
      'sold-out',
    );
    expect(
      underPolicy(sampleItem({ availability: 'backorder' }), policy, undefined).withheld,
    ).toBeUndefined();
  });
  it('keeps what left the shop as sold out, but only where the channel has it', () => {
    const policy: Policy = { ...usual, gone: 'mark' };
    const kept = underPolicy(gone, policy, { want: 'live' });
    expect([kept.withheld, kept.availability]).toEqual([undefined, 'out_of_stock']);
    expect(underPolicy(gone, policy, undefined)).toBe(gone);
    expect(underPolicy(gone, policy, { want: 'gone' })).toBe(gone);
    expect(underPolicy(sampleItem({ withheld: 'draft' }), policy, { want: 'live' }).withheld).toBe('draft');
  });
});
