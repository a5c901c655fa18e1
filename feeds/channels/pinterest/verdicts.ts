/** Pinterest's words about items as our outcomes and issues. */
import { z } from 'zod';
import type { Issue } from '../../../catalog/issue.ts';
import { toSentence } from '../../answers.ts';
import { offerUnknown, type ItemOutcome } from '../../listing.ts';
import { fieldOf, findName, names } from './names.ts';
import { pages } from './limits.ts';

const eventSchema = z.object({
  attribute: z.string().nullish(),
  code: z.union([z.number(), z.string()]).nullish(),
  message: z.string().nullish(),
});
type Event = z.infer<typeof eventSchema>;
const eventsSchema = z.array(eventSchema).nullish().transform((e) => e ?? []); // prettier-ignore

/** The answer of items/batch, and of asking for it later. `created_time` null: skipped as a recent duplicate. */
export const batchSchema = z.object({
  batch_id: z.coerce.string().optional(),
  created_time: z.string().nullish(),
  status: z.enum(['PROCESSING', 'COMPLETED', 'FAILED']).optional(),
  items: z
    .array(
      z.object({
        item_id: z.coerce.string(),
        status: z.string().nullish(),
        errors: eventsSchema,
        warnings: eventsSchema,
      }),
    )
    .nullish()
    .transform((i) => i ?? []),
});
export type BatchAnswer = z.infer<typeof batchSchema>;

/** The answer of POST /catalogs/items: an item is there (attributes), or something is wrong with it (errors). */
export const itemsSchema = z.object({
  items: z.array(
    z.object({
      item_id: z.coerce.string().nullish(),
      attributes: z.record(z.string(), z.unknown()).nullish(),
      errors: eventsSchema,
    }),
  ),
});
type ItemAnswer = z.infer<typeof itemsSchema>['items'][number];

/** The outcomes of a batch that is done; `working` while any of these offers is under way. */
export function toBatchOutcomes(batch: BatchAnswer, offerIds: readonly string[]): ItemOutcome[] | 'working' {
  const records = new Map(batch.items.map((record) => [record.item_id, record]));
  const isOver = batch.status === 'COMPLETED' || batch.status === 'FAILED';
  const outcomes: ItemOutcome[] = [];
  for (const offerId of offerIds) {
    const record = records.get(offerId);
    // "COMPLETED" is about the batch; each item has a status of its own
    if (!isOver || record?.status === 'PROCESSING') return 'working';
    const wrong = record?.errors ?? [];
    const isRejected =
      wrong.length > 0 || record?.status === 'FAILURE' || (!record && batch.status === 'FAILED');
    const issues = [
      ...wrong.map((event) => toIssue(event, 'error')),
      ...(record?.warnings ?? []).map((event) => toIssue(event, isRejected && wrong.length === 0 ? 'error' : 'warning')),
    ]; // prettier-ignore
    if (isRejected && issues.length === 0) issues.push(toIssue({}, 'error'));
    outcomes.push({ offerId, verdict: isRejected ? 'rejected' : 'accepted', issues });
  }
  return outcomes;
}

/** What Pinterest says of an item it was asked for. */
export function toReviewOutcome(offerId: string, item: ItemAnswer | undefined): ItemOutcome {
  // its reading side lags behind its batches, so an item that is not there yet is not lost
  if (item === undefined) return { offerId, verdict: 'working', issues: [] };
  const issues = item.errors.map((event) => toIssue(event, 'error'));
  const isHeld = item.attributes !== undefined && item.attributes !== null;
  return { offerId, verdict: issues.length > 0 ? 'rejected' : isHeld ? 'accepted' : 'working', issues };
}

/**
 * An issue out of one of Pinterest's events. The numbers are published for two codes only, so the number is kept as our
 * code, and the name is found by the sentence where it is one of Pinterest's own.
 */
export function toIssue(event: Event, severity: Issue['severity']): Issue {
  const message = event.message ?? '';
  const name = findName(`${event.code ?? ''}`, message, event.attribute ?? '');
  const known = name === undefined ? undefined : names[name];
  const issue: Issue = {
    code: codeOf(name, event),
    severity,
    message:
      message === ''
        ? known?.says ?? 'Pinterest did not take the item and gave no reason.'
        : `Pinterest says: ${toSentence(message)}`,
    hint: known?.hint ?? 'Correct what the message names; the item is sent again by itself when it changes.',
    link: known?.link ?? pages.api,
    from: 'channel',
  }; // prettier-ignore
  const field = known?.field ?? fieldOf(event.attribute);
  if (field !== undefined) issue.field = field;
  return issue;
}

/** An issue out of a code name and what it is about, as the runs of a data source tell it. */
export function toNamedIssue(
  name: string,
  severity: Issue['severity'],
  detail: { attribute_name?: string | null | undefined; provided_value?: string | null | undefined } = {},
): Issue {
  const issue = toIssue({ code: name, attribute: detail.attribute_name }, severity);
  issue.code = name.toLowerCase();
  const known = names[name];
  issue.message = known?.says ?? `Pinterest says: ${toSentence(name.toLowerCase().replaceAll('_', ' '))}`;
  if (detail.provided_value) issue.value = detail.provided_value.slice(0, 200);
  return issue;
}

function codeOf(name: string | undefined, { code }: Event): string {
  if (name === 'ITEM_NOT_FOUND') return offerUnknown;
  if (name !== undefined) return name.toLowerCase();
  return code === undefined || code === null ? 'refused_by_pinterest' : `pinterest_${String(code).toLowerCase()}`;
} // prettier-ignore
