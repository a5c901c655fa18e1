/** Webhooks of the shop: kept, switched on, and called. https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks */
import { createHmac, randomUUID } from 'node:crypto';
import type { Request, Response, Router } from 'express';

interface Webhook {
  id: number;
  name: string;
  topic: string;
  delivery_url: string;
  secret: string;
  status: string;
}

/** A call as it is sent. */
export interface WooCall {
  url: string;
  body: string;
  headers: Record<string, string>;
}

export function createWebhooks(shop: string) {
  const webhooks: Webhook[] = [];
  // the secret is never told
  const toShown = ({ secret: _, ...rest }: Webhook): object => rest;

  /** Header and body as WooCommerce sends them. */
  function toCall({ id, topic, delivery_url: url, secret }: Webhook, payload: object): WooCall {
    const body = JSON.stringify(payload);
    const [resource = '', event = ''] = topic.split('.');
    return {
      url,
      body,
      headers: {
        'content-type': 'application/json',
        'x-wc-webhook-source': `${shop}/`,
        'x-wc-webhook-topic': topic,
        'x-wc-webhook-resource': resource,
        'x-wc-webhook-event': event,
        'x-wc-webhook-signature': createHmac('sha256', secret).update(body, 'utf8').digest('base64'),
        'x-wc-webhook-id': String(id),
        'x-wc-webhook-delivery-id': randomUUID().replaceAll('-', ''),
      },
    };
  }

  async function call({ url, headers, body }: WooCall): Promise<number> {
    const reply = await fetch(url, { method: 'POST', headers, body });
    await reply.body?.cancel();
    return reply.status;
  }

  /** A new webhook is tried by a call that is not signed. */
  const ping = ({ id, delivery_url: url }: Webhook): Promise<number> =>
    call({
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `webhook_id=${id}`,
    });

  async function save(req: Request, res: Response): Promise<void> {
    const given = req.body as Partial<Webhook>;
    const held = webhooks.find(({ id }) => id === Number(req.params['id']));
    if (held) return void res.json(toShown(Object.assign(held, given)));
    if (!given.topic || !given.delivery_url)
      return void res.status(400).json({ code: 'woocommerce_rest_webhook_invalid_topic', message: 'Webhook topic is required.' }); // prettier-ignore
    const { name = given.topic, topic, delivery_url, secret = '', status = 'active' } = given;
    const made = { id: webhooks.length + 1, name, topic, delivery_url, secret, status };
    webhooks.push(made);
    await ping(made);
    res.status(201).json(toShown(made));
  }

  return {
    addRoutes(
      api: Router,
      list: (req: Request, res: Response, records: Iterable<object>, short: boolean) => void,
    ): void {
      api.get('/webhooks', (req, res) => list(req, res, webhooks.map(toShown), false));
      api.post('/webhooks', save);
      api.post('/webhooks/:id', save);
    },
    /** One for each webhook that is switched on. */
    sign: (topic: string, payload: object): WooCall[] =>
      webhooks
        .filter((one) => one.topic === topic && one.status === 'active')
        .map((one) => toCall(one, payload)),
    call,
  };
}
