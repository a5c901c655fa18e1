/** What the sandbox's catalog holds, and what TikTok says of it: the log of a task first, the audit later. */
import { lookAtImage } from '../../look-at-image.ts';
import type { Behaviour } from '../../misbehave.ts';
import { at, judge, type Product, type Verdict } from './items.ts';
import type { Task } from './tasks.ts';

interface Held {
  product: Product;
  feedId: string;
  reviewAt: number;
  image: 'PROCESSING' | 'SUCCESS' | 'NOT_FOUND';
}
interface CatalogOptions {
  reviewMs: number;
  fetchImages: boolean;
  policyWords: readonly string[];
  currency: string;
}

const sellable = new Set(['IN_STOCK', 'AVAILABLE_FOR_ORDER', 'PREORDER']);
const refuse = (field: string, issue: string, suggestion: string): Verdict => ({
  errors: [{ field, issue, suggestion, value: '' }],
  warnings: [],
});

export function createCatalog(
  { reviewMs, fetchImages, policyWords, currency }: CatalogOptions,
  behaviour: Behaviour,
) {
  const held = new Map<string, Held>();

  function upload(products: readonly Product[], task: Task, { replaces = false } = {}): void {
    const times = new Map<string, number>();
    for (const product of products)
      times.set(String(product['sku_id']), (times.get(String(product['sku_id'])) ?? 0) + 1);
    for (const [position, product] of products.entries()) {
      const id = String(product['sku_id'] ?? '');
      const verdict = judgeOne(id, product, task, times.get(id) ?? 0);
      if (verdict.errors.length + verdict.warnings.length > 0)
        task.items.push({
          index: position + 2,
          skuId: id,
          title: String(product['title'] ?? ''),
          verdict,
        });
      if (verdict.errors.length > 0) continue;
      if (held.has(id)) task.updated += 1;
      else task.added += 1;
      hold(id, product, task.feedId);
    }
    if (!replaces) return;
    for (const [id, one] of held)
      if (one.feedId === task.feedId && !times.has(id) && held.delete(id)) task.deleted += 1;
  }

  function judgeOne(id: string, product: Product, task: Task, times: number): Verdict {
    if (id === '' || product['sku_id'] === undefined)
      return refuse('sku_id', 'Missing required field: sku_id', 'Fill sku_id');
    // "When one upload repeats an id, every copy is ignored"
    if (times > 1) return refuse('sku_id', 'Duplicate sku_id', 'Use each sku_id once');
    if (behaviour.now.forbidItems?.includes(id))
      return refuse('sku_id', 'No permission for this product', 'Ask the owner of the catalog');
    const owner = held.get(id)?.feedId;
    if (owner !== undefined && owner !== task.feedId)
      return refuse('sku_id', 'The product belongs to another feed', 'Name that feed');
    return judge(product, currency);
  }

  function remove(ids: readonly string[], task: Task): void {
    for (const [position, id] of ids.entries()) {
      if (behaviour.now.forbidItems?.includes(id) || !held.has(id)) {
        const verdict = refuse(
          'sku_id',
          held.has(id) ? 'No permission for this product' : 'The product does not exist',
          'Check sku_id',
        );
        task.items.push({ index: position + 2, skuId: id, title: '', verdict });
      } else if (held.delete(id)) task.deleted += 1;
    }
  }

  function hold(id: string, product: Product, feedId: string): void {
    const entry: Held = { product, feedId, reviewAt: Date.now() + reviewMs, image: 'SUCCESS' };
    held.set(id, entry);
    const look = fetchImages ? lookAtImage(String(product['image_url'])) : undefined;
    if (look === undefined) return;
    entry.image = 'PROCESSING';
    void look.then((isThere) => (entry.image = isThere ? 'SUCCESS' : 'NOT_FOUND'));
  }

  function findQueryFault(query: Record<string, unknown>): string | undefined {
    const [page, size] = [Number(query['page'] ?? 1), Number(query['page_size'] ?? 10)];
    if (!(size >= 1 && size <= 500)) return 'page_size: must be 1 to 500';
    if (page * size > 100_000 + size) return 'page * page_size must not exceed 100000';
    const ids = query['sku_ids'];
    if (ids !== undefined && (JSON.parse(String(ids)) as string[]).length > 1_000) return 'sku_ids: at most 1000';
    return undefined;
  } // prettier-ignore

  function list(query: Record<string, unknown>): object {
    const [page, size] = [Number(query['page'] ?? 1), Number(query['page_size'] ?? 10)];
    const asked = query['sku_ids'] === undefined ? undefined : (JSON.parse(String(query['sku_ids'])) as string[]);
    const all = asked === undefined ? [...held] : asked.flatMap((id) => {
      const one = held.get(id);
      return one ? [[id, one] as const] : [];
    });
    return {
      list: all.slice((page - 1) * size, page * size).map(([, one]) => tell(one)),
      page_info: { page, page_size: size, total_number: all.length, total_page: Math.ceil(all.length / size) },
    };
  } // prettier-ignore

  function tell({ product, reviewAt, image }: Held): object {
    const text = `${String(product['title'])} ${String(product['description'])}`.toLowerCase();
    const isBad = policyWords.some((word) => text.includes(word));
    const isOpen = Date.now() < reviewAt || image !== 'SUCCESS';
    const status = isOpen ? 'processing' : isBad ? 'rejected' : 'approved';
    const audit = {
      audit_status: status,
      ...(status === 'rejected'
        ? {
            reject_info: [
              {
                reason: 'The product is prohibited or counterfeit.', suggestion: 'Remove the product.',
                affected_placement: ['PLACEMENT_TIKTOK'], affected_country: [],
              },
            ],
          }
        : {}),
    }; // prettier-ignore
    const isEligible = status === 'approved' && sellable.has(String(product['availability']));
    return {
      ...product, audit, active_status: 'ACTIVATED', image_status: image, product_id: String(at(product, 'sku_id')),
      ad_creation_eligible: isEligible ? 'AVAILABLE' : 'NOT_AVAILABLE',
    }; // prettier-ignore
  }

  const contents = (): Map<string, Record<string, unknown>> =>
    new Map([...held].map(([id, { product }]) => [id, product]));

  return { upload, remove, findQueryFault, list, contents };
}
