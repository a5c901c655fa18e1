/** Requests to TikTok's API for Business. */
import type { z } from 'zod';
import type { Http } from '../../../catalog/context.ts';
import { TooLargeError } from '../../../catalog/errors.ts';
import { readData } from './answers.ts';
import type { TiktokOptions } from './index.ts';

export interface TiktokClient {
  options: TiktokOptions;
  http: Http;
  now(): number;
  get<T>(path: string, schema: z.ZodType<T>, query?: Record<string, string>): Promise<T>;
  /** TooLargeError, before anything is sent, for a body of more than `mostBytes`. */
  post<T>(path: string, schema: z.ZodType<T>, body: object, limits?: PostLimits): Promise<T>;
}

interface PostLimits {
  timeoutMs: number;
  /** Default: any number. */
  mostBytes?: number;
}

export function createClient(options: TiktokOptions, http: Http, now: () => number = Date.now): TiktokClient {
  const root = options.baseUrl.replace(/\/+$/, '');
  // In the header: an address ends up in logs, a header does not. Ids are larger than numbers hold: always texts.
  const headers = { 'access-token': options.accessToken };
  const place = { bc_id: options.bcId, catalog_id: options.catalogId };
  return {
    options,
    http,
    now,
    async get(path, schema, query = {}) {
      const parameters = new URLSearchParams({ ...place, ...query });
      const response = await http.fetch(`${root}${path}?${parameters.toString()}`, { headers });
      return readData(response, schema, now());
    },
    async post(path, schema, body, limits) {
      const text = JSON.stringify({ ...place, ...body });
      if (limits && Buffer.byteLength(text) > (limits.mostBytes ?? Infinity))
        throw new TooLargeError(
          'tiktok_request_too_large',
          'The batch is larger than we send to TikTok at once.',
        );
      const response = await http.fetch(`${root}${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: text,
        ...(limits ? { timeoutMs: limits.timeoutMs } : {}),
      });
      return readData(response, schema, now());
    },
  };
}
