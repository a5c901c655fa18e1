/** Meta's answers as data or as the error that says what to do next. */
import { z } from 'zod';
import {
  BusyError,
  ChannelError,
  InputError,
  NoAnswerError,
  TooLargeError,
} from '../../../catalog/errors.ts';

const errorSchema = z.object({
  error: z.object({
    message: z.string().default(''),
    code: z.number().default(0),
    error_subcode: z.number().optional(),
    error_user_title: z.string().optional(),
    error_user_msg: z.string().optional(),
    fbtrace_id: z.string().optional(),
  }),
});
type MetaError = z.infer<typeof errorSchema>['error'];

/** The JSON of an answer; throws the error that fits where there is none, or where it is an error. */
export async function readAnswer(response: Response, now: number): Promise<unknown> {
  const json = await readJson(response);
  const failed = errorSchema.safeParse(json);
  if (failed.success) throw toError(failed.data.error, response, now);
  if (response.ok && typeof json === 'object' && json !== null) return json;
  throw toStatusError(response, now);
}

/** An answer in the shape that the endpoint is documented to have. */
export function readAs<T>(schema: z.ZodType<T>, answer: unknown): T {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw new NoAnswerError('meta_no_answer', 'Meta answered something we cannot read.', { cause: read.error });
}

async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw new NoAnswerError('meta_no_answer', "The connection broke during Meta's answer.", { cause });
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Kind = 'refused' | 'busy' | 'fault' | 'request';

/** Error codes by what we do next: https://developers.facebook.com/docs/graph-api/guides/error-handling */
const codes: readonly { from: number; to: number; kind: Kind; code: string; hint?: string }[] = [
  { from: 190, to: 190, kind: 'refused', code: 'meta_token_invalid', hint: 'Make a new access token and paste it.' },
  { from: 102, to: 102, kind: 'refused', code: 'meta_session_invalid', hint: 'Make a new access token and paste it.' },
  { from: 10, to: 10, kind: 'refused', code: 'meta_permission_missing', hint: 'Give the token the permission catalog_management.' },
  { from: 200, to: 299, kind: 'refused', code: 'meta_permission_missing', hint: 'Give the token the permission catalog_management and the system user access to the catalog.' },
  { from: 4, to: 4, kind: 'busy', code: 'meta_app_limit' },
  { from: 17, to: 17, kind: 'busy', code: 'meta_user_limit' },
  { from: 32, to: 32, kind: 'busy', code: 'meta_page_limit' },
  { from: 613, to: 613, kind: 'busy', code: 'meta_call_limit' },
  { from: 80_000, to: 80_014, kind: 'busy', code: 'meta_catalog_limit' },
  { from: 1, to: 2, kind: 'fault', code: 'meta_fault' },
  { from: 100, to: 100, kind: 'request', code: 'meta_bad_request' },
]; // prettier-ignore

/** Why a token is dead: subcodes of 190. */
const tokenReasons: Record<number, string> = {
  452: 'somebody signed in anew',
  458: 'the app was removed',
  460: 'the password was changed',
  463: 'it has expired',
  464: 'the user is not confirmed',
  465: 'this business does not allow the sign-in',
  467: 'it is not valid any more',
};

function toError(error: MetaError, response: Response, now: number): Error {
  const { code, error_subcode: subcode } = error;
  const text = error.error_user_msg ?? error.message;
  const said = `Meta says: ${text || `error ${code}`} (code ${code}${subcode ? `/${subcode}` : ''})`;
  if (code === 1 && /reduce the amount of data/i.test(error.message))
    return new TooLargeError('meta_request_too_large', said);
  // The object in the address does not exist, or not for this token: that is the catalog.
  if (code === 100 && subcode === 33)
    return new ChannelError('meta_catalog_unknown', said, {
      hint: 'Check the catalog id, and that the system user may manage this catalog.',
    });
  const row = codes.find(({ from, to }) => code >= from && code <= to);
  if (row === undefined) return toStatusError(response, now, said);
  if (row.kind === 'busy') return toBusy(row.code, said, response, now);
  if (row.kind === 'fault') return new NoAnswerError(row.code, said);
  if (row.kind === 'request') return new InputError(row.code, said);
  const reason = subcode === undefined ? undefined : tokenReasons[subcode];
  const hint = reason === undefined ? row.hint : `The token is dead because ${reason}. ${row.hint}`;
  return new ChannelError(row.code, said, hint === undefined ? {} : { hint });
}

/** For answers without an error of Meta's own: a proxy's page, garbage, nothing. */
function toStatusError(response: Response, now: number, said?: string): Error {
  const { status } = response;
  const message = said ?? `Meta answered with status ${status} and nothing we can read.`;
  if (status === 429) return toBusy('meta_busy', message, response, now);
  if (status === 413) return new TooLargeError('meta_request_too_large', message);
  if (status === 401 || status === 403)
    return new ChannelError('meta_refused', message, { hint: 'Check the access token and its permissions.' });
  return new NoAnswerError('meta_no_answer', message);
}

function toBusy(code: string, message: string, response: Response, now: number): BusyError {
  const waits = [readRetryAfter(response.headers, now), readUsage(response.headers).regainMs];
  const retryAfterMs = Math.max(...waits.map((wait) => wait ?? 0));
  return new BusyError(code, message, retryAfterMs > 0 ? { retryAfterMs } : {});
}

/** Seconds or a date, as HTTP allows both. */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const businessUsageSchema = z.record(
  z.string(),
  z.array(
    z.object({
      call_count: z.number().default(0),
      total_cputime: z.number().default(0),
      total_time: z.number().default(0),
      /** Minutes, says https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
      estimated_time_to_regain_access: z.number().default(0),
    }),
  ),
);
const appUsageSchema = z.object({
  call_count: z.number().default(0),
  total_cputime: z.number().default(0),
  total_time: z.number().default(0),
});

/** Above this share of the hour's limit, in per cent, we slow down. */
const slowFrom = 80;
/** The longest pause between two batches before the limit is reached: 20 such pauses fill the rolling hour. */
const longestPauseMs = 180_000;

/** How long to wait before the next batch, by the share of the limit that is used, and what a throttled call is told. */
export function readUsage(headers: Headers): { pauseMs: number; regainMs: number } {
  const business = parseHeader(headers.get('x-business-use-case-usage'), businessUsageSchema);
  const app = parseHeader(headers.get('x-app-usage'), appUsageSchema);
  const uses = [...Object.values(business ?? {}).flat(), ...(app ? [app] : [])];
  const share = Math.max(0, ...uses.flatMap((u) => [u.call_count, u.total_cputime, u.total_time]));
  const minutes = Math.max(
    0,
    ...Object.values(business ?? {}).flat().map((u) => u.estimated_time_to_regain_access),
  ); // prettier-ignore
  const regainMs = minutes * 60_000;
  if (share < slowFrom) return { pauseMs: regainMs, regainMs };
  const pauseMs = Math.ceil((longestPauseMs * (Math.min(share, 100) - slowFrom + 1)) / (100 - slowFrom + 1));
  return { pauseMs: Math.max(pauseMs, regainMs), regainMs };
}

function parseHeader<T>(text: string | null, schema: z.ZodType<T>): T | undefined {
  if (text === null) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    // A header we cannot read says nothing about our limit; the answer itself still counts.
    return undefined;
  }
}
