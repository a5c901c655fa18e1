/** Meta's catalog over the Graph API: items_batch, its follow-up and the review. */
import {
  BusyError,
  InputError,
  NoAnswerError,
  NotFoundError,
  TooLargeError,
} from '../../../catalog/errors.ts';
import type { Http } from '../../../catalog/context.ts';
import { toRow } from '../../build-feed.ts';
import { listSeparator, type Batch, type PushApi } from '../../channel.ts';
import type { ItemOutcome } from '../../listing.ts';
import { readAs } from './answers.ts';
import { createFeedApi } from './feed-api.ts';
import { feed } from './feed.ts';
import { createGraph } from './graph.ts';
import { listHeld } from './held.ts';
import { batchLimits } from './limits.ts';
import type { MetaOptions } from './index.ts';
import { rareColumns, toRareData } from './rare.ts';
import {
  batchStatusSchema, catalogSchema, itemsBatchSchema, productsSchema, toBatchOutcomes, toReviewOutcome,
  toValidationIssues,
} from './verdicts.ts'; // prettier-ignore

/** A batch of thousands of items is taken in within a minute or two. */
const sendTimeoutMs = 180_000;
/** Addresses longer than some 8,000 characters are refused on the way. */
const reviewPage = { offers: 100, characters: 5_000 };
const reviewFields = [
  'retailer_id', 'review_status', 'review_rejection_reasons', 'capability_to_review_status', 'image_fetch_status',
  'errors', 'visibility',
].join(); // prettier-ignore

export function connectMeta(options: MetaOptions, http: Http, now: () => number = Date.now): PushApi {
  const graph = createGraph(options, http, now);
  const { ask } = graph;
  const feedApi = createFeedApi(graph);

  async function send(batch: Batch): Promise<{ handle?: string; outcomes: ItemOutcome[] }> {
    const size = batch.upserts.length + batch.deletes.length;
    if (size === 0) return { outcomes: [] };
    const wait = graph.waitMs();
    if (wait > 0)
      throw new BusyError('meta_slow_down', "Most of this hour's requests to Meta are used; it goes on slower.", {
        retryAfterMs: wait,
      }); // prettier-ignore
    const body = toBody(batch);
    if (Buffer.byteLength(body) > batchLimits.requestBytes && size > 1)
      throw new TooLargeError(
        'meta_request_too_large',
        'The batch is larger than Meta takes in one request.',
      );
    let answer: unknown;
    try {
      answer = await ask('/items_batch', {}, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        timeoutMs: sendTimeoutMs,
      }); // prettier-ignore
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // Meta does not say which item it means: halving the batch finds it.
      if (size > 1) throw new TooLargeError('meta_batch_refused', error.message, { cause: error });
      return { outcomes: offerIdsOf(batch).map((offerId) => refuse(offerId, error.message)) };
    }
    return readSent(batch, answer);
  }

  async function readSent(
    batch: Batch,
    answer: unknown,
  ): Promise<{ handle?: string; outcomes: ItemOutcome[] }> {
    const { handles, validation_status: statuses } = readAs(itemsBatchSchema, answer);
    const sent = new Set(offerIdsOf(batch));
    const outcomes = new Map<string, ItemOutcome>();
    const rejected = new Set<string>();
    for (const status of statuses) {
      const issues = toValidationIssues(status);
      if (!sent.has(status.retailer_id) || issues.length === 0) continue;
      const isRejected = status.errors.length > 0;
      if (isRejected) rejected.add(status.retailer_id);
      outcomes.set(status.retailer_id, {
        offerId: status.retailer_id,
        verdict: isRejected ? 'rejected' : 'working',
        issues,
      });
    }
    const [handle] = handles;
    if (handle !== undefined) {
      for (const offerId of sent)
        if (!outcomes.has(offerId)) outcomes.set(offerId, { offerId, verdict: 'working', issues: [] });
      return { handle, outcomes: [...outcomes.values()] };
    }
    // No handle: nothing was taken in, the good items neither. They go again without the bad ones.
    const rest = {
      upserts: batch.upserts.filter(({ offerId }) => !rejected.has(offerId)),
      deletes: batch.deletes.filter((offerId) => !rejected.has(offerId)),
    };
    const refused = [...rejected].flatMap((offerId) => outcomes.get(offerId) ?? []);
    if (rest.upserts.length + rest.deletes.length === 0) return { outcomes: refused };
    if (rejected.size === 0)
      throw new NoAnswerError(
        'meta_no_handle',
        'Meta answered without a receipt and named no item at fault.',
      );
    const again = await send(rest);
    return { ...again, outcomes: [...refused, ...again.outcomes] };
  }

  async function check(handle: string, offerIds: readonly string[]): Promise<ItemOutcome[] | 'working'> {
    let answer: unknown;
    try {
      answer = await ask('/check_batch_request_status', { handle, load_ids_of_invalid_requests: 'true' });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new NotFoundError('handle_unknown', `Meta no longer knows the batch: ${error.message}`, {
        cause: error,
      });
    }
    const [status] = readAs(batchStatusSchema, answer).data;
    if (status === undefined) throw new NotFoundError('handle_unknown', 'Meta no longer knows the batch.');
    return status.status === 'finished' ? toBatchOutcomes(status, offerIds) : 'working';
  }

  async function review(offerIds: readonly string[]): Promise<ItemOutcome[]> {
    const outcomes = new Map<string, ItemOutcome>();
    for (const page of toPages(offerIds)) {
      const filter = JSON.stringify({ retailer_id: { is_any: page } });
      let after: string | undefined;
      do {
        const query = { fields: reviewFields, filter, limit: String(reviewPage.offers) };
        const answer = await ask('/products', after === undefined ? query : { ...query, after });
        const { data, paging } = readAs(productsSchema, answer);
        for (const product of data) outcomes.set(product.retailer_id, toReviewOutcome(product));
        after = paging?.next === undefined ? undefined : paging.cursors?.after;
      } while (after !== undefined);
    }
    // Meta's lists lag behind its batches, so an offer that is not there yet is not lost.
    return offerIds.map((offerId) => outcomes.get(offerId) ?? { offerId, verdict: 'working', issues: [] });
  }

  return {
    send,
    check,
    review,
    list: () => listHeld(graph),
    ...feedApi,
    async test() {
      const { name } = readAs(catalogSchema, await ask('', { fields: 'name,product_count' }));
      return { name: name ?? options.catalogId };
    },
  };
}

const offerIdsOf = (batch: Batch): string[] => [
  ...batch.upserts.map(({ offerId }) => offerId),
  ...batch.deletes,
];

const refuse = (offerId: string, message: string): ItemOutcome => ({
  offerId,
  verdict: 'rejected',
  issues: toValidationIssues({ retailer_id: offerId, errors: [{ message }], warnings: [] }),
});

function toBody(batch: Batch): string {
  const requests = [
    ...batch.upserts.map((item) => ({ method: 'UPDATE', data: toData(toRow(item, feed.columns)) })),
    ...batch.deletes.map((id) => ({ method: 'DELETE', data: { id } })),
  ];
  return JSON.stringify({ item_type: 'PRODUCT_ITEM', allow_upsert: true, requests });
}

/**
 * A feed row as items_batch wants it. An UPDATE leaves alone what it does not name, so a field that the item no longer
 * has is sent empty, as Meta's own plug-in for WooCommerce does with a sale that is over.
 */
export function toData(row: Readonly<Record<string, string>>): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const { name, list } of everyday) {
    const text = row[name];
    const entries = text === undefined ? [] : text.split(listSeparator);
    const shape = shapes[name];
    if (shape) Object.assign(data, shape(entries, row));
    else if (list) data[name] = entries;
    else data[name] = text ?? '';
  }
  return Object.assign(data, toRareData(row));
}

const everyday = feed.columns.filter((column) => !rareColumns.includes(column));

/** Fields that the request has in another form than the feed. */
const shapes: Record<string, (entries: string[], row: Readonly<Record<string, string>>) => object> = {
  // `image` wins over image_link and additional_image_link, and holds them all.
  image_link: (main, row) => ({
    image: [...main, ...(row['additional_image_link']?.split(listSeparator) ?? [])].map((url) => ({ url })),
  }),
  additional_image_link: () => ({}),
  additional_variant_attribute: (pairs) => ({ additional_variant_attribute: pairs.join(',') }),
  // The feed has it as JSON in a cell.
  unit_price: ([json]) => ({ unit_price: json === undefined ? '' : JSON.parse(json) }),
  'video[0].url': (urls) => ({ video: urls.map((url) => ({ url })) }),
  quantity_to_sell_on_facebook: ([count]) => ({
    quantity_to_sell_on_facebook: count === undefined ? '' : Number(count),
  }),
};

function toPages(offerIds: readonly string[]): string[][] {
  const pages: string[][] = [];
  let page: string[] = [];
  let characters = 0;
  for (const offerId of offerIds) {
    const length = encodeURIComponent(offerId).length + 7;
    if (
      page.length === reviewPage.offers ||
      (page.length > 0 && characters + length > reviewPage.characters)
    ) {
      pages.push(page);
      [page, characters] = [[], 0];
    }
    page.push(offerId);
    characters += length;
  }
  if (page.length > 0) pages.push(page);
  return pages;
}
