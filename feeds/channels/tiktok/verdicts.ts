/** TikTok's words about items as our outcomes and issues: the log of a task first, the audit later. */
import { z } from 'zod';
import type { Issue } from '../../../catalog/issue.ts';
import { toSentence } from '../../answers.ts';
import { offerUnknown, type ItemOutcome } from '../../listing.ts';
import { pages } from './limits.ts';

const textSchema = z.string().nullish().transform((text) => text ?? ''); // prettier-ignore
const countSchema = z.number().nullish().transform((count) => count ?? 0); // prettier-ignore
/** What a log says of one kind of fault; it names the first five items only. */
const groupSchema = z.object({
  field: textSchema,
  issue: textSchema,
  suggestion: textSchema,
  affected_product_count: countSchema,
  affected_product_item_list: z
    .array(z.object({ sku_id: z.coerce.string().nullish(), value: z.unknown() }))
    .nullish()
    .transform((list) => list ?? []),
});
type Group = z.infer<typeof groupSchema>;
const groupsSchema = z.array(groupSchema).nullish().transform((groups) => groups ?? []); // prettier-ignore
const detailsSchema = z
  .object({
    download_path: z.record(z.string(), z.string()).nullish(),
    error_affected_products: groupsSchema,
    warn_affected_products: groupsSchema,
  })
  .nullish();

const logSchema = z.object({
  process_status: z.string(),
  add_count: countSchema,
  update_count: countSchema,
  delete_count: countSchema,
  error_count: countSchema,
  start_time: textSchema,
  end_time: textSchema,
  feed_log_data: detailsSchema,
});
/** The answer of catalog/product/log. In the official text the details stand beside the log in one place, inside in another. */
export const logAnswerSchema = z
  .object({ product_feed_log: logSchema, feed_log_data: detailsSchema })
  .transform(({ product_feed_log: log, feed_log_data: beside }) => {
    const details = log.feed_log_data ?? beside;
    return {
      ...log,
      errors: details?.error_affected_products ?? [],
      warnings: details?.warn_affected_products ?? [],
      /** A table of every fault, in English where there is one. */
      table: details?.download_path?.['en'] ?? Object.values(details?.download_path ?? {})[0],
    };
  });
export type TaskLog = z.infer<typeof logAnswerSchema>;

const productSchema = z.object({
  sku_id: z.coerce.string(),
  title: z.string().nullish(),
  availability: z.string().nullish(),
  active_status: z.string().nullish(),
  image_status: z.string().nullish(),
  audit: z
    .object({
      audit_status: z.string().nullish(),
      suggestion: z.string().nullish(),
      reject_info: z
        .array(
          z.object({
            reason: textSchema,
            suggestion: textSchema,
            affected_placement: z.array(z.string()).nullish(),
            affected_country: z.array(z.string()).nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
  price_info: z
    .object({ price: z.coerce.number().nullish(), currency: z.string().nullish() })
    .nullish(),
  landing_page: z.object({ landing_page_url: z.string().nullish() }).nullish(),
}); // prettier-ignore
export type Product = z.infer<typeof productSchema>;
/** The answer of catalog/product/get. */
export const productsSchema = z.object({
  list: z.array(productSchema).nullish().transform((list) => list ?? []), // prettier-ignore
  page_info: z.object({ total_number: z.number().nullish(), total_page: z.number().nullish() }).nullish(),
});

/** Issues by item, out of the groups of a log and of its table; each of a kind once. */
export function toIssues(
  log: TaskLog,
  table: readonly Readonly<Record<string, string>>[],
): Map<string, Issue[]> {
  const found = new Map<string, Map<string, Issue>>();
  const add = (id: string | null | undefined, issue: Issue): void => {
    if (!id) return;
    const of = found.get(id) ?? new Map<string, Issue>();
    found.set(id, of.set(`${issue.severity} ${issue.field ?? ''} ${issue.message}`, issue));
  };
  for (const [groups, severity] of [[log.errors, 'error'], [log.warnings, 'warning']] as const)
    for (const group of groups)
      for (const { sku_id: id, value } of group.affected_product_item_list)
        add(id, { ...toIssue(group.field, group.issue, group.suggestion, severity), ...toValue(value) });
  for (const row of table) {
    const { id, field, issue, suggestion, severity } = readRow(row);
    if (id !== '') add(id, toIssue(field, issue, suggestion, severity));
  }
  return new Map([...found].map(([id, issues]) => [id, [...issues.values()]]));
} // prettier-ignore

/** The faults of a log that no item is named for. */
export const toUnnamed = (groups: readonly Group[], severity: Issue['severity']): Issue[] =>
  groups.flatMap((group) => {
    const left = group.affected_product_count - group.affected_product_item_list.length;
    if (left <= 0) return [];
    return [
      { ...toIssue(group.field, group.issue, group.suggestion, severity), value: `${left} more items` },
    ];
  });

const toValue = (value: unknown): { value?: string } =>
  typeof value === 'string' && value !== '' ? { value: value.slice(0, 200) } : {};

/** The columns of the table are not published, so they are found by what they are called. */
function readRow(row: Readonly<Record<string, string>>) {
  const find = (pattern: RegExp): string =>
    Object.entries(row)
      .find(([name]) => pattern.test(name.trim()))?.[1]
      ?.trim() ?? '';
  const level = find(/^(?:level|severity|type|status)$/i);
  return {
    id: find(/^sku[ _]?id$/i),
    field: find(/^field$/i),
    issue: find(/^(?:issue|error(?:[ _](?:message|reason|info))?|message|reason)$/i),
    suggestion: find(/^suggestion$/i),
    severity: /warn/i.test(level) ? 'warning' : 'error',
  } as const;
}

function toIssue(field: string, issue: string, suggestion: string, severity: Issue['severity']): Issue {
  const kind = kinds.find(([pattern]) => pattern.test(issue));
  const made: Issue = {
    code: kind?.[1] ?? (severity === 'error' ? 'refused_by_tiktok' : 'noted_by_tiktok'),
    severity,
    message: issue === '' ? 'TikTok did not take the item and gave no reason.' : `TikTok says: ${toSentence(issue)}`,
    hint: suggestion === '' ? (kind?.[2] ?? 'Correct what the message names; the item is sent again by itself when it changes.') : toSentence(suggestion),
    link: pages.log,
    from: 'channel',
  };
  const name = fieldNames[field.toLowerCase().split('.').at(-1) ?? ''];
  if (name !== undefined) made.field = name;
  else if (field !== '') made.field = field;
  return made;
} // prettier-ignore

/** Sentences we know by what they say: our code, and what to do (issue ids of pages.issues). */
const kinds: readonly (readonly [RegExp, string, string])[] = [
  [/not (?:exist|found)|does ?n.t exist/i, offerUnknown, 'The item is not in the catalog at TikTok.'],
  [/missing|required/i, 'required_field_missing', 'Fill the field in the shop, or set it here.'],
  [/duplicate/i, 'duplicate_sku', 'Give every variant a SKU of its own: TikTok ignores all items of the same one.'],
  [/emoji|control char/i, 'text_has_signs', 'Write the text without emoji.'],
  [/capital/i, 'text_all_capitals', 'Write the text with capitals only where the language asks for them.'],
  [/500 ?[x×*] ?500|image size|too small/i, 'image_too_small', 'Upload an image of at least 500 x 500 pixels.'],
  [/image/i, 'image_refused', 'Look at the item’s images: size, format and whether they can be fetched.'],
  [/prohibit|policy/i, 'policy_violation', 'Take the item out, or change what breaks TikTok’s policies.'],
  [/currency|price/i, 'price_refused', 'Look at price and currency; the currency must be the catalog’s.'],
  [/invalid value/i, 'value_refused', 'Use one of the words that TikTok names.'],
]; // prettier-ignore

/** TikTok's names, of the feed and of the API, and ours where they differ. */
const fieldNames: Record<string, string> = {
  sku_id: 'offerId', image_link: 'images', image_url: 'images', additional_image_link: 'images',
  additional_image_urls: 'images', sale_price: 'salePrice', sale_price_effective_date: 'saleStarts',
  item_group_id: 'itemGroupId', landing_page_url: 'link', global_trade_item_number: 'gtin',
  manufacturer_part_number: 'mpn', video_url: 'video_link', product_category: 'product_type',
}; // prettier-ignore

const imageFaults: Record<string, readonly [string, string, string]> = {
  FILTERED: ['image_too_small', 'TikTok does not use the image: it is smaller than 500 x 500 pixels.', 'Upload an image of at least 500 x 500 pixels.'],
  FAIL: ['image_fetch_failed', 'TikTok could not fetch the image.', 'Check that the public address of this service can be reached from outside.'],
  NOT_SUPPORTED: ['image_format', 'TikTok does not take the format of the image.', 'Upload a JPEG or PNG image.'],
  NOT_FOUND: ['image_fetch_failed', 'TikTok found no image at its address.', 'Check that the public address of this service can be reached from outside.'],
}; // prettier-ignore

/** What TikTok's audit says of an item it holds. An image it cannot use keeps the audit "processing" for ever. */
export function toReviewOutcome({ sku_id: offerId, audit, image_status }: Product): ItemOutcome {
  const status = audit?.audit_status?.toLowerCase() ?? '';
  const fault = imageFaults[(image_status ?? '').toUpperCase().replace(/^NO_FOUND$/, 'NOT_FOUND')];
  if (status !== 'approved' && fault) {
    const [code, message, hint] = fault;
    const issue: Issue = { code, severity: 'error', field: 'images', message, hint, link: pages.images, from: 'channel' };
    return { offerId, verdict: 'rejected', issues: [issue] };
  }
  const issues = (audit?.reject_info ?? []).map((info): Issue => {
    const places = [...(info.affected_country ?? []), ...(info.affected_placement ?? [])];
    const issue: Issue = {
      code: 'review_rejected',
      // refused in some places, or everywhere
      severity: status === 'rejected' ? 'error' : 'warning',
      message: info.reason === '' ? "TikTok's review rejected the item and gave no reason." : `TikTok's review: ${toSentence(info.reason)}`,
      hint: info.suggestion === '' ? 'Change what the reason names, or appeal in Catalog Manager.' : toSentence(info.suggestion),
      link: pages.practices,
      from: 'channel',
    };
    if (places.length > 0) issue.value = places.join(', ').slice(0, 200);
    return issue;
  });
  if (status === 'rejected' && issues.length === 0)
    issues.push({
      code: 'review_rejected', severity: 'error', message: "TikTok's review rejected the item and gave no reason.",
      hint: 'Look at the item in Catalog Manager, or appeal there.', link: pages.practices, from: 'channel',
    });
  if (status === 'rejected') return { offerId, verdict: 'rejected', issues };
  return { offerId, verdict: status === 'approved' ? 'accepted' : 'working', issues };
} // prettier-ignore
