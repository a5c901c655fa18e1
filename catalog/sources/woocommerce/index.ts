/** A WooCommerce shop by its REST API: read page by page, and change by change when the shop calls. */
import type { Catalog } from '../../catalog.ts';
import type { Context } from '../../context.ts';
import { NoAnswerError } from '../../errors.ts';
import type { Bookmark, Read, Source } from '../../source.ts';
import { createClient, type WooCommerceClient } from './client.ts';
import { optionsSchema, type WooCommerceOptions } from './options.ts';
import { eachPage, idOf, type Place } from './pages.ts';
import { readRecords, type Reading } from './products.ts';
import type { ShopUnits } from './to-input.ts';
import { idsOfHints, receive, subscribe } from './webhooks.ts';

export const source: Source<WooCommerceOptions> = {
  id: 'woocommerce',
  title: 'WooCommerce shop',
  options: optionsSchema,
  read,
  async test(options, ctx) {
    await askUnits(createClient(options, ctx));
    return { name: new URL(options.shop).host };
  },
  subscribe: (options, url, ctx) => subscribe(createClient(options, ctx), options, url),
  receive,
  async *readChanges(options, _catalog, hints, ctx) {
    const client = createClient(options, ctx);
    const units = await askUnits(client);
    for (const id of idsOfHints(hints)) {
      const asOf = ctx.now();
      const { body } = await client.get(`products/${id}`);
      const inTrash = (body as { status?: unknown } | undefined)?.status === 'trash';
      if (body === undefined || inTrash) yield { kind: 'gone', sourceId: String(id) };
      else {
        const { reads, whole } = await readRecords({ client, units }, [body], asOf);
        // the call is not done with before all of the product has come
        if (!whole)
          throw new NoAnswerError('woocommerce_no_answer', `The shop gave product ${id} without all of it.`);
        yield* reads.filter(({ kind }) => kind !== 'present');
      }
    }
  },
};

async function askUnits(client: WooCommerceClient): Promise<ShopUnits> {
  const ask = async (path: string): Promise<string> => {
    const { body } = await client.get(path);
    const value = (body as { value?: unknown } | undefined)?.value;
    if (typeof value !== 'string')
      throw new NoAnswerError('woocommerce_no_answer', `The shop does not tell its setting ${path}.`);
    return value;
  };
  return {
    currency: await ask('settings/general/woocommerce_currency'),
    weight: await ask('settings/products/woocommerce_weight_unit'),
  };
}

/** `since`: the last complete read saw all up to then. The others: a read that was killed goes on there. */
interface WooCommerceBookmark extends Partial<Place> {
  since?: string;
  startedAt?: string;
  /** Before the kill something was left out that the shop did not give whole. */
  partial?: boolean;
}

/** The shop's clock may be behind ours: what changed in this time is asked for twice. */
const overlapMs = 5 * 60_000;

/**
 * Without `since` everything is read; with it, what changed since then. Either way all ids are listed after it: only
 * what a whole list does not name is gone.
 */
async function* read(
  options: WooCommerceOptions,
  _catalog: Catalog,
  from: Bookmark | undefined,
  ctx: Context,
): AsyncGenerator<Read, void> {
  const client = createClient(options, ctx);
  const units = await askUnits(client);
  const {
    since,
    startedAt = ctx.now().toISOString(),
    offset = 0,
    lastId = 0,
    partial = false,
  } = (from ?? {}) as WooCommerceBookmark;
  const title = `WooCommerce shop ${new URL(options.shop).host}`;
  yield { kind: 'found', format: 'woocommerce-api', title, details: { currency: units.currency } };
  const kept = { ...(since === undefined ? {} : { since }), startedAt };
  const place = { offset, lastId, partial };
  const whole = yield* readPages({ client, units }, kept, place, ctx);
  const listed = whole && (yield* listPresent(client));
  if (!listed)
    ctx.log.warn('the shop gave less than it says to have: what came is kept, and nothing is removed');
  const next = new Date(Date.parse(startedAt) - overlapMs).toISOString();
  yield { kind: 'end', complete: listed, ...(listed ? { bookmark: { since: next } } : {}) };
}

async function* readPages(
  reading: Reading,
  kept: { since?: string; startedAt: string },
  from: Place & { partial: boolean },
  ctx: Context,
): AsyncGenerator<Read, boolean> {
  const changed: Record<string, string> =
    kept.since === undefined
      ? {}
      : { modified_after: kept.since.replace(/\.\d+Z$/, ''), dates_are_gmt: 'true' };
  let whole = !from.partial;
  let asOf = ctx.now();
  for await (const { records, offset, lastId, complete } of eachPage(
    reading.client,
    'products',
    changed,
    from,
  )) {
    const page = await readRecords(reading, records, asOf);
    yield* page.reads;
    whole &&= complete && page.whole;
    yield { kind: 'bookmark', bookmark: { ...kept, offset, lastId, ...(whole ? {} : { partial: true }) } };
    asOf = ctx.now();
  }
  return whole;
}

/** All that the shop has, by id. False when the list is not whole, so that nothing may be taken for gone. */
async function* listPresent(client: WooCommerceClient): AsyncGenerator<Read, boolean> {
  let whole = true;
  for await (const { records, complete } of eachPage(client, 'products', { _fields: 'id' })) {
    whole &&= complete;
    for (const record of records) {
      const id = idOf(record);
      if (id === undefined) whole = false;
      else yield { kind: 'present', sourceId: String(id) };
    }
  }
  return whole;
}
