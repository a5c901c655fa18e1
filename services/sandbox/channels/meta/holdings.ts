/** What the catalog holds, and what its review says of each item. */
import type { Request, Response } from 'express';
import { lookAtImage } from '../../look-at-image.ts';
import type { ChannelSandboxOptions } from '../../channel-sandbox.ts';
import type { MetaItem } from './items.ts';

export interface Held {
  item: MetaItem;
  reviewAt: number;
  imageStatus: 'FETCHED' | 'FETCH_FAILED' | 'NO_STATUS';
  /** The feed that brought it; absent when it was pushed. */
  feedId?: string;
  /** What other countries and languages see instead, by `COUNTRY:FR` or `LANGUAGE:fr_XX`. */
  local: Map<string, MetaItem>;
}

export type Holdings = ReturnType<typeof createHoldings>;

export function createHoldings(options: ChannelSandboxOptions) {
  const { reviewMs = 200, fetchImages = true, policyWords = ['replica', 'weapon', 'cbd oil'] } = options;
  const held = new Map<string, Held>();

  function put(id: string, data: MetaItem, feedId?: string): void {
    const before = held.get(id);
    const item = feedId === undefined ? { ...before?.item, ...data } : data;
    const entry: Held = {
      item,
      reviewAt: Date.now() + reviewMs,
      imageStatus: 'NO_STATUS',
      local: before?.local ?? new Map<string, MetaItem>(),
      ...(feedId === undefined ? {} : { feedId }),
    };
    held.set(id, entry);
    const url = imageOf(item);
    const look = fetchImages && url ? lookAtImage(url) : undefined;
    void look?.then((isThere) => (entry.imageStatus = isThere ? 'FETCHED' : 'FETCH_FAILED'));
  }

  function tellProduct(id: string, { item, reviewAt, imageStatus }: Held) {
    const text = `${String(item['title'])} ${String(item['description'])}`.toLowerCase();
    const word = policyWords.find((one) => text.includes(one));
    const status = Date.now() < reviewAt ? 'pending' : word ? 'rejected' : 'approved';
    const capability = status.toUpperCase();
    const failed = imageStatus === 'FETCH_FAILED';
    return {
      id: `9${[...id].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1e12, 7)}`,
      retailer_id: id,
      name: item['title'],
      ...toMetaPrice(item['price']),
      availability: item['availability'],
      url: item['link'],
      visibility: 'published',
      review_status: status,
      review_rejection_reasons:
        status === 'rejected'
          ? ['This item may go against the commerce policy on counterfeit or restricted goods.']
          : [],
      capability_to_review_status: ['shops', 'ig_product_tagging', 'da', 'whatsapp'].map((key) => ({
        key,
        value: capability,
      })),
      image_fetch_status: imageStatus,
      errors: failed ? [brokenImage] : [],
    };
  }

  /** The edge `products`: all, or those of a filter, page by page. */
  function list(req: Request, res: Response): void {
    const filter = JSON.parse(String(req.query['filter'] ?? '{}')) as { retailer_id?: { is_any?: string[] } };
    const limit = Math.min(Number(req.query['limit'] ?? 25), 1_000);
    const from = Number(Buffer.from(String(req.query['after'] ?? ''), 'base64url').toString() || 0);
    const ids = filter.retailer_id?.is_any ?? [...held.keys()];
    const page = ids.slice(from, from + limit);
    const cursor = (at: number): string => Buffer.from(String(at)).toString('base64url');
    const more = from + limit < ids.length;
    res.json({
      data: page.flatMap((id) => {
        const entry = held.get(id);
        return entry ? [tellProduct(id, entry)] : [];
      }),
      paging: {
        cursors: { before: cursor(from), after: cursor(from + page.length) },
        ...(more
          ? { next: `${req.protocol}://${req.headers.host}${req.path}?after=${cursor(from + limit)}` }
          : {}),
      },
    });
  }

  return { held, put, list };
}

const brokenImage = {
  error_type: 'IMAGE_FETCH_FAILED',
  error_priority: 'HIGH',
  title: 'Image could not be fetched',
  description: 'The address of the image does not answer.',
};

function imageOf(item: MetaItem): string | undefined {
  const [first] = (item['image'] as { url?: string }[] | undefined) ?? [];
  const url = first?.url ?? item['image_link'];
  return typeof url === 'string' && URL.canParse(url) ? url : undefined;
}

/** "49.90 EUR" goes in, "€49.90" and the currency come out. */
function toMetaPrice(price: unknown): { price?: string; currency?: string } {
  const [amount, currency] = String(price ?? '').split(' ');
  if (!amount || !currency) return {};
  const digits = amount.split('.')[1]?.length ?? 0;
  const format = new Intl.NumberFormat('en-US', {
    style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
  }); // prettier-ignore
  return { price: format.format(Number(amount)), currency };
}
