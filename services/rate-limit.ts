/** Outgoing HTTP of one channel account within its budget, which all processes share. */
import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Http } from '../catalog/context.ts';
import { BusyError } from '../catalog/errors.ts';
import type { Channel } from '../feeds/channel.ts';
import type { BudgetStore } from '../feeds/store/budgets.ts';

/** A longer wait is left to the queue, which does something else meanwhile. */
const longestWaitMs = 20_000;

/** Which account these options are of: all that is not secret, so that a new token is still the same account. */
export function accountOf(channel: Channel, options: object): string {
  const shape =
    channel.options instanceof z.ZodObject ? (channel.options.shape as Record<string, z.ZodType>) : {};
  const open = Object.entries(options).filter(([name]) => shape[name]?.meta()?.['secret'] !== true);
  return hash('sha256', JSON.stringify(open.sort(([a], [b]) => a.localeCompare(b)))).slice(0, 12);
}

export function limitHttp(http: Http, channel: Channel, options: object, budgets: BudgetStore): Http {
  const account = accountOf(channel, options);
  const { limits } = channel;

  async function take(budget: string, perSecond: number, until: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const waitMs = await budgets.take(channel.id, budget, perSecond, Date.now());
      if (waitMs === 0) return;
      if (Date.now() + waitMs > until)
        throw new BusyError('rate_budget_used', `The requests to ${channel.title} are used up for now.`, {
          retryAfterMs: waitMs,
        });
      await sleep(waitMs, undefined, signal ? { signal } : {});
    }
  }

  return {
    async fetch(url, init) {
      const until = Date.now() + longestWaitMs;
      const kind = limits.kinds?.find(({ is }) => is(init?.method ?? 'GET', new URL(url).pathname));
      if (kind) await take(`${account}:${kind.name}`, kind.perMinute / 60, until, init?.signal);
      await take(account, limits.requestsPerSecond, until, init?.signal);
      try {
        const response = await http.fetch(url, init);
        if (response.status >= 400) await budgets.countError(channel.id, account);
        return response;
      } catch (error) {
        await budgets.countError(channel.id, account);
        throw error;
      }
    },
  };
}
