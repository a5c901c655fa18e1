/** The log of one of TikTok's tasks: https://business-api.tiktok.com/portal/docs?id=1740570027173889 */
import { InputError, NotFoundError } from '../../../catalog/errors.ts';
import { hasErrors, type Issue } from '../../../catalog/issue.ts';
import { readTable } from '../../formats/read-table.ts';
import type { ItemOutcome } from '../../listing.ts';
import type { TiktokClient } from './client.ts';
import { pages } from './limits.ts';
import { logAnswerSchema, toIssues, toUnnamed, type TaskLog } from './verdicts.ts';

export interface TaskResult {
  log: TaskLog;
  /** Of the items that the log or its table names. */
  outcomes: ItemOutcome[];
  /** How many more items failed. */
  unnamed: number;
  /** What the log says of items that it does not name. */
  issues: Issue[];
  isFailed: boolean;
}

/** Throws NotFoundError for a task that TikTok does not know (any more). */
export async function readLog(client: TiktokClient, task: string): Promise<TaskResult | 'working'> {
  let log: TaskLog;
  try {
    log = await client.get('/catalog/product/log/', logAnswerSchema, { feed_log_id: task, language: 'en' });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new NotFoundError('handle_unknown', `TikTok no longer knows the task: ${error.message}`, {
      cause: error,
    });
  }
  const status = log.process_status.toUpperCase();
  if (status === 'WAITING' || status === 'PROCESSING') return 'working';
  const needsTable = [...log.errors, ...log.warnings].some(
    (group) => group.affected_product_count > group.affected_product_item_list.length,
  );
  const table = needsTable ? await fetchTable(client, log.table) : [];
  const byItem = toIssues(log, table);
  const outcomes = [...byItem].map(([offerId, issues]): ItemOutcome => ({
    offerId,
    verdict: hasErrors(issues) ? 'rejected' : 'accepted',
    issues,
  })); // prettier-ignore
  const rejected = outcomes.filter(({ verdict }) => verdict === 'rejected').length;
  const unnamed = Math.max(0, log.error_count - rejected);
  return {
    log,
    outcomes,
    unnamed,
    issues: table.length > 0 ? [] : [...toUnnamed(log.errors, 'error'), ...toUnnamed(log.warnings, 'warning')],
    isFailed: status === 'FAILED',
  }; // prettier-ignore
}

/** The log names five items of a kind; the table behind its address names them all. Nothing where it cannot be had. */
async function fetchTable(client: TiktokClient, address: string | undefined): Promise<Record<string, string>[]> {
  if (address === undefined) return [];
  // a public address without a token: nothing of ours goes there
  const response = await client.http.fetch(address, { timeoutMs: 60_000 });
  return response.ok ? readTable(await response.text()) : [];
} // prettier-ignore

/** An item that TikTok refused with one sentence, or without any. */
export const toNamed = (offerId: string, code: string, message: string): ItemOutcome => ({
  offerId,
  verdict: 'rejected',
  issues: [
    {
      code, severity: 'error', message, link: pages.log, from: 'channel',
      hint: 'Correct what the message names; the item is sent again by itself when it changes.',
    },
  ],
}); // prettier-ignore
