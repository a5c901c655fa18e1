/** Requests to Snapchat's Marketing API with a token that is renewed when it ends. */
import { z } from 'zod';
import { ChannelError } from '../../../catalog/errors.ts';
import type { Http } from '../../../catalog/context.ts';
import { noAnswer, readAs, readJson } from '../../answers.ts';
import { createSession, toRenewAfter, type FreshTokens } from '../../oauth.ts';
import { readAnswer, readEntities, tokenRefused } from './answers.ts';
import type { SnapchatOptions } from './index.ts';

interface Question {
  method?: 'POST' | 'PUT';
  query?: Record<string, string>;
  body?: object;
}
export interface SnapchatClient {
  options: SnapchatOptions;
  now(): number;
  ask(path: string, question?: Question): Promise<unknown>;
  /** The entities of one answer. */
  entities<T>(path: string, key: string, schema: z.ZodType<T>, question?: Question): Promise<T[]>;
  /** All pages of a list. */
  pages<T>(path: string, key: string, schema: z.ZodType<T>, question?: Question): AsyncGenerator<T[]>;
}

const tokensSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
});
const pagingSchema = z.object({ paging: z.object({ next_link: z.string().nullish() }).nullish() });

export function createClient(
  options: SnapchatOptions,
  http: Http,
  keep: (changed: Partial<SnapchatOptions>) => Promise<void>,
  now: () => number = Date.now,
): SnapchatClient {
  const root = options.baseUrl.replace(/\/+$/, '');
  const { accessToken: given, refreshToken: first, renewAfter: due } = options;
  const session = createSession({
    tokens: { accessToken: given, refreshToken: first, renewAfter: due },
    http,
    now,
    refusedCode: tokenRefused,
    renew,
    keep: ({ accessToken, refreshToken = first, renewAfter }) => keep({ accessToken, refreshToken, renewAfter }),
  }); // prettier-ignore

  /** https://developers.snap.com/api/marketing-api/Ads-API/authentication, "Refresh the access token" */
  async function renew(refreshToken: string): Promise<FreshTokens> {
    const response = await http.fetch(options.signInUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'refresh_token', refresh_token: refreshToken, client_id: options.clientId,
        client_secret: options.clientSecret,
      }),
    }); // prettier-ignore
    if (response.status === 400 || response.status === 401 || response.status === 403)
      throw new ChannelError('snapchat_renewal_refused', `Snapchat refuses to renew the sign-in (status ${response.status}).`, {
        hint: 'Authorize the app again and paste the new refresh token.',
      }); // prettier-ignore
    if (!response.ok) throw noAnswer('Snapchat', `Snapchat answered with status ${response.status}.`);
    const tokens = readAs(tokensSchema, await readJson(response, 'Snapchat'), 'Snapchat');
    return {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      renewAfter: toRenewAfter(tokens.expires_in, now()),
    };
  }

  async function ask(path: string, { method, query = {}, body }: Question = {}): Promise<unknown> {
    const parameters = new URLSearchParams(query);
    const address = `${root}${path}${parameters.size > 0 ? `?${parameters.toString()}` : ''}`;
    return session.run(async (accessToken) => {
      const response = await http.fetch(address, {
        // In the header: an address ends up in logs, a header does not.
        headers: { authorization: `Bearer ${accessToken}`, ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(method ? { method } : {}),
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return readAnswer(response, now());
    });
  } // prettier-ignore

  async function* pages<T>(
    path: string,
    key: string,
    schema: z.ZodType<T>,
    question: Question = {},
  ): AsyncGenerator<T[]> {
    let query: Record<string, string> | undefined = question.query ?? {};
    while (query !== undefined) {
      const answer = await ask(path, { ...question, query });
      yield readEntities(answer, key, schema);
      const next = pagingSchema.safeParse(answer).data?.paging?.next_link;
      // only what it asks for: the token goes to our own address and to no other
      query = next && URL.canParse(next) ? Object.fromEntries(new URL(next).searchParams) : undefined;
    }
  }

  return {
    options,
    now,
    ask,
    pages,
    entities: async (path, key, schema, question) => readEntities(await ask(path, question), key, schema),
  };
}
