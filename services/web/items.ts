/** Products, items, listings, and a person's overrides. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { InputError } from '../../catalog/errors.ts';
import { overridableFields, toItems } from '../../catalog/item.ts';
import { availabilities, type StoredProduct } from '../../catalog/product.ts';
import { parseMoney } from '../../catalog/money.ts';
import { listingStatuses } from '../../feeds/listing.ts';
import { toRow } from '../../feeds/build-feed.ts';
import type { JobContext } from '../../jobs/job.ts';
import { refreshListings } from '../../jobs/refresh-listings.ts';
import type { Api } from './endpoint.ts';

const params = z.object({ catalogId: catalogIdSchema });
const itemParams = params.extend({ offerId: z.string().max(100) });
const paging = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(400).optional().describe('`next` of the page before'),
});

/** A page and, when it was full, where the next begins. */
function toPage<T extends { id: string }>(items: T[], limit: number): { items: T[]; next?: string } {
  const last = items.length === limit ? items.at(-1) : undefined;
  return { items, ...(last ? { next: last.id } : {}) };
}

export function addItemRoutes(api: Api, ctx: JobContext): void {
  const { catalogs, products, listings } = ctx.stores;

  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/products',
    summary: 'Products in the order of their ids',
    params,
    query: paging,
    run: async ({ params: { catalogId }, query: { limit, cursor } }) =>
      toPage(await products.page(catalogId, limit, cursor), limit),
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/items',
    summary: 'Items as channels see them; `limit` counts their products',
    params,
    query: paging,
    async run({ params: { catalogId }, query: { limit, cursor } }) {
      const catalog = await catalogs.find(catalogId);
      const { items, next } = toPage(await products.page(catalogId, limit, cursor), limit);
      return {
        items: items.flatMap((product) => toItems(product, catalog, ctx.settings.fileUrl)),
        ...(next ? { next } : {}),
      };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/images',
    summary: 'What became of each source image; `limit` counts their products',
    params,
    query: paging,
    async run({ params: { catalogId }, query: { limit, cursor } }) {
      const { items, next } = toPage(await products.page(catalogId, limit, cursor), limit);
      const images = items.flatMap(({ id, prepared }) =>
        Object.values(prepared).map((image) => ({
          productId: id,
          ...image,
          ...(image.key ? { address: ctx.settings.fileUrl(image.key) } : {}),
        })),
      );
      return { items: images, ...(next ? { next } : {}) };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/listings',
    summary: 'Items at channels with their status and issues',
    params,
    query: paging.extend({
      channel: z.string().max(40).optional(),
      status: z.enum(listingStatuses).optional(),
      code: z.string().max(100).optional().describe('Only those with an issue of this code'),
    }),
    async run({ params: { catalogId }, query: { limit, cursor, channel, status, code } }) {
      const filter = {
        ...(channel ? { channel } : {}),
        ...(status ? { status } : {}),
        ...(code ? { code } : {}),
      };
      return toPage(await listings.page(catalogId, filter, limit, cursor), limit);
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/items/{offerId}',
    summary: 'One item: its fields, its value per channel, its listings and their history',
    params: itemParams,
    async run({ params: { catalogId, offerId } }) {
      const catalog = await catalogs.find(catalogId);
      const product = await products.findByOfferId(catalogId, offerId);
      const item = toItems(product, catalog, ctx.settings.fileUrl).find((one) => one.offerId === offerId);
      const preview = Object.fromEntries(
        catalog.channels.flatMap((id) => {
          const channel = ctx.channels.get(id);
          return channel && item ? [[id, toRow(item, channel.feed.columns)]] : [];
        }),
      );
      const own = (await listings.findByProducts(catalogId, [product.id])).filter(
        (one) => one.offerId === offerId,
      );
      return { item, preview, overrides: product.overrides, listings: own };
    },
  });
  const overrideParams = itemParams.extend({ field: z.enum(overridableFields as [string, ...string[]]) });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/items/{offerId}/overrides/{field}',
    summary: "Set a field of one item; it wins over the source's value and survives every import",
    params: overrideParams,
    body: z.object({ value: z.string().max(20_000) }),
    run: async ({ params: where, body: { value } }) => change(where, value),
  });
  api.add({
    method: 'delete',
    path: '/catalogs/{catalogId}/items/{offerId}/overrides/{field}',
    summary: 'Take a value of your own back',
    params: overrideParams,
    run: async ({ params: where }) => change(where, undefined),
  });

  async function change(
    { catalogId, offerId, field }: { catalogId: string; offerId: string; field: string },
    value: string | undefined,
  ) {
    const catalog = await catalogs.find(catalogId);
    const product = await products.findByOfferId(catalogId, offerId);
    const variant = findVariant(product, offerId);
    if (value !== undefined) refuseUnreadable(field, value, catalog);
    const override = { field, variant, value, by: 'api', at: ctx.now() };
    const { overrides } = await products.saveOverride(catalogId, product.sourceId, override);
    await ctx.queue.add(refreshListings, { catalogId });
    return { overrides };
  }
}

function findVariant(product: StoredProduct, offerId: string): string {
  const variant = product.variants.find((one) => one.offerId === offerId);
  if (!variant) throw new InputError('item_unknown', `"${product.title}" has no item "${offerId}".`);
  return variant.sourceId;
}

/** A value that could not be read later is refused now, while the person is there. */
function refuseUnreadable(
  field: string,
  value: string,
  catalog: { currency: string; language: string },
): void {
  if (field === 'availability' && !availabilities.some((one) => one === value))
    throw new InputError('override_invalid', `"${value}" is not an availability.`, {
      hint: `Use one of: ${availabilities.join(', ')}`,
    });
  if (field === 'price' || field === 'salePrice') parseMoney(value, catalog.currency, catalog.language);
}
