/**
 * What Snapchat says of a feed upload as our outcomes and issues. Its statuses and the form of its summary of issues are
 * not published, so both are read by what they are called: whatever names an item and a reason is that item's rejection.
 */
import { z } from 'zod';
import type { Issue } from '../../../catalog/issue.ts';
import { toSentence } from '../../answers.ts';
import type { FeedResult } from '../../channel.ts';
import type { ItemOutcome } from '../../listing.ts';
import { pages } from './limits.ts';

const objectSchema = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof objectSchema>;

export const uploadSchema = z.object({
  id: z.coerce.string(),
  status: z.string().nullish(),
  created_at: z.string().nullish().transform((at) => at ?? ''), // prettier-ignore
  updated_at: z.string().nullish(),
  summary: objectSchema.nullish().transform((summary) => summary ?? {}), // prettier-ignore
});
type Upload = z.infer<typeof uploadSchema>;

/** "Completed with errors" is done, "partial failure" too: the items say what became of them. */
const statuses: readonly (readonly [RegExp, FeedResult['status']])[] = [
  [/\bcomplet|success|done|finish|partial|processed/i, 'done'],
  [/fail|error|cancel|reject|invalid/i, 'failed'],
];

export function toFeedResult(upload: Upload, now: number): FeedResult {
  const status = statuses.find(([pattern]) => pattern.test(upload.status ?? ''))?.[1] ?? 'working';
  const said = new Map<string, Issue[]>();
  const issues: Issue[] = [];
  walk(upload.summary, 'error', said, issues);
  const outcomes = [...said].map(([offerId, of]): ItemOutcome => ({
    offerId,
    verdict: of.some(({ severity }) => severity === 'error') ? 'rejected' : 'accepted',
    issues: of,
  })); // prettier-ignore
  const at = Date.parse(upload.updated_at ?? upload.created_at);
  const result: FeedResult = { at: new Date(Number.isNaN(at) ? now : at), status, outcomes, issues };
  const read = findCount(upload.summary, /^(?:total|read|num_(?:total|detected)|products?)(?:_(?:products?|items?|rows?|count))*$/i);
  const accepted = findCount(upload.summary, /^(?:num_)?(?:accepted|processed|valid|success(?:ful)?|added|persisted)(?:_(?:products?|items?|rows?|count))*$/i);
  const rejected = findCount(upload.summary, /^(?:num_)?(?:rejected|invalid|failed|errors?)(?:_(?:products?|items?|rows?|count))*$/i);
  if (read !== undefined) result.read = read;
  if (accepted !== undefined) result.accepted = accepted;
  if (rejected !== undefined) result.rejected = rejected;
  const named = outcomes.filter(({ verdict }) => verdict === 'rejected').length;
  if (rejected !== undefined && rejected > named && !issues.some(({ severity }) => severity === 'error'))
    issues.push({
      ...toIssue({}, 'warning'),
      code: 'items_unnamed',
      message: `Snapchat refused ${rejected - named} items without naming them.`,
      hint: 'Compare what Snapchat holds with what it should: the report tells which items are missing.',
    });
  return result;
} // prettier-ignore

const idNames = ['item_id', 'external_id', 'product_id', 'retailer_id', 'sku', 'id'];
const textNames = [
  'message',
  'description',
  'reason',
  'issue',
  'error',
  'detail',
  'code',
  'type',
  'issue_type',
];
const listNames = [
  'item_ids',
  'external_ids',
  'product_ids',
  'ids',
  'samples',
  'examples',
  'items',
  'affected_items',
];

/** Everything in the summary that tells a reason; `severity` is that of the place it stands in. */
function walk(
  value: unknown,
  severity: Issue['severity'],
  said: Map<string, Issue[]>,
  issues: Issue[],
): void {
  if (Array.isArray(value)) {
    for (const one of value) walk(one, severity, said, issues);
    return;
  }
  const fields = objectSchema.safeParse(value).data;
  if (fields === undefined) return;
  const own = severityOf(fields, severity);
  if (findText(fields, textNames) !== undefined) {
    const issue = toIssue(fields, own);
    const named = findIds(fields);
    for (const id of named) said.set(id, [...(said.get(id) ?? []), issue]);
    const count = findCount(fields, /^(?:count|total|num_items|occurrences|affected_count)$/i) ?? 0;
    if (named.length === 0 || count > named.length)
      issues.push({
        ...issue,
        ...(count > named.length
          ? { value: `${count - named.length} ${named.length > 0 ? 'more ' : ''}items` }
          : {}),
      });
    return;
  }
  for (const [name, one] of Object.entries(fields))
    walk(one, /warn/i.test(name) ? 'warning' : /error/i.test(name) ? 'error' : own, said, issues);
}

const severityOf = (fields: Fields, otherwise: Issue['severity']): Issue['severity'] => {
  const word = findText(fields, ['severity', 'level', 'priority']);
  if (word === undefined) return otherwise;
  return /warn|info|notice/i.test(word) ? 'warning' : 'error';
};

function findText(fields: Fields, among: readonly string[]): string | undefined {
  for (const name of among) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** An item named in the issue itself, or several in a list inside it, as texts or as objects. */
function findIds(fields: Fields): string[] {
  const lists = listNames.flatMap((name) => {
    const value = fields[name];
    return Array.isArray(value) ? (value as unknown[]) : [];
  });
  const named = lists.flatMap((one) => {
    const id = typeof one === 'string' ? one : findText(objectSchema.safeParse(one).data ?? {}, idNames);
    return id === undefined ? [] : [id];
  });
  // the id of an issue is not that of an item, unless nothing else could be meant
  const single = findText(fields, idNames.slice(0, -1));
  return [...new Set(single === undefined ? named : [single, ...named])];
}

function findCount(fields: Fields, pattern: RegExp): number | undefined {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number' && pattern.test(name)) return value;
    if (typeof value === 'string' && /^\d+$/.test(value) && pattern.test(name)) return Number(value);
  }
  return undefined;
}

function toIssue(fields: Fields, severity: Issue['severity']): Issue {
  const code = findText(fields, ['code', 'issue_type', 'type']) ?? '';
  const text = findText(fields, textNames.slice(0, 6)) ?? code.replaceAll('_', ' ');
  const kind = kinds.find(([pattern]) => pattern.test(`${code} ${text}`));
  const issue: Issue = {
    code: code === '' ? (severity === 'error' ? 'refused_by_snapchat' : 'noted_by_snapchat') : code.toLowerCase(),
    severity,
    message: text === '' ? 'Snapchat did not take the item and gave no reason.' : `Snapchat says: ${toSentence(text)}`,
    hint: kind?.[1] ?? 'Correct what the message names; the item is sent again by itself when it changes.',
    link: pages.catalogs,
    from: 'channel',
  };
  const field = findText(fields, ['field', 'column', 'attribute']);
  const name = field === undefined ? kind?.[2] : (fieldNames[field.toLowerCase()] ?? field.toLowerCase());
  if (name !== undefined) issue.field = name;
  const value = findText(fields, ['value', 'provided_value']);
  if (value !== undefined) issue.value = value.slice(0, 200);
  return issue;
} // prettier-ignore

/** Names we know by what they say: what to do, and which field it is about. */
const kinds: readonly (readonly [RegExp, string, string?])[] = [
  [/image.*(?:fetch|download)|fetch.*image/i, 'Check that the public address of this service can be reached from outside.', 'images'],
  [/image/i, 'Upload a JPEG or PNG image of at least 500 x 500 pixels.', 'images'],
  [/price/i, 'Give the item a price in the shop.', 'price'],
  [/stale|refresh/i, 'Publish the feed again; Snapchat wants it daily.'],
  [/fetch|url|download|file|format/i, 'Check that the public address of this service can be reached from outside.'],
  [/missing|required/i, 'Fill the field in the shop, or set it here.'],
  [/duplicate/i, 'Give every variant a SKU of its own.', 'offerId'],
]; // prettier-ignore
const fieldNames: Record<string, string> = {
  id: 'offerId', image_link: 'images', additional_image_link: 'images', sale_price: 'salePrice',
  sale_price_effective_date: 'saleStarts', item_group_id: 'itemGroupId',
}; // prettier-ignore
