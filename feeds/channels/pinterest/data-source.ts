/** Pinterest's data sources: it fetches our feed by itself, once a day, and tells what came of it. */
import { z } from 'zod';
import { ChannelError, InputError } from '../../../catalog/errors.ts';
import type { Issue } from '../../../catalog/issue.ts';
import type { ChannelApi, FeedResult, FeedToRegister } from '../../channel.ts';
import type { ItemOutcome } from '../../listing.ts';
import type { PinterestClient } from './client.ts';
import { toNamedIssue } from './verdicts.ts';

const pageSize = '250';

const feedSchema = z.object({
  id: z.coerce.string(),
  name: z.string().nullish(),
  default_country: z.string().nullish(),
});
const feedsSchema = z.object({ items: z.array(feedSchema), bookmark: z.string().nullish() });

const countsSchema = z.record(z.string(), z.number().nullish()).nullish().transform((c) => c ?? {}); // prettier-ignore
const detailsSchema = z
  .object({ errors: countsSchema, warnings: countsSchema })
  .nullish()
  .transform((d) => d ?? { errors: {}, warnings: {} });
const runSchema = z.object({
  id: z.coerce.string(),
  created_at: z.string(),
  updated_at: z.string().nullish(),
  status: z.enum(['COMPLETED', 'FAILED', 'PROCESSING']),
  product_counts: z
    .object({ original: z.number().nullish(), ingested: z.number().nullish() })
    .nullish(),
  ingestion_details: detailsSchema,
  validation_details: detailsSchema,
}); // prettier-ignore
type Run = z.infer<typeof runSchema>;
const runsSchema = z.object({ items: z.array(runSchema) });

const namedSchema = z
  .record(
    z.string(),
    z.object({ attribute_name: z.string().nullish(), provided_value: z.string().nullish() }).nullish(),
  )
  .nullish()
  .transform((n) => n ?? {});
const issuesSchema = z.object({
  items: z.array(z.object({ item_id: z.coerce.string().nullish(), errors: namedSchema, warnings: namedSchema })),
  bookmark: z.string().nullish(),
}); // prettier-ignore
type ItemIssues = z.infer<typeof issuesSchema>['items'];

export function createFeedCalls(
  client: PinterestClient,
): Required<Pick<ChannelApi, 'registerFeed' | 'fetchFeed' | 'feedResult'>> {
  const { options } = client;

  async function registerFeed(feed: FeedToRegister): Promise<{ feedId: string }> {
    const common = {
      catalog_type: 'RETAIL', name: feed.name, format: feed.format.toUpperCase(), location: feed.url,
      default_currency: feed.currency, status: 'ACTIVE',
      preferred_processing_schedule: { time: `${String(feed.hour).padStart(2, '0')}:00`, timezone: 'Etc/UTC' },
    }; // prettier-ignore
    const before = await findFeed(feed.name);
    if (before === undefined) {
      const body = { ...common, default_country: options.country, default_locale: options.locale };
      return { feedId: (await client.read(feedSchema, '/catalogs/feeds', { method: 'POST', body })).id };
    }
    // "You will not be able to update this later", says Pinterest of country and language.
    if (before.default_country && before.default_country !== options.country)
      throw new InputError(
        'pinterest_feed_country_fixed',
        `The data source "${feed.name}" at Pinterest is for ${before.default_country}, not ${options.country}.`,
        { hint: 'Remove the data source at Pinterest, or correct the country of this connection.' },
      );
    await client.ask(`/catalogs/feeds/${before.id}`, { method: 'PATCH', body: common });
    return { feedId: before.id };
  }

  async function findFeed(name: string): Promise<z.infer<typeof feedSchema> | undefined> {
    let bookmark: string | undefined;
    do {
      const query = { page_size: pageSize, bookmark, catalog_id: options.catalogId };
      const page = await client.read(feedsSchema, '/catalogs/feeds', { query });
      const found = page.items.find((one) => one.name === name);
      if (found) return found;
      bookmark = page.bookmark ?? undefined;
    } while (bookmark !== undefined);
    return undefined;
  }

  async function fetchFeed(feedId: string): Promise<{ handle: string }> {
    const path = `/catalogs/feeds/${encodeURIComponent(feedId)}/ingest`;
    try {
      return {
        handle: (await client.read(z.object({ id: z.coerce.string() }), path, { method: 'POST' })).id,
      };
    } catch (error) {
      // "This endpoint is restricted to a specific group of users": then it is the next daily fetch that is waited for
      if (!(error instanceof ChannelError) || error.code !== 'pinterest_permission_missing') throw error;
      return { handle: `${nextRun}${new Date(client.now()).toISOString().slice(0, 19)}` };
    }
  }

  async function feedResult(feedId: string, handle?: string): Promise<FeedResult | undefined> {
    const path = `/catalogs/feeds/${encodeURIComponent(feedId)}/processing_results`;
    const { items } = await client.read(runsSchema, path, { query: { page_size: pageSize } });
    const runs = items.filter((one) => handle === undefined || isMeant(one, handle));
    const [run] = runs.sort((a, b) => b.created_at.localeCompare(a.created_at));
    if (run === undefined) return undefined;
    const named = run.status === 'PROCESSING' ? [] : await listIssues(run.id);
    return toResult(run, named);
  }

  async function listIssues(runId: string): Promise<ItemIssues> {
    const found: ItemIssues = [];
    let bookmark: string | undefined;
    do {
      const path = `/catalogs/processing_results/${encodeURIComponent(runId)}/item_issues`;
      const page = await client.read(issuesSchema, path, { query: { page_size: pageSize, bookmark } });
      found.push(...page.items);
      bookmark = page.bookmark ?? undefined;
    } while (bookmark !== undefined);
    return found;
  }

  return { registerFeed, fetchFeed, feedResult };
}

/** In place of a run's id: the first that begins after a time (UTC, to the second). */
const nextRun = 'after ';
const isMeant = (run: Run, handle: string): boolean =>
  handle.startsWith(nextRun)
    ? run.created_at.slice(0, 19) >= handle.slice(nextRun.length)
    : run.id === handle;

const statuses = { COMPLETED: 'done', FAILED: 'failed', PROCESSING: 'working' } as const;

function toResult(run: Run, named: ItemIssues): FeedResult {
  const { original, ingested } = run.product_counts ?? {};
  const result: FeedResult = {
    at: toDate(run.updated_at ?? run.created_at),
    status: statuses[run.status],
    outcomes: toOutcomes(named),
    issues: [
      ...toFileIssues(run, 'errors', named),
      ...toFileIssues(run, 'warnings', named),
    ],
  }; // prettier-ignore
  if (typeof original === 'number') result.read = original;
  if (typeof ingested === 'number') result.accepted = ingested;
  if (typeof original === 'number' && typeof ingested === 'number') result.rejected = original - ingested;
  return result;
}

/** Times lack a zone and are UTC. */
const toDate = (text: string): Date => new Date(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`);

function toOutcomes(named: ItemIssues): ItemOutcome[] {
  const outcomes = new Map<string, ItemOutcome>();
  for (const { item_id: offerId, errors, warnings } of named) {
    if (!offerId) continue;
    const outcome = outcomes.get(offerId) ?? { offerId, verdict: 'accepted', issues: [] };
    for (const [name, detail] of Object.entries(errors))
      outcome.issues.push(toNamedIssue(name, 'error', detail ?? {}));
    for (const [name, detail] of Object.entries(warnings))
      outcome.issues.push(toNamedIssue(name, 'warning', detail ?? {}));
    if (Object.keys(errors).length > 0) outcome.verdict = 'rejected';
    outcomes.set(offerId, outcome);
  }
  return [...outcomes.values()];
}

/** What is wrong with the file, and what is wrong with more items than Pinterest names: it names 20 for each code. */
function toFileIssues(run: Run, kind: 'errors' | 'warnings', named: ItemIssues): Issue[] {
  const counts = { ...run.ingestion_details[kind], ...run.validation_details[kind] };
  return Object.entries(counts).flatMap(([name, count]) => {
    const told = named.filter((item) => item.item_id && name in item[kind]).length;
    const left = (count ?? 0) - told;
    if (left <= 0) return [];
    const issue = toNamedIssue(name, kind === 'errors' ? 'error' : 'warning');
    return [{ ...issue, value: told > 0 ? `${left} more items` : String(count) }];
  });
}
