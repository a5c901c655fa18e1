/** Google's token endpoint: https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Request, Response } from 'express';
import { jwtVerify } from 'jose';

const email = 'shelfcast@sandbox-project.iam.gserviceaccount.com';
const scope = 'https://www.googleapis.com/auth/content';

let pair: { publicKey: KeyObject; pem: string } | undefined;

/** One pair a process: making one takes longer than starting the rest. */
function keyPair(): NonNullable<typeof pair> {
  if (pair) return pair;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  pair = { publicKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  return pair;
}

/** The key file that a shop owner would paste. */
export const toKeyFile = (tokenUri: string): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'sandbox-project',
    private_key_id: 'sandbox',
    private_key: keyPair().pem,
    client_email: email,
    token_uri: tokenUri,
  });

export function createTokens() {
  const tokens = new Map<string, number>();
  return {
    isValid: (header: string | undefined): boolean =>
      (tokens.get(header?.replace(/^Bearer /, '') ?? '') ?? 0) > Date.now(),
    revokeAll: () => tokens.clear(),
    /** `isRefused`: the key was taken back. */
    async answer(req: Request, res: Response, isRefused: boolean): Promise<void> {
      const { grant_type: grant, assertion } = req.body as Record<string, string | undefined>;
      const refuse = (description: string): void =>
        void res.status(400).json({ error: 'invalid_grant', error_description: description });
      if (grant !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
        return void res.status(400).json({ error: 'unsupported_grant_type', error_description: 'Invalid grant_type' });
      if (isRefused) return refuse('Invalid JWT Signature.');
      try {
        const { payload } = await jwtVerify(assertion ?? '', keyPair().publicKey, { issuer: email, algorithms: ['RS256'] });
        if (!String(payload.aud).endsWith('/token')) return refuse('Invalid JWT: aud');
        if (payload['scope'] !== scope)
          return void res.status(400).json({ error: 'invalid_scope', error_description: 'Invalid OAuth scope.' });
        if ((payload.exp ?? 0) - (payload.iat ?? 0) > 3600) return refuse('Invalid JWT: Token must be a short-lived token (60 minutes)');
      } catch {
        return refuse('Invalid JWT Signature.');
      }
      const token = `ya29.${randomBytes(24).toString('base64url')}`;
      tokens.set(token, Date.now() + 3_600_000);
      res.json({ access_token: token, expires_in: 3599, token_type: 'Bearer' });
    },
  };
} // prettier-ignore
