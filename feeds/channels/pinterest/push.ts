/** Pinterest's catalog over API v5: items in batches, what became of them, what it holds. */
import { z } from 'zod';
import { BusyError, InputError, SyncError, TooLargeError } from '../../../catalog/errors.ts';
import { formatAmount, parseMoney } from '../../../catalog/money.ts';
import { readAs } from '../../answers.ts';
import { toRow } from '../../build-feed.ts';
import type { Batch, ChannelApi, HeldItem, PushApi } from '../../channel.ts';
import type { ItemOutcome } from '../../listing.ts';
import type { PinterestClient } from './client.ts';
import { feed } from './feed.ts';
import { batchLimits } from './limits.ts';
import { toItem } from './request.ts';
import { batchSchema, itemsSchema, toBatchOutcomes, toIssue, toReviewOutcome } from './verdicts.ts';

/** A batch of a thousand items is taken in within seconds; the limit is for a slow day. */
const sendTimeoutMs = 120_000;
/** Pinterest skipped the batch as one it got just now; a minute later it is another. */
const duplicateWaitMs = 60_000;
const pageSize = 250;

const catalogsSchema = z.object({
  items: z.array(z.object({ id: z.coerce.string(), name: z.string().nullish(), catalog_type: z.string() })),
});
const productsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        item_id: z.coerce.string(),
        availability: z.string().nullish(),
        price: z.number().nullish(),
        currency: z.string().nullish(),
      }),
      pin: z.object({ title: z.string().nullish(), link: z.string().nullish() }).nullish(),
    }),
  ),
  bookmark: z.string().nullish(),
});

export function createPush(
  client: PinterestClient,
): PushApi & Required<Pick<ChannelApi, 'check' | 'review' | 'list'>> {
  const { options } = client;
  const place = { country: options.country, language: options.locale };
  const catalog = options.catalogId === undefined ? {} : { catalog_id: options.catalogId };

  async function send(batch: Batch): Promise<{ handle?: string; outcomes: ItemOutcome[] }> {
    const offerIds = [...batch.upserts.map(({ offerId }) => offerId), ...batch.deletes];
    if (offerIds.length === 0) return { outcomes: [] };
    const time = client.now();
    const body = {
      catalog_type: 'RETAIL', ...place, ...catalog,
      items: [
        ...batch.upserts.map((item) => toItem(toRow(item, feed.columns), options.operation, time)),
        // with a time, so that an older write on its way does not bring the item back
        ...batch.deletes.map((id) => ({ operation: 'DELETE', item_id: id, last_updated_time: time })),
      ],
    }; // prettier-ignore
    const isSingle = offerIds.length === 1;
    const mostBytes = isSingle ? Infinity : batchLimits.requestBytes;
    let answer: unknown;
    try {
      answer = await client.ask('/catalogs/items/batch', { method: 'POST', body, mostBytes, timeoutMs: sendTimeoutMs });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // "Schema violations refuse the whole batch and name the first problem only": halving finds the item.
      if (!isSingle) throw new TooLargeError('pinterest_batch_refused', error.message, { cause: error });
      return { outcomes: offerIds.map((offerId) => refuse(offerId, error.message)) };
    }
    return readSent(offerIds, answer);
  } // prettier-ignore

  function readSent(offerIds: readonly string[], answer: unknown): { handle?: string; outcomes: ItemOutcome[] } {
    const batch = readAs(batchSchema, answer, 'Pinterest');
    const outcomes = toBatchOutcomes(batch, offerIds);
    if (outcomes !== 'working') return { outcomes };
    if (batch.batch_id !== undefined && batch.created_time !== null)
      return {
        handle: batch.batch_id,
        outcomes: offerIds.map((offerId) => ({ offerId, verdict: 'working', issues: [] })),
      };
    throw new BusyError('pinterest_duplicate', 'Pinterest skipped the batch as a recent duplicate.', {
      retryAfterMs: duplicateWaitMs,
    });
  } // prettier-ignore

  async function check(handle: string, offerIds: readonly string[]): Promise<ItemOutcome[] | 'working'> {
    const batch = await client.read(batchSchema, `/catalogs/items/batch/${encodeURIComponent(handle)}`);
    return toBatchOutcomes(batch, offerIds);
  }

  async function review(offerIds: readonly string[]): Promise<ItemOutcome[]> {
    const outcomes: ItemOutcome[] = [];
    for (let from = 0; from < offerIds.length; from += batchLimits.items) {
      const page = offerIds.slice(from, from + batchLimits.items);
      const filters = { catalog_type: 'RETAIL', ...catalog, item_ids: page };
      const body = { ...place, filters };
      const { items } = await client.read(itemsSchema, '/catalogs/items', { method: 'POST', body });
      const byId = new Map(items.flatMap((item) => (item.item_id ? [[item.item_id, item] as const] : [])));
      for (const offerId of page) outcomes.push(toReviewOutcome(offerId, byId.get(offerId)));
    }
    return outcomes;
  }

  /** By availability, which every item has: Pinterest lists nothing without a filter. */
  async function* list(): AsyncIterable<HeldItem> {
    const body = {
      catalog_type: 'RETAIL', catalog_id: options.catalogId ?? (await findCatalog())?.id, country: options.country,
      locale: options.locale, filters: { any_of: [{ AVAILABILITY: { values: ['IN_STOCK', 'OUT_OF_STOCK', 'PREORDER'] } }] },
    }; // prettier-ignore
    let bookmark: string | undefined;
    do {
      const query = { page_size: String(pageSize), bookmark };
      const page = await client.read(productsSchema, '/catalogs/products/get_by_product_group_filters', {
        method: 'POST', query, body,
      }); // prettier-ignore
      yield* page.items.map(toHeld);
      bookmark = page.bookmark ?? undefined;
    } while (bookmark !== undefined);
  }

  async function findCatalog() {
    const { items } = await client.read(catalogsSchema, '/catalogs', { query: { page_size: String(pageSize) } });
    const wanted = options.catalogId;
    return items.find(({ id, catalog_type: type }) => (wanted === undefined ? type === 'RETAIL' : id === wanted));
  } // prettier-ignore

  return {
    send,
    check,
    review,
    list,
    async test() {
      const found = await findCatalog();
      if (found === undefined && options.catalogId !== undefined)
        throw new InputError('pinterest_catalog_unknown', `Pinterest shows this token no catalog ${options.catalogId}.`, {
          hint: 'Check the catalog id, and that the account may manage this catalog.',
        }); // prettier-ignore
      return { name: found?.name ?? 'Pinterest' };
    },
  };
}

const refuse = (offerId: string, message: string): ItemOutcome => ({
  offerId,
  verdict: 'rejected',
  issues: [toIssue({ message: message.replace(/^Pinterest says: /, '') }, 'error')],
});

function toHeld({ metadata, pin }: z.infer<typeof productsSchema>['items'][number]): HeldItem {
  const { item_id: offerId, availability, price, currency } = metadata;
  const held: HeldItem = { offerId };
  if (pin?.title) held.title = pin.title;
  if (pin?.link) held.link = pin.link;
  if (availability) held.availability = availability.toLowerCase().replaceAll('_', ' ');
  if (typeof price === 'number' && currency) held.price = toPriceText(price, currency);
  return held;
}

/** Pinterest tells a number; ours has the decimals of its currency. */
function toPriceText(price: number, currency: string): string {
  try {
    return `${formatAmount(parseMoney(String(price), currency, 'en'))} ${currency}`;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return `${price} ${currency}`;
  }
}
