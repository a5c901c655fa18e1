/** What lags is found from the database alone, once a minute. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { OpenQueue } from '../../jobs/job.ts';
import { addLagging } from '../../jobs/schedule.ts';
import { onEngine, startTestShop, type TestShop } from '../support/service.ts';

let shop: TestShop;
beforeAll(async () => {
  shop = await startTestShop();
});
afterAll(() => shop.stop());

it('asks for the verdicts of a batch that nobody asks for, but leaves one that was sent just now to its run', async () => {
  const added: string[] = [];
  const now = new Date();
  await onEngine(shop, async ({ ctx }) => {
    for (const [handle, seconds] of [['old', -90], ['just-now', -5], ['of-a-clock-ahead', 3_600]] as const)
      await ctx.stores.listings.saveBatch({
        id: `gone:meta:${handle}`, catalogId: 'gone', channel: 'meta', handle, offerIds: ['A'], stage: 'sent',
        sentAt: new Date(now.getTime() + seconds * 1_000),
      }); // prettier-ignore
    const queue = {
      ...ctx.queue,
      async add(job, payload) {
        added.push(`${job.name}:${job.key(payload)}`);
      },
    } as OpenQueue;
    await addLagging({ ...ctx, queue, now: () => now });
  });
  expect(added.filter((key) => key.includes('gone'))).toEqual([
    'check-batch:gone:meta:of-a-clock-ahead',
    'check-batch:gone:meta:old',
  ]);
});
