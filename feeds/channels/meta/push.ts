/** Meta's catalog over the Graph API: items_batch, its follow-up and the review. */
import type { z } from 'zod';
import {
  BusyError,
  InputError,
  NoAnswerError,
  NotFoundError,
  TooLargeError,
} from '../../../catalog/errors.ts';
import type { Http } from '../../../catalog/context.ts';
import { toRow } from '../../build-feed.ts';
import { listSeparator, type Batch, type PushApi, type Sent } from '../../channel.ts';
import { offerUnknown, type ItemOutcome } from '../../listing.ts';
import { readAs } from './answers.ts';
import { createFeedApi } from './feed-api.ts';
import { feed } from './feed.ts';
import { createGraph } from './graph.ts';
import { listHeld } from './held.ts';
import { batchLimits } from './limits.ts';
import { toLocalData, toLocalLayout, toMarket, type Market } from './local.ts';
import { arrangeSets, readSets } from './product-sets.ts';
import type { MetaOptions } from './index.ts';
import { rareColumns, toRareData } from './rare.ts';
import {
  batchStatusSchema, catalogSchema, itemsBatchSchema, productsSchema, toBatchOutcomes, toReviewOutcome,
  toValidationIssues,
} from './verdicts.ts'; // prettier-ignore

/** A batch of thousands of items is taken in within a minute or two. */
const sendTimeoutMs = 180_000;
/** Addresses longer than some 8,000 characters are refused on the way; each answer of this size comes in good time. */
const reviewPage = { offers: 250, characters: 6_000 };
const reviewFields = [
  'retailer_id', 'review_status', 'review_rejection_reasons', 'capability_to_review_status', 'image_fetch_status',
  'errors', 'visibility',
].join(); // prettier-ignore

export function connectMeta(options: MetaOptions, http: Http, now: () => number = Date.now): PushApi {
  const graph = createGraph(options, http, now);
  const { ask } = graph;
  const market = options.override === undefined ? undefined : toMarket(options.override);
  const feedApi = createFeedApi(graph, market);
  let areSetsDone = false;

  async function send(batch: Batch): Promise<Sent> {
    const size = batch.upserts.length + batch.deletes.length;
    if (size === 0) return { outcomes: [] };
    const wait = graph.waitMs();
    if (wait > 0)
      throw new BusyError('meta_slow_down', "Most of this hour's requests to Meta are used; it goes on slower.", {
        retryAfterMs: wait,
      }); // prettier-ignore
    const body = toBody(batch, market);
    if (Buffer.byteLength(body) > batchLimits.requestBytes && size > 1)
      throw new TooLargeError(
        'meta_request_too_large',
        'The batch is larger than Meta takes in one request.',
      );
    let answer: unknown;
    try {
      answer = await ask(market ? '/localized_items_batch' : '/items_batch', {}, {
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

  async function readSent(batch: Batch, answer: unknown): Promise<Sent> {
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
    // the catalog that fills this one has not sent them yet: their turn comes later
    const early =
      market === undefined
        ? []
        : refused
            .filter(isUnknown)
            .map(({ offerId }) => offerId)
            .filter((id) => !batch.deletes.includes(id));
    const decided = refused.filter(({ offerId }) => !early.includes(offerId));
    if (rest.upserts.length + rest.deletes.length === 0) return withEarly({ outcomes: decided }, early);
    if (rejected.size === 0)
      throw new NoAnswerError(
        'meta_no_handle',
        'Meta answered without a receipt and named no item at fault.',
      );
    const again = await send(rest);
    return withEarly({ ...again, outcomes: [...decided, ...again.outcomes] }, early);
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
    const pages = toPages(offerIds);
    for (let page = pages.shift(); page; page = pages.shift())
      try {
        for await (const product of listProducts(page))
          outcomes.set(product.retailer_id, toReviewOutcome(product));
      } catch (error) {
        // "Please reduce the amount of data you're asking for"
        if (!(error instanceof TooLargeError) || page.length < 2) throw error;
        const middle = Math.ceil(page.length / 2);
        pages.unshift(page.slice(0, middle), page.slice(middle));
      }
    // Meta's lists lag behind its batches, so an offer that is not there yet is not lost.
    return offerIds.map((offerId) => outcomes.get(offerId) ?? { offerId, verdict: 'working', issues: [] });
  }

  async function* listProducts(
    offerIds: readonly string[],
  ): AsyncGenerator<z.infer<typeof productsSchema>['data'][number]> {
    const filter = JSON.stringify({ retailer_id: { is_any: offerIds } });
    let after: string | undefined;
    do {
      const query = { fields: reviewFields, filter, limit: String(reviewPage.offers) };
      const answer = await ask('/products', after === undefined ? query : { ...query, after });
      const { data, paging } = readAs(productsSchema, answer);
      yield* data;
      after = paging?.next === undefined ? undefined : paging.cursors?.after;
    } while (after !== undefined);
  }

  async function arrange(): Promise<void> {
    if (areSetsDone || options.productSets === undefined) return;
    const sets = readSets(options.productSets);
    if (typeof sets !== 'string') await arrangeSets(graph, sets);
    areSetsDone = true;
  }

  return {
    send,
    check,
    ...feedApi,
    // Meta's lists and reviews are about the items of the first catalog
    ...(market ? { feed: toLocalLayout(market) } : { review, list: () => listHeld(graph), arrange }),
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

const isUnknown = ({ issues }: ItemOutcome): boolean => issues.some(({ code }) => code === offerUnknown);

function withEarly(sent: Sent, early: readonly string[]): Sent {
  if (early.length === 0) return sent;
  const offerIds = [...early, ...(sent.unsent?.offerIds ?? [])];
  const error = new NoAnswerError(
    'meta_item_not_yet',
    'Meta does not have the item yet: the catalog that fills the one at Meta has to send it first.',
  );
  return { ...sent, unsent: { offerIds, error } };
}

const refuse = (offerId: string, message: string): ItemOutcome => ({
  offerId,
  verdict: 'rejected',
  issues: toValidationIssues({ retailer_id: offerId, errors: [{ message }], warnings: [] }),
});

function toBody(batch: Batch, market: Market | undefined): string {
  const place = market ? { localization: market } : {};
  const requests = [
    ...batch.upserts.map((item) => {
      const data = toData(toRow(item, feed.columns));
      return { method: 'UPDATE', ...place, data: market ? toLocalData(data, market) : data };
    }),
    ...batch.deletes.map((id) => ({ method: 'DELETE', ...place, data: { id } })),
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
    // with its quotation marks and comma, each three characters in an address
    const length = encodeURIComponent(offerId).length + 9;
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
