/** Problems grouped by cure: the groups, the items of one with suggested values, and why the rule is there. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { NotFoundError } from '../../catalog/errors.ts';
import { countCategories, sumGroups, type GroupFilter } from '../../feeds/issue-group.ts';
import { muteProblems } from '../../jobs/mute-problems.ts';
import type { JobContext } from '../../jobs/job.ts';
import { openGroup, readExample } from '../../jobs/open-group.ts';
import type { Api } from './endpoint.ts';
import { toCardView } from './cards.ts';
import { whoIs } from './who.ts';

const params = z.object({ catalogId: catalogIdSchema });
const groupParams = params.extend({ code: z.string().max(120) });
const text = z.string().min(1).max(200).optional();
export const groupFilters = z.object({
  channel: text,
  severity: z.enum(['error', 'warning']).optional(),
  category: text.describe("The first level of the merchant's own path"),
});
const field = z.string().max(80).optional().describe('The field the problem is about');

/** Only what was asked for. */
const given = <T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never;

export function addProblemRoutes(api: Api, ctx: JobContext): void {
  const { groups, cards, catalogs } = ctx.stores;

  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/problems',
    summary: 'What is wrong, by code and field over all channels, what blocks most items first',
    params,
    query: groupFilters,
    async run({ params: { catalogId }, query }) {
      await catalogs.find(catalogId);
      const all = await groups.list(catalogId);
      return {
        items: sumGroups(all, given(query) as GroupFilter),
        categories: countCategories(all),
        at: ctx.now(),
      };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/problems/{code}/items',
    summary: 'The items of a group with the value in question and a suggested one',
    params: groupParams,
    query: z.object({
      field,
      channel: text,
      category: text,
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(2_000).optional(),
    }),
    async run({ params: { catalogId, code }, query: { field: about, channel, category, limit, cursor } }) {
      const filter = { issue: { code, ...given({ field: about }) }, ...given({ channel, category }) };
      const group = await groups.find(catalogId, code, about);
      const [sum] = group ? sumGroups([group], given({ channel, category })) : [];
      const order = { by: 'id', descending: false } as const;
      // the counts know how many there are; a deeper category than the first is not counted
      const known = category?.includes('>') ? undefined : sum?.items;
      const page = await cards.page(catalogId, filter, order, limit, cursor, known);
      const rows = await openGroup(catalogId, page.cards, { code, field: about }, ctx);
      return {
        ...page,
        cards: undefined,
        items: rows.map((row) => ({ ...row, card: toCardView(row.card) })),
      };
    },
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/problems/{code}',
    summary:
      'One group: its rule with source and example, and what the channels answered for one of its items',
    params: groupParams,
    query: groupFilters.extend({ field }),
    async run({ params: { catalogId, code }, query: { field: about, ...filter } }) {
      const found = await groups.find(catalogId, code, about);
      if (!found) throw new NotFoundError('problem_unknown', `Nothing here has the problem "${code}".`);
      const [group] = sumGroups([found], given(filter) as GroupFilter);
      return { group, ...(await readExample(catalogId, found, ctx)) };
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/mutes',
    summary:
      'Put a problem aside: until a time, or (a warning only) for good; of some items or of all of the group',
    params,
    body: z.object({
      code: z.string().max(120),
      field: z.string().max(80).optional(),
      offerIds: z
        .array(z.string().max(100))
        .max(5_000)
        .optional()
        .describe('Default: all that have the problem now'),
      reason: z.string().trim().min(1).max(300),
      until: z.coerce.date().optional().describe('Absent: accepted for good'),
    }),
    run: async ({ params: { catalogId }, body }, _req, res) => muteProblems(catalogId, body, whoIs(res), ctx),
  });
}
