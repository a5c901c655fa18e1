/**
 * Product sets, as named filters of the catalog.
 * https://developers.facebook.com/docs/marketing-api/reference/product-set
 */
import type { Request, Response, Router } from 'express';
import type { On } from './feeds.ts';

interface ProductSet {
  id: string;
  name: string;
  /** As it was sent: JSON in a text. */
  filter: string;
  retailer_id?: string;
}
type Fail = (res: Response, status: number, code: number, message: string) => void;

export function createSets(fail: Fail) {
  const sets = new Map<string, ProductSet>();
  // "All Products" is made by Meta with every catalog
  sets.set('6000001', { id: '6000001', name: 'All Products', filter: '{}' });
  let nextId = 6_000_002;

  function save(req: Request, res: Response, before?: ProductSet): void {
    const body = req.body as Partial<Record<'name' | 'filter' | 'retailer_id', string>>;
    const name = body.name ?? before?.name;
    if (!name) return fail(res, 400, 100, '(#100) The parameter name is required');
    const filter = body.filter ?? before?.filter ?? '{}';
    if (!isFilter(filter)) return fail(res, 400, 100, '(#100) The filter is not valid');
    const retailerId = body.retailer_id ?? before?.retailer_id;
    const id = before?.id ?? String(nextId++);
    sets.set(id, { id, name, filter, ...(retailerId ? { retailer_id: retailerId } : {}) });
    res.json(before ? { success: true } : { id });
  }

  /** Sets are objects of their own; what is no set goes on to the next handler. */
  function addTo(router: Router, on: On, catalogId: string): void {
    const find = (req: Request): ProductSet | undefined => sets.get(String(req.params['object']));
    router.get(`/:version/${catalogId}/product_sets`, on((_req, res) => void res.json({ data: [...sets.values()] })));
    router.post(`/:version/${catalogId}/product_sets`, on((req, res) => save(req, res)));
    router.post('/:version/:object', (req, res, next) => {
      const before = find(req);
      if (before) on((_, answer) => save(req, answer, before))(req, res);
      else next();
    });
    router.delete('/:version/:object', (req, res, next) => {
      const before = find(req);
      if (!before) return next();
      on((_, answer) => {
        sets.delete(before.id);
        answer.json({ success: true });
      })(req, res);
    });
  } // prettier-ignore

  return { addTo };
}

/** `{field: {operator: value}}`, also within `and` and `or`. */
function isFilter(text: string): boolean {
  try {
    const filter: unknown = JSON.parse(text);
    return typeof filter === 'object' && filter !== null && Object.values(filter).every((one) => typeof one === 'object');
  } catch {
    return false;
  }
} // prettier-ignore
