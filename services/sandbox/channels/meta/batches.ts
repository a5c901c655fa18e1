/** items_batch and localized_items_batch with their follow-up. */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Behaviour, ReceivedRequest } from '../../misbehave.ts';
import type { Holdings } from './holdings.ts';
import { judgeItem, judgeLocal, type MetaItem, type Verdict } from './items.ts';

/** Documented on the items_batch page. */
const mostRequests = 5_000;

interface BatchState {
  status: 'started' | 'in_progress' | 'finished';
  errors: { line: number; id: string; message: string }[];
  warnings: { line: number; id: string; message: string }[];
}
interface ItemRequest {
  method?: string;
  data?: MetaItem;
  localization?: { type?: string; value?: string };
}
type Fail = (res: Response, status: number, code: number, message: string) => void;

export function createBatches(
  { held, put }: Holdings,
  behaviour: Behaviour,
  later: (ms: number, work: () => void) => void,
  processingMs: number,
  fail: Fail,
) {
  const batches = new Map<string, BatchState>();

  function accept(req: Request, res: Response, localized: boolean): void {
    const body = req.body as { item_type?: unknown; allow_upsert?: unknown; requests?: unknown };
    const requests = (
      typeof body.requests === 'string' ? JSON.parse(body.requests) : body.requests
    ) as unknown;
    if (body.item_type !== 'PRODUCT_ITEM')
      return fail(res, 400, 100, '(#100) The parameter item_type is required');
    if (!Array.isArray(requests)) return fail(res, 400, 100, '(#100) The parameter requests is required');
    if (requests.length > mostRequests)
      return fail(res, 400, 100, `(#100) At most ${mostRequests} requests are allowed in one call`);
    const list = requests as ItemRequest[];
    const received = res.locals['received'] as ReceivedRequest;
    received.ids = list.map(({ data }) => String(data?.['id'] ?? ''));
    const upserts = body.allow_upsert !== false && body.allow_upsert !== 'false';
    const validation: object[] = [];
    const good: { line: number; request: ItemRequest; verdict: Verdict }[] = [];
    const ids = new Set<string>();
    for (const [line, request] of list.entries()) {
      const verdict = judge(request, upserts, ids, localized);
      const id = String(request.data?.['id'] ?? '');
      ids.add(id);
      if (verdict.errors.length + verdict.warnings.length > 0)
        validation.push({
          retailer_id: id,
          errors: verdict.errors.map((message) => ({ message })),
          warnings: verdict.warnings.map((message) => ({ message })),
        });
      if (verdict.errors.length === 0) good.push({ line, request, verdict });
    }
    // "empty handles = nothing taken in": one bad request stops its batch
    if (good.length < list.length) return void res.json({ handles: [], validation_status: validation });
    const handle = `Ac${randomBytes(24).toString('base64url')}`;
    const batch: BatchState = { status: 'started', errors: [], warnings: [] };
    batches.set(handle, batch);
    // on a busy machine both timers may be late, and come in either order
    later(processingMs / 2, () => {
      if (batch.status === 'started') batch.status = 'in_progress';
    });
    later(processingMs, () => {
      for (const one of good) apply(one.line, one.request, one.verdict, batch);
      batch.status = 'finished';
    });
    res.json({ handles: [handle], validation_status: validation });
  }

  function judge(
    { method, data, localization }: ItemRequest,
    upserts: boolean,
    ids: ReadonlySet<string>,
    localized: boolean,
  ): Verdict {
    const refuse = (message: string): Verdict => ({ errors: [message], warnings: [] });
    const id = data?.['id'];
    if (typeof id !== 'string' || id === '') return refuse('A required field is missing: id.');
    if (behaviour.now.forbidItems?.includes(id))
      return refuse('(#200) You do not have permission to change this item.');
    if (ids.has(id)) return refuse(`The id ${id} stands more than once in this call.`);
    const before = held.get(id)?.item;
    if (localized && !before) return refuse(`The item ${id} does not exist in this catalog.`);
    if (localized && (!localization?.value || !/^(LANGUAGE|COUNTRY)$/.test(localization.type ?? '')))
      return refuse('A required field is missing: localization.');
    if (method === 'DELETE') return { errors: [], warnings: [] };
    if (method !== 'CREATE' && method !== 'UPDATE') return refuse(`Unknown method ${String(method)}.`);
    if (localized) return judgeLocal(data ?? {}, localization?.type ?? '');
    if (method === 'UPDATE' && !before && !upserts) return refuse(`There is no item ${id}.`);
    return judgeItem({ ...before, ...data }, data);
  }

  function apply(
    line: number,
    { method, data = {}, localization }: ItemRequest,
    verdict: Verdict,
    batch: BatchState,
  ): void {
    const id = String(data['id']);
    for (const message of verdict.warnings) batch.warnings.push({ line, id, message });
    if (localization) {
      const key = `${localization.type}:${localization.value}`;
      if (method === 'DELETE') held.get(id)?.local.delete(key);
      else held.get(id)?.local.set(key, data);
    } else if (method === 'DELETE') held.delete(id);
    else put(id, data);
  }

  function tell(req: Request, res: Response): void {
    const handle = String(req.query['handle']);
    const batch = batches.get(handle);
    if (!batch) return fail(res, 400, 100, '(#100) Invalid handle');
    const { status, errors, warnings } = batch;
    const wantsIds = req.query['load_ids_of_invalid_requests'] === 'true';
    const entry = {
      handle, status, errors, warnings,
      errors_total_count: errors.length,
      warnings_total_count: warnings.length,
      ids_of_invalid_requests: wantsIds ? errors.map(({ id }) => id) : [],
    }; // prettier-ignore
    res.json({ data: [entry] });
  }

  return { accept, tell };
}
