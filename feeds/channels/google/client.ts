/** Requests to the Merchant API: signed in, paced to the account's quota. */
import PQueue from 'p-queue';
import { z } from 'zod';
import type { Http } from '../../../catalog/context.ts';
import { BusyError, ChannelError, NotFoundError, SyncError } from '../../../catalog/errors.ts';
import { RefusedError, readAnswer, readAs, signInHint, untilReset } from './answers.ts';
import type { GoogleOptions } from './index.ts';
import { pace } from './limits.ts';
import { parseKey, signIn } from './sign-in.ts';

export interface Client {
  /** `accounts/123` */
  account: string;
  /** One request; the body is sent as JSON. `pace`: it waits for its turn within the quota of item writes. */
  ask(method: string, path: string, body?: object): Promise<unknown>;
  /** Runs one piece of work per entry, as many at once and a second as the quota allows. */
  eachPaced<T>(entries: readonly T[], work: (entry: T) => Promise<void>): Promise<void>;
}

const groupsSchema = z.object({
  quotaGroups: z
    .array(
      z.object({
        quotaUsage: z.coerce.number().default(0),
        quotaLimit: z.coerce.number().default(0),
        quotaMinuteLimit: z.coerce.number().default(0),
        methodDetails: z
          .array(z.object({ method: z.string().default(''), path: z.string().default('') }))
          .default([]),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
});

/** How long a quota that was read is believed: Google raises it by itself as the account grows. */
const quotaLifeMs = 30 * 60_000;

export function createClient(options: GoogleOptions, http: Http, now: () => number): Client {
  const root = options.baseUrl.replace(/\/+$/, '');
  const account = `accounts/${options.merchantId}`;
  const key = parseKey(options.serviceAccountKey);
  if (key === undefined)
    throw new ChannelError('google_key_unreadable', 'The key file of the service account cannot be read.', {
      hint: signInHint,
    });
  const signedIn = signIn(key, http, now);
  let perSecond: number = pace.requestsPerSecond;
  let queue = createQueue(perSecond);
  let quotaReadAt = -Infinity;

  async function ask(method: string, path: string, body?: object): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const token = await signedIn.token();
      const response = await http.fetch(`${root}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        // an insert replaces what is there, so that sending it twice does no harm
        retries: 2,
      });
      // a token may die before its hour is over; a new one is asked for once
      if (response.status === 401 && attempt === 0) {
        await response.body?.cancel();
        signedIn.forget(token);
        continue;
      }
      return readAnswer(response, now());
    }
  }

  /** https://developers.google.com/merchant/api/guides/quotas-limits */
  async function readQuota(): Promise<void> {
    if (now() - quotaReadAt < quotaLifeMs) return;
    quotaReadAt = now();
    const { quotaGroups } = await askQuota();
    const mine = quotaGroups.find(({ methodDetails }) =>
      methodDetails.some(({ method, path }) => /productinputs[./]insert/i.test(`${method} ${path}`)),
    );
    if (mine === undefined) return;
    if (mine.quotaLimit > 0 && mine.quotaUsage >= mine.quotaLimit) {
      quotaReadAt = -Infinity;
      throw new BusyError('google_daily_limit', `All ${mine.quotaLimit} writes that Google allows a day are used.`, {
        retryAfterMs: untilReset(now()),
      }); // prettier-ignore
    }
    const allowed = mine.quotaMinuteLimit > 0 ? mine.quotaMinuteLimit / 60 : pace.requestsPerSecond;
    if (allowed === perSecond) return;
    perSecond = allowed;
    queue = createQueue(perSecond);
  }

  async function askQuota(): Promise<z.infer<typeof groupsSchema>> {
    try {
      return readAs(groupsSchema, await ask('GET', `/quota/v1/${account}/quotas?pageSize=1000`));
    } catch (error) {
      // without the right to read quotas we keep to our own pace
      const isClosed = error instanceof NotFoundError || error instanceof RefusedError;
      if (isClosed || (error instanceof SyncError && error.code === 'google_permission_missing')) return { quotaGroups: [] }; // prettier-ignore
      quotaReadAt = -Infinity;
      throw error;
    }
  }

  return {
    account,
    ask,
    async eachPaced(entries, work) {
      await readQuota();
      await queue.addAll(entries.map((entry) => () => work(entry)));
    },
  };
}

/** So many a second, spread over it, and never more than `atOnce` under way. */
function createQueue(perSecond: number): PQueue {
  const interval = perSecond >= 10 ? 200 : 1000;
  const intervalCap = Math.max(1, Math.floor((perSecond * interval) / 1000));
  return new PQueue({ concurrency: pace.atOnce, interval, intervalCap });
}
