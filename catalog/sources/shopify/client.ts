/** The Admin API through Shopify's own library, over our outgoing HTTP, with its errors in our words. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import '@shopify/shopify-api/adapters/node';
import {
  GraphqlQueryError, HttpResponseError, HttpThrottlingError, LogSeverity, shopifyApi,
} from '@shopify/shopify-api'; // prettier-ignore
import { setAbstractFetchFunc } from '@shopify/shopify-api/runtime';
import type { Context, HttpInit } from '../../context.ts';
import { BusyError, NoAnswerError, SourceError, SourceRefusedError, SyncError } from '../../errors.ts';
import { apiVersion, scopes, type ShopifyOptions } from './options.ts';

export interface ShopifyClient {
  /** Answers `data`; waits when the shop's budget is used up. */
  query<T>(document: string, variables?: Record<string, unknown>): Promise<T>;
}

/** The library has one fetch for all its clients: each call finds its own outside here. */
interface Way {
  ctx: Context;
  baseUrl: string | undefined;
  /** The library keeps only the text of what its fetch throws. */
  error?: unknown;
}
const way = new AsyncLocalStorage<Way>();
setAbstractFetchFunc((async (input: string | URL | Request, init: RequestInit = {}) => {
  const now = way.getStore();
  if (!now) throw new Error('a request outside of withWay');
  const asked = new URL(input instanceof Request ? input.url : input);
  const url = now.baseUrl === undefined ? asked.href : `${now.baseUrl}${asked.pathname}${asked.search}`;
  try {
    return await now.ctx.http.fetch(url, {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.body === undefined || init.body === null
        ? {}
        : { body: init.body as NonNullable<HttpInit['body']> }),
      ...(now.ctx.signal ? { signal: now.ctx.signal } : {}),
    });
  } catch (error) {
    now.error = error;
    throw error;
  }
}) as typeof fetch);

const withWay = async <T>(options: ShopifyOptions, ctx: Context, work: () => Promise<T>): Promise<T> => {
  const here: Way = { ctx, baseUrl: options.baseUrl };
  try {
    return await way.run(here, work);
  } catch (error) {
    throw here.error instanceof SyncError ? here.error : error;
  }
};

type Credentials = Pick<ShopifyOptions, 'accessToken' | 'apiSecret'>;
/** Setting it up takes longer than judging a call, and calls come in bursts. */
const opened = new Map<string, ReturnType<typeof setUp>>();
const mostOpened = 50;

/** The library set up for one shop, for requests and for judging calls of the shop. */
export function openLibrary(credentials: Credentials): ReturnType<typeof setUp> {
  const key = JSON.stringify([credentials.accessToken, credentials.apiSecret]);
  const known = opened.get(key);
  if (known) return known;
  if (opened.size >= mostOpened) opened.clear();
  const library = setUp(credentials);
  opened.set(key, library);
  return library;
}

const setUp = ({ accessToken, apiSecret }: Credentials) =>
  shopifyApi({
    apiSecretKey: apiSecret,
    adminApiAccessToken: accessToken,
    apiVersion,
    isCustomStoreApp: true,
    isEmbeddedApp: false,
    scopes: [...scopes],
    hostName: 'shelfcast.invalid',
    userAgentPrefix: 'Shelfcast',
    logger: { level: LogSeverity.Error, log: () => undefined },
  });

/** How often a throttled call is repeated before the run as a whole waits. */
const mostWaits = 20;
const longestWaitMs = 60_000;

export function createClient(options: ShopifyOptions, ctx: Context): ShopifyClient {
  const library = openLibrary(options);
  const client = new library.clients.Graphql({ session: library.session.customAppSession(options.shop) });

  return {
    async query<T>(document: string, variables: Record<string, unknown> = {}): Promise<T> {
      for (let waits = 0; ; waits++) {
        ctx.signal?.throwIfAborted();
        try {
          const { data } = await withWay(options, ctx, () => client.request(document, { variables }));
          return data as T;
        } catch (error) {
          const waitMs = waitOf(error);
          if (waitMs === undefined) throw toSyncError(error, options);
          if (waits === mostWaits || waitMs > longestWaitMs)
            throw new BusyError('shopify_throttled', 'The shop asks us to slow down.', {
              retryAfterMs: waitMs,
              cause: error,
            });
          await sleep(waitMs, undefined, ctx.signal ? { signal: ctx.signal } : {});
        }
      }
    },
  };
}

interface GraphqlBody {
  errors?: { message?: string; graphQLErrors?: { message: string; extensions?: { code?: string } }[] };
  extensions?: {
    cost?: {
      requestedQueryCost: number;
      throttleStatus: { currentlyAvailable: number; restoreRate: number };
    };
  };
}
const codesOf = (body: GraphqlBody): string[] =>
  body.errors?.graphQLErrors?.flatMap(({ extensions }) => extensions?.code ?? []) ?? [];

/**
 * Milliseconds until the shop's budget allows the query; undefined when it was not throttled. The rate differs by plan
 * and comes with the answer. https://shopify.dev/docs/api/usage/limits
 */
function waitOf(error: unknown): number | undefined {
  if (error instanceof HttpThrottlingError) return (error.response.retryAfter ?? 2) * 1_000;
  if (!(error instanceof GraphqlQueryError)) return undefined;
  const body = error.body as GraphqlBody;
  if (!codesOf(body).includes('THROTTLED')) return undefined;
  const { cost } = body.extensions ?? {};
  if (!cost) return 1_000;
  const { currentlyAvailable, restoreRate } = cost.throttleStatus;
  const seconds = (cost.requestedQueryCost - currentlyAvailable) / Math.max(1, restoreRate);
  return Math.max(100, Math.ceil(seconds * 1_000));
}

/** What the statuses mean. https://shopify.dev/docs/api/usage/response-codes */
const refusals: Record<number, [code: string, message: string, hint: string]> = {
  401: ['shopify_token_refused', 'The shop does not accept the access token.', 'Make a new token in the app’s settings and connect the shop again.'],
  402: ['shopify_shop_frozen', 'The shop is frozen: its owner has to settle a bill with Shopify.', 'Connect it again when the shop is open.'],
  403: ['shopify_access_denied', 'The app may not read this shop.', `Give the app these scopes: ${scopes.join(', ')}.`],
  404: ['shopify_shop_unknown', 'There is no such shop.', 'Look the address up under Settings, Domains; it ends in .myshopify.com.'],
  423: ['shopify_shop_locked', 'Shopify has locked the shop.', 'Its owner has to ask Shopify’s support.'],
}; // prettier-ignore

function toSyncError(error: unknown, { shop }: ShopifyOptions): unknown {
  if (error instanceof SyncError) return error;
  if (error instanceof GraphqlQueryError) {
    const body = error.body as GraphqlBody;
    const codes = codesOf(body);
    const said = body.errors?.graphQLErrors?.map(({ message }) => message).join(' ') ?? error.message;
    if (codes.includes('ACCESS_DENIED'))
      return new SourceRefusedError('shopify_access_denied', `${shop}: ${said}`, {
        hint: `Give the app these scopes: ${scopes.join(', ')}.`,
        cause: error,
      });
    if (codes.includes('INTERNAL_SERVER_ERROR') || body.errors?.graphQLErrors === undefined)
      return new NoAnswerError('shopify_no_answer', `${shop} gave no usable answer: ${said}`, {
        cause: error,
      });
    return new SourceError('shopify_query_refused', `${shop} refuses the question: ${said}`, {
      hint: 'This is a fault of ours, please report it.',
      cause: error,
    });
  }
  if (error instanceof HttpResponseError) {
    const refusal = refusals[error.response.code];
    if (refusal)
      return new SourceRefusedError(refusal[0], `${shop}: ${refusal[1]}`, { hint: refusal[2], cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new NoAnswerError('shopify_no_answer', `${shop} gave no usable answer: ${reason}`, { cause: error });
}
