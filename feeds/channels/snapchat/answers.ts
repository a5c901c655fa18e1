/** Snapchat's answers as data or as the error that says what to do next. */
import { z } from 'zod';
import { BusyError, ChannelError, InputError, NotFoundError } from '../../../catalog/errors.ts';
import { noAnswer, readJson, readRetryAfter, toSentence } from '../../answers.ts';

/** Code of the error that says: the access token is not valid (any more). */
export const tokenRefused = 'snapchat_token_invalid';

const envelopeSchema = z.object({
  request_status: z.string(),
  request_id: z.string().nullish(),
  debug_message: z.string().nullish(),
  display_message: z.string().nullish(),
  error_code: z.string().nullish(),
});

/** The JSON of an answer; throws the error that fits where there is none, or where it is an error. */
export async function readAnswer(response: Response, now: number): Promise<unknown> {
  const json = await readJson(response, 'Snapchat');
  const envelope = envelopeSchema.safeParse(json).data;
  if (response.ok && envelope && envelope.request_status.toUpperCase() !== 'ERROR') return json;
  const { display_message: shown, debug_message: debug, error_code: code, request_id: id } = envelope ?? {};
  const text = shown || debug || '';
  const said =
    text === ''
      ? `Snapchat answered with status ${response.status} and nothing we can read.`
      : `Snapchat says: ${toSentence(text)} (${[code, id && `request ${id}`].filter(Boolean).join(', ') || response.status})`;
  throw toError(response, said, envelope !== undefined, now);
}

/** By status: https://developers.snap.com/api/marketing-api/Ads-API/rate-limits names 429 and no header beside it. */
function toError(response: Response, said: string, isTold: boolean, now: number): Error {
  const { status } = response;
  if (status === 429) {
    const retryAfterMs = readRetryAfter(response.headers, now);
    return new BusyError('snapchat_busy', said, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  if (status === 401)
    return new ChannelError(tokenRefused, said, { hint: 'Authorize the app again and paste the new refresh token.' });
  if (status === 403)
    return new ChannelError('snapchat_permission_missing', said, {
      hint: 'Give the account the role Catalog Admin, and the app the scope snapchat-marketing-api.',
    });
  if (status === 404) return new NotFoundError('snapchat_unknown', said);
  if (status >= 400 && status < 500) return new InputError('snapchat_bad_request', said);
  // refused, though the status says that all is well
  if (response.ok && isTold) return new InputError('snapchat_bad_request', said);
  return noAnswer('Snapchat', said);
} // prettier-ignore

/** Every list of entities is one of sub-requests, each with a status of its own. */
const subSchema = z.object({
  sub_request_status: z.string().optional(),
  sub_request_error_reason: z.string().nullish(),
});

/** The entities `key` of an answer (`product_feeds`, each in `product_feed`); throws where one of them was refused. */
export function readEntities<T>(answer: unknown, key: string, schema: z.ZodType<T>): T[] {
  const single = key.replace(/s$/, '');
  const list = z.object({ [key]: z.array(z.record(z.string(), z.unknown())).default([]) }).parse(answer)[key] ?? [];
  return list.map((one) => {
    const { sub_request_status: status = 'SUCCESS', sub_request_error_reason: reason } = subSchema.parse(one);
    if (status.toUpperCase() !== 'SUCCESS')
      throw new InputError('snapchat_refused', `Snapchat says: ${toSentence(reason || status)}`);
    const read = schema.safeParse(one[single] ?? one);
    if (read.success) return read.data;
    throw noAnswer('Snapchat', 'Snapchat answered something we cannot read.', read.error);
  });
} // prettier-ignore
