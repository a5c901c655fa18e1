/** What a shop wants of one channel when items sell out or leave the shop. Pure. */
import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import type { Item } from '../catalog/item.ts';
import type { Listing } from './listing.ts';

export const policySchema = z.object({
  /** `mark`: stays and is shown as sold out; `remove`: is taken down and comes back with the stock. */
  outOfStock: z
    .enum(['mark', 'remove'])
    .default('mark')
    .describe('What becomes of an item that is out of stock or discontinued'),
  /** `remove`: is taken down; `mark`: what the channel has stays there as sold out, only a person removes it. */
  gone: z
    .enum(['remove', 'mark'])
    .default('remove')
    .describe('What becomes of an item whose product left the shop'),
});
export type Policy = z.infer<typeof policySchema>;

const usual: Policy = { outOfStock: 'mark', gone: 'remove' };

export const policyOf = ({ policies }: Catalog, channel: string): Policy => policies?.[channel] ?? usual;

/** The item as this channel may have it; `held`: its listing there, if there is one. */
export function underPolicy(item: Item, policy: Policy, held: Pick<Listing, 'want'> | undefined): Item {
  if (item.withheld === 'removed' && policy.gone === 'mark' && held?.want === 'live') {
    const { withheld: _, ...rest } = item;
    return { ...rest, availability: 'out_of_stock' };
  }
  const isOut = item.availability === 'out_of_stock' || item.availability === 'discontinued';
  if (item.withheld === undefined && isOut && policy.outOfStock === 'remove')
    return { ...item, withheld: 'sold-out' };
  return item;
}
