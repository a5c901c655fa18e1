/** Fixes: tried, applied to one, some or all of a group, listed and undone. */
import { z } from 'zod';
import type { Response } from 'express';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import type { ItemCard } from '../../feeds/card.ts';
import type { CardFilter } from '../../feeds/store/card-reader.ts';
import { applicableFrom } from '../../catalog/suggest/suggest.ts';
import { fixItems, previewFixes, type Fix, type FixOutcome } from '../../jobs/fix-items.ts';
import type { JobContext } from '../../jobs/job.ts';
import { eachSuggestedFix } from '../../jobs/open-group.ts';
import { undoChange } from '../../jobs/undo-change.ts';
import type { Api } from './endpoint.ts';
import { noteValues, whoIs } from './who.ts';

const params = z.object({ catalogId: catalogIdSchema });
const fixSchema = z.object({
  offerId: z.string().max(100),
  field: z.string().max(80),
  value: z.string().max(20_000).nullable().describe('null: take your own value back'),
  seen: z
    .string()
    .max(20_000)
    .nullable()
    .optional()
    .describe('What you saw there; another value now is a conflict'),
});
const problemSchema = z.object({ code: z.string().max(120), field: z.string().max(80).optional() });
const cardsAtOnce = 200;

export function addFixRoutes(api: Api, ctx: JobContext): void {
  const { cards, catalogs, changes } = ctx.stores;

  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/fixes/preview',
    summary: 'Try values on items: before and after, and what would still be wrong; nothing is written',
    writes: false,
    params,
    body: z.object({ fixes: z.array(fixSchema).min(1).max(200) }),
    run: async ({ params: { catalogId }, body: { fixes } }, _req, res) => ({
      items: await previewFixes(catalogId, fixes, whoIs(res), ctx),
    }),
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/fixes',
    summary: 'Set fields of items; they are checked at once and sent without a run',
    params,
    body: z.object({ fixes: z.array(fixSchema).min(1).max(5_000), problem: problemSchema.optional() }),
    async run({ params: { catalogId }, body: { fixes, problem } }, _req, res) {
      const outcomes: FixOutcome[] = [];
      const act = {
        catalogId,
        by: whoIs(res),
        kind: 'fix' as const,
        ...(problem ? { problem: plain(problem) } : {}),
      };
      const change = await fixItems(act, [fixes], ctx, (some) => void outcomes.push(...some));
      await noteValues(res, change, ctx);
      return { change, ...summarize(outcomes) };
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/problems/{code}/fixes',
    summary:
      'Cure all items of a group: with the value suggested for each, or with one value; a line of JSON per part, the last with "done"',
    params: params.extend({ code: z.string().max(120) }),
    body: z.object({
      field: z.string().max(80).optional(),
      channel: z.string().max(40).optional(),
      category: z.string().max(200).optional(),
      value: z.string().max(20_000).optional().describe('Default: the value suggested for each item'),
      leastConfidence: z.number().min(0).max(1).default(applicableFrom),
    }),
    answers: 'application/x-ndjson',
    async run({ params: { catalogId, code }, body }, _req, res) {
      const catalog = await catalogs.find(catalogId);
      const { field, channel, category, value } = body;
      const filter: CardFilter = {
        issue: { code, ...(field === undefined ? {} : { field }) },
        ...(channel === undefined ? {} : { channel }),
        ...(category === undefined ? {} : { category }),
      };
      const pages = eachPage(await readIds(filter, catalogId));
      const fixes =
        value === undefined
          ? eachSuggestedFix(catalog, pages, { code, field }, body.leastConfidence, ctx)
          : sameValue(pages, field ?? '', value);
      const all: FixOutcome[] = [];
      const act = { catalogId, by: whoIs(res), kind: 'fix' as const, problem: plain({ code, field }) };
      const change = await fixItems(act, fixes, ctx, (some) => {
        all.push(...some);
        tell(res, { fixed: all.filter(({ outcome }) => outcome === 'done').length });
      });
      await noteValues(res, change, ctx);
      tell(res, { done: true, change, ...summarize(all) });
      res.end();
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/changes',
    summary: 'What people changed by hand, the newest first',
    params,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(100).default(20),
      before: z.coerce.date().optional().describe('`at` of the last one of the page before'),
    }),
    run: async ({ params: { catalogId }, query: { limit, before } }) => ({
      items: await changes.list(catalogId, limit, before),
    }),
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/changes/{changeId}/undo',
    summary: 'Take a change back; what somebody changed after it stays and is told',
    params: params.extend({ changeId: z.string().max(120) }),
    async run({ params: { catalogId, changeId } }, _req, res) {
      const { change, outcomes } = await undoChange(catalogId, changeId, whoIs(res), ctx);
      await noteValues(res, change, ctx);
      return { change, ...summarize(outcomes) };
    },
  });

  /** Ids of all items that fit, before the first of them is cured and drops out of the list. */
  async function readIds(filter: CardFilter, catalogId: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const card of cards.eachFitting(catalogId, filter)) ids.push(card.id);
    return ids;
  }
  async function* eachPage(ids: readonly string[]): AsyncGenerator<ItemCard[]> {
    for (let at = 0; at < ids.length; at += cardsAtOnce)
      yield cards.findByIds(ids.slice(at, at + cardsAtOnce));
  }
}

async function* sameValue(
  pages: AsyncIterable<ItemCard[]>,
  field: string,
  value: string,
): AsyncGenerator<Fix[]> {
  for await (const page of pages) yield page.map(({ offerId }) => ({ offerId, field, value }));
}

const plain = (problem: { code: string; field?: string | undefined }): { code: string; field?: string } =>
  problem.field === undefined ? { code: problem.code } : { code: problem.code, field: problem.field };

function tell(res: Response, line: object): void {
  if (!res.headersSent)
    res.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  res.write(`${JSON.stringify(line)}\n`);
}

const mostTold = 100;

/** Counts, and by name only what did not go through. */
function summarize(outcomes: readonly FixOutcome[]) {
  const of = (kind: FixOutcome['outcome']): FixOutcome[] =>
    outcomes.filter(({ outcome }) => outcome === kind);
  const [conflicts, refused] = [of('conflict'), of('refused')];
  return {
    fixed: of('done').length,
    same: of('same').length,
    conflicts: conflicts.slice(0, mostTold),
    conflictCount: conflicts.length,
    refused: refused.slice(0, mostTold),
    refusedCount: refused.length,
  };
}
