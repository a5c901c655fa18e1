/**
 * The other way into Meta's catalog: a feed that Meta fetches every day, and at once when it is told to.
 * https://developers.facebook.com/docs/marketing-api/catalog/guides/feed-api
 * https://developers.facebook.com/docs/marketing-api/reference/product-feed
 */
import { z } from 'zod';
import { ChannelError, NotFoundError } from '../../../catalog/errors.ts';
import type { Issue } from '../../../catalog/issue.ts';
import type { FeedResult, FeedToRegister } from '../../channel.ts';
import type { ItemOutcome } from '../../listing.ts';
import { readAs } from './answers.ts';
import type { Graph } from './graph.ts';
import { pages } from './limits.ts';
import type { Market } from './local.ts';
import { toIssue } from './verdicts.ts';

const idSchema = z.object({ id: z.coerce.string() });
const pagingSchema = z
  .object({ next: z.string().optional(), cursors: z.object({ after: z.string().optional() }).optional() })
  .nullish();
const feedsSchema = z.object({
  data: z.array(z.object({ id: z.coerce.string(), name: z.string().default('') })),
  paging: pagingSchema,
});
const countSchema = z.number().nullish().transform((count) => count ?? undefined); // prettier-ignore
const uploadSchema = z.object({
  id: z.coerce.string(),
  start_time: z.string().nullish(),
  end_time: z.string().nullish(),
  num_detected_items: countSchema,
  num_persisted_items: countSchema,
  num_invalid_items: countSchema,
});
const uploadsSchema = z.object({ data: z.array(uploadSchema) });
const sampleSchema = z.object({
  retailer_id: z.coerce.string().optional(),
  row_number: z.number().nullish(),
});
const errorsSchema = z.object({
  data: z.array(
    z.object({
      id: z.coerce.string(),
      summary: z.string().default(''),
      description: z.string().default(''),
      severity: z.string().default('fatal'),
      total_count: z.number().nullish(),
      samples: z.object({ data: z.array(sampleSchema) }).nullish(),
    }),
  ),
  paging: pagingSchema,
});
type UploadError = z.infer<typeof errorsSchema>['data'][number];
const samplesSchema = z.object({ data: z.array(sampleSchema), paging: pagingSchema });

const uploadFields =
  'id,start_time,end_time,num_detected_items,num_persisted_items,num_invalid_items,error_count,warning_count';

/** `market`: the file overrides what another one brought, for one country or language. */
export function createFeedApi(graph: Graph, market?: Market) {
  /** All pages of an edge; Meta's pages are followed by their cursor, so that no token is in an address. */
  async function* eachPage<T extends { paging?: z.infer<typeof pagingSchema> }>(
    path: string,
    query: Record<string, string>,
    schema: z.ZodType<T>,
    object?: string,
  ): AsyncGenerator<T> {
    let after: string | undefined;
    do {
      const page = readAs(
        schema,
        await graph.ask(path, after === undefined ? query : { ...query, after }, {}, object),
      );
      yield page;
      after = page.paging?.next === undefined ? undefined : page.paging.cursors?.after;
    } while (after !== undefined);
  }

  async function findByName(name: string): Promise<string | undefined> {
    for await (const { data } of eachPage(
      '/product_feeds',
      { fields: 'id,name', limit: '100' },
      feedsSchema,
    )) {
      const found = data.find((feed) => feed.name === name);
      if (found) return found.id;
    }
    return undefined;
  }

  async function registerFeed(feed: FeedToRegister): Promise<{ feedId: string }> {
    const settings = {
      name: feed.name,
      default_currency: feed.currency,
      // what the file no longer has is taken down
      deletion_enabled: 'true',
      ...(feed.format === 'xml' ? {} : { delimiter: 'COMMA', encoding: 'UTF8', quoted_fields_mode: 'on' }),
      schedule: JSON.stringify({ url: feed.url, interval: 'DAILY', hour: feed.hour, minute: 0, timezone: 'Etc/UTC' }),
    }; // prettier-ignore
    const known = await findByName(feed.name);
    if (known !== undefined) {
      await graph.post('', settings, known);
      return { feedId: known };
    }
    const made = await graph.post('/product_feeds', {
      ...settings,
      country: feed.country,
      ...(market ? { override_type: market.type } : {}),
    });
    return { feedId: readAs(idSchema, made).id };
  }

  async function feedResult(feedId: string, handle?: string): Promise<FeedResult | undefined> {
    const upload = handle === undefined ? await findLast(feedId) : readAs(uploadSchema, await ofFeed(() => graph.ask('', { fields: uploadFields }, {}, handle))); // prettier-ignore
    if (upload === undefined) return undefined;
    const at = new Date(upload.end_time ?? upload.start_time ?? Date.now());
    if (!upload.end_time) return { at, status: 'working', outcomes: [], issues: [] };
    const result: FeedResult = { at, status: 'done', outcomes: [], issues: [] };
    if (upload.num_detected_items !== undefined) result.read = upload.num_detected_items;
    if (upload.num_persisted_items !== undefined) result.accepted = upload.num_persisted_items;
    if (upload.num_invalid_items !== undefined) result.rejected = upload.num_invalid_items;
    await addErrors(upload.id, result);
    // nothing read at all, and a reason for it: the file itself is the trouble
    if ((upload.num_detected_items ?? 0) === 0 && result.issues.some(({ severity }) => severity === 'error'))
      result.status = 'failed';
    return result;
  }

  async function findLast(feedId: string): Promise<z.infer<typeof uploadSchema> | undefined> {
    const answer = await ofFeed(() =>
      graph.ask('/uploads', { fields: uploadFields, limit: '1' }, {}, feedId),
    );
    return readAs(uploadsSchema, answer).data[0];
  }

  /** `/errors` groups by kind and gives samples; the samples' own edge gives as many as Meta keeps. */
  async function addErrors(uploadId: string, result: FeedResult): Promise<void> {
    const outcomes = new Map<string, ItemOutcome>();
    const query = { fields: 'id,summary,description,severity,total_count,samples', limit: '100' };
    for await (const { data } of eachPage('/errors', query, errorsSchema, uploadId))
      for (const error of data) {
        const fatal = error.severity !== 'warning';
        const ids = await findSamples(error);
        for (const offerId of ids) {
          const outcome = outcomes.get(offerId) ?? { offerId, verdict: 'accepted', issues: [] };
          outcomes.set(offerId, {
            offerId,
            verdict: fatal ? 'rejected' : outcome.verdict,
            issues: [...outcome.issues, toErrorIssue(error)],
          });
        }
        const total = error.total_count ?? ids.length;
        if (total > ids.length || ids.length === 0)
          result.issues.push(toGroupIssue(error, total, ids.length));
      }
    result.outcomes = [...outcomes.values()];
  }

  async function findSamples({ id, samples, total_count: total }: UploadError): Promise<string[]> {
    const first = samples?.data ?? [];
    const ids = new Set(first.flatMap(({ retailer_id: offer }) => offer ?? []));
    if ((total ?? 0) <= first.length) return [...ids];
    for await (const { data } of eachPage('/samples', { limit: '1000' }, samplesSchema, id))
      for (const { retailer_id: offer } of data) if (offer !== undefined) ids.add(offer);
    return [...ids];
  }

  return {
    registerFeed,
    feedResult,
    async fetchFeed(feedId: string): Promise<{ handle: string }> {
      // without an address Meta would upload the file of last time again
      const { url } = readAs(scheduleSchema, await ofFeed(() => graph.ask('', { fields: 'schedule' }, {}, feedId))).schedule;
      const upload = await graph.post('/uploads', { url, update_only: 'false' }, feedId);
      return { handle: readAs(idSchema, upload).id };
    },
  }; // prettier-ignore
}

const scheduleSchema = z.object({ schedule: z.object({ url: z.string() }) });

/** A feed that somebody deleted at Meta is registered anew; it says nothing about the catalog. */
async function ofFeed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ChannelError) || error.code !== 'meta_catalog_unknown') throw error;
    throw new NotFoundError('feed_unknown', 'The feed is no longer registered at Meta.', { cause: error });
  }
}

const wordsOf = ({ summary, description }: UploadError): string =>
  [summary, description].filter((text) => text !== '').join(': ');

const toErrorIssue = (error: UploadError): Issue =>
  toIssue(wordsOf(error), error.severity === 'warning' ? 'warning' : 'error', pages.feeds);

/** What concerns more items than Meta names, or none: the file as a whole. */
function toGroupIssue(error: UploadError, total: number, named: number): Issue {
  const issue = toErrorIssue(error);
  if (named === 0) return issue;
  return { ...issue, message: `${issue.message} ${total} items are concerned, ${named} of them are named.` };
}
