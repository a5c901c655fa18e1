/** What the sandbox's catalog holds, and what Pinterest says of it: the result of a batch first, the review later. */
import type { Request, Response } from 'express';
import { lookAtImage } from '../../look-at-image.ts';
import type { Behaviour } from '../../misbehave.ts';
import { judge, toEvent, type Attributes, type Event } from './items.ts';
import { refuse } from './tokens.ts';

export interface Operation {
  operation?: unknown;
  item_id?: unknown;
  attributes?: Attributes;
  update_mask?: string[];
}
export interface ItemRecord {
  item_id: string;
  status: string;
  errors: Event[];
  warnings: Event[];
}
interface Held {
  attributes: Attributes;
  reviewAt: number;
  image: 'open' | 'fetched' | 'failed';
}
interface CatalogOptions {
  reviewMs: number;
  fetchImages: boolean;
  policyWords: readonly string[];
  claimed: readonly string[];
}

export const mostItems = 1_000;

export const tellEvent = ({ attribute, code, message }: Event): object => ({ attribute, code, message });
const shown: Record<string, string> = {
  'in stock': 'IN_STOCK',
  'out of stock': 'OUT_OF_STOCK',
  preorder: 'PREORDER',
};

export type SandboxCatalog = ReturnType<typeof createCatalog>;

export function createCatalog(options: CatalogOptions, behaviour: Behaviour) {
  const { reviewMs, fetchImages, policyWords, claimed } = options;
  const held = new Map<string, Held>();

  function work(
    { operation, item_id, attributes = {}, update_mask: mask }: Operation,
    record: ItemRecord | undefined,
  ): void {
    const id = String(item_id);
    if (record === undefined) return;
    const finish = (errors: Event[], warnings: Event[] = []): void => {
      Object.assign(record, { errors, warnings, status: errors.length > 0 ? 'FAILURE' : 'SUCCESS' });
    };
    const before = held.get(id);
    if (behaviour.now.forbidItems?.includes(id))
      return finish([toEvent('FORBIDDEN', 'id', 'You are not permitted to write this item.')]);
    // "Use it to order writes": an older write never wins
    const older = Number(before?.attributes['last_updated_time'] ?? 0);
    if (Number(attributes['last_updated_time'] ?? Infinity) < older) return finish([]);
    if (operation === 'DELETE') {
      held.delete(id);
      return finish([]);
    }
    if (operation === 'UPDATE' && !before)
      return finish([toEvent('ITEM_NOT_FOUND', 'id', 'The item was not found.')]);
    const named = Object.entries(attributes).filter(([name]) => mask === undefined || mask.includes(name));
    const next: Attributes = { ...before?.attributes, ...Object.fromEntries(named) };
    for (const name of mask ?? []) if (!(name in attributes)) delete next[name];
    for (const [name, value] of Object.entries(next)) if (value === null) delete next[name];
    const { errors, warnings } = judge(id, next, claimed);
    if (errors.length === 0) hold(id, next);
    finish(errors, warnings);
  }

  function hold(id: string, attributes: Attributes): void {
    const entry: Held = { attributes, reviewAt: Date.now() + reviewMs, image: 'fetched' };
    held.set(id, entry);
    const [image] = Array.isArray(attributes['image_link']) ? (attributes['image_link'] as string[]) : [];
    const look = fetchImages && image !== undefined ? lookAtImage(image) : undefined;
    if (look === undefined) return;
    entry.image = 'open';
    void look.then((isThere) => (entry.image = isThere ? 'fetched' : 'failed'));
  } // prettier-ignore

  function readItems(req: Request, res: Response): void {
    const { filters } = req.body as { filters?: { item_ids?: unknown } };
    const ids = filters?.item_ids;
    if (!Array.isArray(ids) || ids.length === 0 || ids.length > mostItems)
      return refuse(res, 400, 1, `Invalid request: 'item_ids' must hold 1 to ${mostItems} entries`);
    res.json({ items: (ids as string[]).flatMap((id) => tellItem(id)) });
  }

  function tellItem(id: string): object[] {
    const entry = held.get(id);
    const broken = (event: Event): object[] => [
      { catalog_type: 'RETAIL', item_id: id, errors: [tellEvent(event)] },
    ];
    if (entry === undefined) return broken(toEvent('ITEM_NOT_FOUND', 'id', 'The item was not found.'));
    // the reading side lags behind
    if (Date.now() < entry.reviewAt || entry.image === 'open') return [];
    const text = `${String(entry.attributes['title'])} ${String(entry.attributes['description'])}`.toLowerCase();
    if (policyWords.some((word) => text.includes(word)))
      return broken(toEvent('PINJOIN_CONTENT_UNSAFE', 'title', "The item doesn't meet Pinterest's Merchant Guidelines."));
    if (entry.image === 'failed')
      return broken(toEvent('ITEM_MAIN_IMAGE_DOWNLOAD_FAILURE', 'image_link', "Main image can't be found."));
    return [{ catalog_type: 'RETAIL', item_id: id, attributes: entry.attributes, pins: [] }];
  } // prettier-ignore

  function listProducts(req: Request, res: Response): void {
    const size = Math.min(Number(req.query['page_size'] ?? 25), 250);
    const from = Number(req.query['bookmark'] ?? 0);
    const { filters } = req.body as { filters?: { any_of?: { AVAILABILITY?: { values: string[] } }[] } };
    const wanted = filters?.any_of?.[0]?.AVAILABILITY?.values;
    if (wanted === undefined) return refuse(res, 400, 1, `Invalid request: 'filters' is a required property`);
    const all = [...held].filter(([, { attributes }]) => wanted.includes(shown[String(attributes['availability'])] ?? ''));
    res.json({
      items: all.slice(from, from + size).map(([id, { attributes }]) => ({
        catalog_type: 'RETAIL',
        metadata: {
          item_id: id, item_group_id: attributes['item_group_id'] ?? null, sale_price: null,
          availability: shown[String(attributes['availability'])], price: Number.parseFloat(String(attributes['price'])),
          currency: String(attributes['price']).slice(-3),
        },
        pin: { id: `9${id.length}${[...id].reduce((sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % 1e9, 7)}`, title: attributes['title'], link: attributes['link'] },
      })),
      bookmark: from + size < all.length ? String(from + size) : null,
    });
  } // prettier-ignore

  /** What a data source brings is all there is. */
  function replace(items: ReadonlyMap<string, Attributes>): void {
    for (const id of held.keys()) if (!items.has(id)) held.delete(id);
    for (const [id, attributes] of items) hold(id, attributes);
  }

  const contents = (): Map<string, Record<string, unknown>> =>
    new Map(
      [...held].map(([id, { attributes }]) => {
        const { last_updated_time: _, ...rest } = attributes;
        return [id, rest];
      }),
    );

  return { work, readItems, listProducts, replace, contents };
}
