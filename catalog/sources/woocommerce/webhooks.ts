/** Calls of a shop: ordered by REST, judged by their signature over the raw text, and turned into hints. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { SourceError } from '../../errors.ts';
import type { WebhookCall, WebhookVerdict } from '../../source.ts';
import type { WooCommerceClient } from './client.ts';
import type { WooCommerceOptions } from './options.ts';
import { eachPage, idOf } from './pages.ts';

/** https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks */
export const topics = ['product.created', 'product.updated', 'product.deleted', 'product.restored'] as const;

/** The same for the same key, so that nothing more has to be kept; tells nothing of the key. */
const secretOf = ({ webhookSecret, consumerSecret }: WooCommerceOptions): string =>
  webhookSecret ?? createHmac('sha256', consumerSecret).update('shelfcast calls of the shop').digest('hex');

export async function subscribe(
  client: WooCommerceClient,
  options: WooCommerceOptions,
  url: string,
): Promise<void> {
  const secret = secretOf(options);
  const held = new Map<unknown, number>();
  for await (const { records } of eachPage(client, 'webhooks', {}))
    for (const record of records) {
      const { topic, delivery_url: target } = record as { topic?: unknown; delivery_url?: unknown };
      const id = idOf(record);
      if (target === url && id !== undefined) held.set(topic, id);
    }
  for (const topic of topics) {
    const id = held.get(topic);
    // a shop switches a webhook off after five failed calls; one that is held is switched on, with the key of today
    const { body } = await client.post(id === undefined ? 'webhooks' : `webhooks/${id}`, {
      name: `Shelfcast ${topic}`, topic, delivery_url: url, secret, status: 'active',
    }); // prettier-ignore
    if (idOf(body) === undefined)
      throw new SourceError('woocommerce_subscription_refused', `The shop will not call for ${topic}.`, {
        hint: 'Give the key the permission Read/Write. Until then changes come with the nightly pass.',
      });
  }
}

export function receive(
  options: WooCommerceOptions,
  { headers, body }: WebhookCall,
): Promise<WebhookVerdict> {
  return Promise.resolve(judge(options, headers, body));
}

function judge(options: WooCommerceOptions, headers: WebhookCall['headers'], body: string): WebhookVerdict {
  const signature = headers['x-wc-webhook-signature'];
  // sent unsigned when a webhook is made: answered, and nothing follows from it; one id, so that anybody's fill nothing up
  if (signature === undefined && /^webhook_id=\d{1,20}$/.test(body)) return { kind: 'nothing', id: 'ping' };
  if (typeof signature !== 'string') return { kind: 'forged', reason: 'not signed' };
  const expected = createHmac('sha256', secretOf(options)).update(body, 'utf8').digest();
  const given = Buffer.from(signature, 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return { kind: 'forged', reason: 'the signature does not fit' };
  const delivery = headers['x-wc-webhook-delivery-id'];
  // nobody signs the header: what carries its own time is known again by its signature, whatever the header says
  const isDated = /"date_modified_gmt":"/.test(body);
  const id =
    !isDated && typeof delivery === 'string' && delivery !== '' ? delivery : expected.toString('base64');
  const product = productOf(body);
  return product === undefined ? { kind: 'nothing', id } : { kind: 'change', id, hint: `product:${product}` };
}

/** A variation's call names its product as the parent. */
function productOf(body: string): number | undefined {
  try {
    const payload = JSON.parse(body) as { parent_id?: unknown; type?: unknown } | null;
    return (payload?.type === 'variation' ? idOf({ id: payload.parent_id }) : undefined) ?? idOf(payload);
  } catch {
    return undefined;
  }
}

export const idsOfHints = (hints: readonly string[]): number[] => [
  ...new Set(hints.flatMap((hint) => idOf({ id: Number(/^product:(\d+)$/.exec(hint)?.[1]) }) ?? [])),
];
