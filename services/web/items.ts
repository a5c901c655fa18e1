/** Products, items, listings, and a person's overrides. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { ConflictError, InputError, NotFoundError } from '../../catalog/errors.ts';
import { showOriginal } from '../../catalog/image-original.ts';
import { overridableFields, toItems } from '../../catalog/item.ts';
import { listingStatuses } from '../../feeds/listing.ts';
import type { JobContext } from '../../jobs/job.ts';
import { fixItems, type FixOutcome } from '../../jobs/fix-items.ts';
import { readItem } from '../../jobs/read-item.ts';
import { noteChange, type Api } from './endpoint.ts';
import { noteValues, whoIs } from './who.ts';

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
    async run({ params: { catalogId, offerId } }, _req, res) {
      const read = await readItem(catalogId, offerId, ctx);
      res.setHeader('etag', `"${read.revision}"`);
      return read;
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/items/{offerId}/originals/{at}',
    summary: 'The picture at this place (from 0) as it is at the source, made small; fetched anew',
    params: itemParams.extend({ at: z.coerce.number().int().min(0).max(500) }),
    answers: 'image/webp',
    async run({ params: { catalogId, offerId, at } }, _req, res) {
      // by its place, so that nobody can have any other address fetched from here
      const url = (await readItem(catalogId, offerId, ctx)).images[at]?.sourceUrl;
      if (url === undefined) throw new NotFoundError('image_unknown', `"${offerId}" has no picture ${at}.`);
      const localFolder = await catalogs.imageFolder(catalogId);
      const picture = await showOriginal({ url, ...(localFolder === undefined ? {} : { localFolder }) }, ctx);
      res.setHeader('cache-control', 'private, max-age=300');
      res.type('image/webp').send(picture);
    },
  });
  const overrideParams = itemParams.extend({ field: z.enum(overridableFields as [string, ...string[]]) });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/items/{offerId}/overrides/{field}',
    summary: "Set a field of one item; it wins over the source's value and survives every import",
    params: overrideParams,
    body: z.object({ value: z.string().max(20_000) }),
    run: async ({ params: where, body: { value } }, req, res) => change(where, value, req, res),
  });
  api.add({
    method: 'delete',
    path: '/catalogs/{catalogId}/items/{offerId}/overrides/{field}',
    summary: 'Take a value of your own back',
    params: overrideParams,
    run: async ({ params: where }, req, res) => change(where, null, req, res),
  });

  /** With If-Match (the ETag of the item), a change that somebody else made first is not overwritten. */
  async function change(
    { catalogId, offerId, field }: { catalogId: string; offerId: string; field: string },
    value: string | null,
    req: Request,
    res: Response,
  ) {
    const before = await readItem(catalogId, offerId, ctx);
    const wanted = req.headers['if-match']?.replaceAll('"', '');
    if (wanted !== undefined && wanted !== '*' && wanted !== String(before.revision))
      throw changedMeanwhile(field);
    const seen = before.fields.find((one) => one.field === field)?.value ?? null;
    const outcomes: FixOutcome[] = [];
    const act = { catalogId, by: whoIs(res), kind: 'fix' as const };
    // the revision may have moved since it was read above: then the value in the field decides
    const fix = { offerId, field, value, ...(wanted === undefined ? {} : { seen }) };
    const done = await fixItems(act, [[fix]], ctx, (some) => void outcomes.push(...some));
    await noteValues(res, done, ctx);
    const [outcome] = outcomes;
    if (outcome?.outcome === 'refused')
      throw new InputError(
        'override_invalid',
        outcome.message,
        outcome.hint === undefined ? {} : { hint: outcome.hint },
      );
    if (outcome?.outcome === 'conflict') throw changedMeanwhile(field);
    noteChange(res, { before: { [field]: seen }, after: { [field]: value } });
    const { overrides } = await products.findByOfferId(catalogId, offerId);
    return { overrides };
  }
}

const changedMeanwhile = (field: string): ConflictError =>
  new ConflictError('changed_meanwhile', `Somebody else changed the item while you were at its ${field}.`, {
    hint: 'Look at it again, then set your value over theirs or keep theirs.',
  });
