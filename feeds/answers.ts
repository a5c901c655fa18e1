/** What reading the answers of several channels has in common. */
import type { z } from 'zod';
import { NoAnswerError } from '../catalog/errors.ts';

/** The JSON of an answer; undefined for anything else. `channel` is the name to say. Throws NoAnswerError when the connection breaks. */
export async function readJson(response: Response, channel: string): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw noAnswer(channel, `The connection broke during ${channel}'s answer.`, cause);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An answer in the shape that the endpoint is documented to have; throws NoAnswerError for another one. */
export function readAs<T>(schema: z.ZodType<T>, answer: unknown, channel: string): T {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw noAnswer(channel, `${channel} answered something we cannot read.`, read.error);
}

/** `{channel}_no_answer` */
export const noAnswer = (channel: string, message: string, cause?: unknown): NoAnswerError =>
  new NoAnswerError(`${channel.toLowerCase()}_no_answer`, message, cause === undefined ? {} : { cause });

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), in milliseconds; undefined when absent or unreadable. */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A sentence out of a channel's words, at most 500 characters. */
export const toSentence = (text: string): string => {
  const short = text.trim().slice(0, 500);
  return short === '' || /[.!?]$/.test(short) ? short : `${short}.`;
};
