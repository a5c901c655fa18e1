import { expect, it } from '@jest/globals';
import { BusyError } from '../../catalog/errors.ts';
import { channel } from '../../feeds/channels/pinterest/index.ts';
import type { BudgetStore } from '../../feeds/store/budgets.ts';
import { limitHttp } from '../../services/rate-limit.ts';

const http = { fetch: async () => new Response('{}') };
const root = 'https://api.pinterest.com/v5';

/** A budget that notes what is taken of it, and makes wait as told. */
function connect(waitMs = 0) {
  const taken: [budget: string, perSecond: number][] = [];
  const budgets = {
    take: async (_channel: string, account: string, perSecond: number) => {
      taken.push([account.split(':')[1] ?? 'all', perSecond]);
      return waitMs;
    },
    countError: async () => undefined,
  } as unknown as BudgetStore;
  return { taken, limited: limitHttp(http, channel as never, { country: 'DE' }, budgets) };
}

it('takes a request from the budget of its kind and from that of all', async () => {
  const { taken, limited } = connect();
  await limited.fetch(`${root}/catalogs/items/batch`, { method: 'POST' });
  await limited.fetch(`${root}/catalogs/items/batch/17?ad_account_id=1`);
  await limited.fetch(`${root}/catalogs/items`, { method: 'POST' });
  await limited.fetch(`${root}/oauth/token`, { method: 'POST' });
  const each = 100 / 60;
  expect(taken).toEqual([
    ['catalogs_write', each], ['all', 100], ['catalogs_read', each], ['all', 100], ['catalogs_read', each], ['all', 100],
    ['all', 100],
  ]); // prettier-ignore
});

it('leaves a long wait to the queue', async () => {
  const { taken, limited } = connect(60_000);
  const asked = limited.fetch(`${root}/catalogs/items/batch`, { method: 'POST' });
  await expect(asked).rejects.toMatchObject({ code: 'rate_budget_used', retryAfterMs: 60_000 });
  await expect(asked).rejects.toBeInstanceOf(BusyError);
  expect(taken).toHaveLength(1);
});
