/** The REST API v3 over our outgoing HTTP. https://woocommerce.github.io/woocommerce-rest-api-docs/ */
import type { Context } from '../../context.ts';
import { BusyError, NoAnswerError, SourceError, SourceRefusedError } from '../../errors.ts';
import type { WooCommerceOptions } from './options.ts';

export interface Answer {
  /** Parsed JSON; undefined when the shop has no such thing (404). */
  body: unknown;
  /** X-WP-Total: how many there are on all pages; undefined when the shop does not tell. */
  total: number | undefined;
}

export interface WooCommerceClient {
  get(path: string, query?: Record<string, string | number>): Promise<Answer>;
  post(path: string, body: object): Promise<Answer>;
}

const timeoutMs = 60_000;

export function createClient(options: WooCommerceOptions, ctx: Context): WooCommerceClient {
  const base = `${options.baseUrl ?? options.shop}/wp-json/wc/v3/`;
  const authorization = `Basic ${Buffer.from(`${options.consumerKey}:${options.consumerSecret}`).toString('base64')}`;
  const ask = async (url: string, body?: object): Promise<Answer> => {
    ctx.signal?.throwIfAborted();
    const response = await ctx.http.fetch(url, {
      headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      timeoutMs,
      ...(ctx.signal ? { signal: ctx.signal } : {}),
    });
    return readAnswer(response, options.shop, ctx.now());
  };
  return {
    get: (path, query = {}) => {
      const search = new URLSearchParams(
        Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
      );
      return ask(`${base}${path}?${search.toString()}`);
    },
    post: (path, body) => ask(base + path, body),
  };
}

async function readAnswer(response: Response, shop: string, now: Date): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  if (status === 401 || status === 403)
    throw new SourceRefusedError('woocommerce_key_refused', `${shop} does not accept the consumer key.`, {
      hint: 'Make a new key with permission Read/Write under WooCommerce, Settings, Advanced, REST API, and connect again.',
    });
  if (status === 429 || status === 503) {
    const retryAfterMs = toWait(headers.get('retry-after'), now);
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new BusyError('woocommerce_busy', `${shop} asks us to slow down.`, wait);
  }
  if (status >= 500) throw new NoAnswerError('woocommerce_no_answer', `${shop} answered ${status}.`);
  const body = parse(text);
  if (body === undefined)
    throw new NoAnswerError(
      'woocommerce_no_answer',
      `${shop} answered ${status} with something else than JSON.`,
    );
  // a missing product carries WooCommerce's own code; a missing API WordPress's
  if (status === 404 && /"woocommerce_rest_[a-z_]*invalid_id"/.test(text))
    return { body: undefined, total: undefined };
  if (status >= 400)
    throw new SourceError('woocommerce_request_refused', `${shop} refuses the request (${status}).`, {
      hint: 'Look whether WooCommerce is switched on and the shop’s permalinks are not set to Plain.',
    });
  const total = headers.get('x-wp-total');
  return { body, total: total !== null && /^\d+$/.test(total) ? Number(total) : undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Milliseconds; the header holds seconds or a date. https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function toWait(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now.getTime();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
