/** The shop's categories and Google's, and the taxonomy to choose from. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { reportCategories } from '../../catalog/categories.ts';
import { searchCategories } from '../../catalog/category-match.ts';
import { NotFoundError } from '../../catalog/errors.ts';
import { categoryPath, findCategory, taxonomyVersion } from '../../catalog/taxonomy.ts';
import type { JobContext } from '../../jobs/job.ts';
import { mapCategories } from '../../jobs/map-categories.ts';
import type { Api } from './endpoint.ts';
import { whoIs } from './who.ts';

const params = z.object({ catalogId: catalogIdSchema });
const language = z.string().max(10).default('en').describe('Language of the paths, where it is at hand');

export function addCategoryRoutes(api: Api, ctx: JobContext): void {
  const { catalogs, products } = ctx.stores;
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/categories',
    summary: "The shop's own categories with counts, what each is mapped to or suggested, and the coverage in per cent",
    params,
    run: async ({ params: { catalogId } }) =>
      reportCategories(products.eachCategoryUse(catalogId), await catalogs.find(catalogId)),
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/categories',
    summary: "Map the shop's categories to Google's (null forgets one); the items that it changes are checked again",
    params,
    body: z.object({
      items: z
        .array(
          z.object({
            path: z.string().trim().min(1).max(750).describe("The shop's own category"),
            category: z.string().min(1).max(750).nullable().describe("Google's number or whole path; null forgets"),
          }),
        )
        .min(1)
        .max(1_000),
    }),
    run: async ({ params: { catalogId }, body }, _req, res) =>
      mapCategories(catalogId, body.items, whoIs(res), ctx),
  });
  api.add({
    method: 'get',
    path: '/taxonomy',
    summary: "Search Google's product taxonomy by words, their beginnings, or a number",
    query: z.object({
      search: z.string().min(1).max(200),
      language,
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    run: async ({ query }) => ({
      version: taxonomyVersion(),
      items: searchCategories(query.search, query.limit).map(({ id, path }) => ({
        id,
        path: categoryPath(id, query.language) ?? path,
      })),
    }),
  });
  api.add({
    method: 'get',
    path: '/taxonomy/{category}',
    summary: 'One category by its number',
    params: z.object({ category: z.string().max(12) }),
    query: z.object({ language }),
    async run({ params: { category }, query }) {
      const found = findCategory(category);
      if (!found) throw new NotFoundError('category_unknown', `There is no category ${category}.`);
      return { id: found.id, path: categoryPath(found.id, query.language) ?? found.path, parent: found.parent };
    },
  });
} // prettier-ignore
