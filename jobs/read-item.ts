/** All that is known of one item: fields with their origin, images, each channel's view of it, and what happened. */
import { NotFoundError } from '../catalog/errors.ts';
import { overridableFields, toItems, type Item } from '../catalog/item.ts';
import { findOverride, readField } from '../catalog/item-field.ts';
import type { Override, StoredProduct, Variant } from '../catalog/product.ts';
import { toRow } from '../feeds/build-feed.ts';
import type { Listing, ListingEvent } from '../feeds/listing.ts';
import type { Change, ChangeEntry } from '../catalog/store/changes.ts';
import { listingId } from '../feeds/store/listings.ts';
import type { JobContext } from './job.ts';

/** Where a field's value comes from. */
export interface FieldOrigin {
  /**
   * `supplement`: a second source, named by `by`; `variant`, `product`: from the source of the products; `catalog`: a
   * default of the catalog; `none`: the field is empty.
   */
  from: 'override' | 'supplement' | 'variant' | 'product' | 'catalog' | 'none';
  by?: string;
  at?: Date;
  /** Under an override: what the sources say. Under a second source: what that of the products says. */
  source?: string;
}

export interface ItemField {
  field: string;
  value?: string;
  origin: FieldOrigin;
}

export interface ItemImageView {
  /** Address at the source. */
  sourceUrl: string;
  original?: { width: number; height: number; format: string; bytes: number };
  prepared?: { url: string; width: number; height: number; bytes: number; format: string };
  /** Why there is no rendition. */
  problem?: string;
  checkedAt: Date;
}

export interface TimelineEvent {
  at: Date;
  kind: 'seen' | 'listing' | 'change';
  channel?: string;
  status?: ListingEvent['status'];
  handle?: string;
  note?: string;
  change?: { id: string; kind: Change['kind']; by: string; undone: boolean; entries: ChangeEntry[] };
}

const changesShown = 50;

export async function readItem(catalogId: string, offerId: string, ctx: JobContext) {
  const { catalogs, products, listings, changes, cards } = ctx.stores;
  const catalog = await catalogs.find(catalogId);
  const product = await products.findByOfferId(catalogId, offerId);
  const plain = { ...product, overrides: [] };
  const read = (of: StoredProduct): Item[] => toItems(of, catalog, ctx.settings.fileUrl);
  const items = read(product);
  const item = items.find((one) => one.offerId === offerId);
  const source = read(plain).find((one) => one.offerId === offerId);
  const { supplements: _, ...bare } = plain;
  const main = read(bare).find((one) => one.offerId === offerId);
  const variant = product.variants.find((one) => one.offerId === offerId);
  if (!item || !source || !main || !variant)
    throw new NotFoundError('item_unknown', `There is no item "${offerId}".`);
  const [stored, done, card] = await Promise.all([
    listings.findMany([...ctx.channels.keys()].map((channel) => listingId(catalogId, channel, offerId))),
    changes.ofItem(catalogId, offerId, changesShown),
    cards.find(catalogId, offerId),
  ]);
  const own = [...stored.values()]
    .map(({ stamp: _stamp, ...listing }): Listing => listing)
    .sort((a, b) => (a.channel < b.channel ? -1 : 1));
  return {
    item,
    /** Raised with every change: send it back as If-Match to be told when somebody was faster. */
    revision: product.revision,
    changedAt: product.updatedAt,
    fields: overridableFields.map((field) => toField(field, { item, source, main }, product, variant)),
    ...(item.quantity === undefined ? {} : { stock: toStock(item, main) }),
    images: toImages(product, variant, ctx),
    channels: catalog.channels.map((id) => {
      const channel = ctx.channels.get(id);
      const listing = own.find((one) => one.channel === id);
      return {
        channel: id,
        title: channel?.title ?? id,
        ...(channel ? { row: toRow(item, channel.feed.columns) } : {}),
        ...(listing ? { listing } : {}),
      };
    }),
    siblings: items.map((one) => ({
      offerId: one.offerId,
      choice: one.options.map(({ value }) => value).join(' / '),
    })),
    problems: card?.problems ?? [],
    timeline: toTimeline(product, own, done),
  };
}

/** Beside the fields that a person may set: how many there are, and who says so. */
const toStock = (item: Item, main: Item): ItemField => ({
  field: 'quantity',
  value: String(item.quantity),
  origin: toSupplied(item, 'quantity', main.quantity?.toString()) ?? { from: 'variant' },
});

function toSupplied(item: Item, field: string, said: string | undefined): FieldOrigin | undefined {
  const by = item.supplied?.[field];
  return by === undefined
    ? undefined
    : { from: 'supplement', by, ...(said === undefined ? {} : { source: said }) };
}

function toField(
  field: string,
  { item, source, main }: { item: Item; source: Item; main: Item },
  product: StoredProduct,
  variant: Variant,
): ItemField {
  const value = readField(item, field);
  const override = item.overridden.includes(field)
    ? findOverride(product, variant.sourceId, field)
    : undefined;
  const origin = override
    ? toOverridden(override, readField(source, field))
    : (toSupplied(item, field, readField(main, field)) ?? toSourced(field, value, product, variant));
  return { field, origin, ...(value === undefined ? {} : { value }) };
}

const toOverridden = ({ by, at }: Override, source: string | undefined): FieldOrigin => ({
  from: 'override', by, at, ...(source === undefined ? {} : { source }),
}); // prettier-ignore

const ofVariants: readonly string[] = ['gtin', 'availability', 'price', 'salePrice'];

function toSourced(
  field: string,
  value: string | undefined,
  product: StoredProduct,
  variant: Variant,
): FieldOrigin {
  if (value === undefined || value === '') return { from: 'none' };
  const has = (attributes: Readonly<Record<string, string | undefined>>): boolean =>
    attributes[field] !== undefined;
  if (ofVariants.includes(field) || has(variant.attributes) || (field === 'link' && variant.link)) return { from: 'variant' }; // prettier-ignore
  const given = has(product.attributes) || ['title', 'description'].includes(field);
  if (given || (field === 'brand' && product.brand !== undefined) || (field === 'link' && product.link)) return { from: 'product' }; // prettier-ignore
  return { from: 'catalog' };
}

function toImages(product: StoredProduct, variant: Variant, ctx: JobContext): ItemImageView[] {
  const own = variant.imageUrl === undefined ? [] : [variant.imageUrl];
  const urls = new Set([...own, ...product.images.map(({ url }) => url)]);
  return [...urls].flatMap((sourceUrl): ItemImageView | [] => {
    const image = product.prepared[sourceUrl];
    if (!image) return [];
    const { key, width, height, bytes, format, original, issue, checkedAt } = image;
    const isReady = key !== undefined && width !== undefined && height !== undefined;
    return {
      sourceUrl,
      checkedAt,
      ...(original ? { original } : {}),
      ...(isReady ? { prepared: { url: ctx.settings.fileUrl(key), width, height, bytes: bytes ?? 0, format: format ?? 'jpeg' } } : {}), // prettier-ignore
      ...(issue ? { problem: issue.message } : {}),
    };
  });
}

/** The newest first. */
function toTimeline(
  product: StoredProduct,
  listings: readonly Listing[],
  changes: readonly (Change & { entries: ChangeEntry[] })[],
): TimelineEvent[] {
  const events: TimelineEvent[] = [{ at: product.createdAt, kind: 'seen' }];
  for (const { channel, history } of listings)
    for (const event of history) events.push({ ...event, kind: 'listing', channel });
  for (const { id, kind, by, at, undoneBy, entries } of changes)
    events.push({ at, kind: 'change', change: { id, kind, by, undone: undoneBy !== undefined, entries } });
  return events.sort((a, b) => b.at.getTime() - a.at.getTime());
}
