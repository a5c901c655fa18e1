/** TikTok's answers as data or as the error that says what to do next. The status is 200 even for errors: `code` decides. */
import { z } from 'zod';
import { BusyError, ChannelError, InputError, TooLargeError } from '../../../catalog/errors.ts';
import { noAnswer, readAs, readJson, readRetryAfter, toSentence } from '../../answers.ts';

const answerSchema = z.object({
  code: z.number(),
  message: z.string().default(''),
  request_id: z.string().nullish(),
  data: z.unknown().optional(),
});

/** What `data` holds; throws the error that fits where there is none, or where the answer is an error. */
export async function readData<T>(response: Response, schema: z.ZodType<T>, now: number): Promise<T> {
  const json = await readJson(response, 'TikTok');
  const answer = answerSchema.safeParse(json).data;
  if (answer?.code === 0 && response.ok) return readAs(schema, answer.data ?? {}, 'TikTok');
  const { code = 0, message = '', request_id: id } = answer ?? {};
  const said =
    message === ''
      ? `TikTok answered with status ${response.status} and nothing we can read.`
      : `TikTok says: ${toSentence(message)} (code ${code}${id ? `, request ${id}` : ''})`;
  throw toError(response, code, said, now);
}

/** After a breach of the limit per minute it takes five minutes until an app is heard again. */
const throttledMs = 5 * 60_000;

/**
 * By what we do next. https://business-api.tiktok.com/portal/docs?id=1737172488964097 is open to developers only; these are
 * the codes that guides to the official SDK name, the more exact ones first.
 */
const codes: readonly { from: number; to: number; words?: RegExp; make(said: string, now: Retry): Error }[] = [
  { from: 40_100, to: 40_100, make: (said, { retryAfterMs }) => new BusyError('tiktok_call_limit', said, { retryAfterMs: retryAfterMs ?? throttledMs }) },
  { from: 40_001, to: 40_001, make: (said) => new ChannelError('tiktok_permission_missing', said, { hint: 'Give the app access to the Business Center and the permission Catalog Management.' }) },
  { from: 40_101, to: 40_199, make: (said) => new ChannelError('tiktok_token_invalid', said, { hint: 'Make a new access token and paste it.' }) },
  { from: 40_000, to: 40_999, words: /\b(?:bc_id|catalog_id|business center|catalog)\b.*(?:not|invalid|permission|belong)/i, make: (said) => new ChannelError('tiktok_catalog_unknown', said, { hint: 'Check the ids of the Business Center and the catalog, and that the account may manage the catalog.' }) },
  { from: 40_000, to: 49_999, words: /too (?:large|many)|exceed/i, make: (said) => new TooLargeError('tiktok_request_too_large', said) },
  { from: 40_000, to: 49_999, make: (said) => new InputError('tiktok_bad_request', said) },
]; // prettier-ignore
interface Retry {
  retryAfterMs: number | undefined;
}

function toError(response: Response, code: number, said: string, now: number): Error {
  const retry = { retryAfterMs: readRetryAfter(response.headers, now) };
  const row = codes.find(({ from, to, words }) => code >= from && code <= to && (words?.test(said) ?? true));
  if (row) return row.make(said, retry);
  if (response.status === 429)
    return new BusyError('tiktok_call_limit', said, { retryAfterMs: retry.retryAfterMs ?? throttledMs });
  if (response.status === 413) return new TooLargeError('tiktok_request_too_large', said);
  if (response.status === 401 || response.status === 403)
    return new ChannelError('tiktok_token_invalid', said, { hint: 'Make a new access token and paste it.' });
  return noAnswer('TikTok', said);
}
