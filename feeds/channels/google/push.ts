/** Google's catalog over the Merchant API: product inputs in, processed products with their issues out. */
import { randomUUID } from 'node:crypto';
import type { Http } from '../../../catalog/context.ts';
import { BusyError, ChannelError, NotFoundError, SyncError } from '../../../catalog/errors.ts';
import { formatAmount } from '../../../catalog/money.ts';
import type { Item } from '../../../catalog/item.ts';
import type { Batch, ChannelApi, HeldItem, Sent } from '../../channel.ts';
import type { ItemOutcome } from '../../listing.ts';
import { readAs, RefusedError } from './answers.ts';
import { createClient } from './client.ts';
import { createDataSources } from './data-sources.ts';
import type { GoogleOptions } from './index.ts';
import { toPatch, toProductInput, toSegment, type Market, type ProductInput } from './input.ts';
import { createReview } from './review.ts';
import { productsSchema, toRefusal, type Product } from './verdicts.ts';

type Keep = (changed: Partial<GoogleOptions>) => Promise<void>;

export function connectGoogle(
  options: GoogleOptions,
  http: Http,
  keep: Keep,
  now: () => number = Date.now,
): ChannelApi {
  const client = createClient(options, http, now);
  const { account, ask, eachPaced } = client;
  const review = createReview(client);
  const sources = createDataSources(client, options, keep);
  let market: Partial<Market> = { ...pick(options) };

  /** Which list of products an item belongs to: as a person chose, else as the catalog's country and language say. */
  function marketOf(item: Item): Market {
    return {
      contentLanguage: market.contentLanguage ?? item.language.slice(0, 2).toLowerCase(),
      feedLabel: market.feedLabel ?? item.country,
    };
  }

  /** A take-down has no item, so the market of the first one sent is kept: at Google it never changes. */
  async function learnMarket([item]: readonly Item[]): Promise<Market> {
    if (item && (market.contentLanguage === undefined || market.feedLabel === undefined)) {
      market = marketOf(item);
      await keep(market);
    }
    const { contentLanguage, feedLabel } = market;
    if (contentLanguage === undefined || feedLabel === undefined)
      throw new ChannelError('google_market_unknown', 'It is not known in which language and under which label the items are at Google.', {
        hint: 'Connect Google again and fill in content language and feed label.',
      }); // prettier-ignore
    return { contentLanguage, feedLabel };
  }

  async function send(batch: Batch): Promise<Sent> {
    const entries = [
      ...batch.upserts.map((item) => ({ offerId: item.offerId, item })),
      ...batch.deletes.map((offerId) => ({ offerId, item: undefined })),
    ];
    if (entries.length === 0) return { outcomes: [] };
    const known = await learnMarket(batch.upserts);
    const source = encodeURIComponent(await sources.ownName());
    const outcomes = new Map<string, ItemOutcome>();
    const failed = new Map<string, SyncError>();
    let halt: SyncError | undefined;

    await eachPaced(entries, async ({ offerId, item }) => {
      try {
        // Google has asked us to wait, or lets us in no more: the rest of the batch goes later
        if (halt) throw halt;
        outcomes.set(
          offerId,
          await sendOne(offerId, item, known, source, batch.patchable?.has(offerId) ?? false),
        );
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        failed.set(offerId, error);
        if (error instanceof BusyError || (error instanceof ChannelError && !isOfOne(error))) halt ??= error;
      }
    });
    await settleForbidden(failed, outcomes);
    const [first] = failed.values();
    // sending twice is harmless, so what failed is said to be unsent even if it may have arrived
    if (first && outcomes.size === 0) throw halt ?? first;
    const isWaiting = [...outcomes.values()].some(({ verdict }) => verdict === 'working');
    return {
      outcomes: [...outcomes.values()],
      ...(isWaiting ? { handle: randomUUID() } : {}),
      ...(first ? { unsent: { offerIds: [...failed.keys()], error: halt ?? first } } : {}),
    };
  }

  async function sendOne(
    offerId: string,
    item: Item | undefined,
    known: Market,
    source: string,
    isPatchable: boolean,
  ): Promise<ItemOutcome> {
    try {
      if (item) {
        const input = toProductInput(item, known);
        if (isPatchable && (await patched(input, source))) return { offerId, verdict: 'working', issues: [] };
        await ask('POST', `/products/v1/${account}/productInputs:insert?dataSource=${source}`, input);
        return { offerId, verdict: 'working', issues: [] };
      }
      const name = toSegment(offerId, known);
      await ask('DELETE', `/products/v1/${account}/productInputs/${name}?dataSource=${source}`);
    } catch (error) {
      if (error instanceof RefusedError) return toRefusal(offerId, error);
      if (!(error instanceof NotFoundError)) throw error;
      // what is not there need not be taken down; an insert means that the data source is gone
      if (item) throw sources.lost(error);
    }
    return { offerId, verdict: 'accepted', issues: [] };
  }

  /** Sends what changes often alone. False where Google does not have the rest, or refuses: then the whole item goes, and is judged. */
  async function patched(input: ProductInput, source: string): Promise<boolean> {
    const { body, updateMask } = toPatch(input);
    const query = `dataSource=${source}&updateMask=${updateMask}`;
    try {
      await ask(
        'PATCH',
        `/products/v1/${account}/productInputs/${toSegment(input.offerId, input)}?${query}`,
        body,
      );
      return true;
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof RefusedError) return false;
      throw error;
    }
  }

  /** A 403 is about the item when others got through, or when Google still tells us of our data source. */
  async function settleForbidden(
    failed: Map<string, SyncError>,
    outcomes: Map<string, ItemOutcome>,
  ): Promise<void> {
    const forbidden = [...failed].filter(([, error]) => isOfOne(error));
    const [first] = forbidden;
    if (!first) return;
    if (outcomes.size === 0) await sources.check();
    for (const [offerId, error] of forbidden) {
      failed.delete(offerId);
      const refusal = new RefusedError(error.message, { code: 403, message: error.message, status: '' });
      outcomes.set(offerId, toRefusal(offerId, refusal));
    }
  }

  async function* list(): AsyncGenerator<HeldItem> {
    const own = await sources.ownName();
    let pageToken = '';
    do {
      const query = new URLSearchParams({ pageSize: '1000', ...(pageToken ? { pageToken } : {}) });
      const answer = await ask('GET', `/products/v1/${account}/products?${query.toString()}`);
      const { products, nextPageToken = '' } = readAs(productsSchema, answer);
      for (const product of products) yield toHeld(product, own);
      pageToken = nextPageToken;
    } while (pageToken !== '');
  }

  return {
    send,
    review: async (offerIds) => review(offerIds, await learnMarket([])),
    list,
    registerFeed: sources.registerFeed,
    fetchFeed: sources.fetchFeed,
    feedResult: sources.feedResult,
    async test() {
      return { name: `${options.merchantId}: ${await sources.check()}` };
    },
  };
}

const pick = ({ contentLanguage, feedLabel }: GoogleOptions): Partial<Market> => ({
  ...(contentLanguage === undefined ? {} : { contentLanguage }),
  ...(feedLabel === undefined ? {} : { feedLabel }),
});

const isOfOne = (error: SyncError): boolean =>
  error instanceof ChannelError && error.code === 'google_permission_missing';

function toHeld(product: Product, own: string): HeldItem {
  const { title, link, availability, price } = product.productAttributes;
  const held: HeldItem = { offerId: product.offerId, ours: product.dataSource === own };
  if (title !== undefined) held.title = title;
  if (link !== undefined) held.link = link;
  if (availability !== undefined) held.availability = availability.toLowerCase();
  if (price !== undefined) held.price = toPrice(price.amountMicros, price.currencyCode);
  return held;
}

/** Millionths as `9.99 EUR`, as the feed has it. */
function toPrice(micros: string, currency: string): string {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2; // prettier-ignore
  const minor = Math.round(Number(micros) / 10 ** (6 - digits));
  return `${formatAmount({ minor, currency })} ${currency}`;
}
