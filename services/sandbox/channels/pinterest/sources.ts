/** Pinterest's data sources in the sandbox: it fetches the feed from its address and tells what came of it. */
import { randomInt } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import type { Timers } from '../../clock.ts';
import { fetchFeed, type FeedRow } from '../../read-feed.ts';
import type { SandboxCatalog } from './catalog.ts';
import { judge, toEvent, type Attributes, type Event } from './items.ts';
import { refuse } from './tokens.ts';

interface Source {
  id: string;
  created_at: string;
  updated_at: string;
  [field: string]: unknown;
}
interface Run {
  id: string;
  feedId: string;
  created: Date;
  updated: Date;
  status: 'PROCESSING' | 'COMPLETED' | 'FAILED';
  original: number | null;
  ingested: number | null;
  fileErrors: Record<string, number>;
  issues: { item_number: number; item_id: string | null; errors: Event[]; warnings: Event[] }[];
}

export const newId = (): string => `${randomInt(1e11, 9e11)}${randomInt(1e5, 9e5)}`;

interface SourceOptions {
  processingMs: number;
  claimed: readonly string[];
  /** Whether this account may ask for a fetch at once; one that may not has its sources fetched soon after a change. */
  ingestsOnDemand: boolean;
}

/** The endpoints below /catalogs that are about data sources. */
export function createSources(
  catalog: SandboxCatalog,
  timers: Timers,
  { processingMs, claimed, ingestsOnDemand }: SourceOptions,
): Router {
  const sources = new Map<string, Source>();
  const runs: Run[] = [];
  const unknown = 'Sorry! We could not find your catalogs feed.';

  function createSource(req: Request, res: Response): void {
    const body = req.body as Record<string, unknown>;
    if (!body['default_country'] || !body['default_locale']) return refuse(res, 501, 4181, 'Not implemented at the moment. Please, see documentation');
    if (!/^(http|https|ftp|sftp):\/\//.test(String(body['location'])) || !['TSV', 'CSV', 'XML'].includes(String(body['format'])))
      return refuse(res, 400, 1, 'Invalid request: location or format');
    if ([...sources.values()].some(({ name }) => name === body['name'])) return refuse(res, 422, 4170, 'The feed name already exists.');
    const now = new Date().toISOString();
    const source: Source = { status: 'ACTIVE', ...body, id: newId(), created_at: now, updated_at: now };
    sources.set(source.id, source);
    runSoon(source);
    res.status(201).json(source);
  } // prettier-ignore

  function changeSource(req: Request, res: Response): void {
    const source = sources.get(String(req.params['feed']));
    if (!source) return refuse(res, 404, 4161, unknown);
    const body = req.body as Record<string, unknown>;
    if ('default_country' in body || 'default_locale' in body)
      return refuse(res, 400, 1, 'Invalid request: country and locale cannot be changed');
    runSoon(source);
    res.json(Object.assign(source, body, { updated_at: new Date().toISOString() }));
  }

  function startRun(req: Request, res: Response): void {
    const source = sources.get(String(req.params['feed']));
    if (!source) return refuse(res, 404, 4161, unknown);
    if (!ingestsOnDemand) return refuse(res, 403, 29, 'You are not permitted to access that resource.');
    const { id, feedId, status, created } = startOne(source);
    res.json({ id, feed_id: feedId, status, created_at: stamp(created) });
  }

  function startOne(source: Source): Run {
    const one: Run = {
      id: newId(), feedId: source.id, created: new Date(), updated: new Date(), status: 'PROCESSING', original: null,
      ingested: null, fileErrors: {}, issues: [],
    }; // prettier-ignore
    runs.push(one);
    timers.later(processingMs, async () => {
      const items = await ingest(source, one, claimed);
      // a file that could not be read changes nothing
      if (one.status !== 'FAILED') catalog.replace(items);
    });
    return one;
  }

  /** The daily fetch, which nobody here waits a day for. */
  const runSoon = (source: Source): void => {
    if (!ingestsOnDemand) timers.later(10 * processingMs, () => void startOne(source));
  };

  const router = Router();
  router.get('/feeds', (_req, res) => void res.json({ items: [...sources.values()], bookmark: null }));
  router.post('/feeds', createSource);
  router.patch('/feeds/:feed', changeSource);
  router.post('/feeds/:feed/ingest', startRun);
  router.get('/feeds/:feed/processing_results', (req, res) => {
    if (!sources.has(req.params.feed)) return refuse(res, 404, 4161, unknown);
    const own = runs.filter(({ feedId }) => feedId === req.params.feed).reverse();
    res.json({ items: own.map(tellRun), bookmark: null });
  });
  router.get('/processing_results/:run/item_issues', (req, res) => {
    const run = runs.find(({ id }) => id === req.params.run);
    if (!run) return refuse(res, 404, 4184, 'Sorry! We could not find your processing result.');
    res.json({ items: tellIssues(run), bookmark: null });
  });
  return router;
}

/** What the description of a feed has no attribute for, in a column of that name. */
const truths = new Set(['adult', 'free_shipping_label']);
const numbers = new Set([
  'average_review_rating', 'number_of_ratings', 'number_of_reviews', 'custom_number_0', 'custom_number_1',
  'custom_number_2', 'custom_number_3', 'custom_number_4',
]); // prettier-ignore
const lists = new Set(['image_link', 'additional_image_link', 'variant_names', 'variant_values']);

/** Fetches, reads and judges; answers what is to be held. Nothing is, when the file cannot be read. */
async function ingest(
  source: Source,
  run: Run,
  claimed: readonly string[],
): Promise<Map<string, Attributes>> {
  const held = new Map<string, Attributes>();
  let rows: FeedRow[] = [];
  try {
    rows = await fetchFeed(String(source['location']));
    if (rows.length === 0) run.fileErrors['FEED_TOO_SMALL'] = 1;
  } catch {
    run.fileErrors['FETCH_ERROR'] = 1;
  }
  for (const [number, row] of rows.entries()) {
    const id = row['id']?.[0] ?? '';
    const attributes = toAttributes(row);
    const { errors, warnings } = judge(id, attributes, claimed);
    if (held.has(id))
      errors.push(toEvent('DUPLICATE_PRODUCTS', 'id', 'The duplicate entry will not be published.', id));
    if (errors.length + warnings.length > 0)
      run.issues.push({ item_number: number, item_id: id === '' ? null : id, errors, warnings });
    if (errors.length === 0) held.set(id, attributes);
  }
  run.original = rows.length;
  run.ingested = held.size;
  run.status = Object.keys(run.fileErrors).length > 0 ? 'FAILED' : 'COMPLETED';
  run.updated = new Date();
  return held;
}

function toAttributes(row: FeedRow): Attributes {
  const attributes: Attributes = {};
  for (const [name, values] of Object.entries(row)) {
    if (name === 'id') continue;
    const text = values.join(',');
    if (lists.has(name)) attributes[name] = text.split(',');
    else if (numbers.has(name)) attributes[name] = Number(text);
    else attributes[name] = truths.has(name) ? text === 'true' : text;
  }
  return attributes;
}

/** "Times lack a zone and are UTC." */
const stamp = (date: Date): string => date.toISOString().slice(0, 19);

const tellRun = (run: Run): object => ({
  id: run.id,
  created_at: stamp(run.created),
  updated_at: stamp(run.updated),
  status: run.status,
  product_counts: run.original === null ? null : { original: run.original, ingested: run.ingested },
  ingestion_details: { errors: {}, info: {}, warnings: {} },
  validation_details: {
    errors: { ...run.fileErrors, ...count(run, 'errors') },
    warnings: count(run, 'warnings'),
  },
});

function count(run: Run, kind: 'errors' | 'warnings'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const issue of run.issues) for (const { name } of issue[kind]) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** "Up to 20 random samples of affected items are returned for each error and warning code." */
const samples = 20;

function tellIssues(run: Run): object[] {
  const told: Record<string, number> = {};
  const some = (events: readonly Event[]): object =>
    Object.fromEntries(
      events.flatMap(({ name, attribute, provided }) => {
        told[name] = (told[name] ?? 0) + 1;
        return told[name] > samples
          ? []
          : [[name, { attribute_name: attribute.toUpperCase(), provided_value: provided }]];
      }),
    );
  return run.issues
    .map(({ item_number, item_id, errors, warnings }) => ({
      item_number,
      item_id,
      errors: some(errors),
      warnings: some(warnings),
    })) // prettier-ignore
    .filter(({ errors, warnings }) => Object.keys(errors).length + Object.keys(warnings).length > 0);
}
