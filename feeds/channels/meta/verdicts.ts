/** Meta's words about items as our outcomes and issues. */
import { z } from 'zod';
import type { Issue } from '../../../catalog/issue.ts';
import { offerUnknown, type ItemOutcome } from '../../listing.ts';
import { pages } from './limits.ts';

const messagesSchema = z.array(z.object({ message: z.string().default('') })).nullish().transform((m) => m ?? []); // prettier-ignore
const lineSchema = z.object({ id: z.coerce.string().optional(), message: z.string().default('') });
const linesSchema = z.array(lineSchema).nullish().transform((l) => l ?? []); // prettier-ignore
const textsSchema = z.array(z.coerce.string()).nullish().transform((l) => l ?? []); // prettier-ignore

const validationSchema = z.object({
  retailer_id: z.coerce.string(),
  errors: messagesSchema,
  warnings: messagesSchema,
});
/** The answer of items_batch. An empty `handles` means that nothing was taken in. */
export const itemsBatchSchema = z.object({
  handles: textsSchema,
  validation_status: z.array(validationSchema).nullish().transform((s) => s ?? []), // prettier-ignore
});

const statusSchema = z.object({
  status: z.string(),
  errors: linesSchema,
  warnings: linesSchema,
  ids_of_invalid_requests: textsSchema,
});
/** The answer of check_batch_request_status. */
export const batchStatusSchema = z.object({ data: z.array(statusSchema) });

const productSchema = z.object({
  retailer_id: z.coerce.string(),
  review_status: z.string().nullish(),
  review_rejection_reasons: textsSchema,
  capability_to_review_status: z.unknown().optional(),
  image_fetch_status: z.string().nullish(),
  errors: z
    .array(
      z.object({
        error_type: z.string().default(''),
        error_priority: z.string().default(''),
        title: z.string().default(''),
        description: z.string().default(''),
      }),
    )
    .nullish()
    .transform((e) => e ?? []),
});
/** The answer of products. */
export const productsSchema = z.object({
  data: z.array(productSchema),
  paging: z
    .object({ next: z.string().optional(), cursors: z.object({ after: z.string().optional() }).optional() })
    .nullish(),
});

/** The catalog itself. */
export const catalogSchema = z.object({ name: z.string().optional() });

/** What items_batch says of one item at once. */
export const toValidationIssues = (status: z.infer<typeof validationSchema>): Issue[] => [
  ...status.errors.map(({ message }) => toIssue(message, 'error', pages.itemsBatch)),
  ...status.warnings.map(({ message }) => toIssue(message, 'warning', pages.itemsBatch)),
];

/**
 * The outcomes of a finished batch. Meta's own sample has messages of missing fields among the warnings while it counts
 * them as errors, so an item is rejected when it is in the list of invalid requests too, or is told so by a warning.
 */
export function toBatchOutcomes(
  status: z.infer<typeof statusSchema>,
  offerIds: readonly string[],
): ItemOutcome[] {
  const errors = byId(status.errors);
  const warnings = byId(status.warnings);
  const invalid = new Set(status.ids_of_invalid_requests);
  return offerIds.map((offerId) => {
    const wrong = errors.get(offerId) ?? [];
    const odd = warnings.get(offerId) ?? [];
    const isRejected = wrong.length > 0 || invalid.has(offerId) || odd.some((text) => fatal.test(text));
    const issues = [
      ...wrong.map((message) => toIssue(message, 'error', pages.batchStatus)),
      ...odd.map((message) =>
        toIssue(message, isRejected && (wrong.length === 0 || fatal.test(message)) ? 'error' : 'warning', pages.batchStatus),
      ),
    ]; // prettier-ignore
    if (isRejected && issues.length === 0) issues.push(toIssue('', 'error', pages.batchStatus));
    return { offerId, verdict: isRejected ? 'rejected' : 'accepted', issues };
  });
}

const fatal = /^A required field is missing/i;

function byId(lines: z.infer<typeof linesSchema>): Map<string, string[]> {
  const messages = new Map<string, string[]>();
  for (const { id, message } of lines) {
    if (id === undefined) continue;
    const of = messages.get(id);
    if (of) of.push(message);
    else messages.set(id, [message]);
  }
  return messages;
}

/** What Meta's review says of an item it holds. */
export function toReviewOutcome(product: z.infer<typeof productSchema>): ItemOutcome {
  const status = product.review_status?.toLowerCase() ?? '';
  const issues: Issue[] = [
    ...product.review_rejection_reasons.map((reason) => toReason(reason)),
    ...product.errors.map(toErrorIssue),
    ...toCapabilityIssues(product.capability_to_review_status),
  ];
  if (product.image_fetch_status === 'FETCH_FAILED' && !issues.some(({ field }) => field === 'images'))
    issues.push({
      code: 'image_fetch_failed', severity: 'error', field: 'images', from: 'channel', link: pages.products,
      message: 'Meta could not fetch the image.', hint: codeHints['IMAGE_FETCH_FAILED'] ?? '',
    }); // prettier-ignore
  if (status === 'rejected' && !issues.some(({ severity }) => severity === 'error'))
    issues.push(toReason(''));
  return { offerId: product.retailer_id, verdict: toVerdict(status, issues), issues };
}

function toVerdict(status: string, issues: readonly Issue[]): ItemOutcome['verdict'] {
  if (status === 'rejected' || issues.some(({ severity }) => severity === 'error')) return 'rejected';
  // `outdated`: the item changed after its review and will be reviewed again.
  return status === 'pending' || status === 'outdated' ? 'working' : 'accepted';
}

const toReason = (reason: string): Issue => ({
  code: 'review_rejected',
  severity: 'error',
  message: reason === '' ? "Meta's review rejected the item and gave no reason." : `Meta's review: ${toSentence(reason)}`,
  hint: 'Change what the reason names; if the item keeps to the rules, ask for another review in Commerce Manager.',
  link: pages.products,
  from: 'channel',
}); // prettier-ignore

function toErrorIssue(error: z.infer<typeof productSchema>['errors'][number]): Issue {
  const message = [error.title, error.description].filter((text) => text !== '').join(': ');
  // Which codes only hide an item somewhere is not published; the priority is all there is.
  const severity = error.error_priority.toUpperCase() === 'HIGH' ? 'error' : 'warning';
  const issue = toIssue(message || error.error_type, severity, pages.products);
  if (error.error_type !== '') issue.code = error.error_type.toLowerCase();
  const row = codeFields.find(([pattern]) => pattern.test(error.error_type));
  if (row) issue.field = row[1];
  const hint = codeHints[error.error_type];
  if (hint !== undefined) issue.hint = hint;
  return issue;
}

/** Approved as a whole but not everywhere: a list of {key, value}, or an object. */
function toCapabilityIssues(value: unknown): Issue[] {
  const pairs = Array.isArray(value) ? value.flatMap((entry) => toPairs(entry)) : toPairs(value);
  return pairs
    .filter(([, status]) => status.toUpperCase() === 'REJECTED')
    .map(([capability]) => ({
      code: 'capability_rejected',
      severity: 'warning',
      value: capability,
      message: `Meta does not show the item in: ${capability.toLowerCase().replaceAll('_', ' ')}.`,
      hint: 'Commerce Manager tells which policy of this place the item breaks.',
      link: pages.products,
      from: 'channel',
    }));
}

function toPairs(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [];
  if ('key' in value && 'value' in value) return [[String(value.key), String(value.value)]];
  return Object.entries(value).map(([key, status]) => [key, String(status)]);
}

/** An issue out of one of Meta's sentences. */
export function toIssue(message: string, severity: Issue['severity'], link: string): Issue {
  const kind = kinds.find(([pattern]) => pattern.test(message));
  const issue: Issue = {
    code: kind?.[1] ?? (severity === 'error' ? 'refused_by_meta' : 'noted_by_meta'),
    severity,
    message: message === '' ? 'Meta did not take the item and gave no reason.' : `Meta says: ${toSentence(message)}`,
    hint: kind?.[2] ?? 'Correct what the message names; the item is sent again by itself when it changes.',
    link,
    from: 'channel',
  }; // prettier-ignore
  const field = findField(message);
  if (field !== undefined) issue.field = field;
  return issue;
}

/** Sentences we know by their beginning: our code, and what to do. */
const kinds: readonly (readonly [RegExp, string, string])[] = [
  [/required field is missing|missing required/i, 'required_field_missing', 'Fill the field in the shop, or set it here.'],
  [/unrecogni[sz]ed field/i, 'field_unrecognised', 'Nothing to do for you: Meta left the field out; please report it to us.'],
  [/\b(?:item|product|id)\b.*(?:does not exist|doesn't exist|not found)/i, offerUnknown, 'The item is not in the catalog at Meta.'],
  [/image/i, 'image_refused', 'Look at the item’s images: size, format and whether they can be fetched.'],
  [/price|currency/i, 'price_refused', 'Look at price and currency in the shop.'],
]; // prettier-ignore

/** Meta's field names, the longer before those they contain, and ours. */
const fieldNames: readonly (readonly [string, string])[] = [
  ['sale_price_effective_date', 'saleStarts'], ['additional_image_link', 'images'], ['image_link', 'images'],
  ['image', 'images'], ['sale_price', 'salePrice'], ['price', 'price'], ['rich_text_description', 'descriptionHtml'],
  ['short_description', 'short_description'], ['description', 'description'], ['title', 'title'],
  ['availability', 'availability'], ['condition', 'condition'], ['item_group_id', 'itemGroupId'],
  ['mobile_link', 'mobile_link'], ['link', 'link'], ['brand', 'brand'], ['gtin', 'gtin'], ['mpn', 'mpn'],
  ['google_product_category', 'google_product_category'], ['product_type', 'product_type'], ['color', 'color'],
  ['size', 'size'], ['gender', 'gender'], ['age_group', 'age_group'], ['material', 'material'],
  ['pattern', 'pattern'], ['quantity_to_sell_on_facebook', 'quantity'], ['internal_label', 'tags'],
  ['video', 'video_link'], ['id', 'offerId'],
]; // prettier-ignore
const fieldPatterns = fieldNames.map(
  ([name, field]) => [new RegExp(`(?<![a-z_])${name}(?![a-z_])`, 'i'), field] as const,
);
const findField = (message: string): string | undefined =>
  fieldPatterns.find(([pattern]) => pattern.test(message))?.[1];

/** Meta's item error codes and the field that mends them. */
const codeFields: readonly (readonly [RegExp, string])[] = [
  [/TITLE/, 'title'], [/DESCRIPTION|CONTAINS_HTML/, 'description'], [/IMAGE/, 'images'], [/VIDEO/, 'video_link'],
  [/SALE_PRICE/, 'salePrice'], [/PRICE|CURRENCY/, 'price'], [/PRODUCT_URL|LINK/, 'link'],
  [/AVAILABILITY|OUT_OF_STOCK/, 'availability'], [/CONDITION/, 'condition'], [/BRAND/, 'brand'],
  [/IDENTIFIER/, 'gtin'], [/SIZE/, 'size'], [/COLOR/, 'color'], [/GROUP|VARIANT/, 'itemGroupId'],
  [/CATEGORY/, 'google_product_category'], [/INDIA/, 'origin_country'], [/EXPIRED/, 'expiration_date'],
  [/RETAILER_ID/, 'offerId'],
]; // prettier-ignore

const codeHints: Record<string, string> = {
  IMAGE_FETCH_FAILED: 'Check that the public address of this service can be reached from outside; Meta tries again later.',
  IMAGE_RESOLUTION_LOW: 'Upload an image of at least 500 x 500 pixels.',
  DA_POLICY_VIOLATION: "Change what breaks Meta's advertising policies, or ask for another review in Commerce Manager.",
  SHOPS_POLICY_VIOLATION: "Change what breaks Meta's commerce policies, or ask for another review in Commerce Manager.",
  WHATSAPP_POLICY_VIOLATION: "Change what breaks WhatsApp's commerce policy, or ask for another review in Commerce Manager.",
  UNIQUE_PRODUCT_IDENTIFIER_MISSING: 'Fill the GTIN, or the MPN and the brand.',
}; // prettier-ignore

const toSentence = (text: string): string => {
  const short = text.trim().slice(0, 500);
  return /[.!?]$/.test(short) ? short : `${short}.`;
};
