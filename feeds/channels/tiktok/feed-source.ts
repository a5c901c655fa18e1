/** TikTok's feeds: it fetches our file every day, and at once by its address. */
import { z } from 'zod';
import { NotFoundError } from '../../../catalog/errors.ts';
import type { Issue } from '../../../catalog/issue.ts';
import type { ChannelApi, FeedResult, FeedToRegister } from '../../channel.ts';
import type { TiktokClient } from './client.ts';
import { pages } from './limits.ts';
import { readLog, type TaskResult } from './task-log.ts';

const feedSchema = z.object({
  feed_id: z.coerce.string(),
  feed_name: z.string().nullish(),
  /** The address stands in one place or the other. */
  last_update_param: z
    .object({ uri: z.string().nullish(), source: z.object({ uri: z.string().nullish() }).nullish() })
    .nullish(),
});
const feedsSchema = z.object({ list: z.array(feedSchema).nullish().transform((list) => list ?? []) }); // prettier-ignore
const taskSchema = z.object({ feed_log_id: z.coerce.string() });
const countSchema = z.number().nullish().transform((count) => count ?? 0); // prettier-ignore
const runsSchema = z.object({
  feed_logs: z
    .array(
      z.object({
        update_status: z.object({
          process_status: z.string(),
          add_count: countSchema,
          update_count: countSchema,
          error_count: countSchema,
        }),
        update_time: z.object({ start_time: z.string().nullish(), end_time: z.string().nullish() }).nullish(),
      }),
    )
    .nullish()
    .transform((logs) => logs ?? []),
});

export function createFeedCalls(
  client: TiktokClient,
): Required<Pick<ChannelApi, 'registerFeed' | 'fetchFeed' | 'feedResult'>> {
  /** What this process has registered; another one asks TikTok for the address. */
  const addresses = new Map<string, string>();

  async function registerFeed({ name, url, hour }: FeedToRegister): Promise<{ feedId: string }> {
    const body = {
      feed_name: name,
      // what is not in the file (any more) is taken down
      update_mode: 'OVERWRITE',
      schedule_param: {
        source: { uri: url }, interval_type: 'DAILY', interval_count: 1, timezone: 'UTC', hour, minute: 0,
      },
    }; // prettier-ignore
    const { list } = await client.get('/catalog/feed/get/', feedsSchema);
    const before = list.find((one) => one.feed_name === name);
    const [path, more] = before
      ? (['/catalog/feed/update/', { feed_id: before.feed_id }] as const)
      : (['/catalog/feed/create/', {}] as const);
    const { feed_id: id } = await client.post(path, feedSchema, { ...body, ...more });
    addresses.set(id, url);
    return { feedId: id };
  }

  async function fetchFeed(feedId: string): Promise<{ handle: string }> {
    const url = addresses.get(feedId) ?? (await findAddress(feedId));
    const body = { feed_id: feedId, file_url: url, update_mode: 'OVERWRITE' };
    return { handle: (await client.post('/catalog/product/file/', taskSchema, body)).feed_log_id };
  }

  async function findAddress(feedId: string): Promise<string> {
    const { list } = await client.get('/catalog/feed/get/', feedsSchema);
    const { uri, source } = list.find((one) => one.feed_id === feedId)?.last_update_param ?? {};
    const address = source?.uri || uri;
    // registered anew then
    if (!address)
      throw new NotFoundError('tiktok_feed_unknown', 'TikTok no longer knows the feed, or its address.');
    return address;
  }

  async function feedResult(feedId: string, handle?: string): Promise<FeedResult | undefined> {
    if (handle === undefined) return lastRun(feedId);
    const said = await readLog(client, handle);
    if (said === 'working')
      return { at: new Date(client.now()), status: 'working', outcomes: [], issues: [] };
    return toResult(said, client.now());
  }

  /** TikTok keeps the last ten runs of a feed, with counts only. */
  async function lastRun(id: string): Promise<FeedResult | undefined> {
    const { feed_logs: logs } = await client.get('/catalog/feed/log/', runsSchema, { feed_id: id });
    const timeOf = (log: (typeof logs)[number]): string => log.update_time?.start_time ?? '';
    const [last] = logs.sort((a, b) => timeOf(b).localeCompare(timeOf(a)));
    if (last === undefined) return undefined;
    const { process_status: status, add_count, update_count, error_count } = last.update_status;
    const accepted = add_count + update_count;
    return {
      at: toDate(last.update_time?.end_time || timeOf(last), client.now()),
      status: statuses[status.toUpperCase()] ?? 'working',
      read: accepted + error_count,
      accepted,
      rejected: error_count,
      outcomes: [],
      issues: [],
    };
  }

  return { registerFeed, fetchFeed, feedResult };
}

const statuses: Record<string, FeedResult['status']> = { SUCCESS: 'done', FAILED: 'failed' };

function toResult({ log, outcomes, issues, isFailed }: TaskResult, now: number): FeedResult {
  const accepted = log.add_count + log.update_count;
  return {
    at: toDate(log.end_time || log.start_time, now),
    status: isFailed ? 'failed' : 'done',
    read: accepted + log.error_count,
    accepted,
    rejected: log.error_count,
    outcomes,
    issues: isFailed && issues.length === 0 && outcomes.length === 0 ? [unreadable] : issues,
  };
}

const unreadable: Issue = {
  code: 'feed_unreadable',
  severity: 'error',
  message: 'TikTok could not fetch or read the feed file.',
  hint: 'Check that the public address of this service can be reached from outside.',
  link: pages.file,
  from: 'channel',
};

/** `2021-05-23 16:33:30`, in UTC. */
function toDate(text: string, now: number): Date {
  const date = new Date(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(date.getTime()) ? new Date(now) : date;
}
