/**
 * Signs in as a service account: a signed statement for a token of an hour.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import type { Http } from '../../../catalog/context.ts';
import { BusyError, ChannelError, NoAnswerError } from '../../../catalog/errors.ts';
import { signInHint } from './answers.ts';

const scope = 'https://www.googleapis.com/auth/content';
/** Renewed so long before its end, so that no request goes out with a token that dies on the way. */
const renewBeforeMs = 5 * 60_000;

/** The key file as Google Cloud gives it; the rest of it is not needed. */
export const keySchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(3),
  private_key: z.string().includes('PRIVATE KEY'),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
});
export type ServiceAccountKey = z.infer<typeof keySchema>;

/** The pasted text as a key; undefined when it is none. */
export function parseKey(text: string): ServiceAccountKey | undefined {
  try {
    return keySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().default(3600) });
const refusalSchema = z.object({ error: z.string(), error_description: z.string().default('') });

export interface SignIn {
  /** A token that holds for some minutes at least. */
  token(): Promise<string>;
  /** Google does not take this token any more. */
  forget(token: string): void;
}

interface Held {
  token: Promise<string>;
  /** Once it has come. */
  value?: string;
  /** Milliseconds; unknown while the token is on its way. */
  until: number;
}

export function signIn(key: ServiceAccountKey, http: Http, now: () => number): SignIn {
  let held: Held | undefined;

  async function fetchToken(mine: Held): Promise<string> {
    const { access_token: token, expires_in: seconds } = await requestToken(key, http, now());
    mine.value = token;
    mine.until = now() + seconds * 1000 - renewBeforeMs;
    return token;
  }

  return {
    async token() {
      if (held === undefined || held.until <= now()) {
        const mine: Held = { token: Promise.resolve(''), until: Infinity };
        held = mine;
        // many requests wait for one token; a failed try is not kept
        mine.token = fetchToken(mine).catch((error: unknown) => {
          if (held === mine) held = undefined;
          throw error;
        });
      }
      return held.token;
    },
    forget(token) {
      // a newer one may be there already
      if (held?.value === token) held = undefined;
    },
  };
}

async function requestToken(key: ServiceAccountKey, http: Http, now: number): Promise<z.infer<typeof tokenSchema>> {
  const issued = Math.floor(now / 1000);
  const assertion = await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(key.private_key_id ? { kid: key.private_key_id } : {}) })
    .setIssuer(key.client_email)
    .setAudience(key.token_uri)
    .setIssuedAt(issued)
    .setExpirationTime(issued + 3600)
    .sign(await readPrivateKey(key.private_key));
  const response = await http.fetch(key.token_uri, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
    retries: 2,
  });
  const json = await response.json().catch(() => undefined) as unknown;
  const token = response.ok ? tokenSchema.safeParse(json).data : undefined;
  if (token) return token;
  const refusal = refusalSchema.safeParse(json).data;
  // invalid_grant, invalid_client, unauthorized_client: RFC 6749, 5.2
  if (refusal && response.status < 500 && response.status !== 429)
    throw new ChannelError('google_sign_in_refused', `Google refuses the service account: ${refusal.error_description || refusal.error}.`, { hint: signInHint });
  if (response.status === 429) throw new BusyError('google_busy', 'Google takes no more sign-ins for the moment.');
  throw new NoAnswerError('google_no_answer', `Google's sign-in answered with status ${response.status} and no token.`);
} // prettier-ignore

async function readPrivateKey(pem: string): Promise<Awaited<ReturnType<typeof importPKCS8>>> {
  try {
    return await importPKCS8(pem, 'RS256');
  } catch (cause) {
    throw new ChannelError('google_key_unreadable', 'The private key in the key file cannot be read.', {
      hint: signInHint,
      cause,
    });
  }
}
