/** Calls of a shop: subscribed, judged by their signature over the raw text, and turned into hints. */
import type { Context } from '../../context.ts';
import { SourceError } from '../../errors.ts';
import type { WebhookCall, WebhookVerdict } from '../../source.ts';
import type { ShopifyClient } from './client.ts';
import { subscribeDocument, subscriptionsDocument } from './documents.ts';
import type { ShopifyOptions } from './options.ts';
import { toGid } from './products.ts';
import { judgeSignature } from './signature.ts';

/** https://shopify.dev/docs/api/admin-graphql/latest/enums/WebhookSubscriptionTopic */
export const topics = [
  'PRODUCTS_CREATE', 'PRODUCTS_UPDATE', 'PRODUCTS_DELETE', 'INVENTORY_LEVELS_UPDATE', 'APP_UNINSTALLED',
] as const; // prettier-ignore

/**
 * Set in the app's own configuration, not by the API, and answered all the same: nothing about customers is kept here.
 * https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
 */
export const privacyTopics = ['CUSTOMERS_DATA_REQUEST', 'CUSTOMERS_REDACT', 'SHOP_REDACT'] as const;

export async function subscribe(client: ShopifyClient, url: string, ctx: Context): Promise<void> {
  const { webhookSubscriptions: held } = await client.query<{
    webhookSubscriptions: { edges: { node: { topic: string } }[] };
  }>(subscriptionsDocument, { topics, callbackUrl: url });
  const known = new Set(held.edges.map(({ node }) => node.topic));
  for (const topic of topics) {
    if (known.has(topic)) continue;
    const { webhookSubscriptionCreate: answer } = await client.query<{
      webhookSubscriptionCreate: { userErrors: { message: string }[] };
    }>(subscribeDocument, { topic, webhookSubscription: { callbackUrl: url, format: 'JSON' } });
    const said = answer.userErrors.map(({ message }) => message).join(' ');
    if (said !== '')
      throw new SourceError('shopify_subscription_refused', `The shop will not call for ${topic}: ${said}`, {
        hint: 'Shopify calls public https addresses only: set PUBLIC_URL. Until then changes come with the nightly pass.',
      });
  }
  ctx.log.info('the shop calls when something changes', { topics: topics.length - known.size });
}

/** A hint is `product:{id}` or `stock:{id}`, both numbers. */
export const hintKinds = { product: 'Product', stock: 'InventoryItem' } as const;

export function receive(options: ShopifyOptions, call: WebhookCall): Promise<WebhookVerdict> {
  return Promise.resolve(judge(options, call));
}

function judge({ apiSecret, shop }: ShopifyOptions, call: WebhookCall): WebhookVerdict {
  const signed = judgeSignature(apiSecret, call);
  if (!signed.isGenuine) return { kind: 'forged', reason: signed.reason };
  const { topic, id } = signed;
  if (signed.shop !== shop) return { kind: 'forged', reason: 'of another shop' };
  if (topic === 'APP_UNINSTALLED') return { kind: 'uninstalled', id };
  const payload = parse(call.body);
  if (topic.startsWith('PRODUCTS_') && isId(payload['id']))
    return { kind: 'change', id, hint: `product:${payload['id']}` };
  if (topic === 'INVENTORY_LEVELS_UPDATE' && isId(payload['inventory_item_id']))
    return { kind: 'change', id, hint: `stock:${payload['inventory_item_id']}` };
  return { kind: 'nothing', id };
}

const isId = (value: unknown): value is number | string =>
  (typeof value === 'number' && Number.isSafeInteger(value)) ||
  (typeof value === 'string' && /^\d{1,20}$/.test(value));

function parse(body: string): Record<string, unknown> {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The ids that hints name, by kind. */
export function readHints(hints: readonly string[]): { products: string[]; stock: string[] } {
  const of = (kind: keyof typeof hintKinds): string[] => [
    ...new Set(
      hints
        .filter((hint) => hint.startsWith(`${kind}:`))
        .map((hint) => toGid(hintKinds[kind], hint.slice(kind.length + 1))),
    ),
  ];
  return { products: of('product'), stock: of('stock') };
}
