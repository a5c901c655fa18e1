/** Requests to Pinterest with a token that is renewed when it ends. */
import { z } from 'zod';
import { ChannelError, SyncError, TooLargeError } from '../../../catalog/errors.ts';
import type { Http } from '../../../catalog/context.ts';
import { readAs } from '../../answers.ts';
import { createSession, toRenewAfter, type FreshTokens } from '../../oauth.ts';
import { readAnswer, tokenRefused } from './answers.ts';
import type { PinterestOptions } from './index.ts';

export interface PinterestClient {
  options: PinterestOptions;
  now(): number;
  ask(path: string, question?: Question): Promise<unknown>;
  read<T>(schema: z.ZodType<T>, path: string, question?: Question): Promise<T>;
}

export interface Question {
  method?: 'POST' | 'PATCH';
  query?: Record<string, string | undefined>;
  body?: object;
  /** TooLargeError, before anything is sent, for a larger body. Default: any number. */
  mostBytes?: number;
  timeoutMs?: number;
}

const tokensSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
});

export function createClient(
  options: PinterestOptions,
  http: Http,
  keep: (changed: Partial<PinterestOptions>) => Promise<void>,
  now: () => number = Date.now,
): PinterestClient {
  const root = options.baseUrl.replace(/\/+$/, '');
  const { appId, appSecret } = options;
  const session = createSession({
    tokens: { accessToken: options.accessToken, refreshToken: options.refreshToken, renewAfter: options.renewAfter },
    http,
    now,
    refusedCode: tokenRefused,
    renew: appId && appSecret ? (refreshToken) => renew(refreshToken, `${appId}:${appSecret}`) : undefined,
    keep: ({ accessToken, refreshToken, renewAfter }) => keep({ accessToken, refreshToken, renewAfter }),
  }); // prettier-ignore

  /** "Generate a new OAuth access token ... using a continuous refresh token": pages.sign. */
  async function renew(refreshToken: string, app: string): Promise<FreshTokens> {
    const response = await http.fetch(`${root}/oauth/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(app).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      // Apps made before September 25, 2025 get a refresh token that lasts only when they ask for it.
      body: new URLSearchParams({
        grant_type: 'refresh_token', refresh_token: refreshToken, continuous_refresh: 'true',
      }),
    }); // prettier-ignore
    const answer = await readAnswer(response, now()).catch((error: unknown) => {
      // whatever the words, a refused renewal needs a person
      if (!(error instanceof SyncError) || error.next === 'retry') throw error;
      throw new ChannelError('pinterest_renewal_refused', error.message, {
        hint: 'Sign in to Pinterest again and paste new tokens.',
        cause: error,
      });
    });
    const given = readAs(tokensSchema, answer, 'Pinterest');
    return {
      accessToken: given.access_token,
      refreshToken: given.refresh_token,
      renewAfter: toRenewAfter(given.expires_in, now()),
    };
  }

  async function ask(
    path: string,
    { method, query = {}, body, mostBytes = Infinity, timeoutMs }: Question = {},
  ): Promise<unknown> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...query, ad_account_id: options.adAccountId }))
      if (value !== undefined) parameters.set(name, value);
    const address = `${root}${path}${parameters.size > 0 ? `?${parameters.toString()}` : ''}`;
    const text = body && JSON.stringify(body);
    if (text !== undefined && Buffer.byteLength(text) > mostBytes)
      throw new TooLargeError('pinterest_request_too_large', 'The batch is larger than we send to Pinterest at once.');
    return session.run(async (accessToken) => {
      const response = await http.fetch(address, {
        // In the header: an address ends up in logs, a header does not.
        headers: { authorization: `Bearer ${accessToken}`, ...(text ? { 'content-type': 'application/json' } : {}) },
        ...(method ? { method } : {}),
        ...(text ? { body: text } : {}),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      return readAnswer(response, now());
    });
  } // prettier-ignore

  return {
    options,
    now,
    ask,
    read: async (schema, path, question) => readAs(schema, await ask(path, question), 'Pinterest'),
  };
}
