/**
 * Feeds that Meta fetches: product_feeds, uploads, errors with their samples. A whole upload replaces what the feed brought.
 * https://developers.facebook.com/docs/marketing-api/catalog/guides/feed-api
 */
import type { Request, Response, Router } from 'express';
import { fetchFeed, type FeedRow } from '../../read-feed.ts';
import type { Holdings } from './holdings.ts';
import { judgeItem, judgeLocal, type MetaItem } from './items.ts';

interface Feed {
  id: string;
  name: string;
  default_currency: string;
  country?: string;
  deletion_enabled: boolean;
  /** The file tells what another country or language sees instead; it makes no items. */
  override_type?: string;
  schedule?: { url: string; interval: string; hour: number; minute?: number; timezone?: string };
}
interface Sample {
  row_number: number;
  retailer_id: string;
}
interface Upload {
  id: string;
  feed: Feed;
  url: string;
  start_time: string;
  end_time?: string;
  counts: { detected: number; persisted: number; invalid: number; deleted: number };
  errors: Map<string, { id: string; severity: 'fatal' | 'warning'; samples: Sample[] }>;
}

const encodings = ['AUTODETECT', 'LATIN1', 'UTF8', 'UTF16LE', 'UTF16BE', 'UTF32LE', 'UTF32BE'];
const overrideTypes = ['COUNTRY', 'LANGUAGE', 'LANGUAGE_AND_COUNTRY', 'LOCAL', 'VERSION'];
const delimiters = ['AUTODETECT', 'BAR', 'COMMA', 'SEMICOLON', 'TAB', 'TILDE'];
/** How many samples stand in `errors` itself; the edge `samples` has the rest. */
const shownSamples = 10;

type Fail = (
  res: Response,
  status: number,
  code: number,
  message: string,
  more?: Record<string, unknown>,
) => void;
export type On = (work: (req: Request, res: Response) => void) => (req: Request, res: Response) => void;

export function createFeeds(
  { held, put }: Holdings,
  later: (ms: number, work: () => void) => void,
  processingMs: number,
  fail: Fail,
) {
  const feeds = new Map<string, Feed>();
  const uploads = new Map<string, Upload>();
  let nextId = 7_000_001;
  const newId = (): string => String(nextId++);
  const param = (req: Request, name: string): string => String(req.params[name]);

  function save(req: Request, res: Response, id: string | undefined): void {
    const body = req.body as Record<string, string | undefined>;
    const schedule =
      body['schedule'] === undefined ? undefined : (JSON.parse(body['schedule']) as Feed['schedule']);
    if (schedule && !/^https?:\/\//.test(schedule.url))
      return fail(res, 400, 100, '(#100) The schedule needs an http or https url');
    if (schedule && !['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY'].includes(schedule.interval))
      return fail(res, 400, 100, '(#100) Unknown interval of the schedule');
    if (body['encoding'] && !encodings.includes(body['encoding']))
      return fail(res, 400, 100, '(#100) Unknown encoding');
    if (body['delimiter'] && !delimiters.includes(body['delimiter']))
      return fail(res, 400, 100, '(#100) Unknown delimiter');
    if (body['override_type'] && !overrideTypes.includes(body['override_type']))
      return fail(res, 400, 100, '(#100) Unknown override_type');
    const before = id === undefined ? undefined : feeds.get(id);
    const feed: Feed = {
      id: id ?? newId(),
      name: body['name'] ?? before?.name ?? '',
      default_currency: body['default_currency'] ?? before?.default_currency ?? 'USD',
      deletion_enabled: body['deletion_enabled'] === 'true',
      ...(body['country'] ? { country: body['country'] } : {}),
      ...((body['override_type'] ?? before?.override_type)
        ? { override_type: body['override_type'] ?? before?.override_type }
        : {}),
      ...((schedule ?? before?.schedule) ? { schedule: schedule ?? before?.schedule } : {}),
    } as Feed;
    if (feed.name === '') return fail(res, 400, 100, '(#100) The parameter name is required');
    feeds.set(feed.id, feed);
    res.json(id === undefined ? { id: feed.id } : { success: true });
  }

  function upload(req: Request, res: Response, feed: Feed): void {
    const { url, update_only: updateOnly } = req.body as { url?: string; update_only?: string };
    if (!url) return fail(res, 400, 100, '(#100) The parameter url or file is required');
    const made: Upload = {
      id: newId(), feed, url, start_time: new Date().toISOString(), errors: new Map(),
      counts: { detected: 0, persisted: 0, invalid: 0, deleted: 0 },
    }; // prettier-ignore
    uploads.set(made.id, made);
    later(processingMs, () => void work(made, updateOnly === 'true'));
    res.json({ id: made.id });
  }

  async function work(made: Upload, updateOnly: boolean): Promise<void> {
    try {
      const rows = await fetchFeed(made.url);
      const type = made.feed.override_type;
      if (type) takeLocal(rows, made, type);
      else take(rows, made, updateOnly);
    } catch (error) {
      complain(made, 'fatal', `The file could not be used: ${(error as Error).message}`);
    }
    made.end_time = new Date().toISOString();
  }

  function take(rows: readonly FeedRow[], made: Upload, updateOnly: boolean): void {
    const seen = new Map<string, number>();
    for (const row of rows) seen.set(row['id']?.[0] ?? '', (seen.get(row['id']?.[0] ?? '') ?? 0) + 1);
    const kept = new Set<string>();
    made.counts.detected = rows.length;
    for (const [at, row] of rows.entries()) {
      const item = toItem(row);
      const id = String(item['id'] ?? '');
      const sample = { row_number: at + 1, retailer_id: id };
      const { errors, warnings } = judgeItem(item);
      // "If a file repeats an id, ALL rows with it are ignored"
      if ((seen.get(id) ?? 0) > 1) errors.push('The id stands more than once in the file.');
      if (id === '') errors.push('A required field is missing: id.');
      for (const message of errors) complain(made, 'fatal', message, sample);
      for (const message of warnings) complain(made, 'warning', message, sample);
      if (errors.length > 0) {
        made.counts.invalid += 1;
        continue;
      }
      kept.add(id);
      put(id, item, made.feed.id);
      made.counts.persisted += 1;
    }
    if (updateOnly || !made.feed.deletion_enabled) return;
    for (const [id, entry] of held)
      if (entry.feedId === made.feed.id && !kept.has(id)) {
        held.delete(id);
        made.counts.deleted += 1;
      }
  }

  /** "id + override + changed fields"; a whole upload replaces what the file said before. */
  function takeLocal(rows: readonly FeedRow[], made: Upload, type: string): void {
    made.counts.detected = rows.length;
    const told = new Map<string, Map<string, MetaItem>>();
    for (const [at, row] of rows.entries()) {
      const { override, ...fields } = toItem(row);
      const id = String(fields['id'] ?? '');
      const { errors } = judgeLocal(fields, type);
      if (!held.has(id)) errors.push(`The item ${id} does not exist in this catalog.`);
      if (!override) errors.push('A required field is missing: override.');
      for (const message of errors) complain(made, 'fatal', message, { row_number: at + 1, retailer_id: id });
      if (errors.length > 0) made.counts.invalid += 1;
      else {
        told.set(
          id,
          (told.get(id) ?? new Map<string, MetaItem>()).set(`${type}:${String(override)}`, fields),
        );
        made.counts.persisted += 1;
      }
    }
    for (const [id, { local }] of held) {
      for (const key of local.keys()) if (key.startsWith(`${type}:`)) local.delete(key);
      for (const [key, fields] of told.get(id) ?? []) local.set(key, fields);
    }
  }

  function complain(made: Upload, severity: 'fatal' | 'warning', message: string, sample?: Sample): void {
    const entry = made.errors.get(message) ?? { id: newId(), severity, samples: [] };
    if (sample) entry.samples.push(sample);
    made.errors.set(message, entry);
  }

  const tellUpload = ({ id, url, start_time, end_time, counts, errors }: Upload) => {
    const count = (severity: string): number => [...errors.values()].filter((one) => one.severity === severity).length;
    return {
      id, url, start_time, input_method: 'User initiated server fetch',
      ...(end_time
        ? {
            end_time, num_detected_items: counts.detected, num_persisted_items: counts.persisted,
            num_invalid_items: counts.invalid, num_deleted_items: counts.deleted,
            error_count: count('fatal'), warning_count: count('warning'),
          }
        : {}),
    };
  }; // prettier-ignore

  const tellErrors = ({ errors }: Upload): object[] =>
    [...errors].map(([summary, { id, severity, samples }]) => ({
      id, summary, description: '', severity, total_count: samples.length, affected_surfaces: ['Dynamic Ads'],
      samples: { data: samples.slice(0, shownSamples) },
    })); // prettier-ignore

  /** Feeds, uploads and errors are objects of their own, each asked for by its id. */
  function addTo(router: Router, on: On, catalogId: string): void {
    router.get(`/:version/${catalogId}/product_feeds`, on((_req, res) => void res.json({ data: [...feeds.values()] })));
    router.post(`/:version/${catalogId}/product_feeds`, on((req, res) => save(req, res, undefined)));
    router.get('/:version/:object/uploads', on((req, res) => {
      const of = [...uploads.values()].filter(({ feed }) => feed.id === param(req, 'object'));
      res.json({ data: of.reverse().map(tellUpload) });
    }));
    router.post('/:version/:object/uploads', on((req, res) => {
      const feed = feeds.get(param(req, 'object'));
      if (feed) upload(req, res, feed);
      else unknown(req, res);
    }));
    router.get('/:version/:object/errors', on((req, res) => {
      const found = uploads.get(param(req, 'object'));
      if (found) res.json({ data: tellErrors(found) });
      else unknown(req, res);
    }));
    router.get('/:version/:object/samples', on((req, res) => {
      const all = [...uploads.values()].flatMap(({ errors }) => [...errors.values()]);
      const found = all.find(({ id }) => id === param(req, 'object'));
      if (found) res.json({ data: found.samples });
      else unknown(req, res);
    }));
    router.post('/:version/:object', on((req, res) => {
      const id = param(req, 'object');
      if (feeds.has(id)) save(req, res, id);
      else unknown(req, res);
    }));
    router.get('/:version/:object', on((req, res) => {
      const id = param(req, 'object');
      const found = feeds.get(id) ?? (uploads.has(id) ? tellUpload(uploads.get(id) as Upload) : undefined);
      if (found) res.json(found);
      else unknown(req, res);
    }));
  } // prettier-ignore

  function unknown(req: Request, res: Response): void {
    const message = `Unsupported request. Object with ID '${param(req, 'object')}' does not exist.`;
    fail(res, 400, 100, message, { error_subcode: 33 });
  }

  return { addTo };
}

/** A row with the fields of items_batch: one text each, `a.b` and `a[0].b` left as they are. */
function toItem(row: FeedRow): MetaItem {
  const item: MetaItem = {};
  for (const [name, values] of Object.entries(row))
    item[name] = values.length > 1 ? values.join(',') : values[0];
  return item;
}
