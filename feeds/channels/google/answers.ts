/** Google's answers as data or as the error that says what to do next. */
import { z } from 'zod';
import {
  BusyError,
  ChannelError,
  InputError,
  NoAnswerError,
  NotFoundError,
  TooLargeError,
} from '../../../catalog/errors.ts';
import { pages } from './limits.ts';

const detailSchema = z.object({
  '@type': z.string().default(''),
  reason: z.string().optional(),
  domain: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  fieldViolations: z
    .array(z.object({ field: z.string().default(''), description: z.string().default('') }))
    .optional(),
  retryDelay: z.string().optional(),
});
/** google.rpc.Status in JSON: https://cloud.google.com/apis/design/errors#error_model */
const errorSchema = z.object({
  error: z.object({
    code: z.number().default(0),
    message: z.string().default(''),
    status: z.string().default(''),
    details: z.array(detailSchema).optional(),
  }),
});
export type GoogleStatus = z.infer<typeof errorSchema>['error'];

/** Google refused one request for what stands in it; says which fields, where it tells. */
export class RefusedError extends InputError {
  readonly violations: readonly { field: string; description: string }[];
  readonly reason: string;
  readonly page: string;

  constructor(message: string, status: GoogleStatus) {
    super('google_bad_request', message);
    const info = findInfo(status);
    const location = info?.metadata?.['FIELD_LOCATION'];
    const told = status.details?.flatMap(({ fieldViolations }) => fieldViolations ?? []) ?? [];
    this.violations =
      told.length > 0 || location === undefined ? told : [{ field: location, description: status.message }];
    this.reason = readReason(status);
    this.page = info?.metadata?.['HELP_CENTER_LINK'] ?? pages.spec;
  }
}

/** The JSON of an answer; throws the error that fits where there is none, or where it is an error. */
export async function readAnswer(response: Response, now: number): Promise<unknown> {
  const text = await readText(response);
  const json = parse(text);
  const failed = errorSchema.safeParse(json);
  if (failed.success) throw toError(failed.data.error, response, now);
  if (response.ok && typeof json === 'object' && json !== null) return json;
  // a delete answers with an empty message, and an empty body is one
  if (response.ok && text.trim() === '') return {};
  throw toStatusError(response, now);
}

/** An answer in the shape that the method is documented to have. */
export function readAs<T>(schema: z.ZodType<T>, answer: unknown): T {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw new NoAnswerError('google_no_answer', 'Google answered something we cannot read.', { cause: read.error }); // prettier-ignore
}

async function readText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new NoAnswerError('google_no_answer', "The connection broke during Google's answer.", { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const findInfo = (status: GoogleStatus) =>
  status.details?.find((detail) => detail['@type'].endsWith('google.rpc.ErrorInfo'));

/** Stable, unlike the message (pages.errors): `quota/request_rate_too_high`, or the ErrorInfo's own reason. */
const readReason = (status: GoogleStatus): string => {
  const info = findInfo(status);
  return (info?.metadata?.['REASON'] ?? info?.reason ?? '').toLowerCase();
};

/** What a status means for us: https://cloud.google.com/apis/design/errors#handling_errors */
function toError(status: GoogleStatus, response: Response, now: number): Error {
  const reason = readReason(status);
  const said = `Google says: ${status.message || status.status}${reason ? ` (${reason})` : ''}`;
  const code = status.code || response.status;
  if (/daily_limit|day/.test(reason)) return new BusyError('google_daily_limit', said, { retryAfterMs: untilReset(now) }); // prettier-ignore
  if (/too_many_items|account_item_quota/.test(reason))
    return new ChannelError('google_too_many_items', said, {
      hint: 'The account may hold no more products. Remove some at Google, or ask Google for a higher limit.',
    });
  if (code === 429 || status.status === 'RESOURCE_EXHAUSTED')
    return toBusy('google_busy', said, status, response, now);
  if (code === 401 || status.status === 'UNAUTHENTICATED')
    return new ChannelError('google_token_refused', said, { hint: signInHint });
  if (code === 403 || status.status === 'PERMISSION_DENIED')
    return new ChannelError('google_permission_missing', said, {
      hint: `Give the service account access to this Merchant Center account, switch the Merchant API on in its Google Cloud project, and register the project once: ${pages.register}`,
    });
  if (code === 413) return new TooLargeError('google_request_too_large', said);
  if (code === 404 || status.status === 'NOT_FOUND') return new NotFoundError('google_unknown', said);
  // ABORTED: two writes met, and the request is to be made again
  if (code >= 500 || status.status === 'ABORTED') return new NoAnswerError('google_fault', said);
  return new RefusedError(said, status);
}

export const signInHint =
  'Make a new key for the service account in Google Cloud (IAM, Service accounts, Keys) and paste the whole file.';

/** For answers without an error of Google's own: a proxy's page, garbage, nothing. */
function toStatusError(response: Response, now: number): Error {
  const { status } = response;
  const message = `Google answered with status ${status} and nothing we can read.`;
  if (status === 429) return toBusy('google_busy', message, undefined, response, now);
  if (status === 413) return new TooLargeError('google_request_too_large', message);
  if (status === 401 || status === 403) return new ChannelError('google_refused', message, { hint: signInHint }); // prettier-ignore
  return new NoAnswerError('google_no_answer', message);
}

function toBusy(
  code: string,
  message: string,
  status: GoogleStatus | undefined,
  response: Response,
  now: number,
): BusyError {
  const told = status?.details?.find(({ retryDelay }) => retryDelay !== undefined)?.retryDelay;
  const retryAfterMs = readRetryAfter(response.headers, now) ?? readDelay(told);
  return new BusyError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Seconds or a date, as HTTP allows both. */
function readRetryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** google.protobuf.Duration in JSON: `3.5s`. */
function readDelay(text: string | undefined): number | undefined {
  const seconds = Number(/^(\d+(?:\.\d+)?)s$/.exec(text ?? '')?.[1]);
  return Number.isNaN(seconds) ? undefined : Math.ceil(seconds * 1000);
}

/** Daily quotas begin anew at noon UTC (pages.quotas). */
export function untilReset(now: number): number {
  const noon = new Date(now).setUTCHours(12, 0, 0, 0);
  return (noon > now ? noon : noon + 86_400_000) - now;
}
