/** Pinterest's answers as data or as the error that says what to do next. */
import { z } from 'zod';
import {
  BusyError,
  ChannelError,
  InputError,
  NotFoundError,
  TooLargeError,
} from '../../../catalog/errors.ts';
import { noAnswer, readJson, readRetryAfter, toSentence } from '../../answers.ts';

/** Code of the error that says: the access token is not valid (any more). */
export const tokenRefused = 'pinterest_token_invalid';

const errorSchema = z.object({ code: z.number(), message: z.string().default('') });

/** The JSON of an answer; throws the error that fits where there is none, or where it is an error. */
export async function readAnswer(response: Response, now: number): Promise<unknown> {
  const json = await readJson(response, 'Pinterest');
  if (response.ok && typeof json === 'object' && json !== null) return json;
  const { code, message } = errorSchema.safeParse(json).data ?? { code: 0, message: '' };
  const said =
    message === ''
      ? `Pinterest answered with status ${response.status} and nothing we can read.`
      : `Pinterest says: ${toSentence(message)} (code ${code})`;
  throw toError(response, code, said, now);
}

/**
 * Errors by what we do next; where a line names codes it holds for those only. The codes are the samples of
 * https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml
 */
const refusals: readonly { status: number; codes?: readonly number[]; code: string; hint: string }[] = [
  { status: 401, codes: [29], code: 'pinterest_permission_missing', hint: 'Let the token have the scopes catalogs:read and catalogs:write, and the account the role Catalogs Manager.' },
  { status: 401, code: tokenRefused, hint: 'Sign in to Pinterest again and paste new tokens.' },
  { status: 403, codes: [654], code: 'pinterest_business_needed', hint: 'Turn the Pinterest account into a business account.' },
  { status: 403, codes: [2625], code: 'pinterest_account_disapproved', hint: 'Pinterest has disapproved the account; the Business Hub tells why and lets you appeal.' },
  { status: 403, codes: [2626], code: 'pinterest_account_in_review', hint: 'Pinterest still reviews the account; connect again when the Business Hub says that it is approved.' },
  { status: 403, code: 'pinterest_permission_missing', hint: 'Let the token have the scopes catalogs:read and catalogs:write, and the account the role Catalogs Manager.' },
]; // prettier-ignore

/** Codes of 4xx answers that are about what was asked for, not about us. */
const requests: Record<number, { code: string; hint: string }> = {
  4168: { code: 'pinterest_website_missing', hint: 'Claim your shop’s website in the settings of the Pinterest account.' },
  4169: { code: 'pinterest_website_unverified', hint: 'Finish claiming your shop’s website in the settings of the Pinterest account.' },
  4170: { code: 'pinterest_feed_name_taken', hint: 'Rename the other data source of that name at Pinterest, or remove it.' },
  4181: { code: 'pinterest_not_offered', hint: 'Pinterest does not offer this to the account; see its documentation.' },
}; // prettier-ignore
/** The thing asked for does not exist: batch, data source, run. */
const unknown: Record<number, string> = {
  4331: 'handle_unknown',
  4161: 'pinterest_feed_unknown',
  4184: 'pinterest_run_unknown',
};

function toError(response: Response, code: number, said: string, now: number): Error {
  const { status } = response;
  if (status === 429) return toBusy(response.headers, said, now);
  if (status === 413) return new TooLargeError('pinterest_request_too_large', said);
  const refusal = refusals.find((row) => row.status === status && (row.codes?.includes(code) ?? true));
  if (refusal) return new ChannelError(refusal.code, said, { hint: refusal.hint });
  const request = requests[code];
  if (request) return new InputError(request.code, said, { hint: request.hint });
  if (status === 404) return new NotFoundError(unknown[code] ?? 'pinterest_unknown', said);
  if (status >= 400 && status < 500) return new InputError('pinterest_bad_request', said);
  return noAnswer('Pinterest', said);
}

/** Pinterest names no header for it; what others use is heeded where it comes. */
function toBusy(headers: Headers, said: string, now: number): BusyError {
  const reset = Number(headers.get('x-ratelimit-reset') ?? '');
  const retryAfterMs =
    readRetryAfter(headers, now) ?? (reset > 0 && reset < 86_400 ? reset * 1_000 : undefined);
  return new BusyError('pinterest_busy', said, retryAfterMs === undefined ? {} : { retryAfterMs });
}
