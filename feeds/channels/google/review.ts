/** What Google says of many items: one report on all of them, and its full words on those of which there is more to say. */
import { ChannelError, NotFoundError } from '../../../catalog/errors.ts';
import type { ItemOutcome } from '../../listing.ts';
import { readAs, RefusedError } from './answers.ts';
import type { Client } from './client.ts';
import { toSegment, type Market } from './input.ts';
import { pace } from './limits.ts';
import { productSchema, reportSchema, toOutcome } from './verdicts.ts';

/** A page of the report holds at most so many rows, and an item is one. */
const rowsPerPage = 1_000;

export function createReview({ account, ask, eachPaced }: Client) {
  /** In Google's words; undefined: Google has no such product, or has not processed it yet. */
  async function askOne(offerId: string, market: Market): Promise<ItemOutcome | undefined> {
    try {
      const answer = await ask('GET', `/products/v1/${account}/products/${toSegment(offerId, market)}`);
      return toOutcome(readAs(productSchema, answer));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /**
   * Of those that stand in the report: what can be told without a further question, or that there is more to say. Undefined
   * where Google gives no reports.
   */
  async function askReport(
    offerIds: readonly string[],
    market: Market,
  ): Promise<Map<string, ItemOutcome | 'more'> | undefined> {
    try {
      const body = { query: toQuery(offerIds, market), pageSize: rowsPerPage };
      const answer = await ask('POST', `/reports/v1/${account}/reports:search`, body);
      const found = new Map<string, ItemOutcome | 'more'>();
      for (const { productView } of readAs(reportSchema, answer).results) {
        if (!productView) continue;
        const { offerId, statusPerReportingContext: destinationStatuses, itemIssues } = productView;
        const outcome = toOutcome({ offerId, productStatus: { destinationStatuses, itemLevelIssues: [] } });
        const isAll = outcome.verdict === 'working' || (outcome.verdict === 'accepted' && itemIssues.length + outcome.issues.length === 0); // prettier-ignore
        found.set(offerId, isAll ? outcome : 'more');
      }
      return found;
    } catch (error) {
      const isClosed = error instanceof NotFoundError || error instanceof RefusedError;
      if (isClosed || (error instanceof ChannelError && error.code === 'google_permission_missing')) return undefined; // prettier-ignore
      throw error;
    }
  }

  async function reviewSome(offerIds: readonly string[], market: Market): Promise<ItemOutcome[]> {
    const outcomes = new Map<string, ItemOutcome>();
    const askable = offerIds.filter(isPlain);
    const report = askable.length > 1 ? await askReport(askable, market) : undefined;
    const single: string[] = [];
    const absent: string[] = [];
    for (const offerId of offerIds) {
      const said = report?.get(offerId);
      if (said === 'more' || !report || !isPlain(offerId)) single.push(offerId);
      else if (said) outcomes.set(offerId, said);
      else absent.push(offerId);
    }
    // minutes may pass between an insert and the processed product: of those that are in no report one is asked for by itself
    const [probe, ...others] = absent;
    if (probe !== undefined) {
      const outcome = await askOne(probe, market);
      outcomes.set(probe, outcome ?? toWorking(probe));
      // then it is the report that lags behind
      if (outcome) single.push(...others);
      else for (const offerId of others) outcomes.set(offerId, toWorking(offerId));
    }
    await eachPaced(single, async (offerId) => {
      outcomes.set(offerId, (await askOne(offerId, market)) ?? toWorking(offerId));
    });
    return [...outcomes.values()];
  }

  return async (offerIds: readonly string[], market: Market): Promise<ItemOutcome[]> => {
    const all: ItemOutcome[] = [];
    for (let at = 0; at < offerIds.length; at += pace.itemsPerBatch)
      all.push(...(await reviewSome(offerIds.slice(at, at + pace.itemsPerBatch), market)));
    return all;
  };
}

const toWorking = (offerId: string): ItemOutcome => ({ offerId, verdict: 'working', issues: [] });

/** The query language has no way to write a quote within quotes. */
const isPlain = (offerId: string): boolean => !/['"\\]/.test(offerId);

/** https://developers.google.com/merchant/api/guides/reports/query-language: `status_per_reporting_context` is what a product's own status says by place. */
const toQuery = (offerIds: readonly string[], { contentLanguage, feedLabel }: Market): string =>
  [
    'SELECT id, offer_id, status_per_reporting_context, item_issues FROM product_view',
    `WHERE offer_id IN (${offerIds.map((offerId) => `'${offerId}'`).join(', ')})`,
    `AND language_code = '${contentLanguage}' AND feed_label = '${feedLabel}'`,
  ].join(' ');
