/** Signing in to Pinterest: https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/ */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Behaviour } from '../../misbehave.ts';

const day = 24 * 3_600_000;
const refreshLifeMs = 60 * day;
export const accessLifeMs = 30 * day;

const newToken = (kind: string): string => `${kind}_sandbox-${randomBytes(24).toString('base64url')}`;

/** Pinterest's form of every refusal. */
export const refuse = (res: Response, status: number, code: number, message: string): void =>
  void res.status(status).json({ code, message });

export function createTokens(lifeMs: number, behaviour: Behaviour) {
  const app = { appId: '1490000', appSecret: newToken('secret') };
  const first = { accessToken: newToken('pina'), refreshToken: newToken('pinr') };
  /** By token: when it ends. A refresh token stays good for its 60 days, also after it was used. */
  const accessTokens = new Map([[first.accessToken, Date.now() + lifeMs]]);
  const refreshTokens = new Map([[first.refreshToken, Date.now() + refreshLifeMs]]);
  const isOver = (ends: number | undefined): boolean =>
    behaviour.now.tokenExpired === true || ends === undefined || ends <= Date.now();

  return {
    connect: { ...app, ...first },
    isSignedIn: (req: Request): boolean =>
      !isOver(accessTokens.get(req.headers.authorization?.replace(/^Bearer /, '') ?? '')),

    give(req: Request, res: Response): void {
      const body = req.body as Record<string, string>;
      const basic = `Basic ${Buffer.from(`${app.appId}:${app.appSecret}`).toString('base64')}`;
      if (req.headers.authorization !== basic) return refuse(res, 401, 2, 'Authentication failed.');
      if (body['grant_type'] !== 'refresh_token') return refuse(res, 400, 1, 'Invalid grant type.');
      if (isOver(refreshTokens.get(body['refresh_token'] ?? '')))
        return refuse(res, 400, 283, 'Your refresh token is invalid or has expired.');
      const [access, refresh] = [newToken('pina'), newToken('pinr')];
      accessTokens.set(access, Date.now() + lifeMs);
      refreshTokens.set(refresh, Date.now() + refreshLifeMs);
      res.json({
        access_token: access, refresh_token: refresh, response_type: 'refresh_token', token_type: 'bearer',
        expires_in: Math.ceil(lifeMs / 1_000), refresh_token_expires_in: refreshLifeMs / 1_000,
        refresh_token_expires_at: Math.floor((Date.now() + refreshLifeMs) / 1_000),
        scope: 'catalogs:read catalogs:write',
      }); // prettier-ignore
    },
  };
}
