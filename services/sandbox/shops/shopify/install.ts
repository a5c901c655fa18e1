/** Installing an app, as the shop's owner who agrees at once. https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant */
import { createHmac, randomBytes } from 'node:crypto';
import express, { type Router } from 'express';

export interface SandboxApp {
  id: string;
  secret: string;
}

/** Signs the way back like Shopify: all parameters but the proof itself, in the order of their names. */
export function signReturn(query: Record<string, string>, secret: string): Record<string, string> {
  const message = Object.keys(query)
    .sort()
    .map((name) => `${name}=${encodeURIComponent(query[name] ?? '')}`)
    .join('&');
  return { ...query, hmac: createHmac('sha256', secret).update(message).digest('hex') };
}

export function addInstallRoutes(
  router: Router,
  { app, shop, accessToken }: { app: SandboxApp; shop: string; accessToken: string },
): void {
  const codes = new Map<string, string>();
  router.get('/admin/oauth/authorize', (req, res) => {
    const { client_id: id, scope = '', redirect_uri: target, state } = req.query as Record<string, string>;
    if (id !== app.id || !target || !state) return void res.status(400).send('Oauth error invalid_request');
    const code = randomBytes(16).toString('hex');
    codes.set(code, scope);
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const query = signReturn({ code, shop, state, timestamp }, app.secret);
    res.redirect(302, `${target}?${new URLSearchParams(query).toString()}`);
  });
  router.post('/admin/oauth/access_token', express.json(), (req, res) => {
    const { client_id: id, client_secret: secret, code } = req.body as Record<string, string>;
    const scope = codes.get(code ?? '');
    // a code is good for once
    codes.delete(code ?? '');
    if (id !== app.id || secret !== app.secret || scope === undefined)
      return void res.status(400).json({ error: 'invalid_request' });
    res.json({ access_token: accessToken, scope });
  });
}
