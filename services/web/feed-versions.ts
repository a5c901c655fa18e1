/** The kept versions of a channel's feed: what differs between two, going back to one, and on again. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { eachDifference, goBack, letGoOn, listKept, pageDifference } from '../../jobs/feed-versions.ts';
import type { JobContext } from '../../jobs/job.ts';
import type { Api } from './endpoint.ts';
import { whoIs } from './who.ts';

const feedParams = z.object({ catalogId: catalogIdSchema, channel: z.string().max(40) });
const version = z.string().regex(/^\d{8}T\d{9}Z$/, 'a version as the list of versions names it');
const between = z.object({ from: version, to: version });

export function addFeedVersionRoutes(api: Api, ctx: JobContext): void {
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/feeds/{channel}/versions',
    summary:
      'The versions of the feed that are kept, the newest first, and the one that a person went back to',
    params: feedParams,
    async run({ params: { catalogId, channel } }) {
      const items = await listKept(catalogId, channel, ctx);
      const pin = await ctx.stores.feedVersions.findPin(catalogId, channel);
      return { items, ...(pin ? { pin } : {}) };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/feeds/{channel}/difference',
    summary: 'What differs between two versions: counts, and item by item with the fields, a page at a time',
    params: feedParams,
    query: between.extend({
      after: z.coerce.number().int().min(0).default(0).describe('`next` of the page before'),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    run: async ({ params, query: { from, to, after, limit } }) =>
      pageDifference({ ...params, from, to }, { after, limit }, ctx),
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/feeds/{channel}/difference.ndjson',
    summary: 'The whole difference as a stream, an item a line',
    params: feedParams,
    query: between,
    answers: 'application/x-ndjson',
    async run({ params: { catalogId, channel }, query: { from, to } }, _req, res) {
      const changes = eachDifference(catalogId, channel, from, to, ctx);
      // an unknown version is refused before the answer begins
      const first = await changes.next();
      res.type('application/x-ndjson');
      await pipeline(Readable.from(lines()), res);
      async function* lines(): AsyncGenerator<string> {
        if (!first.done && first.value !== 'same') yield `${JSON.stringify(first.value)}\n`;
        for await (const one of changes) if (one !== 'same') yield `${JSON.stringify(one)}\n`;
      }
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/feeds/{channel}/return',
    summary:
      'Go back: the address serves this version at once, the channel gets the difference, and both stay until resumed',
    params: feedParams,
    body: z.object({ version }),
    run: async ({ params: { catalogId, channel }, body }, _req, res) =>
      goBack(catalogId, channel, body.version, whoIs(res), ctx),
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/feeds/{channel}/resume',
    summary: 'Let the feed follow the shop again: every item is checked anew, and what differs is pushed',
    params: feedParams,
    async run({ params: { catalogId, channel } }) {
      await letGoOn(catalogId, channel, ctx);
      return { items: await listKept(catalogId, channel, ctx) };
    },
  });
}
