/** TikTok's catalog over the API for Business: uploads and deletions as tasks, their logs, the audit, what it holds. */
import { z } from 'zod';
import { BusyError, InputError, NotFoundError, SyncError, TooLargeError } from '../../../catalog/errors.ts';
import { formatAmount, parseMoney } from '../../../catalog/money.ts';
import { toRow } from '../../build-feed.ts';
import type { Batch, ChannelApi, HeldItem, PushApi, Sent } from '../../channel.ts';
import { offerUnknown, type ItemOutcome } from '../../listing.ts';
import type { TiktokClient } from './client.ts';
import { feed } from './feed.ts';
import { batchLimits, readLimits } from './limits.ts';
import { toProduct } from './request.ts';
import { readLog, toNamed } from './task-log.ts';
import { productsSchema, toReviewOutcome, type Product } from './verdicts.ts';

const sendTimeoutMs = 180_000;
const hour = 3_600_000;

const taskSchema = z.object({ feed_log_id: z.coerce.string() });
const catalogsSchema = z.object({
  list: z.array(z.object({ catalog_id: z.coerce.string(), catalog_name: z.string().nullish() })).default([]),
});

export function createPush(
  client: TiktokClient,
): PushApi & Required<Pick<ChannelApi, 'check' | 'review' | 'list'>> {
  const { options, now } = client;
  const ofFeed = options.feedId === undefined ? {} : { feed_id: options.feedId };
  /** When this hour's uploads were made: TikTok counts 1,000 for each catalog and names no rest. */
  let uploads: number[] = [];

  async function send(batch: Batch): Promise<Sent> {
    const offerIds = [...batch.upserts.map(({ offerId }) => offerId), ...batch.deletes];
    if (offerIds.length === 0) return { outcomes: [] };
    const tasks: string[] = [];
    let sent = 0;
    try {
      if (batch.upserts.length > 0) tasks.push(await upload(batch));
      sent = batch.upserts.length;
      for (; sent < offerIds.length; sent += batchLimits.deletions)
        tasks.push(await remove(offerIds.slice(sent, sent + batchLimits.deletions)));
    } catch (error) {
      // what the first calls took in is followed up; only the rest goes again
      if (tasks.length > 0 && error instanceof SyncError)
        return { ...toSent(tasks, offerIds.slice(0, sent)), unsent: { offerIds: offerIds.slice(sent), error } };
      if (!(error instanceof InputError)) throw error;
      // TikTok does not say which item it means: halving the batch finds it.
      if (offerIds.length > 1) throw new TooLargeError('tiktok_batch_refused', error.message, { cause: error });
      return { outcomes: offerIds.map((offerId) => toNamed(offerId, 'refused_by_tiktok', error.message)) };
    }
    return toSent(tasks, offerIds);
  } // prettier-ignore

  const toSent = (tasks: readonly string[], offerIds: readonly string[]): Sent => ({
    handle: tasks.join(','),
    outcomes: offerIds.map((offerId) => ({ offerId, verdict: 'working', issues: [] })),
  });

  async function upload(batch: Batch): Promise<string> {
    uploads = uploads.filter((at) => at > now() - hour);
    const [first] = uploads;
    if (first !== undefined && uploads.length >= batchLimits.uploadsPerHour)
      throw new BusyError('tiktok_hour_full', "This hour's uploads to TikTok's catalog are used.", {
        retryAfterMs: first + hour - now(),
      });
    const products = batch.upserts.map((item) => toProduct(toRow(item, feed.columns)));
    uploads.push(now());
    const mostBytes = products.length > 1 ? batchLimits.requestBytes : Infinity;
    const limits = { timeoutMs: sendTimeoutMs, mostBytes };
    return (await client.post('/catalog/product/upload/', taskSchema, { ...ofFeed, products }, limits)).feed_log_id;
  } // prettier-ignore

  const remove = async (skuIds: readonly string[]): Promise<string> =>
    (await client.post('/catalog/product/delete/', taskSchema, { ...ofFeed, sku_ids: skuIds }, { timeoutMs: sendTimeoutMs }))
      .feed_log_id; // prettier-ignore

  async function check(handle: string, offerIds: readonly string[]): Promise<ItemOutcome[] | 'working'> {
    const outcomes = new Map<string, ItemOutcome>();
    let unnamed = 0;
    for (const task of handle.split(',')) {
      const said = await readLog(client, task);
      if (said === 'working') return 'working';
      for (const outcome of said.outcomes) outcomes.set(outcome.offerId, outcome);
      unnamed += said.unnamed;
      // nothing of this task was worked, and no item is to blame: the batch goes again
      if (said.isFailed && said.outcomes.length === 0)
        throw new NotFoundError('handle_unknown', 'TikTok could not work on the batch.');
    }
    const silent = offerIds.filter((offerId) => !outcomes.has(offerId));
    // some items failed that TikTok names nowhere: those it does not hold
    if (unnamed > 0)
      for (const [offerId, product] of await findProducts(silent))
        if (product === undefined)
          outcomes.set(offerId, toNamed(offerId, offerUnknown, 'TikTok refused the item and did not say why.'));
    return offerIds.map((offerId) => outcomes.get(offerId) ?? { offerId, verdict: 'accepted', issues: [] });
  } // prettier-ignore

  /** What TikTok holds of these items; undefined for what it does not. */
  async function findProducts(offerIds: readonly string[]): Promise<Map<string, Product | undefined>> {
    const found = new Map<string, Product | undefined>(offerIds.map((id) => [id, undefined]));
    for (const page of toPages(offerIds)) {
      const query = { sku_ids: JSON.stringify(page), page: '1', page_size: String(readLimits.page) };
      const answer = await client.get('/catalog/product/get/', productsSchema, query);
      for (const product of answer.list) if (found.has(product.sku_id)) found.set(product.sku_id, product);
    }
    return found;
  }

  async function review(offerIds: readonly string[]): Promise<ItemOutcome[]> {
    const found = await findProducts(offerIds);
    // lists lag behind tasks, so an item that is not there yet is not lost
    return [...found].map(([offerId, product]) =>
      product ? toReviewOutcome(product) : { offerId, verdict: 'working', issues: [] },
    );
  }

  async function* list(): AsyncIterable<HeldItem> {
    for (let page = 1; ; page++) {
      const query = { page: String(page), page_size: String(readLimits.page) };
      const { list: products, page_info: info } = await client.get('/catalog/product/get/', productsSchema, query);
      // a list that breaks off would make everything after it look missing
      if ((info?.total_number ?? 0) > readLimits.reach)
        throw new InputError('tiktok_list_limited', `TikTok lists the first ${readLimits.reach} items of a catalog only.`, {
          hint: 'Use a catalog for each country, or part of the shop.',
        });
      yield* products.map(toHeld);
      if (products.length < readLimits.page || page >= (info?.total_page ?? Infinity)) return;
    }
  } // prettier-ignore

  return {
    send,
    check,
    review,
    list,
    async test() {
      const { list: catalogs } = await client.get('/catalog/get/', catalogsSchema);
      const found = catalogs.find(({ catalog_id: id }) => id === options.catalogId);
      if (found) return { name: found.catalog_name ?? options.catalogId };
      throw new InputError('tiktok_catalog_unknown', `TikTok shows this token no catalog ${options.catalogId}.`, {
        hint: 'Check the ids of the Business Center and the catalog, and that the account may manage the catalog.',
      });
    },
  }; // prettier-ignore
}

function toHeld({ sku_id: offerId, title, availability, price_info: money, landing_page: page }: Product): HeldItem {
  const held: HeldItem = { offerId };
  if (title) held.title = title;
  if (availability) held.availability = availability.toLowerCase().replaceAll('_', ' ');
  if (page?.landing_page_url) held.link = page.landing_page_url;
  if (typeof money?.price === 'number' && money.currency) held.price = toPriceText(money.price, money.currency);
  return held;
} // prettier-ignore

/** TikTok tells a number; ours has the decimals of its currency. */
function toPriceText(price: number, currency: string): string {
  try {
    return `${formatAmount(parseMoney(String(price), currency, 'en'))} ${currency}`;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return `${price} ${currency}`;
  }
}

/** Ids stand in the address, and addresses longer than some 8,000 characters are refused on the way. */
function toPages(offerIds: readonly string[]): string[][] {
  const all: string[][] = [];
  let characters = Infinity;
  for (const offerId of offerIds) {
    const length = encodeURIComponent(offerId).length + 9;
    if (characters + length > readLimits.address || (all.at(-1)?.length ?? 0) >= readLimits.page) {
      all.push([]);
      characters = 0;
    }
    all.at(-1)?.push(offerId);
    characters += length;
  }
  return all;
}
