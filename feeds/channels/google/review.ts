/** What Google says of many items: one report on all of them, and its full words on those of which there is more to say. */
import { ChannelError, NotFoundError } from '../../../catalog/errors.ts';
import type { ItemOutcome } from '../../listing.ts';
import { readAs, RefusedError } from './answers.ts';
import type { Client } from './client.ts';
import { toSegment, type Market } from './input.ts';
import { pace } from './limits.ts';
import { createStandingWords, type StandingWords } from './standing-words.ts';
import {
  productSchema,
  reportSchema,
  toOutcome,
  type GoogleIssue,
  type ReportedProduct,
} from './verdicts.ts';

/** A page of the report holds at most so many rows, and an item is one. */
const rowsPerPage = 1_000;

/** An item in the report that is shown, with issues of which the report does not say what they are. */
type Noted = Pick<ReportedProduct, 'statusPerReportingContext' | 'itemIssues'>;

export function createReview({ account, ask, eachPaced }: Client) {
  const words = createStandingWords();

  /** In Google's words; undefined: Google has no such product, or has not processed it yet. */
  async function askOne(offerId: string, market: Market): Promise<ItemOutcome | undefined> {
    try {
      const answer = await ask('GET', `/products/v1/${account}/products/${toSegment(offerId, market)}`);
      const product = readAs(productSchema, answer);
      words.learn(offerId, product.productStatus?.itemLevelIssues ?? []);
      return toOutcome(product);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** Those that stand in the report; undefined where Google gives no reports. */
  async function askReport(
    offerIds: readonly string[],
    market: Market,
  ): Promise<Map<string, ReportedProduct> | undefined> {
    try {
      const body = { query: toQuery(offerIds, market), pageSize: rowsPerPage };
      const answer = await ask('POST', `/reports/v1/${account}/reports:search`, body);
      const rows = readAs(reportSchema, answer).results.flatMap(({ productView }) => productView ?? []);
      return new Map(rows.map((row) => [row.offerId, row]));
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
    const noted = new Map<string, Noted>();
    for (const offerId of offerIds) {
      const row = report?.get(offerId);
      if (!report || !isPlain(offerId)) single.push(offerId);
      else if (!row) absent.push(offerId);
      else {
        const outcome = toOutcome({ offerId, productStatus: toStatus(row, []) });
        if (outcome.verdict === 'rejected') single.push(offerId);
        else if (outcome.verdict === 'working' || row.itemIssues.length + outcome.issues.length === 0)
          outcomes.set(offerId, outcome);
        else noted.set(offerId, row);
      }
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
    const askEach = (these: readonly string[]): Promise<void> =>
      eachPaced(these, async (offerId) => {
        outcomes.set(offerId, (await askOne(offerId, market)) ?? toWorking(offerId));
      });
    await askEach([...single, ...pickTeachers(noted, words)]);
    const unsaid: string[] = [];
    for (const [offerId, row] of noted) {
      if (outcomes.has(offerId)) continue;
      const issues = row.itemIssues.length > 0 ? words.say(row.itemIssues) : undefined;
      if (issues) outcomes.set(offerId, toOutcome({ offerId, productStatus: toStatus(row, issues) }));
      else unsaid.push(offerId);
    }
    await askEach(unsaid);
    return [...outcomes.values()];
  }

  return async (offerIds: readonly string[], market: Market): Promise<ItemOutcome[]> => {
    const all: ItemOutcome[] = [];
    for (let at = 0; at < offerIds.length; at += pace.itemsPerBatch)
      all.push(...(await reviewSome(offerIds.slice(at, at + pace.itemsPerBatch), market)));
    return all;
  };
}

/** So many items as tell the words of every issue that they have. */
function pickTeachers(noted: ReadonlyMap<string, Noted>, words: StandingWords): string[] {
  const lacking = new Map<string, number>();
  return [...noted].flatMap(([offerId, { itemIssues }]) => {
    let isNeeded = false;
    for (const issue of itemIssues) {
      const key = JSON.stringify(issue.type);
      const lacks = lacking.get(key) ?? words.lacks(issue);
      isNeeded ||= lacks > 0;
      lacking.set(key, lacks - 1);
    }
    return isNeeded ? [offerId] : [];
  });
}

const toStatus = (
  { statusPerReportingContext: destinationStatuses }: Noted,
  itemLevelIssues: GoogleIssue[],
) => ({
  destinationStatuses,
  itemLevelIssues,
});

const toWorking = (offerId: string): ItemOutcome => ({ offerId, verdict: 'working', issues: [] });

/** The query language has no way to write a quote within quotes, nor a sign that nobody sees. */
const isPlain = (offerId: string): boolean => !/['"\\\p{Cc}]/u.test(offerId);

/** https://developers.google.com/merchant/api/guides/reports/query-language: `status_per_reporting_context` is what a product's own status says by place. */
const toQuery = (offerIds: readonly string[], { contentLanguage, feedLabel }: Market): string =>
  [
    'SELECT id, offer_id, status_per_reporting_context, item_issues FROM product_view',
    `WHERE offer_id IN (${offerIds.map((offerId) => `'${offerId}'`).join(', ')})`,
    `AND language_code = '${contentLanguage}' AND feed_label = '${feedLabel}'`,
  ].join(' ');
