import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import { ChannelError, ConfigError, SyncError } from '../catalog/errors.ts';
import type { Item } from '../catalog/item.ts';
import { formatAmount, parseMoney } from '../catalog/money.ts';
import type { ChannelApi, HeldItem } from '../feeds/channel.ts';
import { listingId } from '../feeds/store/listings.ts';
import { emptyFindings, mostNamed, type Finding, type Report } from '../feeds/store/reports.ts';
import { defineJob, type JobContext } from './job.ts';
import { openChannel } from './open-channel.ts';
import { eachFeedItem } from './publish-feed.ts';
import { repairChannel } from './repair-channel.ts';

const pageSize = 500;

/**
 * Lists what a channel holds and compares it with what it should hold. It changes nothing, unless the catalog says that it
 * may; see repair-channel.ts.
 */
export const reconcile = defineJob({
  name: 'reconcile',
  payload: z.object({ catalogId: z.string(), channel: z.string() }),
  attempts: 4,
  key: (p) => `${p.catalogId}:${p.channel}`,
  async run({ catalogId, channel: channelId }, ctx) {
    const open = await openChannel(catalogId, channelId, ctx);
    const report: Report = {
      catalogId, channel: channelId, status: 'running', startedAt: ctx.now(), held: 0, expected: 0,
      findings: emptyFindings(),
    }; // prettier-ignore
    await ctx.stores.reports.save(report);
    try {
      if (!open?.api.list)
        throw new ConfigError(
          'list_unknown',
          `${channelId} does not tell what it holds, or is paused or not connected.`,
        );
      const held = await readHeld(open.api, report, ctx);
      const catalog = await ctx.stores.catalogs.find(catalogId);
      await compare(catalog, held, report, ctx);
      await ctx.stores.reports.save({ ...report, status: 'done', endedAt: ctx.now() });
      if (catalog.repairs === 'automatic' && isAmiss(report))
        await repairChannel(catalogId, channelId, 'setting', ctx);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      await ctx.stores.reports.save({ ...report, status: 'failed', endedAt: ctx.now(), problem });
      if (open && error instanceof ChannelError) return open.pause(error);
      if (!(error instanceof SyncError) || error.next === 'retry') throw error;
    }
  },
});

/** Whether anything is there for a repair: what others put there, and twins, are not ours to change. */
const isAmiss = ({ findings: { missing, price, left } }: Report): boolean =>
  missing.count + price.count + left.count > 0;

function note(finding: Finding, offer: Finding['offers'][number]): void {
  finding.count += 1;
  if (finding.offers.length < mostNamed) finding.offers.push(offer);
}

async function readHeld(api: ChannelApi, report: Report, ctx: JobContext): Promise<Map<string, HeldItem>> {
  const held = new Map<string, HeldItem>();
  for await (const item of api.list?.() ?? []) {
    ctx.signal?.throwIfAborted();
    report.held += 1;
    if (held.has(item.offerId)) note(report.findings.twins, toOffer(item));
    held.set(item.offerId, item);
  }
  return held;
}

const toOffer = ({ offerId, title, price }: HeldItem): Finding['offers'][number] => ({
  offerId,
  ...(title === undefined ? {} : { title }),
  ...(price === undefined ? {} : { there: price }),
});

async function compare(
  catalog: Catalog,
  held: Map<string, HeldItem>,
  report: Report,
  ctx: JobContext,
): Promise<void> {
  const channel = ctx.channels.get(report.channel);
  if (!channel) return;
  const counts = { in: 0, done: 0, skipped: 0, blocked: 0 };
  let page: Item[] = [];
  const flush = async (): Promise<void> => {
    await comparePage(page, catalog, held, report, ctx);
    page = [];
    ctx.signal?.throwIfAborted();
  };
  for await (const items of eachFeedItem(catalog, channel, counts, ctx)) {
    page.push(...items);
    if (page.length >= pageSize) await flush();
  }
  await flush();
  await judgeRest([...held.values()], report, ctx);
}

/** Takes what is accounted for out of `held`. */
async function comparePage(
  items: readonly Item[],
  catalog: Catalog,
  held: Map<string, HeldItem>,
  report: Report,
  ctx: JobContext,
): Promise<void> {
  const id = ({ offerId }: Item): string => listingId(report.catalogId, report.channel, offerId);
  const stored = await ctx.stores.listings.findMany(items.map(id));
  for (const item of items) {
    const there = held.get(item.offerId);
    held.delete(item.offerId);
    // what is on its way, or refused, may or may not be there
    if (stored.get(id(item))?.status !== 'accepted') continue;
    report.expected += 1;
    if (!there) note(report.findings.missing, { offerId: item.offerId, title: item.title });
    else comparePrice(item, there, catalog, report);
  }
}

function comparePrice(item: Item, there: HeldItem, catalog: Catalog, report: Report): void {
  if (there.price === undefined || item.price === undefined) return;
  let minor: number;
  try {
    const money = parseMoney(there.price, catalog.currency, 'en');
    if (money.currency !== item.price.currency) minor = Number.NaN;
    else ({ minor } = money);
  } catch {
    // a text that we cannot read says nothing about the price
    return;
  }
  if (minor === item.price.minor || minor === item.salePrice?.minor) return;
  const here = `${formatAmount(item.price)} ${item.price.currency}`;
  note(report.findings.price, { offerId: item.offerId, title: item.title, here, there: there.price });
}

/** What no item of ours accounts for: known from before, or put there by somebody else. */
async function judgeRest(rest: readonly HeldItem[], report: Report, ctx: JobContext): Promise<void> {
  for (let from = 0; from < rest.length; from += pageSize) {
    const page = rest.slice(from, from + pageSize);
    const id = ({ offerId }: HeldItem): string => listingId(report.catalogId, report.channel, offerId);
    const stored = await ctx.stores.listings.findMany(page.map(id));
    for (const item of page) {
      const listing = stored.get(id(item));
      if (listing === undefined) note(report.findings.foreign, toOffer(item));
      else if (listing.status === 'removed') note(report.findings.left, toOffer(item));
    }
  }
}
