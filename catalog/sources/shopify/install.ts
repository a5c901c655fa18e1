/**
 * Shelfcast as an app that a shop installs: the link, the way back with its proof, the code for a token, and the calls
 * that every app must answer. https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 */
import { LogSeverity, shopifyApi } from '@shopify/shopify-api';
import type { Context } from '../../context.ts';
import { InputError, NoAnswerError, SourceError, SourceRefusedError } from '../../errors.ts';
import type { AppCallVerdict, SourceApp, SourceInstall, WebhookCall } from '../../source.ts';
import { apiVersion, optionsSchema, scopes, type ShopifyOptions } from './options.ts';
import { judgeSignature } from './signature.ts';
import { privacyTopics } from './webhooks.ts';

const openApp = ({ id, secret }: SourceApp) =>
  shopifyApi({
    apiKey: id,
    apiSecretKey: secret,
    apiVersion,
    isEmbeddedApp: false,
    scopes: [...scopes],
    hostName: 'shelfcast.invalid',
    userAgentPrefix: 'Shelfcast',
    logger: { level: LogSeverity.Error, log: () => undefined },
  });

const baseOf = ({ baseUrl }: SourceApp, shop: string): string => baseUrl ?? `https://${shop}`;

function toShop(text: string): string {
  const { data, error } = optionsSchema.shape.shop.safeParse(text);
  if (data !== undefined) return data;
  throw new InputError('shopify_shop_invalid', `"${text.slice(0, 100)}" is no shop’s address.`, {
    hint: error?.issues[0]?.message ?? 'Write it like my-shop.myshopify.com.',
  });
}

export const install: SourceInstall<ShopifyOptions> = {
  toLink(app, { shop: given, state, redirectUrl }) {
    const shop = toShop(given);
    const query = new URLSearchParams({
      client_id: app.id,
      scope: scopes.join(','),
      redirect_uri: redirectUrl,
      state,
    });
    return { shop, url: `${baseOf(app, shop)}/admin/oauth/authorize?${query.toString()}` };
  },
  async finish(app, query, ctx) {
    // the library compares in constant time, and takes no reply older than 90 seconds
    const isGenuine = await openApp(app)
      .utils.validateHmac(query)
      .catch(() => false);
    const { code, shop: given } = query;
    if (!isGenuine || !code || !given)
      throw new InputError('shopify_install_forged', 'This is no reply of Shopify, or an old one.', {
        hint: 'Begin the installation again.',
      });
    const shop = toShop(given);
    const { accessToken, granted } = await askToken(app, shop, code, ctx);
    // writing includes reading. https://shopify.dev/docs/api/usage/access-scopes
    const missing = scopes
      .slice(0, 2)
      .filter((scope) => !granted.includes(scope) && !granted.includes(scope.replace('read_', 'write_')));
    if (missing.length > 0)
      throw new SourceError(
        'shopify_scope_missing',
        `The shop did not give the scope ${missing.join(', ')}.`,
        {
          hint: `The app asks for these: ${scopes.join(', ')}. Install it again.`,
        },
      );
    const { baseUrl } = app;
    return optionsSchema.parse({ shop, accessToken, apiSecret: app.secret, ...(baseUrl ? { baseUrl } : {}) });
  },
  receive,
  isOf: (options, shop) => options.shop === shop,
};

async function askToken(
  app: SourceApp,
  shop: string,
  code: string,
  ctx: Context,
): Promise<{ accessToken: string; granted: string[] }> {
  const response = await ctx.http.fetch(`${baseOf(app, shop)}/admin/oauth/access_token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ client_id: app.id, client_secret: app.secret, code }),
    // a code is good for once
    retries: 0,
  });
  const text = await response.text();
  if (response.status >= 400 && response.status < 500)
    throw new SourceRefusedError('shopify_token_refused', `${shop} gave no token for the installation.`, {
      hint: 'Begin the installation again; if that repeats, compare SHOPIFY_APP_ID and SHOPIFY_APP_SECRET with the app.',
    });
  const { access_token: accessToken, scope } = parse(text);
  if (typeof accessToken !== 'string' || accessToken === '')
    throw new NoAnswerError('shopify_no_answer', `${shop} gave no usable answer to the installation.`);
  return { accessToken, granted: String(scope ?? '').split(',') };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/**
 * The mandatory topics, set in the app’s own configuration. Nothing about customers is kept here; what is kept of a shop
 * that has left is forgotten. https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
 */
function receive(app: SourceApp, call: WebhookCall): Promise<AppCallVerdict> {
  return Promise.resolve(judge(app, call));
}

function judge({ secret }: SourceApp, call: WebhookCall): AppCallVerdict {
  const signed = judgeSignature(secret, call);
  if (!signed.isGenuine) return { kind: 'forged', reason: signed.reason };
  // topic and shop stand in headers too, which nobody signs: only what the body says counts
  const { shop_domain: shop, customer } = parse(call.body);
  const isOfShop = customer === undefined && typeof shop === 'string';
  return signed.topic === privacyTopics[2] && isOfShop ? { kind: 'forget', shop } : { kind: 'nothing' };
}
